"""spec-kit's `tasks.md` → the values of a plan document (github/spec-kit, templates/tasks-template.md).

Its order is the one in which its own command implements: phase by phase, tasks marked [P] beside each other,
any other alone. docs/plans.md says what is taken over.
"""

import re
from typing import TYPE_CHECKING, Any

from gitorch.core.plan import blocks, needs
from gitorch.core.plan.ids import Ids
from gitorch.core.source import Place, Problem, Remark, Source, Values
from gitorch.core.text import named

if TYPE_CHECKING:
    from gitorch.core.plan.blocks import Node

_TASK = re.compile(
    r"\[(?P<tick>[ xX])\]\s+(?P<id>T(?:\d+\w*|X+))\s+(?P<labels>(?:\[[^\]]*\]\s*)*)(?P<text>.*)\Z", re.S
)
_LIKE_A_TASK = re.compile(r"(?P<tick>\[[^\]]?\]\s*)?[*_`]*(?P<id>T(?:\d{2,}\w*|X{2,}))\b")
_BOX = re.compile(r"\[[^\]]?\]\s")
_ABOUT_THE_FILE = (
    "format",
    "table of contents",
    "dependencies",
    "parallel",
    "implementation strategy",
    "notes",
)
FORM = "'- [ ] T001 [P] [US1] What is to be done'"


def is_tasks(text: str) -> bool:
    """Whether a Markdown file is one of spec-kit's."""
    has_task = re.search(r"^[-*] \[[ xX]\] T\d{3,}\w* ", text, re.MULTILINE)
    return bool(has_task and re.search(r"^## Phase ", text, re.MULTILINE))


def read_tasks(text: str) -> Source:
    """The tasks that are not ticked, with the order of their phases as dependencies."""
    _, text = blocks.split_front(text)
    return _Tasks(text).read()


