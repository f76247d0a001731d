"""A Markdown plan (spec §10) → the values of a plan document with line numbers. Checks only its form.

    # Build Plan: NAME            paragraphs below it are the description
    ## Objective                  ## Key Decisions, ## Relevant Files likewise
    ## Wave N: NAME
    - ID: TITLE — DESCRIPTION (depends: ID, ID)
      - outputs: PATH, PATH       a field of the worker; any other point is a requirement

Block structure comes from a CommonMark parser; texts stay as they were written, so that underscores in
ids and the person's own Markdown survive. Other headings and what stands below them are left alone.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitorch.core.plan.document import WorkerDocument
from gitorch.core.source import Place, Problem, Source, Values
from gitorch.core.text import named

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_TITLE = re.compile(r"(?:build\s+)?plan:\s*(.*)", re.IGNORECASE)
# `\s*+`: spaces that two parts could take are shared out once, or a long line of them takes for ever.
_WAVE = re.compile(r"wave\s+([1-9][0-9]{0,3})\s*(?:[:—–-]\s*+(.*))?\Z", re.IGNORECASE)
_LIKE_A_WAVE = re.compile(r"wave\b", re.IGNORECASE)
_TASK = re.compile(r"(?:\[[ xX]\]\s+)?(\*\*|__)?`?([^\s:`]+?)`?(?:\1)?:\s*(.*)\Z", re.DOTALL)
_DASHES = (" — ", " – ", " -- ", " - ")  # the first kind that stands in the line ends the title
_DEPENDS = re.compile(r"\((?:depends|depends[ _-]on|dependencies):\s*+([^()]*)\)\s*\Z", re.IGNORECASE)
_DEPENDS_ELSEWHERE = re.compile(r"\((?:depends|dependencies)\b", re.IGNORECASE)
_FIELD = re.compile(r"(?:\*\*|__)?([A-Za-z][A-Za-z _-]{1,30}):(?:\*\*|__)?(?:\s+(.*))?\Z", re.DOTALL)
_LISTS = ("outputs", "requirements", "success_criteria", "report_back", "dependencies", "depends_on")
_NO_POINTS = ("id", "title", "description", "wave", "status")
_FIELDS = tuple(name for name in WorkerDocument.model_fields if name not in _NO_POINTS)
_SECTIONS = {
    "build type": "build_type",
    "objective": "objective",
    "key decisions": "key_decisions",
    "relevant files": "relevant_files",
}


@dataclass(slots=True)
class _Reading:
    """What was found so far."""

    value: Values = field(default_factory=lambda: {"workers": []})
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    headings: dict[int, int] = field(default_factory=dict)


def read_markdown(text: str) -> tuple[Source, Mapping[int, int]]:
    """The values, and the wave under whose heading each worker (by index) stands."""
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    reading = _Reading()
    section: str | int | None = None  # a wave's number, a field of the plan, or None: to be left alone
    for node in SyntaxTreeNode(MarkdownIt("commonmark").parse(text)).children:
        if node.type == "heading":
            section = _heading(reading, node)
        elif isinstance(section, int):
            _wave_block(reading, section, node)
        elif section in ("build_type", "description", "objective"):
            _append_prose(reading.value, section, _raw(lines, node))
        elif section:
            reading.value.setdefault(section, []).extend(_points(node))
    return Source(reading.value, reading.lines, tuple(reading.problems)), reading.headings


def _heading(reading: _Reading, node: "SyntaxTreeNode") -> str | int | None:
    title, line = _inline(node), _line(node)
    if node.tag == "h1" and "name" not in reading.value:
        match = _TITLE.match(title)
        reading.value["name"] = match[1] if match else title
        reading.lines["name",] = line
        return "description"
    if match := _WAVE.match(title):
        number = int(match[1])
        if match[2]:
            reading.value.setdefault("wave_names", {})[str(number)] = match[2]
            reading.lines["wave_names", str(number)] = line
        return number
    if _LIKE_A_WAVE.match(title):
        reading.problems.append(Problem(line, f"the heading {named(title)} is not 'Wave N: Name', N from 1"))
    return _SECTIONS.get(title.casefold().rstrip(":").strip())


def _wave_block(reading: _Reading, wave: int, node: "SyntaxTreeNode") -> None:
    if node.type not in ("bullet_list", "ordered_list"):
        if node.type not in ("html_block", "hr"):  # a comment, a rule: nobody's task
            message = (
                f"{named(_first_line(node))} is not in a list of workers; a worker begins with '- ID: Title'"
            )
            reading.problems.append(Problem(_line(node), message))
        return
    for item in node.children:
        text, line = _inline(item), _line(item)
        match = _TASK.match(text)
        if not match:
            message = f"{named(text)} is not 'ID: Title — description (depends: ID, …)'"
            reading.problems.append(Problem(line, message))
            continue
        index = len(reading.value["workers"])
        reading.headings[index] = wave
        reading.lines["workers", index] = line
        reading.value["workers"].append(_worker(reading, index, match, item))


def _worker(reading: _Reading, index: int, match: re.Match[str], item: "SyntaxTreeNode") -> Values:
    mark, name, rest = match.groups()
    worker: Values = {"id": name}
    if depends := _DEPENDS.search(rest):
        rest = rest[: depends.start()]
        worker["dependencies"] = _names(depends[1])
    if _DEPENDS_ELSEWHERE.search(rest):
        message = f"the dependencies of {named(name)} are not at the end of the line, as (depends: ID, ID)"
        reading.problems.append(Problem(_line(item), message))
    rest = " ".join(rest.split())
    dash = next((dash for dash in _DASHES if dash in rest), _DASHES[0])
    title, _, worker["description"] = rest.partition(dash)
    worker["title"] = title.removesuffix(mark) if mark else title
    for block in item.children[1:]:
        if block.type in ("bullet_list", "ordered_list"):
            for point in block.children:
                _point(reading, index, worker, point)
        elif block.type == "paragraph":
            _append_prose(worker, "description", _inline(block))
        elif block.type == "fence":
            _append_prose(worker, "description", f"```{block.info}\n{block.content}```")
    return worker


def _point(reading: _Reading, index: int, worker: Values, point: "SyntaxTreeNode") -> None:
    text, line = _inline(point), _line(point)
    match = _FIELD.match(text)
    name = re.sub(r"[ _-]+", "_", match[1].strip().casefold()) if match else ""
    below = [line for block in point.children[1:] for line in _points(block)]
    if match and name in _FIELDS:
        place: Place = ("workers", index, name)
        if name in worker and name not in ("requirements", "context"):
            text = f"{name} of {named(worker['id'])} is given twice"
            reading.problems.append(Problem(line, text))
        reading.lines.setdefault(place, line)
        _set(worker, name, match[2] or "", below)
    elif near := difflib.get_close_matches(name, _FIELDS, n=1, cutoff=0.75):
        said = named(match[1] if match else "")
        message = f"{said} of {named(worker['id'])} is not a field of a worker; did you mean {near[0]}?"
        reading.problems.append(Problem(line, message))
    else:
        worker.setdefault("requirements", []).extend([" ".join(text.split()), *below])


def _set(worker: Values, name: str, text: str, below: list[str]) -> None:
    value = " ".join(text.split())
    if name in ("dependencies", "depends_on"):
        worker[name] = _names(value) + below
    elif name == "outputs":
        worker[name] = [part for part in _commas(value) if part] + [_bare(point) for point in below]
    elif name in _LISTS:
        worker.setdefault(name, []).extend([value, *below] if value else below)
    elif name == "estimated_hours":
        worker[name] = _number(value)
    elif name == "context":
        _append_prose(worker, name, "\n\n".join([value, *(f"- {point}" for point in below)]).strip())
    else:
        worker[name] = _bare(value)


def _number(text: str) -> Any:
    match = re.match(r"([0-9]+(?:\.[0-9]+)?)\s*(?:h|hours?)?\Z", text)
    return float(match[1]) if match else text


def _names(text: str) -> list[str]:
    names = [part for part in _commas(text) if part]
    return [] if [name.casefold() for name in names] == ["none"] else names


def _commas(text: str) -> list[str]:
    return [_bare(part) for part in text.split(",")]


def _bare(text: str) -> str:
    """`a text` without the back-ticks around it."""
    text = text.strip()
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "`" and "`" not in text[1:-1] else text


def _append_prose(value: Values, name: str, text: str) -> None:
    value[name] = f"{value[name]}\n\n{text}" if value.get(name) else text


def _points(node: "SyntaxTreeNode") -> Iterator[str]:
    """The texts of a list (nested ones follow the point that they stand in), or of a paragraph."""
    if node.type in ("bullet_list", "ordered_list"):
        for item in node.children:
            for block in item.children:
                yield from _points(block)
    elif text := _bare(" ".join(_inline(node).split())):
        yield text


def _inline(node: "SyntaxTreeNode") -> str:
    """The text of a heading or paragraph, or of the first paragraph of a list's item, as it was written."""
    if node.type == "list_item":
        return _inline(node.children[0]) if node.children else ""
    return next((child.content for child in node.children if child.type == "inline"), "")


def _first_line(node: "SyntaxTreeNode") -> str:
    """The beginning of a block that is no list, for a message."""
    text = next((part.content for part in node.walk() if part.content.strip()), node.type)
    return text.strip().split("\n", 1)[0][:60]


def _raw(lines: Sequence[str], node: "SyntaxTreeNode") -> str:
    start, end = node.map or (0, 0)
    return "\n".join(lines[start:end]).strip("\n")


def _line(node: "SyntaxTreeNode") -> int:
    return node.map[0] + 1 if node.map else 0
