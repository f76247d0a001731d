"""The words of a Markdown plan: waves, workers, fields, sections. Pure, and linear in the text."""

import re
from dataclasses import dataclass

# A mark, an emoji, a number in a list of headings: what may stand before the first word.
_DECORATION = re.compile(r"(?:\d\ufe0f?\u20e3|\d+[.)]\s|[\W_])*+")
_WAVE = re.compile(r"(wave|phase|step|milestone|stage)\s+([0-9]{1,4})(?![\w.]*\w)\s*+(.*)\Z", re.I | re.S)
_NUMBER = r"(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|final|last|[ivx]+|[a-z]|[0-9]\S*)"
_LIKE_A_WAVE = re.compile(rf"wave\b|(?:phase|step|milestone|stage)\s+{_NUMBER}\s*+(?:[:—–-]|\Z)", re.I)
_NEAR_A_WAVE = re.compile(
    r"(?:wave|phase|step|milestone|stage)s\s+[0-9]|(?:the\s+)?(?:final|last|next|first|second|third|another|extra|"
    r"bonus|closing)\s+(?:wave|phase|stage|milestone)\s*+(?:[:—–(-]|\Z)",
    re.I,
)
_HIDDEN_WAVE = re.compile(r"[\s>]*#{1,6}\s*(.*)", re.DOTALL)
_NUMBERED_HEADING = re.compile(r"([^\W\d_]+)\s+[0-9]{1,4}(?![\w.]*\w)")
_LOOSE_WAVE = re.compile(
    r"\s*(?:[-*+]\s+|[0-9]+[.)]\s+)?(?:\*\*|__)?(?:wave|phase|milestone)\s+([0-9]{1,4})(?:\s*[:—–-].*|(?:\*\*|__)?:?\s*\Z|\*\*.*)",
    re.I,
)
_WORKER = re.compile(
    r"(?:\[(?P<tick>[ xX])\]\s++)?[^\w\s`*\[(:~|>#]*+\s*+(?P<open>[*_`\[(]*+)"
    r"(?:(?:task|worker|ticket|story)\s++\#?(?=[\w.-]*\d))?(?P<id>[^\W_](?:[^\s:`*,;()\[\]|]*[^\W_])?+)"
    r"(?P<close>[*_`\])]*+)(?P<sep>\s*+:[*_]*+(?=\s|\Z)|\s*+[—–]|\s++--?(?=\s)|[.)]?(?=\s|\Z))\s*+(?P<rest>.*)\Z",
    re.I | re.S,
)
SPEC_ID = re.compile(r"[Ww][0-9]+\.[0-9]+\Z")
_NUMBERED = re.compile(r"[^\W\d_]{1,12}[-_]?[0-9]+(?:[.-][0-9]+)*\Z")
_FIELD = re.compile(
    r"(?:\[[ xX]\]\s++)?[*_`]*+(?P<name>[A-Za-z][A-Za-z _/-]{1,30}?)[*_`]*+\s*+[:\uff1a][*_`]*+"
    r"(?:\s++(?P<rest>.*))?\Z",
    re.S,
)

FIELDS = {
    "outputs": "output outputs output_file output_files files artifacts deliverable deliverables creates "
    "produces",
    "success_criteria": "success_criteria success_criterion acceptance_criteria acceptance criteria "
    "done_when definition_of_done verify verification",
    "requirements": "requirements requirement",
    "context": "context background",
    "report_back": "report_back",
    "estimated_hours": "estimated_hours",
    "effort": "effort estimate estimated_effort estimated_time time_estimate hours",
    "description": "description goal mission objective what",
    "component": "component",
    "key": "key",
    "dependencies": "dependencies depends_on depends dependency dependent_on deps dep blocked_by requires "
    "required needs waits_for waits_on after prerequisites prerequisite prereqs prereq predecessors follows "
    "builds_on blockedby dependson waitsfor waitfor wait_for must_wait_for pre_requisites pre_requisite "
    "predecessor run_after start_after can_start_after",
    "blocks": "blocks unblocks enables required_by needed_by before",
}
"""Every field of a worker, with the names under which a plan may write it."""
FIELD_OF = {name: field for field, names in FIELDS.items() for name in names.split()}
TEXT_SECTIONS = frozenset((
    "goal", "goals", "objective", "objectives", "decisions", "key decisions", "constraints", "risks",
    "context", "background", "overview", "notes", "assumptions", "glossary", "references", "scope",
    "out of scope", "non-goals", "summary", "description", "rationale", "architecture", "conventions",
    "relevant files", "open questions", "success criteria",
))  # fmt: skip
"""Sections whose lists name no workers of this plan."""
TASK_SECTIONS = frozenset((
    "tasks", "workers", "tickets", "jobs", "backlog", "todo", "task list", "work items",
    "work packages", "work breakdown", "task breakdown", "build plan", "implementation plan",
))  # fmt: skip
DEPENDENCY_SECTIONS = ("dependenc", "depends", "execution order", "critical path", "build order")