class _Tasks:
    def __init__(self, text: str) -> None:
        self.source = text.split("\n")
        links: dict[str, Any] = {}
        self.nodes = blocks.blocks(text, links)
        self.links = blocks.definitions(text, links)
        self.value: Values = {"workers": []}
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self.done: list[str] = []
        self.before: list[str] = []  # the group that must be done first
        self.group: list[str] = []  # tasks marked [P] that stand together
        self.section = ""
        self.orders = False  # below the heading of the dependencies
        self.edges: list[tuple[str, str]] = []
        self.remarks: list[Remark] = []
        self.phase: list[str] | None = None  # what its heading and its prose say
        self.ids = Ids.of([match["id"] for match in map(_match, self._items()) if match], {})

    def _items(self) -> "list[Node]":
        return [item for node in self.nodes if node.type in blocks.LISTS for item in node.children]

    def read(self) -> Source:
        inside: list[tuple[int, int, list[str]]] = []  # first and last worker of a phase, its prose
        for node in self.nodes:
            if node.type == "heading" and blocks.level(node) <= 2:
                self._heading(node)
                if self.phase is not None:
                    inside.append((len(self.value["workers"]), 0, self.phase))
            elif self.phase is None:
                self._section(node)
            elif node.type == "heading":
                self.phase.append(f"**{blocks.inline(node)}**")
            elif node.type in blocks.LISTS and any(map(_match, node.children)):
                for item in node.children:
                    self._task(item)
            else:
                self._lost(node, f"is not {FORM}")
                self.phase.append(blocks.raw(self.source, node))
        starts = [start for start, _, _ in inside] + [len(self.value["workers"])]
        for (start, _, said), end in zip(inside, starts[1:], strict=True):
            for worker in self.value["workers"][start:end]:
                worker["context"] = "\n\n".join(said)
        left = [name for name in self.done if name]
        if left and not self.value["workers"]:
            self.problems.append(Problem(1, f"all {len(left)} tasks are done already"))
            return Source(None, {}, tuple(self.problems))
        self._connect()
        remarks = self.remarks + ([left_out(left, 1)] if left else [])
        if self.links:
            self.value.setdefault("sections", {})["Links"] = self.links
        return Source(self.value, self.lines, tuple(self.problems), tuple(remarks))

    def _connect(self) -> None:
        """What the section of the dependencies says beyond the order of the phases."""
        workers = {worker["id"]: worker for worker in self.value["workers"]}
        for who, need in self.edges:
            if who in workers and need not in self.done and need not in workers[who]["dependencies"]:
                workers[who]["dependencies"].append(need)

    def _heading(self, node: "Node") -> None:
        title = blocks.inline(node)
        self._close()
        self.phase, self.section = None, ""
        self.orders = title.casefold().startswith("dependenc")
        if blocks.level(node) == 1 and "name" not in self.value:
            self.value["name"] = re.sub(r"\A\s*tasks:\s*", "", title, flags=re.I)
            self.lines["name",] = blocks.line(node)
        elif title.casefold().startswith("phase "):
            self.phase = [f"**{title}**"]
        elif not title.casefold().startswith(_ABOUT_THE_FILE):
            self.section = title

    def _section(self, node: "Node") -> None:
        text = blocks.raw(self.source, node)
        self._lost(node, "is below no phase; a phase is '## Phase 1: Name'")
        if self.orders:
            for number, line in enumerate(text.split("\n"), blocks.line(node)):
                found = needs.edge_line(line, self.ids)
                if found is None:
                    said = f"the dependency in {named(line.strip())} is not understood, and was left out"
                    self.remarks.append(Remark("left-out", Problem(number, said)))
                self.edges += found or ()
        if self.section:
            sections = self.value.setdefault("sections", {})
            sections[self.section] = (
                f"{sections[self.section]}\n\n{text}" if self.section in sections else text
            )
            self.lines.setdefault(("sections", self.section), blocks.line(node))

    def _lost(self, node: "Node", why: str) -> None:
        """A line that begins as a task, and is none of those that were read."""
        for number, line in enumerate(blocks.raw(self.source, node).split("\n"), blocks.line(node)):
            text = line.lstrip(" >*+-|")
            match = _LIKE_A_TASK.match(text)
            box = self.phase is not None and _BOX.match(text)
            if box or (match and (match["tick"] or match["id"] not in self.ids.positions)):
                self.problems.append(Problem(number, f"the task in {named(line.strip())} {why}"))

    def _task(self, item: "Node") -> None:
        match, line = _match(item), blocks.line(item)
        if not match:
            self.problems.append(Problem(line, f"{named(blocks.words(item))} is not {FORM}"))
            return
        name = match["id"]
        labels = re.findall(r"\[([^\]]*)\]", match["labels"])
        if match["tick"] != " ":
            self.done.append(name)
            return
        said = needs.read(" ".join(match["text"].split()), self.ids)
        parallel = any(label.casefold() == "p" for label in labels)
        if not parallel:
            self._close()
        explicit = [need for who, need in said.edges if who is None and need and need not in self.done]
        index = len(self.value["workers"])
        self.lines["workers", index] = line
        worker: Values = {"id": name, "title": _title(said.text), "description": said.text}
        worker["dependencies"] = list(dict.fromkeys([*self.before, *explicit]))
        worker["requirements"] = [p for block in blocks.body(item) for p in blocks.points(block)]
        if stories := [label for label in labels if label.casefold() != "p"]:
            worker["component"] = ", ".join(stories)
        self.value["workers"].append(worker)
        self.group.append(name)
        if not parallel:
            self._close()

    def _close(self) -> None:
        """What comes now waits for the tasks so far."""
        if self.group:
            self.before, self.group = self.group, []


def left_out(names: list[str], line: int) -> Remark:
    """What is said of tasks that a file has as done."""
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    text = f"{len(names)} tasks are done already and were left out: {', '.join(map(named, names[:20]))}{more}"
    if len(names) == 1:
        text = f"the task {named(names[0])} is done already and was left out"
    return Remark("left-out", Problem(line, text))


def _match(item: "Node") -> "re.Match[str] | None":
    return _TASK.match(blocks.inline(item))


def _title(text: str) -> str:
    return text if len(text) <= 100 else text[:99].rstrip() + "…"
