"""followup: turn what workers suggested for later into workers of the build. Never the same one twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gitorch.actions.changing import changing
from gitorch.actions.sync import Synced
from gitorch.actions.worker import NewWorker, added
from gitorch.actions.workplace import Build, need_open
from gitorch.core.errors import bad_input
from gitorch.core.followups import FollowUp, follow_ups
from gitorch.core.issue import Hint
from gitorch.core.plan import Worker
from gitorch.core.state import BuildState, WorkerStatus
from gitorch.core.text import markdown_line, named, one_line

_DESCRIPTION_LENGTH = 4_000


@dataclass(frozen=True)
class FollowedUp:
    """All suggestions as they stood, and the workers made now; `synced` is None when there is none."""

    found: tuple[FollowUp, ...]
    workers: tuple[Worker, ...] = ()
    synced: Synced | None = None


def followup(
    build: Build, names: Sequence[str], *, everything: bool = False, wave: int | None = None
) -> FollowedUp:
    """Make a worker from each chosen suggestion that has none; without a choice, only list them.

    `names` are workers (all that they suggested) or single suggestions (`W1.1/2`). GitorchError: exit 2
    for a name that is neither, and for a plan that would not hold.
    """
    with changing(build) as build:
        state = build.read_state()
        need_open(state)
        found = tuple(follow_ups(state))
        chosen = {each.kept: each for each in _chosen(state, found, names, everything=everything)}
        new = [_worker(state, each, wave) for each in chosen.values() if not each.taken]
        if not new:
            return FollowedUp(found)
        made = added(build, state, new)
    return FollowedUp(found, made.workers, made.synced)


def _chosen(
    state: BuildState, found: Sequence[FollowUp], names: Sequence[str], *, everything: bool
) -> Iterable[FollowUp]:
    for name in names:
        worker = state.find(name)
        mine = [each for each in found if each.name == name or (worker and each.worker.id == worker.id)]
        if not mine:
            known = [f"{each.name}: {one_line(each.text, 100)}" for each in found]
            text = f"no report suggests the follow-up {named(name)}"
            see = Hint("see all follow-ups", f"gitorch followup --project {state.meta.slug}")
            raise bad_input("unknown-follow-up", text, details=known, hints=[see])
        yield from mine
    if everything:
        yield from found


def _worker(state: BuildState, each: FollowUp, wave: int | None) -> NewWorker:
    source = each.worker
    done = source.status is WorkerStatus.COMPLETE  # on another one nothing should wait
    said = f"{source.id} ({one_line(source.brief.title)}) suggested this in `{source.report}`"
    return NewWorker(
        title=each.title,
        wave=wave or max(state.current_wave, source.id.wave + 1),
        depends_on=(str(source.id),) if done else (),
        description=markdown_line(each.text, _DESCRIPTION_LENGTH),
        context=f"{said}, in the folder of this build.",
        follow_up=each.kept,
    )