@dataclass(frozen=True, slots=True)
class WorkerLine:
    """What begins as a worker does: `ID: Title` and its like."""

    id: str
    rest: str
    separator: str
    """`:`, `-` (any dash), `*` (only marks around the id), or nothing."""
    ticked: bool | None
    """None without a tick box."""

    @property
    def is_spec(self) -> bool:
        return bool(SPEC_ID.match(self.id))

    @property
    def is_id(self) -> bool:
        """An id by its looks, and set off from the title."""
        return self.is_spec or (bool(re.search(r"[\d_-]", self.id)) and bool(self.separator))

    @property
    def is_task(self) -> bool:
        """A worker where only workers are expected."""
        tick = self.ticked is not None and bool(_NUMBERED.match(self.id))
        return self.is_id or tick or self.separator == ":"

    @property
    def family(self) -> str:
        """The letters before the number, which the ids of a plan share; empty without a number."""
        return family(self.id)


def family(name: str) -> str:
    """`T` of `T001`, `W` of `W1.1`, folded."""
    return re.split(r"[^a-z]", name.casefold(), maxsplit=1)[0] if re.search(r"\d", name) else ""


def worker_line(text: str) -> WorkerLine | None:
    """`[ ] **W1.1**: Title …`, taken apart; a mark that spans id and title is taken off."""
    match = _WORKER.match(text)
    if not match:
        return None
    rest, opened = match["rest"], match["open"]
    for mark in ("**", "__", "*", "_", "`"):
        if mark in opened and mark not in match["close"] + match["sep"]:
            rest = rest.replace(mark, "", 1)
            break
    separator = match["sep"].strip(" \t\n*_")
    marks = "*" if match["open"] and match["close"] else ""
    kind = ":" if separator == ":" else "-" if separator and separator not in ".)" else marks
    tick = None if match["tick"] is None else match["tick"] != " "
    return WorkerLine(match["id"], rest, kind, tick)


def plain(title: str) -> str:
    """A heading's words, folded, without what decorates it."""
    return re.sub(r"[\W_]+\Z", "", _DECORATION.sub("", title, count=1)).casefold()


def wave_heading(title: str) -> tuple[str, int, str] | None:
    """(word, number, name) of `🌊 **Wave 1: Base**`, `Phase 2 — Core`."""
    lead = _DECORATION.match(title)
    start = lead.end() if lead else 0
    match = _WAVE.match(title, start)
    if not match or (match[3] and match[3][0] in "+/&,"):
        return None
    name = match[3].lstrip(" :.—–-*_`").rstrip(" " + "".join(set(title[:start]) & set("*_`")))
    if name.startswith("(") and name.find(")") == len(name) - 1:
        name = name[1:-1]
    return match[1].casefold(), int(match[2]), name.strip()


def loose_wave(line: str) -> int | None:
    """The number of a wave that is written in bold or as a point, and is no heading."""
    match = _LOOSE_WAVE.match(line)
    return int(match[1]) if match else None


def hidden_wave(line: str) -> int | None:
    """The number of a wave whose heading Markdown does not see: `##Wave 2`, or one that is indented."""
    match = _HIDDEN_WAVE.match(line)
    wave = wave_heading(match[1]) if match else None
    return wave[1] if wave else None


def numbered(title: str) -> str:
    """`sprint` of a heading `Sprint 2: Pages`; empty without a number."""
    lead = _DECORATION.match(title)
    match = _NUMBERED_HEADING.match(title, lead.end() if lead else 0)
    return match[1].casefold() if match else ""


def near_a_wave(title: str) -> bool:
    """`Waves 2 & 3`, `Final wave`: no wave, and no name of anything else either."""
    lead = _DECORATION.match(title)
    return bool(_NEAR_A_WAVE.match(title, lead.end() if lead else 0))


def like_a_wave(title: str) -> bool:
    lead = _DECORATION.match(title)
    return bool(_LIKE_A_WAVE.match(title, lead.end() if lead else 0))


def field_line(text: str) -> tuple[str, str, str] | None:
    """(the name as it is written, in words joined by `_`, the value) of `**Depends on**: W1.1`."""
    match = _FIELD.match(text)
    if not match:
        return None
    name = re.sub(r"[ _/-]+", "_", match["name"].strip().casefold())
    return match["name"].strip(), name, match["rest"] or ""
