"""When a build may be finalized, by its workers alone: who is not where it has to be, and why. Pure."""

from collections.abc import Sequence

from gitorch.core.names import WorkerId
from gitorch.core.state import BuildState, WorkerState, WorkerStatus
from gitorch.core.text import one_line


def unfinished(state: BuildState, rule: str = "all") -> list[str]:
    """A line for each worker that keeps the build open; empty when none does.

    `rule` is `general.complete_when` of the configuration; every other build type has `all`.
    """
    held_up = _held_up(state) if rule == "reported" else set()
    return [
        _why(worker) for worker in _asked(state, rule) if not _done(worker, rule) and worker.id not in held_up
    ]


def _held_up(state: BuildState) -> set[WorkerId]:
    """Workers that can never report, since one that they need reported that it did not succeed."""
    stuck = {worker.id for worker in state.having(WorkerStatus.BLOCKED, WorkerStatus.FAILED)}
    held_up: set[WorkerId] = set()
    for worker in state.workers:  # in order of their ids, and so each after those that it needs
        if stuck.intersection(worker.waiting_for):
            stuck.add(worker.id)
            held_up.add(worker.id)
    return held_up


def _asked(state: BuildState, rule: str) -> Sequence[WorkerState]:
    if rule != "last-wave":
        return state.workers
    last = max((worker.id.wave for worker in state.workers), default=1)
    return [worker for worker in state.workers if worker.id.wave == last]


def _done(worker: WorkerState, rule: str) -> bool:
    if rule == "reported":
        return worker.completion is not None
    return worker.status is WorkerStatus.COMPLETE


def _why(worker: WorkerState) -> str:
    who = f"{worker.id} {one_line(worker.brief.title, 60)}"
    if worker.refused and not worker.waiting_for:
        return f"{who}: its report does not count"
    match worker.status:
        case WorkerStatus.BLOCKED | WorkerStatus.FAILED if worker.completion:
            return f"{who}: {worker.status}: {one_line(worker.completion.summary, 160)}"
        case WorkerStatus.IN_PROGRESS:
            return f"{who}: launched, and has not reported yet"
        case WorkerStatus.WAITING:
            return f"{who}: waits for {', '.join(map(str, worker.waiting_for))}"
        case _:
            return f"{who}: not launched yet"
