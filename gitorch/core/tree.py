"""JSON and YAML → values with line numbers. Builds from parser events, without recursion.

Nothing here runs a constructor: an explicit tag is a problem. An alias costs what it stands for, so
that a few lines cannot unfold into millions of values ("billion laughs").
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from gitorch.core.source import Place, Problem, Source, broken, shown
from gitorch.core.text import named

MAX_DEPTH = 20
MAX_VALUES = 200_000
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONVERT = yaml.SafeLoader("")  # resolves and converts plain scalars; reads and keeps nothing
_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("null", "bool", "int", "float")}


def read_json(text: str) -> Source:
    """The values of a JSON text; line numbers where a YAML parser can follow it as well."""
    twice: list[str] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(pairs)
        if len(value) < len(pairs):
            names = [name for name, _ in pairs]
            twice.extend(sorted({name for name in names if names.count(name) > 1}))
        return value

    try:
        value = json.loads(text, object_pairs_hook=build)
    except json.JSONDecodeError as error:
        return broken(f"is not JSON: {error.msg}", error.lineno, error.colno)
    except RecursionError:
        return broken("is nested too deeply")
    except ValueError as error:  # e.g. a number with too many digits
        return broken(f"is not JSON: {error}")
    located = read_yaml(text)  # YAML is nearly a superset of JSON
    if located.value is not None:
        return Source(value, located.lines, located.problems)
    return Source(value, {}, tuple(Problem(0, f"the key {named(name)} is given twice") for name in twice))


def read_yaml(text: str) -> Source:
    """The values of a YAML text."""
    return _read_yaml(text, _LOADER)


def _read_yaml(text: str, loader: type[yaml.SafeLoader]) -> Source:
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=loader):
            builder.take(event)
    except _Refused as error:
        return broken(*error.args)
    except yaml.MarkedYAMLError as error:
        if loader is not yaml.SafeLoader and _brackets(text) > MAX_DEPTH:
            # libyaml reads ahead, and that of PyYAML 6.0.4 stops at a depth of its own before we see ours
            return _read_yaml(text, yaml.SafeLoader)
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        said = ", ".join(part for part in (error.context, error.problem) if part)
        return broken(f"is not YAML: {said}", *place)
    except yaml.YAMLError as error:  # a character that YAML does not allow
        return broken(f"is not YAML: {str(error).splitlines()[0]}")
    return Source(builder.root, builder.lines, tuple(builder.problems))


def _brackets(text: str) -> int:
    """How many brackets are open at once at most, roughly: quotes and comments are not looked at."""
    depth = deepest = 0
    for bracket in re.findall(r"[\[{}\]]", text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


class _Refused(Exception):  # noqa: N818 (it never leaves this file)
    """(message, line, column): nothing of the text can be used."""


@dataclass(slots=True)
class _Open:
    """A list or a mapping that is still being filled."""

    value: list[Any] | dict[str, Any]
    place: Place
    anchor: str | None
    size: int = 1
    key: str | None = None  # a mapping's key whose value comes next
    seen: set[str] = field(default_factory=set)


class _Builder:
    """Takes the events of one document, in order."""

    def __init__(self) -> None:
        self.root: Any = None
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _Refused("has more than one YAML document", line)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event.anchor or "", line, column)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line, column)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            if event.tag and event.tag != "!":
                raise _Refused(f"the tag {event.tag} is not supported", line, column)
            self._start({} if isinstance(event, yaml.MappingStartEvent) else [], event.anchor, line, column)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._end()

    def _start(self, value: list[Any] | dict[str, Any], anchor: str | None, line: int, column: int) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise _Refused("is nested too deeply", line, column)
        if self._open and isinstance(self._open[-1].value, dict) and self._open[-1].key is None:
            raise _Refused("a key must be a plain text", line, column)
        place = self._place()
        self.lines.setdefault(place, line)
        self._open.append(_Open(value, place, anchor))

    def _end(self) -> None:
        done = self._open.pop()
        if done.anchor:
            self._anchors[done.anchor] = (done.value, done.size)
        self._add(done.value, done.size)

    def _alias(self, anchor: str, line: int, column: int) -> None:
        if any(holder.anchor == anchor for holder in self._open):
            raise _Refused(f"the alias *{anchor} contains itself", line, column)
        if anchor not in self._anchors:
            raise _Refused(f"the alias *{anchor} refers to nothing above it", line, column)
        value, size = self._anchors[anchor]
        self._value(value, size, line, column)

    def _scalar(self, event: yaml.ScalarEvent, line: int, column: int) -> None:
        if event.tag and event.tag not in ("!", "tag:yaml.org,2002:str"):
            raise _Refused(f"the tag {event.tag} is not supported", line, column)
        value: Any = event.value
        if event.implicit[0] and not self._expects_key():
            tag = _CONVERT.resolve(yaml.ScalarNode, event.value, (True, False))  # type: ignore[no-untyped-call]
            if tag in _PLAIN:  # anything else, a date for one, stays the text that it is
                value = _convert(tag, event.value, line, column)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._value(value, 1, line, column)

    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _value(self, value: Any, size: int, line: int, column: int) -> None:
        if not self._expects_key():
            self.lines.setdefault(self._place(), line)
            self._add(value, size)
            return
        holder = self._open[-1]
        if not isinstance(value, str):
            raise _Refused("a key must be a plain text", line, column)
        if value in holder.seen:
            place = shown(holder.place)
            self.problems.append(Problem(line, f"the key {named(value)} is given twice", place, column))
        holder.seen.add(value)
        holder.key = value
        self.lines[(*holder.place, value)] = line

    def _place(self) -> Place:
        if not self._open:
            return ()
        holder = self._open[-1]
        last = (holder.key or "") if isinstance(holder.value, dict) else len(holder.value)
        return (*holder.place, last)

    def _add(self, value: Any, size: int) -> None:
        if not self._open:
            self.root = value
            return
        holder = self._open[-1]
        holder.size += size
        if holder.size > MAX_VALUES:
            raise _Refused(f"unfolds to more than {MAX_VALUES} values")
        if isinstance(holder.value, dict):
            holder.value[holder.key or ""] = value
            holder.key = None
        else:
            holder.value.append(value)


def _convert(tag: str, text: str, line: int, column: int) -> object:
    construct = _CONVERT.yaml_constructors[tag]  # construct_object would keep every node for ever
    try:
        value: object = construct(_CONVERT, yaml.ScalarNode(tag, text))
    except ValueError as error:  # e.g. a number with too many digits
        raise _Refused(f"{named(text[:20])} is not a number that can be read", line, column) from error
    return value
