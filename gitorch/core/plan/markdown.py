"""A Markdown plan → the values of a plan document with line numbers. Checks only its form.

docs/plans.md lists every form. What looks like a worker, a dependency or a section is understood, or is
a problem.
"""

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gitorch.core.plan import blocks, lost, needs, speckit
from gitorch.core.plan.ids import Ids
from gitorch.core.plan.outline import WAVE_FORM, WORKER_FORM, Area, Found, Outline, outline
from gitorch.core.plan.task import Edge, Task
from gitorch.core.plan.words import SPEC_ID, plain, worker_line
from gitorch.core.source import Place, Problem, Remark, Source, Values
from gitorch.core.text import named
from gitorch.core.tree import read_yaml

if TYPE_CHECKING:
    from gitorch.core.plan.blocks import Node

_TITLE = re.compile(r"(?:build\s+)?plan:\s*(.*)", re.IGNORECASE)
_HEAD = {"build type": "build_type", "objective": "objective", "key decisions": "key_decisions"}
_HEAD |= {"relevant files": "relevant_files"}
_FRONT_KEYS = ("name", "description", "objective", "build_type", "key_decisions", "relevant_files")
EDGE_FORM = "'W2.1 depends on W1.1, W1.2'"


def read_markdown(text: str) -> tuple[Source, Mapping[int, int]]:
    """The values, and the wave under whose heading each worker (by index) stands."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if speckit.is_tasks(text):
        return speckit.read_tasks(text), {}
    front, text = blocks.split_front(lost.usual(text))
    links: dict[str, Any] = {}
    nodes = blocks.blocks(text, links)
    fences = [node for node in nodes if node.type == "fence"]
    if len(fences) == 1 and all(node.type in ("fence", "paragraph") for node in nodes):
        text = _unfenced(text, fences[0])
        nodes = blocks.blocks(text, links := {})
    found = outline(nodes)
    found.problems += lost.unended(nodes, text.split("\n"))
    return _Reader(found, text, front).read(blocks.definitions(text, links))


def _unfenced(text: str, fence: "Node") -> str:
    """A plan that a chat handed over in a code fence, with what it said around it."""
    lines = text.split("\n")
    start, end = fence.map or (0, 0)
    inside = fence.content.split("\n")[:-1]
    after = end - start - 1 - len(inside)  # the closing line, if there is one
    return "\n".join([*lines[:start], "", *inside, *[""] * after, *lines[end:]])


class _Reader:
    """One plan's values, from its outline."""

    def __init__(self, found: Outline, text: str, front: str) -> None:
        self.found = found
        self.source = text.split("\n")
        waves: dict[int, list[str]] = {}
        for worker in found.workers:
            if wave := _wave(worker):
                waves.setdefault(wave, []).append(worker.head.id)
        self.ids = Ids.of([worker.head.id for worker in found.workers], waves)
        self.value: Values = {"workers": []}
        self.lines: dict[Place, int] = {}
        self.below: dict[int, list[int]] = {}
        for index, worker in enumerate(found.workers):
            area: Area | None = worker.area
            while area:
                self.below.setdefault(id(area), []).append(index)
                area = area.parent
        self.problems = list(found.problems)
        self.edges: list[Edge] = []
        self.remarks: list[Remark] = []
        values = read_yaml(front).value if front else None
        if isinstance(values, dict):
            self.value |= {key: values[key] for key in _FRONT_KEYS if key in values}

    def read(self, links: str) -> tuple[Source, Mapping[int, int]]:
        """The values; `links` is what labels anywhere in the plan stand for, and so is in every brief."""
        if not self.found.workers:
            said = f"the plan has no workers; a worker begins with {WORKER_FORM}, below {WAVE_FORM}"
            self._lost()
            line = max(1, self.found.name_line)
            self.problems += [] if self.problems else lost.like_workers(self.source)
            return Source(None, {}, (*self.problems, Problem(line, said))), {}
        self._head()
        for index, worker in enumerate(self.found.workers):
            task = Task(worker, index, self.ids, self.source)
            task.read()
            self.value["workers"].append(task.values)
            self.lines |= task.lines
            self.problems += task.problems
            self.edges += task.edges
        for area in self.found.areas:
            self._area(area)
        if links:
            _append(self.value.setdefault("sections", {}), "Links", links)
        self._connect()
        self._lost()
        headings = {i: wave for i, worker in enumerate(self.found.workers) if (wave := worker.area.wave)}
        return Source(self.value, self.lines, tuple(self.problems), tuple(self.remarks)), headings

    def _head(self) -> None:
        if self.found.name:
            match = _TITLE.match(self.found.name)
            self.value["name"] = match[1] if match else self.found.name
            self.lines["name",] = self.found.name_line
        for number, (name, line) in self.found.wave_names.items():
            if name and number:
                self.value.setdefault("wave_names", {})[str(number)] = name
                self.lines["wave_names", str(number)] = line
        self.lines["workers",] = max(1, self.found.name_line)

    def _area(self, area: Area) -> None:
        self._dependencies(area)
        text = "\n\n".join(blocks.raw(self.source, node) for node in area.blocks)
        field = _HEAD.get(plain(area.title))
        if area.kind == "preamble":
            _append(self.value, "description", text)
        elif area.has_tasks or area.workers:
            self._context(area, text)
        elif area.wave:
            self._share(area, f"**{area.title}**\n\n{text}")
        elif field in ("key_decisions", "relevant_files"):
            found = [point for node in area.blocks for point in blocks.points(node)]
            self.value.setdefault(field, []).extend(found)
        elif field:
            _append(self.value, field, text)
        elif text:
            self._other_family(area)
            _append(self.value.setdefault("sections", {}), area.title, text)
            self.lines.setdefault(("sections", area.title), area.line)

    def _other_family(self, area: Area) -> None:
        """A list in a section that no word says the kind of may have been meant as workers."""
        lists = [node for node in area.blocks if node.type in blocks.LISTS] if area.kind == "section" else []
        for node in lists:
            tasks = [worker_line(blocks.inline(item)) for item in node.children]
            ids = [task.id for task in tasks if task and task.is_id and task.family]
            if len(ids) == len(tasks) and self.found.ids.isdisjoint(ids):
                said = f"{named(ids[0])} looks like a worker with an id of another kind"
                said += f"; the section {named(area.title)} is context of every brief"
                self.remarks.append(Remark("like-a-worker", Problem(blocks.line(node), said)))
        if boxes := lost.tasks_of_another_name(area.title, lists):
            said = f"the points of {named(area.title)} look like workers without ids; they are context"
            self.remarks.append(
                Remark("like-a-worker", Problem(blocks.line(boxes), f"{said} of every brief"))
            )

    def _context(self, area: Area, text: str) -> None:
        """A wave or a group: what stands beside its workers is context of each of them."""
        if not area.workers:
            if text or area.kind != "group":
                said = f"there is no worker below the heading {named(area.title)}"
                self.problems.append(Problem(area.line, f"{said}; a worker begins with {WORKER_FORM}"))
        elif area.kind in ("group", "section"):
            self._share(area, f"Part of the plan: **{area.title}**" + (f"\n\n{text}" if text else ""))
        elif text:
            self._share(area, text)

    def _share(self, area: Area, text: str) -> None:
        """`text` as context of the workers below a heading, or beside one that has none of its own."""
        around: Area | None = area
        while around and not around.workers:
            around = around.parent
        for index in self.below.get(id(around), ()):
            _append(self.value["workers"][index], "context", text)

    def _dependencies(self, area: Area) -> None:
        """What the prose around the workers says of their dependencies."""
        if area.has_tasks:
            self._all_need(area, area.title, area.line)
        for node in area.blocks:
            start = blocks.line(node)
            for offset, line in enumerate(blocks.raw(self.source, node).split("\n")):
                if area.says_dependencies:
                    self._edge_line(line, start + offset)
                elif area.has_tasks:
                    self._all_need(area, line, start + offset)
                else:
                    said = needs.read(line, self.ids, own=False).edges
                    self.edges += [(who or "", need or "", start + offset) for who, need in said]
                    if not said and (needs.is_clause(line) or needs.begins(line, self.ids)):
                        self._not_understood(line, start + offset)

    def _all_need(self, area: Area, text: str, line: int) -> None:
        """What a wave or a group says of itself holds for each of its workers."""
        workers = [self.found.workers[index].head.id for index in self.below.get(id(area), ())]
        for who, need in needs.read(text, self.ids).edges:
            whose = (
                [(who or own, need or own) for own in workers]
                if who is None or need is None
                else [(who, need)]
            )
            self.edges += [(who, need, line) for who, need in whose if who != need]

    def _edge_line(self, line: str, number: int) -> None:
        found = needs.edge_line(line, self.ids)
        if found == [] and (both := needs.sides(line)):
            names = [self._by_title.get(name.casefold(), "") for name in both]
            found = [(names[0], names[1])] if all(names) else None if any(names) else found
        if found is None:
            self._not_understood(line, number)
        self.edges += [(who, need, number) for who, need in found or ()]

    @cached_property
    def _by_title(self) -> Mapping[str, str]:
        """The id of each worker by its title, once the workers are read."""
        workers = reversed(self.value["workers"])
        return {worker["title"].casefold(): worker["id"] for worker in workers if worker["title"]}

    def _not_understood(self, line: str, number: int) -> None:
        text = f"the dependency in {named(line.strip())} is not understood; write {EDGE_FORM}"
        self.problems.append(Problem(number, text))

    def _connect(self) -> None:
        """The dependencies into the values of those who have them."""
        indices = {worker.head.id: index for index, worker in reversed(list(enumerate(self.found.workers)))}
        seen: set[tuple[str, str]] = set()
        for who, need, line in self.edges:
            if (who, need) in seen:
                continue
            seen.add((who, need))
            if who not in indices:
                text = f"{named(who)}, which depends on {named(need)}, is not in the plan"
                self.problems.append(Problem(line, text))
                continue
            index = indices[who]
            listed = self.value["workers"][index].setdefault("dependencies", [])
            self.lines["workers", index, "dependencies", len(listed)] = line
            listed.append(need)

    def _lost(self) -> None:
        """A line that begins as a worker and has become none is a problem."""
        told = {problem.line for problem in self.problems} | {area.line for area in self.found.areas}
        told |= {line for who, need, line in self.edges if who != need} | {self.found.name_line}
        self.problems += lost.lost(self.source, self.found, self.ids, told)
        self.problems += lost.numbered_areas(self.found)


def _wave(worker: Found) -> int | None:
    match = SPEC_ID.match(worker.head.id)
    return int(worker.head.id[1:].split(".")[0]) if match else worker.area.wave


def _append(values: Values, name: str, text: str) -> None:
    if text:
        values[name] = f"{values[name]}\n\n{text}" if values.get(name) else text
