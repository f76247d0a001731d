"""close: hold a worker to its report when it ends. Never claims success for a worker.

An agent's stop hook calls `close`; `spawn` calls `settle` for workers that cannot answer any more.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gitorch.actions.changing import changing
from gitorch.actions.sync import Synced, sync_locked
from gitorch.actions.workplace import Build, find_worker, need_open
from gitorch.adapters.git import scan
from gitorch.adapters.git.borrowed import looking
from gitorch.core.completion import Completion, Outcome, as_json, dump_completion, form
from gitorch.core.errors import GitorchError
from gitorch.core.folder import is_record
from gitorch.core.issue import Hint, Issue
from gitorch.core.state import BuildState, WorkerState, WorkerStatus

_PROPOSED = 50
_REPORTED = (WorkerStatus.COMPLETE, WorkerStatus.BLOCKED, WorkerStatus.FAILED)


@dataclass(frozen=True)
class Closed:
    """The worker and its report; `written` when gitorch wrote it, for one that is gone."""

    worker: WorkerState
    synced: Synced
    written: bool = False


def close(build: Build, name: str | None, gone: str | None = None, output: str = "") -> Closed:
    """Accept the worker's report, or raise the GitorchError that says what to write and where.

    With `gone`, the reason why it cannot answer, a report of status `failed` is written in its stead,
    with the last `output`; a report that counts is never replaced.
    """
    with changing(build) as build:
        state = build.read_state(settled=True)
        need_open(state)
        worker = find_worker(state, name)
        if worker.status in _REPORTED:
            return Closed(worker, sync_locked(build))
        if gone is None:
            raise _unreported(build, state, worker)
        _write_failed(build, worker, gone, output, state.wrong_with_report_of(worker))
        synced = sync_locked(build)
        return Closed(synced.state.find(str(worker.id)) or worker, synced, written=True)


def settle(build: Build, gone: Mapping[str, tuple[str, str]]) -> dict[str, Issue]:
    """Bring the build up to date after workers ended: worker → (why it ended, its last output).

    Each that is in progress still, and so left no report that counts, gets one of status `failed`. What is
    returned is how reports were corrected, by worker.
    """
    with changing(build) as build:
        state = build.read_state(settled=True)
        if not state.is_open:
            return {}
        for worker in state.having(WorkerStatus.IN_PROGRESS):
            if str(worker.id) in gone:
                _write_failed(build, worker, *gone[str(worker.id)], state.wrong_with_report_of(worker))
        synced = sync_locked(build)
    workers = {worker.report: str(worker.id) for worker in synced.state.workers}
    return {workers[issue.about]: issue for issue in synced.corrected if issue.about in workers}


def _write_failed(build: Build, worker: WorkerState, reason: str, output: str, wrong: Sequence[str]) -> None:
    name = worker.report or f"completions/{worker.id}.json"
    concern = f"{worker.id} left no valid report; what it wrote is in the files, unclaimed"
    # What is there and nobody has seen yet is kept: nothing is thrown away.
    if worker.last is None and os.path.lexists(build.folder.path / name):
        kept = build.folder.set_aside(name, beside=True).relative_to(build.folder.path)
        concern = f"{worker.id} left a report that does not count, kept as {kept}; its work is unclaimed"
    report = Completion(
        worker_id=str(worker.id),
        status=Outcome.FAILED,
        timestamp=datetime.now().astimezone().replace(microsecond=0),
        summary=f"No valid report: {'; '.join([reason, *wrong])}."
        + (f"\n\nIts last output:\n\n{output}" if output else ""),
        concerns=(concern,),
    )
    build.folder.write_report(name, dump_completion(report).encode())


def _unreported(build: Build, state: BuildState, worker: WorkerState) -> GitorchError:
    path = f"{build.folder.shown}/{worker.report or f'completions/{worker.id}.json'}"
    wrong = [issue.message for issue in state.issues if issue.about == worker.brief.path]
    wrong += state.wrong_with_report_of(worker)
    document = form(
        worker_id=str(worker.id),
        status="complete | blocked | failed",
        timestamp=datetime.now().astimezone().isoformat(timespec="seconds"),
        summary="One paragraph: what was done, or what blocks it",
        artifacts=_proposed(build, state, worker),
    )
    text = as_json(document).rstrip("\n").split("\n")
    return GitorchError(
        "missing-report",
        f"{worker.id} has no valid report" if wrong else f"{worker.id} has not reported",
        about=str(worker.id),
        details=[*wrong, f"expected in {path}, where the artifacts are a guess from what changed:", *text],
        hints=[
            Hint(
                f"report {worker.id} as failed where it cannot answer any more",
                f"gitorch close {worker.id} --project {build.slug} --gone REASON",
            )
        ],
    )


def _proposed(build: Build, state: BuildState, worker: WorkerState) -> list[str]:
    """The changes that nobody else claims; the worker knows which of them are its own."""
    if build.place.repo is None or state.meta.base is None:
        return []
    others = {
        artifact
        for other in state.workers
        if other.completion and other.id != worker.id
        for artifact in other.completion.artifacts
    }
    folders = tuple(artifact for artifact in others if artifact.endswith("/"))
    with looking(build.place.repo) as repo:
        changed = [change.path for change in scan.changes(repo, state.meta.base)]
    return [
        path
        for path in changed
        if path not in others and not path.startswith(folders) and not is_record(path, build.folder.shown)
    ][:_PROPOSED]
