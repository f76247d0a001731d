"""Takes a worker out of the plan: its brief and report move to `dropped/`, and are never deleted."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from gitorch.actions.briefs import write_briefs
from gitorch.actions.changing import changing
from gitorch.actions.sync import Synced
from gitorch.actions.workplace import Build, find_worker, need_open
from gitorch.core.errors import GitorchError, unwritable
from gitorch.core.issue import Hint
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
            force_it = f"gitorch worker drop {worker.id} --force --project {build.slug}"
            text = f"{worker.id} is {worker.status.replace('_', ' ')}, and its files would be unclaimed"
            hint = Hint("drop the worker all the same", force_it)
            raise GitorchError("worker-state", text, about=str(worker.id), hints=[hint])
        plan_of(state, [values_of(other.brief) for other in state.workers if other is not worker])
        names = [*([worker.report] if worker.report else []), worker.brief.path]
        try:
            moved = {name: build.folder.set_aside(name) for name in names}
        except OSError as error:
            place = error.filename2 or error.filename or build.folder.shown
            raise unwritable(place, error) from error
        synced = write_briefs(build, {}, gone=[worker.brief.path])
    folder = build.folder.path
    back = [shlex.join(["mv", str(to), str(folder / name)]) for name, to in moved.items()]
    undo = " && ".join([*back, f"gitorch sync --project {build.slug}"])
    return Dropped(worker, moved[worker.brief.path], undo, synced)


def _unneeded(state: BuildState, worker: WorkerState) -> None:
    needing = [other for other in state.workers if worker.id in other.brief.depends_on]
    free = []
    for other in needing:
        left = ",".join(str(need) for need in other.brief.depends_on if need != worker.id) or "none"
        edit = f"gitorch worker edit {other.id} --depends-on {left} --project {state.meta.slug}"
        free.append(Hint(f"free {other.id} of {worker.id}", edit))
    if needing:
        names = ", ".join(str(other.id) for other in needing)
        text = (
            f"{worker.id} cannot be dropped: {names} {'depend' if needing[1:] else 'depends'} on {worker.id}"
        )
        raise GitorchError("needed-worker", text, about=str(worker.id), hints=free)
