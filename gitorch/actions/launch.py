"""launch: note that a worker was started, or take that note back. Starts nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gitorch.actions.changing import changing
from gitorch.actions.sync import Synced, sync_locked
from gitorch.actions.workplace import Build, find_worker, need_open
from gitorch.adapters.guard import registry
from gitorch.core.errors import GitorchError
from gitorch.core.meta import Launch
from gitorch.core.opened import Decided
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
    synced = _write(build, state, (*state.meta.launches, *notes))
    return [Launched(synced.state.find(str(worker.id)) or worker, synced) for worker in workers]


def undo_launch(build: Build, name: str | None) -> Launched:
    """Take back the last note for a worker that has not reported since; GitorchError for any other."""
    with changing(build) as build:
        state = build.read_state()
        need_open(state)
        worker = find_worker(state, name)
        if worker.status is not WorkerStatus.IN_PROGRESS:
            raise GitorchError(f"{worker.id} is not in progress: it is {worker.status}")
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
        raise GitorchError(
            f"{worker.id} was spawned and runs still",
            hints=[f"gitorch stop {worker.id} --project {build.slug}"],
        )


def startable(state: BuildState, name: str | None, *, again: bool) -> WorkerState:
    """The worker, when it can be started; with `again`, also when it runs already.

    GitorchError names what it waits for, or says how to start it once more.
    """
    need_open(state)
    worker = find_worker(state, name)
    if worker.status is WorkerStatus.COMPLETE:
        raise GitorchError(
            f"{worker.id} is complete",
            hints=[f"delete {worker.report}, and {worker.id} can be launched once more"],
        )
    if worker.waiting_for:
        refuse_waiting(state, worker, "started")
    if worker.status is WorkerStatus.IN_PROGRESS and not again:
        undo = f"gitorch launch --undo {worker.id} --project {state.meta.slug}"
        at = f"{worker.launch.at:%Y-%m-%d %H:%M %Z}" if worker.launch else ""
        raise GitorchError(
            f"{worker.id} is in progress: it was launched at {at}",
            hints=[f"{undo}   (when it was not, or will not report any more)"],
        )
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
    raise GitorchError(
        f"{worker.id} cannot be {what}: it waits for {names}",
        details=details,
        hints=[f"gitorch ready --project {state.meta.slug}"],
    )


def _write(build: Build, state: BuildState, launches: tuple[Launch, ...]) -> Synced:
    if build.opened:
        registry.write_decided(build.place.need_repo(), build.slug, Decided(launches=launches))
    else:
        build.folder.write_meta(state.meta.model_copy(update={"launches": launches}))
    return sync_locked(build)
