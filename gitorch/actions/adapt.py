"""adapt: put what finished workers found out into the briefs that still wait, when the person approves.

Touches no brief of a worker that runs or is complete, and of the others only its managed block.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gitorch.actions.briefs import write_briefs
from gitorch.actions.changing import changing
from gitorch.actions.sync import Synced
from gitorch.actions.workplace import Build, find_worker, need_open
from gitorch.core import hints, managed
from gitorch.core.adapting import WAITING, Change, adapted
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint


@dataclass(frozen=True)
class Adapted:
    """The changes that were proposed; `synced` is None where they were not applied."""

    changes: tuple[Change, ...]
    synced: Synced | None = None


def adapt(
    build: Build, names: Sequence[str], approve: Callable[[Sequence[Change]], bool], *, undo: bool = False
) -> Adapted:
    """Propose a change for each waiting brief (or those of `names`), and apply them if `approve` says so.

    With `undo` the blocks are taken out again. GitorchError for a worker that is not waiting, and,
    with nothing written, when a brief changed or was handed out while it was looked at.
    """
    changes = _proposed(build, names, undo=undo)
    if not changes or not approve(changes):
        return Adapted(changes)
    with changing(build) as build:
        state = build.read_state()
        need_open(state)
        for change in changes:
            now = state.find(str(change.worker.id))
            if not now or now.status not in WAITING or build.folder.read_text(change.path) != change.before:
                why = f"{change.path} changed or was handed out in between; nothing was written"
                again = Hint("see what would change now", f"gitorch adapt --project {build.slug}")
                raise GitorchError("changed-build", why, about=change.path, hints=[again])
        synced = write_briefs(build, {change.path: change.after for change in changes})
    return Adapted(changes, synced)


def _proposed(build: Build, names: Sequence[str], *, undo: bool) -> tuple[Change, ...]:
    state = build.read_state()
    need_open(state)
    workers = [find_worker(state, name) for name in names] or state.having(*WAITING)
    for worker in workers:
        if worker.status not in WAITING:
            why = f"{worker.id} is {worker.status.replace('_', ' ')}, expected a waiting worker"
            raise GitorchError("worker-state", why, about=str(worker.id), hints=[hints.status(build.slug)])
    texts = [(worker, build.folder.read_text(worker.brief.path)) for worker in dict.fromkeys(workers)]
    changes = []
    for worker, text in texts:
        if text is not None:  # it was deleted since
            after = managed.remove(text) if undo else adapted(state, worker, text)
            changes.append(Change(worker, worker.brief.path, text, after))
    return tuple(change for change in changes if change.after != change.before)
