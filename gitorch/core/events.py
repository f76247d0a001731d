"""What happened between two readings of a build, one sentence each. A pure difference; knows no clock."""

from collections.abc import Iterable, Mapping, Sequence

from gitorch.core.issue import Issue, lines
from gitorch.core.names import WorkerId
from gitorch.core.state import BuildState, WorkerState, WorkerStatus
from gitorch.core.text import first_sentence, one_line, typed, unbroken

SUMMARY_LENGTH = 100
"""How much of a summary's first sentence a line shows, in characters."""

_OF_WORKERS = {"failed-worker", "blocked-worker"}
"""Issues that a worker's own line has told already."""


def greeting(state: BuildState, issues: Sequence[Issue]) -> list[str]:
    """How a build stands when somebody begins to watch it."""
    done = len(state.having(WorkerStatus.COMPLETE))
    line = f"{state.meta.slug}: wave {state.current_wave}, {done} of {len(state.workers)} complete"
    ready = _names(state.having(WorkerStatus.READY))
    return [f"{line}; ready: {ready}" if ready else line, *_told(issues)]


def happenings(
    before: BuildState, after: BuildState, old: Sequence[Issue], new: Sequence[Issue]
) -> list[str]:
    """What is different in `after`, and in the issues that go with each of the two."""
    earlier = {worker.id: worker for worker in before.workers}
    told: dict[WorkerId, str] = {}
    for worker in after.workers:
        was = earlier.pop(worker.id, None)
        if was is None:
            told[worker.id] = f"{worker.id} added: {one_line(worker.brief.title)}"
        elif line := _of_worker(was, worker):
            told[worker.id] = line
    happened = [*_with_ready(told, before, after), *(f"{worker} dropped" for worker in earlier)]
    known = set(old)
    happened += _told(issue for issue in new if issue not in known and issue.code not in _OF_WORKERS)
    still = {(issue.code, issue.about) for issue in new}
    fixed = (i for i in old if (i.code, i.about) not in still and i.code not in _OF_WORKERS)
    happened += [f"fixed: {one_line(issue.message)}" for issue in fixed]
    if not after.is_open:
        happened.append(f"build {after.meta.slug} is {after.meta.status}")
    elif after.all_complete and not before.all_complete:
        happened += ["every worker is complete", f"next: gitorch finalize --project {typed(after.meta.slug)}"]
    return happened


def _of_worker(was: WorkerState, now: WorkerState) -> str | None:
    if now.completion and now.completion != was.completion:
        again = " again" if was.completion and was.status is now.status else ""
        summary = one_line(first_sentence(now.completion.summary), SUMMARY_LENGTH)
        return f"{now.id} {now.status}{again}: {summary}"
    if now.status is was.status:
        return None
    if now.refused and not now.waiting_for:
        return f"{now.id}: the report does not count any more" if was.completion else None
    if now.status is WorkerStatus.IN_PROGRESS:
        return f"{now.id} launched"
    if was.status in (WorkerStatus.READY, WorkerStatus.WAITING):
        return None if now.status is WorkerStatus.READY else f"{now.id} is waiting again"
    return f"{now.id} is {now.status} again"


def _with_ready(told: Mapping[WorkerId, str], before: BuildState, after: BuildState) -> list[str]:
    """What became ready stands behind the line of the dependency that it waited for last."""
    were_ready = {worker.id for worker in before.workers if not worker.waiting_for}
    behind: dict[WorkerId | None, list[WorkerState]] = {}
    for worker in after.having(WorkerStatus.READY):
        if worker.id not in were_ready:
            cause = max((need for need in worker.brief.depends_on if need in told), default=None)
            behind.setdefault(cause, []).append(worker)
    happened = []
    for told_of, line in told.items():
        ready = behind.get(told_of)
        happened.append(f"{line} → ready: {_names(ready)}" if ready else line)
    return [*happened, *([f"ready: {_names(behind[None])}"] if None in behind else [])]


def _told(issues: Iterable[Issue]) -> list[str]:
    return [unbroken(line) for issue in issues for line in lines(issue)]


def _names(workers: Iterable[WorkerState]) -> str:
    return ", ".join(str(worker.id) for worker in workers)
