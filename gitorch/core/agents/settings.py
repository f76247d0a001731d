"""Putting hooks into a client's settings, JSON with or without comments, and taking exactly these away.

Edits the text at the places that tree-sitter's grammar names; whatever else it holds stays byte for byte.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

Entry = Mapping[str, Any]
"""One element of the list that belongs to an event."""


def with_hooks(text: str, hooks: Mapping[str, Sequence[Entry]]) -> str:
    """`text` with these entries at the end of `hooks.<event>`, made where they are missing.

    ValueError where the text is no JSON object, or something else is where the hooks belong.
    """
    if not text.strip():
        return json.dumps({"hooks": hooks}, indent=2) + "\n"
    for event, entries in hooks.items():
        for entry in entries:
            text = _with_entry(text, event, entry)
    return text


def without_hooks(text: str, mark: str) -> str:
    """`text` without each entry that holds `mark`, and without what is empty then."""
    while (place := _marked(text, mark)) is not None:
        text = text[: place[0]] + text[place[1] :]
    return text


def _with_entry(text: str, event: str, entry: Entry) -> str:
    root = _root(text)
    hooks = _value(root, "hooks")
    if hooks is None:
        return _append(text, root, f'"hooks": {_shown({event: [entry]}, text, 1)}')
    if hooks.type != "object":
        raise ValueError("`hooks` is not an object")
    entries = _value(hooks, event)
    if entries is None:
        return _append(text, hooks, f"{json.dumps(event)}: {_shown([entry], text, 2)}")
    if entries.type != "array":
        raise ValueError(f"`hooks.{event}` is not a list")
    return _append(text, entries, _shown(entry, text, 3))


@lru_cache(maxsize=1)
def _parser() -> Any:
    import tree_sitter
    import tree_sitter_json

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_json.language()))


def _root(text: str) -> Any:
    document = _parser().parse(_data(text)).root_node
    values = [child for child in document.named_children if child.type not in ("comment", "ERROR")]
    if len(values) != 1 or values[0].type != "object":
        raise ValueError("is not a JSON object")
    return values[0]


def _data(text: str) -> bytes:
    """One byte for each character, so that places are the same in both."""
    return text.encode("latin-1", "replace")


def _pairs(node: Any) -> Iterator[tuple[str, Any, Any]]:
    for pair in node.named_children:
        if pair.type == "pair":
            key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
            if key is not None and value is not None:
                yield key.text.decode("latin-1").strip('"'), value, pair


def _value(node: Any, name: str) -> Any:
    return next((value for key, value, _ in _pairs(node) if key == name), None)


def _members(node: Any) -> list[Any]:
    return [c for c in node.named_children if c.type not in ("comment", "ERROR") and not c.is_missing]


def _append(text: str, node: Any, addition: str) -> str:
    """`text` with one more member at the end of the object or list `node`."""
    members = _members(node)
    if not members:
        at = node.start_byte + 1
        return text[:at] + addition + text[at:]
    last = members[-1]
    behind = text[last.end_byte : node.end_byte - 1]
    comma = _comma(behind)
    line = text.rfind("\n", 0, last.start_byte) + 1
    indent = text[line : last.start_byte]
    between = f"\n{indent}" if line > node.start_byte and not indent.strip() else " "
    if comma is None:
        return f"{text[: last.end_byte]},{between}{addition}{text[last.end_byte :]}"
    at = last.end_byte + comma + 1
    return f"{text[:at]}{between}{addition},{text[at:]}"


def _comma(text: str) -> int | None:
    """Where a comma is that no comment holds."""
    blank = re.sub(r"//[^\n]*|/\*.*?\*/", lambda found: " " * len(found[0]), text, flags=re.DOTALL)
    return found if (found := blank.find(",")) >= 0 else None


def _shown(value: object, text: str, depth: int) -> str:
    """`value` as JSON, on several lines where the text has several, in its own indentation."""
    unit = next((found[1] for found in re.finditer(r"(?m)^([ \t]+)\S", text)), None)
    if unit is None:
        return json.dumps(value)
    lines = json.dumps(value, indent=unit if "\t" in unit else len(unit)).split("\n")
    return f"\n{unit * depth}".join(lines)


def _marked(text: str, mark: str) -> tuple[int, int] | None:
    """Where the first entry with `mark` is, its comma and a list that it alone fills included."""
    root = _root(text)
    hooks = _value(root, "hooks")
    if hooks is None or hooks.type != "object":
        return None
    for _, entries, event in _pairs(hooks):
        members = _members(entries) if entries.type == "array" else []
        for entry in members:
            if mark not in text[entry.start_byte : entry.end_byte]:
                continue
            if len(members) > 1:
                return _span(text, entries, entry)
            if len(_members(hooks)) > 1:
                return _span(text, hooks, event)
            pair = next(pair for key, _, pair in _pairs(root) if key == "hooks")
            return _span(text, root, pair)
    return None


def _span(text: str, node: Any, member: Any) -> tuple[int, int]:
    """The member with the comma that belongs to it: the one before, or for the first the one behind."""
    members = _members(node)
    place = members.index(member)
    if place:
        return members[place - 1].end_byte, member.end_byte
    if len(members) > 1:
        return member.start_byte, members[1].start_byte
    behind = text[member.end_byte : node.end_byte - 1]
    comma = _comma(behind)
    return member.start_byte, member.end_byte + (comma + 1 if comma is not None else 0)
