"""One worker of a Markdown plan: its line and what stands below it → the values of a worker's document."""

import difflib
import re
from typing import TYPE_CHECKING, Any

from gitorch.core.plan import blocks, needs
from gitorch.core.plan.document import MAX_LINE, WorkerDocument
from gitorch.core.plan.ids import Ids, names
from gitorch.core.plan.outline import Found
from gitorch.core.plan.outputs import is_more, outputs
from gitorch.core.plan.words import FIELD_OF, FIELDS, field_line, plain
from gitorch.core.source import Place, Problem, Values
from gitorch.core.text import named

if TYPE_CHECKING:
    from gitorch.core.plan.blocks import Node

_DASHES = (" — ", " – ", " -- ", " - ")  # the first kind that stands in the line ends the title
_LISTS = ("outputs", "requirements", "success_criteria", "report_back")
_NEAR = [name for name in FIELDS if name in WorkerDocument.model_fields] + ["depends_on"]
_TICK = re.compile(r"\A\[[ xX]\]\s+")

Edge = tuple[str, str, int]
"""(who, needs whom, the line that says it)."""


class Task:
    """Fills the values of one worker; what it says of others is in `edges`."""

    def __init__(self, found: Found, index: int, ids: Ids, source: list[str]) -> None:
        self.found, self.index, self.ids, self.source = found, index, ids, source
        self.values: Values = {"id": found.head.id}
        self.lines: dict[Place, int] = {("workers", index): found.line}
        self.problems: list[Problem] = []
        self.edges: list[Edge] = []
        self._at = found.line

    def read(self) -> None:
        self._title(self.found.head.rest)
        field: str | None = None
        under = ""  # the heading below the worker's own
        for node in self.found.body:
            self._at = blocks.line(node)
            if node.type == "heading":
                title = blocks.inline(node)
                name = re.sub(r"[ _/-]+", "_", plain(title))
                field = under = FIELD_OF.get(name, "")
                if not field:
                    self._prose("context", f"**{title}**")
                    field = under = "context"
            elif node.type == "paragraph":
                field = self._paragraph(blocks.inline(node), under) or under
            elif node.type in blocks.LISTS or node.type == "list_item":
                self._items(node, field)
                field = under
            elif node.type == "fence" and field in (None, "", "description"):
                self._prose("description", f"```{node.info}\n{node.content}```")
            elif field and field not in ("description", "context"):
                self._field(field, blocks.raw(self.source, node))
            else:
                text = blocks.raw(self.source, node)
                if node.type == "blockquote":
                    for line in text.split("\n"):
                        self._note(needs.read(line.lstrip("> "), self.ids).edges)
                self._prose(field or "description", text)

    def _title(self, text: str) -> None:
        first, _, below = text.partition("\n")
        rest, fields = [], []
        for offset, line in enumerate(below.split("\n") if below else (), 1):
            known = field_line(line.strip())
            if known and known[1] in FIELD_OF and (FIELD_OF[known[1]] in _NEAR or known[1] in _NEAR):
                fields.append((offset, line.strip()))
            else:
                rest.append(line.strip())
        joined = self._said(" ".join(" ".join([first, *rest]).split()))
        dash = next((dash for dash in _DASHES if dash in joined), None)
        if dash or not rest:
            title, _, description = joined.partition(dash or _DASHES[0])
        else:
            title, description = self._clean(first), self._clean(" ".join(rest))
        title = title.strip()
        if len(title) > MAX_LINE:  # a whole paragraph without a dash
            description = f"{title}\n\n{description}".strip()
            title = f"{title[: MAX_LINE // 2].rstrip()}…"
        self.values["title"] = title
        self.values["description"] = description.strip()
        for offset, line in fields:
            self._at = self.found.line + offset
            self._point_text(line, [])

    def _clean(self, text: str) -> str:
        """Without the clauses, whose edges are noted already."""
        return " ".join(needs.read(text, self.ids).text.split())

    def _said(self, text: str) -> str:
        """`text` without its clauses; what they say is noted."""
        said = needs.read(text, self.ids)
        self._note(said.edges)
        return said.text

    def _note(self, edges: list[tuple[str | None, str | None]]) -> None:
        own = self.found.head.id
        for who, need in edges:
            if who is None or need is None or who != need:
                self.edges.append((who or own, need or own, self._at))

    def _paragraph(self, text: str, under: str) -> str | None:
        """A paragraph, each of whose lines may be a field; the field that waits for a list below it."""
        prose: list[str] = []
        waiting = None
        for offset, line in enumerate(text.split("\n")):
            known = field_line(line) or _row(line)
            field = FIELD_OF.get(known[1]) if known else None
            if known and field:
                self._at += offset
                waiting = None if known[2].strip() else field
                self._field(field, known[2])
                self._at -= offset
            else:
                prose.append(line)
                waiting = None
        if under and under not in ("description", "context"):
            self._field(under, " ".join(prose)) if prose else None
        elif prose and (kept := self._sentence("\n".join(prose))):
            self._prose(under or "description", kept)
        return waiting

    def _sentence(self, text: str) -> str:
        """Prose keeps its words, but for a paragraph that is a dependency and nothing else."""
        said = needs.read(text, self.ids)
        self._note(said.edges)
        return "" if said.whole else text

    def _items(self, node: "Node", field: str | None) -> None:
        for point in [node] if node.type == "list_item" else node.children:
            self._at = blocks.line(point)
            below = [line for block in blocks.body(point) for line in blocks.points(block)]
            text = _TICK.sub("", blocks.inline(point))
            if field in ("description", "context"):
                self._note(needs.read(blocks.words(point), self.ids).edges)
                self._prose(field, blocks.raw(self.source, point))
            elif field:
                self._field(field, text, below)
            else:
                self._point_text(text, below)

    def _point_text(self, text: str, below: list[str]) -> None:
        known = field_line(text)
        name = known[1] if known else ""
        if known and (field := FIELD_OF.get(name)):
            self._field(field, known[2], below)
        elif known and (near := difflib.get_close_matches(name, _NEAR, n=1, cutoff=0.75)):
            said = f"{named(known[0])} of {named(self.found.head.id)} is not a field of a worker"
            self.problems.append(Problem(self._at, f"{said}; did you mean {near[0]}?"))
        else:
            self._requirement(text, below)

    def _requirement(self, text: str, below: list[str]) -> None:
        kept = self._sentence(" ".join(text.split()))
        for line in below:
            self._note(needs.read(line, self.ids).edges)
        found = [*([kept] if kept else []), *below]
        self.values.setdefault("requirements", []).extend(found)

    def _field(self, field: str, text: str, below: "list[str] | None" = None) -> None:
        """One field, as a line, a list below it, or both."""
        value, points = " ".join(text.split()), below or []
        self.lines.setdefault(("workers", self.index, field), self._at)
        own = self.found.head.id
        if field in ("dependencies", "blocks"):
            for part in [value, *points]:
                for name in names(part, self.ids):
                    self.edges.append(
                        (own, name, self._at) if field == "dependencies" else (name, own, self._at)
                    )
            return
        if field in self.values and field in ("component", "key", "estimated_hours"):
            self.problems.append(Problem(self._at, f"{field} of {named(own)} is given twice"))
        if field == "outputs":
            self._outputs(value, points)
        elif field in _LISTS:
            self.values.setdefault(field, []).extend([value, *points] if value else points)
        elif field == "estimated_hours":
            self.values[field] = _number(value)
        elif field == "effort":
            hours = _number(value)
            if isinstance(hours, float):
                self.values["estimated_hours"] = hours
            else:
                self._prose("context", f"**Effort:** {value}")
        elif field in ("context", "description"):
            prose = "\n\n".join([*([value] if value else []), "\n".join(f"- {point}" for point in points)])
            self._note(needs.read(prose, self.ids).edges)
            self._prose(field, prose.strip())
        else:
            self.values[field] = blocks.bare(self._said(value) if " " in value else value)

    def _outputs(self, value: str, points: list[str]) -> None:
        for text, point in ((value, False), *((point, True) for point in points)):
            said = self._said(text) if " " in text else text
            found = outputs(said, point=point)
            self.values.setdefault("outputs", []).extend(found)
            if is_more(said, found):
                self._prose("context", f"**Outputs:** {said}")

    def _prose(self, field: str, text: str) -> None:
        if text:
            before = self.values.get(field)
            self.values[field] = f"{before}\n\n{text}" if before else text


def _number(text: str) -> Any:
    match = re.match(r"([0-9]+(?:\.[0-9]+)?)\s*(?:h|hours?)?\Z", text)
    return float(match[1]) if match else text


def _row(line: str) -> tuple[str, str, str] | None:
    """`| Depends on | W1.1 |` as the field that it is."""
    cells = line.strip().strip("|").split("|") if line.lstrip().startswith("|") else []
    known = field_line(f"{cells[0].strip()}: {cells[1].strip()}") if len(cells) == 2 else None
    return known if known and FIELD_OF.get(known[1]) in ("dependencies", "blocks") else None
