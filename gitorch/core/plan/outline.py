"""What each block of a Markdown plan is: a wave, a group, a worker, a section. Values come later.

A first look takes what is a worker beyond doubt; a second one, which knows these ids and their family, finds
workers in lists of other sections and below other workers, where the same line may only mention one.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitorch.core.plan import blocks
from gitorch.core.plan.needs import is_clause
from gitorch.core.plan.words import (
    DEPENDENCY_SECTIONS,
    TASK_SECTIONS,
    TEXT_SECTIONS,
    WorkerLine,
    like_a_wave,
    near_a_wave,
    plain,
    wave_heading,
    worker_line,
)
from gitorch.core.source import Problem
from gitorch.core.text import named

if TYPE_CHECKING:
    from gitorch.core.plan.blocks import Node

WAVE_FORM = "'## Wave N: Name', N from 1"
WORKER_FORM = "'- ID: Title — what is to be done (depends: ID, ID)'"


@dataclass(slots=True)
class Area:
    """The blocks below one heading, less those that belong to a worker or to a heading of their own."""

    title: str
    kind: str
    """`preamble`, `wave`, `group` of a wave or of tasks, `tasks`, `text`, or `section`: anything else."""
    level: int
    line: int
    wave: int | None = None
    parent: "Area | None" = None
    blocks: "list[Node]" = field(default_factory=list)
    workers: int = 0

    @property
    def has_tasks(self) -> bool:
        """Whether a list here is a list of workers."""
        return self.kind in ("wave", "group", "tasks")

    @property
    def says_dependencies(self) -> bool:
        return self.title.casefold().lstrip("# *").startswith(DEPENDENCY_SECTIONS)


@dataclass(slots=True)
class Found:
    """A worker and the blocks that tell about it."""

    head: WorkerLine
    line: int
    area: Area
    level: int = 0
    """Of its heading; 0 for an item of a list."""
    body: "list[Node]" = field(default_factory=list)


@dataclass(slots=True)
class Outline:
    """The whole file."""

    name: str = ""
    name_line: int = 0
    areas: list[Area] = field(default_factory=list)
    workers: list[Found] = field(default_factory=list)
    wave_names: dict[int, tuple[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    families: set[str] = field(default_factory=set)

    def problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(line, message))

    def add(self, found: Found) -> None:
        self.workers.append(found)
        self.ids.add(found.head.id)
        if found.head.family:
            self.families.add(found.head.family)
        area: Area | None = found.area
        while area:
            area.workers += 1
            area = area.parent


def outline(nodes: "Sequence[Node]") -> Outline:
    """The workers in the order of the file, and where everything else belongs."""
    found = Outline()
    _Headings(found, nodes).read()
    _certain(found)
    _listed(found)
    known = frozenset(found.ids)
    for worker in list(found.workers):
        _below(found, worker, known)
    found.workers.sort(key=lambda worker: worker.line)
    return found


class _Headings:
    """Walks the top-level blocks once."""

    def __init__(self, found: Outline, nodes: "Sequence[Node]") -> None:
        self.found, self.nodes = found, nodes
        self.area = Area("", "preamble", 0, 0)
        self.worker: Found | None = None
        headings = [node for node in nodes if node.type == "heading"]
        waves = [(match, blocks.level(node)) for node in headings if (match := wave_heading(_text(node)))]
        first = bool(headings) and bool(wave_heading(_text(headings[0])))
        top = first and waves[0][1] == 1 and [level for _, level in waves].count(1) == 1
        if top and (len(waves) > 1 or not re.search(r"\d\s*(?:[:.—–(-]|\Z)", _text(headings[0]))):
            del waves[0]  # the plan's name: '# Phase 2 of the shop'
        levels = [at for match, at in waves if match[0] == "wave"] or [at for _, at in waves]
        self.wave_level = min(levels, default=0)
        self.has_waves = bool(waves)

    def read(self) -> None:
        self.found.areas.append(self.area)
        for node in self.nodes:
            if node.type == "heading":
                self._heading(node, _text(node), blocks.level(node))
            elif self.worker:
                self.worker.body.append(node)
            else:
                self.area.blocks.append(node)

    def _heading(self, node: "Node", title: str, level: int) -> None:
        line, wave, task = blocks.line(node), wave_heading(title), worker_line(title)
        if wave and level == self.wave_level:
            self._wave(title, level, line, wave)
            return
        if task and self._is_worker(task, level):
            self._leave(level)
            self.worker = Found(task, line, self.area, level)
            self.found.add(self.worker)
            return
        first = level == 1 and not self.found.name and not self.found.workers and self.area.kind == "preamble"
        if first and (wave or not like_a_wave(title)):
            self.found.name, self.found.name_line = title, line
            return
        outer = wave and (level < self.wave_level and wave[0] != "wave")
        if wave and not outer:
            self.found.problem(line, f"the heading {named(title)} is on another level than the other waves")
        elif not wave and (like_a_wave(title) or near_a_wave(title)):
            self.found.problem(line, f"the heading {named(title)} is not {WAVE_FORM}")
        if self.worker and level > self.worker.level:
            self.worker.body.append(node)
            return
        self._leave(level)
        kind = self._kind(title)
        if kind == "text" and self.area.kind in ("text", "section") and self.area.level < level:
            self.area.blocks.append(node)
            return
        self._enter(Area(title, kind, level, line, self.area.wave, self.area if self.area.level else None))

    def _wave(self, title: str, level: int, line: int, wave: tuple[str, int, str]) -> None:
        _, number, name = wave
        self._leave(level)
        if not number:
            self.found.problem(line, f"the heading {named(title)} is not {WAVE_FORM}")
        first, at = self.found.wave_names.setdefault(number, (name, line))
        if name and first and name != first:
            self.found.problem(line, f"wave {number} has two names, the first on line {at}")
        elif name and not first:
            self.found.wave_names[number] = (name, line)
        self._enter(Area(title, "wave", level, line, number or None))

    def _is_worker(self, task: WorkerLine, level: int) -> bool:
        if task.is_spec:
            return True
        if not task.is_id or (level == 1 and not self.found.name):
            return False
        inside = self.area.has_tasks and level > self.area.level
        beside = self.worker is not None and self.worker.level == level
        return inside or beside or (not self.has_waves and bool(task.family) and level > 1)

    def _kind(self, title: str) -> str:
        words = plain(title)
        if words in TEXT_SECTIONS or words.startswith(DEPENDENCY_SECTIONS):
            return "text"
        if self.area.has_tasks:
            return "group"
        return (
            "tasks"
            if words in TASK_SECTIONS
            else "text"
            if self.area.kind in ("text", "section")
            else "section"
        )

    def _leave(self, level: int) -> None:
        self.worker = None
        while self.area.level >= level and self.area.level:
            self.area = self.area.parent or self.found.areas[0]

    def _enter(self, area: Area) -> None:
        self.area = area
        self.found.areas.append(area)


def _text(node: "Node") -> str:
    return " ".join(blocks.inline(node).split())


def _certain(found: Outline) -> None:
    """Every item of a list where only workers are expected."""
    for area in found.areas:
        if area.has_tasks:
            _take(found, area, [node for node in area.blocks if node.type in blocks.LISTS])


def _listed(found: Outline) -> None:
    """Lists of other places: a whole list is one of workers, if one of its items is."""
    known, families = frozenset(found.ids), frozenset(found.families)

    def is_new(task: WorkerLine) -> bool:
        if task.id in known or not task.is_task:
            return False
        ours = task.is_spec or (task.is_id and task.family in families)
        return ours or (task.ticked is not None and bool(task.family)) or is_clause(task.rest)

    def is_own(task: WorkerLine) -> bool:
        return task.is_id or (task.is_task and task.ticked is not None)

    others = [area for area in found.areas if area.kind in ("preamble", "section")]
    if known or any(area.has_tasks for area in found.areas):
        _take_lists(found, others, lambda tasks: any(task and is_new(task) for task in tasks))
        return
    _take_lists(found, others, lambda tasks: any(task and is_own(task) for task in tasks))
    if not found.workers:
        _take_lists(found, others, lambda tasks: all(task and task.is_task for task in tasks))


def _take_lists(
    found: Outline, areas: Iterable[Area], are_workers: Callable[[Sequence[WorkerLine | None]], bool]
) -> None:
    for area in areas:
        lists = [node for node in area.blocks if node.type in blocks.LISTS]
        _take(
            found,
            area,
            [n for n in lists if are_workers([worker_line(blocks.inline(i)) for i in n.children])],
        )


def _take(found: Outline, area: Area, lists: "Sequence[Node]") -> None:
    """Every item of the lists as a worker; one that is none is a problem."""
    taken = {id(node) for node in lists}
    area.blocks = [node for node in area.blocks if id(node) not in taken]
    for item in (item for node in lists for item in node.children):
        text, line = blocks.inline(item), blocks.line(item)
        task = worker_line(text)
        if task and task.is_task:
            found.add(Found(task, line, area, body=list(blocks.body(item))))
        else:
            found.problem(line, f"{named(text or blocks.words(item))} is not {WORKER_FORM}")


def _below(found: Outline, worker: Found, known: frozenset[str]) -> None:
    """Workers in the lists below another one: what looks like its siblings, and is defined nowhere else."""
    kept = []
    for node in worker.body:
        inner = [_sibling(found, item, known) for item in node.children] if node.type in blocks.LISTS else []
        if not any(inner):
            kept.append(node)
            continue
        for item, task in zip(node.children, inner, strict=True):
            if task is None:
                kept.append(item)
                continue
            nested = Found(task, blocks.line(item), worker.area, body=list(blocks.body(item)))
            found.add(nested)
            _below(found, nested, known)
    worker.body = kept


def _sibling(found: Outline, item: "Node", known: frozenset[str]) -> WorkerLine | None:
    task = worker_line(blocks.inline(item))
    if task is None or task.id in known or not (task.separator or task.ticked is not None):
        return None
    return task if task.is_spec or (task.is_id and task.family in found.families) else None
