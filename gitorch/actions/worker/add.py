"""Adds workers to an open build: their briefs, written as init writes them. PLAN.md is the person's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gitorch.actions.briefs import write_briefs
from gitorch.actions.changing import changing
from gitorch.actions.sync import Synced
from gitorch.actions.workplace import Build, need_open
from gitorch.core.errors import bad_input
from gitorch.core.names import WorkerId, parse_worker_id
from gitorch.core.plan import Worker
from gitorch.core.plan.change import free_id, plan_of, values_of
from gitorch.core.render.brief import brief_name, render_brief
from gitorch.core.source import Values
from gitorch.core.state import BuildState


@dataclass(frozen=True)
class NewWorker:
    """A worker as the person asks for it. `name` is an id or a key; left out, the next id is taken.

    `wave` left out: the one after what it depends on, and without that the current one.
    """

    title: str
    name: str | None = None
    wave: int | None = None
    depends_on: tuple[str, ...] = ()
    description: str = ""
    component: str | None = None
    estimated_hours: float | None = None
    outputs: tuple[str, ...] = ()
    context: str = ""
    requirements: tuple[str, ...] = ()
    success_criteria: tuple[str, ...] = ()
    follow_up: str | None = None


@dataclass(frozen=True)
class Added:
    """The workers that the plan has now besides the others."""

    workers: tuple[Worker, ...]
    synced: Synced


def add(build: Build, new: NewWorker) -> Added:
    """Add one worker. GitorchError (exit 2) lists every problem of the plan as it would be."""
    with changing(build) as build:
        state = build.read_state()
        need_open(state)
        return added(build, state, [new])


def added(build: Build, state: BuildState, new: Sequence[NewWorker]) -> Added:
    """The same for several, for a caller that holds the lock and has just read `state`."""
    used = build.folder.used_ids() | {worker.id for worker in state.workers}
    used |= {worker for note in state.meta.launches if (worker := parse_worker_id(note.worker_id))}
    ids: list[WorkerId] = []
    for one in new:
        ids.append(_id(state, used, one))
        used.add(ids[-1])
    values = [_values(worker, one) for worker, one in zip(ids, new, strict=True)]
    plan = plan_of(state, [*(values_of(worker.brief) for worker in state.workers), *values])
    suggested = {worker: one.follow_up for worker, one in zip(ids, new, strict=True)}
    workers = [
        replace(worker, follow_up=suggested[worker.id]) for worker in plan.workers if worker.id in suggested
    ]
    builds_dir = build.folder.shown.rpartition("/")[0]
    texts = {f"workers/{brief_name(w)}": render_brief(plan, w, build.slug, builds_dir) for w in workers}
    return Added(tuple(workers), write_briefs(build, texts))


def _id(state: BuildState, used: set[WorkerId], new: NewWorker) -> WorkerId:
    """The id that the new worker gets; one that was ever used never comes again, lest old files count."""
    pinned = parse_worker_id(new.name) if new.name else None
    if pinned is None:
        needs = [worker.id.wave for name in new.depends_on if (worker := state.find(name))]
        return free_id(used, new.wave or 1 + max(needs, default=state.current_wave - 1))
    if new.wave not in (None, pinned.wave):
        raise bad_input("wrong-wave", f"{pinned} is in wave {pinned.wave}, expected wave {new.wave}")
    if pinned in used:
        free = free_id(used, pinned.wave)
        raise bad_input(
            "used-id", f"{pinned} is used or was used before", details=[f"the next free id: {free}"]
        )
    return pinned


def _values(worker: WorkerId, new: NewWorker) -> Values:
    return {
        "id": str(worker),
        "key": new.name if new.name != str(worker) else None,
        "title": new.title,
        "description": new.description,
        "component": new.component,
        "dependencies": list(new.depends_on),
        "estimated_hours": new.estimated_hours,
        "outputs": list(new.outputs),
        "context": new.context,
        "requirements": list(new.requirements),
        "success_criteria": list(new.success_criteria),
    }
