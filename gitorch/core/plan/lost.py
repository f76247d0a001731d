"""The last look at a Markdown plan: a line that looks like a worker or a wave and is neither is a problem."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from gitorch.core.plan import blocks, needs
from gitorch.core.plan.ids import Ids
from gitorch.core.plan.outline import WAVE_FORM, WORKER_FORM, Outline
from gitorch.core.plan.words import FIELD_OF, WorkerLine, hidden_wave, loose_wave, numbered, worker_line
from gitorch.core.source import Problem
from gitorch.core.text import named

if TYPE_CHECKING:
    from gitorch.core.plan.blocks import Node

_BULLET = re.compile(r"\A(\s*)[•·▪◦‣●○■∙⁃](?=\s)")
_NO_BREAK = re.compile(r"\A([ \t\u00a0]*(?:[-*+]|#{1,6}|\d+[.)]))\u00a0")
_TIGHT = re.compile(r"( {0,3}#{1,6})(?=[^#\s])(.*)")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_WORDED = re.compile(r"(?:task|worker|ticket|story)\s+#?[0-9]", re.I)
_CELLS = re.compile(r"[\s|]*+[*_`]*+(?:id|key|task|worker|title|name)[*_`]*+\s*+\|", re.I)
_NEED_CELL = re.compile(
    r"\|\s*+[*_`]*+(?:depend|deps|blocked|needs|requires|prereq|after)[^|]*(?:\||\Z)", re.I
)
_REMARKS = frozenset(("note", "notes", "nb", "warning", "important", "tip", "caution", "remark"))
_UNENDED = (
    ("<!--", "-->", "comment"),
    *((f"<{tag}", f"</{tag}", f"<{tag}>") for tag in ("pre", "script", "style", "textarea")),
)
_LIKE_ONE = re.compile(
    r"\s*(?:#{2,6}\s+[\W_]*(?:[^\W\d_]+\s+\w{1,8}\s*[:—–-]|\d+(?:\.\d+)*[.):]?\s+\w)|[-*+]\s+\w|\d+[.)]\s+\w|\|\s*\w)"
)
_MOST = 20


def usual(text: str) -> str:
    """Marks that people take for Markdown's as Markdown's: `•`, a no-break space, `##Wave 2`."""
    inside, lines = False, text.split("\n")
    for number, line in enumerate(lines):
        inside ^= bool(_FENCE.match(line))
        if inside:
            continue
        read = _NO_BREAK.sub(r"\1 ", _BULLET.sub(r"\1-", line, count=1), count=1)
        tight = _TIGHT.match(read)
        lines[number] = f"{tight[1]} {tight[2]}" if tight and hidden_wave(read) else read
    return "\n".join(lines)


def unended(nodes: "Iterable[Node]", lines: Sequence[str]) -> Iterator[Problem]:
    """A comment or a code fence without its end, which takes the rest of the plan."""
    for node in (node for top in nodes for node in top.walk()):
        start, end = node.map or (0, 0)
        if node.type == "fence":
            last = lines[end - 1].lstrip(" \t>").rstrip() if end - start > 1 else ""
            if len(last) < len(node.markup) or last.strip(node.markup[0]):
                yield Problem(start + 1, f"the code fence {named(node.markup)} is not closed")
        elif node.type == "html_block":
            text = node.content.lstrip().casefold()
            for begin, close, name in _UNENDED:
                if text.startswith(begin) and close not in text:
                    yield Problem(start + 1, f"the {name} is not closed")


def lost(lines: Sequence[str], found: Outline, ids: Ids, told: set[int]) -> Iterator[Problem]:
    """Every line that is neither in `told` nor a worker's, and looks like one, or like a wave's heading."""
    table = False
    worded = any(worker.head.id.isdigit() for worker in found.workers)
    for number, line in enumerate(without_comments(lines), 1):
        head = bool(_CELLS.match(line) and _NEED_CELL.search(line))
        table = head or (table and line.lstrip().startswith("|"))
        if number in told:
            continue
        wave = hidden_wave(line) or loose_wave(line)
        if wave is not None and wave not in found.wave_names:
            yield Problem(number, f"{named(line.strip())} is not {WAVE_FORM}")
            continue
        lead = needs.LEADS.match(line)
        task = worker_line(line[lead.end() :]) if lead else None
        if lead is None or task is None or task.id in found.ids or head:
            continue
        ours = task.is_spec or (task.is_id and task.family in ids.families)
        ours = ours or (worded and bool(_WORDED.match(line, lead.end()) and task.separator))
        row = line.lstrip().startswith("|")
        ours = ours or (row and (table or (bool(task.family) and task.family in ids.families)))
        if ours or ((row or task.separator) and _needs_one(task, ids)):
            said = f"{named(task.id)} in {named(line.strip())} is no worker of the plan"
            yield Problem(number, f"{said}; a worker begins with {WORKER_FORM}")


def _needs_one(task: WorkerLine, ids: Ids) -> bool:
    """Whether `api: API, depends on schema` says plainly that it is one that waits for another."""
    word = task.id.casefold()
    return word not in _REMARKS and word not in FIELD_OF and needs.is_plain(task.rest, ids)


def numbered_areas(found: Outline) -> Iterator[Problem]:
    """Headings `Sprint 1`, `Sprint 2` of a plan without waves are waves in another word."""
    areas = [(area, word) for area in found.areas if area.workers and (word := numbered(area.title))]
    words = [word for _, word in areas]
    for area, word in areas:
        if not found.wave_names and words.count(word) > 1:
            yield Problem(area.line, f"the heading {named(area.title)} is not {WAVE_FORM}")


def like_workers(lines: Sequence[str]) -> Iterator[Problem]:
    """What was meant as workers in a plan that has none, as far as anyone can tell."""
    some = ((n, line) for n, line in enumerate(without_comments(lines), 1) if _LIKE_ONE.match(line))
    for (number, line), _ in zip(some, range(_MOST), strict=False):
        yield Problem(number, f"{named(line.strip())} is not {WORKER_FORM}")


def without_comments(lines: Sequence[str]) -> list[str]:
    """The same lines, empty where a comment is; one that never ends hides nothing."""
    text, kept, place = "\n".join(lines), [], 0
    while (start := text.find("<!--", place)) >= 0 and (end := text.find("-->", start)) >= 0:
        kept += [text[place:start], "\n" * text.count("\n", start, end)]
        place = end + 3
    return "".join([*kept, text[place:]]).split("\n")


def tasks_of_another_name(title: str, lists: "Sequence[Node]") -> "Node | None":
    """A list of boxes to tick below a heading that speaks of tasks."""
    if not re.search(r"\b(?:tasks?|workers?|tickets?|todos?|backlog|work)\b", title, re.I):
        return None
    boxes = (n for n in lists if all(re.match(r"\[[ xX]\]\s", blocks.inline(i)) for i in n.children))
    return next(boxes, None)
