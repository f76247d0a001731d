"""Takes a worker out of the plan: its brief and report move to `dropped/`, and are never deleted."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from gitorch.actions.briefs import write_briefs
from gitorch.actions.changing import changing
from gitorch.actions.sync import Synced
from gitorch.actions.workplace import Build, find_worker, need_open
from gitorch.core.errors import GitorchError
from gitorch.core.plan.change import plan_of, values_of
from gitorch.core.state import BuildState, WorkerState, WorkerStatus

_AT_WORK = (WorkerStatus.IN_PROGRESS, WorkerStatus.COMPLETE)


@dataclass(frozen=True)
class Dropped:
    """The worker that is gone, where its brief lies now, and the command that brings it back."""

    worker: WorkerState
    path: Path
    undo: str
    synced: Synced


def drop(build: Build, name: str, *, force: bool = False) -> Dropped:
    """Drop one worker. GitorchError when others need it and, without `force`, when it runs or is complete."""
    with changing(build) as build:
        state = build.read_state()
        need_open(state)
        worker = find_worker(state, name)
        _unneeded(state, worker)
        if worker.status in _AT_WORK and not force:
            raise GitorchError(
                f"{worker.id} is {worker.status.replace('_', ' ')}: what it wrote would belong to nobody",
                hints=[f"gitorch worker drop {worker.id} --force --project {build.slug}"],
            )
        plan_of(state, [values_of(other.brief) for other in state.workers if other is not worker])
        names = [*([worker.report] if worker.report else []), worker.brief.path]
        try:
            moved = {name: build.folder.set_aside(name) for name in names}
        except OSError as error:
            place = error.filename2 or error.filename or build.folder.shown
            raise GitorchError(f"{place} is in the way: {error.strerror or error}") from error
        synced = write_briefs(build, {}, gone=[worker.brief.path])
    folder = build.folder.path
    back = [shlex.join(["mv", str(to), str(folder / name)]) for name, to in moved.items()]
    undo = " && ".join([*back, f"gitorch sync --project {build.slug}"])
    return Dropped(worker, moved[worker.brief.path], undo, synced)


def _unneeded(state: BuildState, worker: WorkerState) -> None:
    needing = [other for other in state.workers if worker.id in other.brief.depends_on]
    hints = []
    for other in needing:
        left = ",".join(str(need) for need in other.brief.depends_on if need != worker.id) or "none"
        hints.append(f"gitorch worker edit {other.id} --depends-on {left} --project {state.meta.slug}")
    if needing:
        names = ", ".join(str(other.id) for other in needing)
        raise GitorchError(f"{worker.id} cannot be dropped: it is needed by {names}", hints=hints)
