"""launch: note that a worker was started, or take that note back. Starts nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gitorch.actions.changing import changing
from gitorch.actions.snapshot import snapshot_if_possible
from gitorch.actions.sync import Synced, sync_locked
from gitorch.actions.workplace import Build, find_worker, need_open
from gitorch.adapters.guard import registry
from gitorch.core import hints
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.meta import Launch
from gitorch.core.state import BuildState, WorkerState, WorkerStatus
from gitorch.core.text import one_line


@dataclass(frozen=True)
class Launched:
    """The worker that is (or, after `undo`, is not any more) noted as started."""

    worker: WorkerState
    synced: Synced


def launch(build: Build, name: str | None, thread: str | None) -> Launched:
    """Note that the worker was started, now, in `thread`.

    GitorchError for a worker that waits for others, runs already, or is complete. One that came back
    blocked or failed starts again: its old report stops counting.
    """
    with changing(build) as build:
        state = build.read_state()
        return launch_all(build, state, [startable(state, name, again=False)], thread)[0]


def launch_all(
    build: Build, state: BuildState, workers: Sequence[WorkerState], thread: str | None
) -> list[Launched]:
    """Note that these startable workers were started. Call it with the folder's lock held."""
    notes = [
        Launch(
            worker_id=str(worker.id),
            at=datetime.now(UTC).replace(microsecond=0),
            thread=one_line(thread) if thread else None,
            supersedes=worker.digest,
            brief=worker.brief.digest,
        )
        for worker in workers
    ]
    names = ", ".join(str(worker.id) for worker in workers)
    told = snapshot_if_possible(build, f"launch of {names}")
    synced = replace(_write(build, state, (*state.meta.launches, *notes)), told=tuple(told))
    return [Launched(synced.state.find(str(worker.id)) or worker, synced) for worker in workers]


def undo_launch(build: Build, name: str | None) -> Launched:
    """Undo the last launch of a worker that has not reported since; GitorchError for any other."""
    with changing(build) as build:
        state = build.read_state()
        need_open(state)
        worker = find_worker(state, name)
        if worker.status is not WorkerStatus.IN_PROGRESS:
            text = f"{worker.id} is {worker.status.replace('_', ' ')}, expected in progress"
            raise GitorchError("worker-state", text, about=str(worker.id), hints=[hints.status(build.slug)])
        _refuse_running(build, worker)
        launches = list(state.meta.launches)
        launches.remove(next(note for note in reversed(launches) if note.worker_id == str(worker.id)))
        synced = _write(build, state, tuple(launches))
        return Launched(synced.state.find(str(worker.id)) or worker, synced)


def _refuse_running(build: Build, worker: WorkerState) -> None:
    """A worker that `spawn` started and that runs still: taking the note back would let it run twice."""
    from gitorch.actions.spawn.book import store_of

    store = store_of(build)
    record = store.read(str(worker.id))
    if record and store.result_of(record) is None:
        stop = Hint(f"end {worker.id}", f"gitorch stop {worker.id} --project {build.slug}")
        text = f"{worker.id} was spawned and is running"
        raise GitorchError("running-worker", text, about=str(worker.id), hints=[stop])


def startable(state: BuildState, name: str | None, *, again: bool) -> WorkerState:
    """The worker, when it can be started; with `again`, also when it runs already.

    GitorchError names what it waits for, or says how to start it once more.
    """
    need_open(state)
    worker = find_worker(state, name)
    if worker.status is WorkerStatus.COMPLETE:
        more = f"gitorch worker add --title TITLE --depends-on {worker.id} --project {state.meta.slug}"
        text = f"{worker.id} is complete"
        hint = Hint("ask a new worker for more", more)
        raise GitorchError("complete-worker", text, about=str(worker.id), hints=[hint])
    if worker.waiting_for:
        refuse_waiting(state, worker, "started")
    if worker.status is WorkerStatus.IN_PROGRESS and not again:
        undo = f"gitorch launch {worker.id} --project {state.meta.slug} --undo"
        at = f" since {worker.launch.at:%Y-%m-%d %H:%M %Z}" if worker.launch else ""
        hint = Hint("undo the launch of a worker that will not report", undo)
        text = f"{worker.id} is in progress{at}"
        raise GitorchError("launched-worker", text, about=str(worker.id), hints=[hint])
    return worker


def refuse_waiting(state: BuildState, worker: WorkerState, what: str) -> None:
    """Raise the GitorchError that names each dependency that is not complete, and how it stands."""
    names = ", ".join(map(str, worker.waiting_for))
    details = []
    for need in worker.waiting_for:
        other = state.find(str(need))
        stands = (
            f"({one_line(other.brief.title)}) is {other.status.replace('_', ' ')}"
            if other
            else "has no brief"
        )
        details.append(f"{need} {stands}")
    ready = Hint("see which workers are ready", f"gitorch ready --project {state.meta.slug}")
    text = f"{worker.id} cannot be {what}: {worker.id} waits for {names}"
    raise GitorchError("waiting-worker", text, about=str(worker.id), details=details, hints=[ready])


def _write(build: Build, state: BuildState, launches: tuple[Launch, ...]) -> Synced:
    if build.opened:
        repo = build.place.need_repo()
        decided = registry.read_decided(repo, build.slug)
        registry.write_decided(repo, build.slug, decided.model_copy(update={"launches": launches}))
    else:
        build.folder.write_meta(state.meta.model_copy(update={"launches": launches}))
    return sync_locked(build)
