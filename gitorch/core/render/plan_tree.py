"""A plan as a tree of waves, workers and dependencies, to see whether all of it was understood."""

from collections.abc import Iterator, Sequence

from gitorch.core.plan.model import Plan, Wave, Worker
from gitorch.core.text import counted, one_line, shown_path

_MOST = 8


def counts(plan: Plan) -> str:
    """`5 workers in 3 waves, 4 dependencies`."""
    dependencies = sum(len(worker.depends_on) for worker in plan.workers)
    return (
        f"{counted(len(plan.workers), 'worker')} in {counted(len(plan.waves), 'wave')}, "
        f"{counted(dependencies, 'dependency', 'dependencies')}"
    )


def tree(plan: Plan) -> str:
    """Everything: a line for each worker, with its key, outputs and dependencies; what every brief has."""
    return "\n".join([line for wave in plan.waves.values() for line in _branch(wave)] + list(_shared(plan)))


def short_tree(plan: Plan) -> str:
    """A line for each wave, the dependencies behind each worker."""
    return "\n".join(f"  wave {wave.number}: {_row(wave)}" for wave in plan.waves.values())


def _branch(wave: Wave) -> Iterator[str]:
    yield f"wave {wave.number}" + (f": {one_line(wave.name)}" if wave.name else "")
    last = wave.workers[-1]
    for worker in wave.workers:
        key = f" [{worker.key}]" if worker.key else ""
        yield f"{'└─' if worker is last else '├─'} {worker.id}{key} {one_line(worker.title)}{_needs(worker)}"
        below = "   " if worker is last else "│  "
        yield from (f"{below}   writes {shown_path(path)}" for path in worker.outputs)


def _shared(plan: Plan) -> Iterator[str]:
    head = plan.head
    given = (("objective", head.objective), ("key decisions", head.key_decisions))
    found = [name for name, value in (*given, ("relevant files", head.relevant_files)) if value]
    if found := [*found, *map(one_line, head.sections)]:
        yield f"in every brief: {', '.join(found)}"


def _row(wave: Wave) -> str:
    parts = [f"{worker.id}{_needs(worker)}" for worker in wave.workers]
    if len(parts) > _MOST:
        parts = [*parts[: _MOST - 1], f"{len(parts) - _MOST + 1} more"]
    return ", ".join(parts) if not any(worker.depends_on for worker in wave.workers) else "; ".join(parts)


def _needs(worker: Worker) -> str:
    return f" ← {_listed(list(map(str, worker.depends_on)))}" if worker.depends_on else ""


def _listed(names: Sequence[str]) -> str:
    if len(names) <= _MOST:
        return ", ".join(names)
    return ", ".join([*names[: _MOST - 1], f"{len(names) - _MOST + 1} more"])
