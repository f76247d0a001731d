"""A plan's ids, dependencies and waves: from the document to the checked `Plan`. Finds every problem.

A worker whose id is `W<wave>.<seq>` stands where it says; any other is layered by the longest path of
its dependencies, and numbered in the plan's order.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitorch.core.meta import PlanHead
from gitorch.core.names import WorkerId, parse_worker_id
from gitorch.core.plan.document import PlanDocument, WorkerDocument
from gitorch.core.plan.model import Plan, Worker
from gitorch.core.plan.remarks import remarks
from gitorch.core.source import Problem, Remark, Source
from gitorch.core.text import named

MAX_WORKERS = 5_000
MAX_WAVE = 9_999
_KEY = re.compile(r"\w[\w.+-]{0,63}\Z")
_LIKE_AN_ID = re.compile(r"[Ww][0-9]+\.[0-9]+\Z")
_RESERVED = ("orch", "review", "none")


@dataclass(frozen=True, slots=True)
class Task:
    """A worker of the document: its names, and the index of each worker that it needs."""

    index: int
    document: WorkerDocument
    pinned: WorkerId | None
    wave: int | None  # where the plan itself says it: in the id, or by the heading above
    needs: tuple[int, ...] = ()


def check(
    document: PlanDocument, source: Source, headings: Mapping[int, int] | None = None
) -> Plan | list[Problem]:
    """The plan, or everything that is wrong with it.

    `headings` gives the wave under whose heading a worker (by index) is in a Markdown plan.
    """
    if not document.workers:
        return [source.whole(("workers",), "the plan has no workers")]
    if len(document.workers) > MAX_WORKERS:
        return [source.whole(("workers",), f"the plan has more than {MAX_WORKERS} workers")]
    problems: list[Problem] = []
    tasks = tasks_of(document, source, headings or {}, problems)
    order = in_order(tasks)
    if len(order) < len(tasks):
        problems += _cycles(tasks, {task.index for task in order}, source)
    waves = waves_of(order)
    problems += _wrong_waves(tasks, waves, source)
    if problems:
        return problems
    needs = [task.needs for task in tasks]
    found = remarks(document.workers, needs, [task.index for task in order], source)
    return _plan(document, tasks, numbers_of(tasks, waves), tuple(found))


def tasks_of(
    document: PlanDocument, source: Source, headings: Mapping[int, int], problems: list[Problem]
) -> Sequence[Task]:
    """Every worker with those that it needs, found by their names."""
    names = _names(document.workers, source, problems)
    return [
        _task(index, worker, names, headings.get(index), source, problems)
        for index, worker in enumerate(document.workers)
    ]


def _names(workers: Sequence[WorkerDocument], source: Source, problems: list[Problem]) -> Mapping[str, int]:
    """Every id and key → the index of its worker; the first one keeps a name."""
    names: dict[str, int] = {}
    for index, worker in enumerate(workers):
        for field, name in (("id", worker.id), ("key", worker.key)):
            if name is None or (field == "key" and name == worker.id):
                continue
            place = ("workers", index, field)
            if problem := _name_problem(name, field):
                problems.append(source.whole(place, problem))
            if name in names:
                line = source.line(("workers", names[name], "id"))
                first = f", first on line {line}" if line else ""
                problems.append(source.whole(place, f"the id {named(name)} is given twice{first}"))
            names.setdefault(name, index)
    return names


def _name_problem(name: str, field: str) -> str | None:
    if parse_worker_id(name):
        return None if field == "id" else f"the key {name} is an id; a key must be another name"
    if _LIKE_AN_ID.match(name):
        return f"{name} is not W<wave>.<seq> with a capital W and numbers from 1"
    if name.casefold() in _RESERVED:
        return f"the id {name} is reserved"
    if not _KEY.match(name):
        return (
            f"{named(name)} is not a safe id, which has letters, digits, '-', '_', '+' and '.', "
            "begins with a letter or digit, and has 64 characters at most"
        )
    return None


def _task(
    index: int,
    worker: WorkerDocument,
    names: Mapping[str, int],
    heading: int | None,
    source: Source,
    problems: list[Problem],
) -> Task:
    place = ("workers", index)
    pinned = parse_worker_id(worker.id)
    if pinned and heading and pinned.wave != heading:
        said = f"{pinned} is below the heading of wave {heading}"
        problems.append(source.whole((*place, "id"), said))
    if worker.dependencies is not None and worker.depends_on is not None:
        said = f"{named(worker.id)} has both dependencies and depends_on, expected one"
        problems.append(source.whole(place, said))
    if not (worker.title or worker.description or worker.component):
        problems.append(source.whole(place, f"{named(worker.id)} has neither a title nor a description"))
    field = "depends_on" if worker.dependencies is None else "dependencies"
    needs: dict[int, None] = {}
    for position, name in enumerate(worker.dependencies or worker.depends_on or ()):
        if names.get(name) == index:
            said = f"the dependencies form a cycle: {named(worker.id)} -> {named(worker.id)}"
            problems.append(source.whole((*place, field, position), said))
        elif name in names:
            needs[names[name]] = None
        else:
            said = f"{named(worker.id)} depends on {named(name)}, which is not in the plan"
            problems.append(source.whole((*place, field, position), said))
    return Task(index, worker, pinned, pinned.wave if pinned else heading, tuple(needs))


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """Each task after those that it needs; the ones in or behind a cycle are left out (Kahn 1962)."""
    missing = [len(task.needs) for task in tasks]
    dependents: list[list[int]] = [[] for _ in tasks]
    for task in tasks:
        for need in task.needs:
            dependents[need].append(task.index)
    free = [task.index for task in tasks if not task.needs]
    for index in free:  # grows while it is walked
        for dependent in dependents[index]:
            missing[dependent] -= 1
            if not missing[dependent]:
                free.append(dependent)
    return [tasks[index] for index in free]


def _cycles(tasks: Sequence[Task], done: set[int], source: Source) -> Iterable[Problem]:
    """One path `a -> b -> a` for each group of workers that wait for each other."""
    left = {task.index for task in tasks} - done
    while left:
        path = [min(left)]
        while (need := next((n for n in tasks[path[-1]].needs if n in left), None)) is not None:
            if need in path:
                cycle = path[path.index(need) :]
                names = [tasks[index].document.id for index in (*cycle, need)]
                text = f"the dependencies form a cycle: {' -> '.join(map(named, names))}"
                yield source.whole(("workers", cycle[0]), text)
                break
            path.append(need)
        left -= set(path)


def waves_of(order: Iterable[Task]) -> dict[int, int]:
    """The wave of each task by its index: the one that it names, else one after what it needs."""
    waves: dict[int, int] = {}
    for task in order:
        after = 1 + max((waves[need] for need in task.needs), default=0)
        waves[task.index] = task.wave or after
    return waves


def _wrong_waves(tasks: Sequence[Task], waves: Mapping[int, int], source: Source) -> Iterable[Problem]:
    for task in tasks:
        if waves.get(task.index, 0) > MAX_WAVE:
            yield source.whole(("workers", task.index), f"the plan has more than {MAX_WAVE} waves")
        for need in task.needs:
            if task.wave and waves.get(need, 0) >= task.wave and need != task.index:
                where = "the same wave" if waves[need] == task.wave else f"the later wave {waves[need]}"
                names = named(task.document.id), named(tasks[need].document.id)
                yield source.whole(("workers", task.index), f"{names[0]} depends on {names[1]} of {where}")


def numbers_of(tasks: Sequence[Task], waves: Mapping[int, int]) -> list[WorkerId]:
    taken = {task.pinned for task in tasks}
    last: dict[int, int] = {}
    numbers = []
    for task in tasks:
        number = task.pinned
        while number is None or (task.pinned is None and number in taken):
            wave = waves[task.index]
            last[wave] = last.get(wave, 0) + 1
            number = WorkerId(wave, last[wave])
        numbers.append(number)
    return numbers


def _plan(
    document: PlanDocument, tasks: Sequence[Task], numbers: Sequence[WorkerId], found: tuple[Remark, ...]
) -> Plan:
    head = PlanHead(
        name=document.name,
        description=document.description,
        objective=document.objective,
        key_decisions=document.key_decisions,
        relevant_files=document.relevant_files,
        sections=document.sections,
        wave_names=document.wave_names,
    )
    workers = [
        Worker(
            id=number,
            title=task.document.title or _title(task.document),
            description=task.document.description,
            key=task.document.key if task.pinned else task.document.id,
            component=task.document.component or None,
            depends_on=tuple(sorted(numbers[need] for need in task.needs)),
            estimated_hours=task.document.estimated_hours,
            outputs=task.document.outputs,
            context=task.document.context,
            requirements=task.document.requirements,
            success_criteria=task.document.success_criteria,
            report_back=task.document.report_back,
        )
        for task, number in zip(tasks, numbers, strict=True)
    ]
    return Plan(head, tuple(sorted(workers, key=lambda worker: worker.id)), document.build_type, found)


def _title(worker: WorkerDocument) -> str:
    """A name for a task that the plan gives none: `database_schema` → `Database Schema`."""
    if worker.component or not parse_worker_id(worker.id):
        words = re.split(r"[\s_-]+", worker.component or worker.id)
        return " ".join(word[:1].upper() + word[1:] for word in words if word)
    first = worker.description.split("\n", 1)[0]
    return first if len(first) <= 60 else first[:59].rstrip() + "…"
