"""accept: the person's word that claimed files may be as they are now. Undone by `undo`; writes no file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from gitorch.actions.changing import changing
from gitorch.actions.clearance import check_person
from gitorch.actions.restore import from_root
from gitorch.actions.sync import Synced, sync_locked
from gitorch.actions.workplace import Build, find_worker, need_open
from gitorch.adapters.guard import registry
from gitorch.core import hints
from gitorch.core.errors import GitorchError
from gitorch.core.opened import Accepted
from gitorch.core.state import BuildState
from gitorch.core.text import counted, shown_path


class Acceptance(NamedTuple):
    """What was accepted, or is no longer after `undo`."""

    accepted: tuple[Accepted, ...]
    synced: Synced


def accept(build: Build, name: str | None, paths: Sequence[str], *, here: Path) -> Acceptance:
    """Accept what differs from the reports: of one worker, or of all without a `name`; at `paths`, if any.

    `paths` are files or folders, as `from_root` takes those typed in the folder `here`. GitorchError for a
    process of a worker, and where a path holds what was reported.
    """
    with changing(build) as build:
        state, worker = _begin(build, name)
        at = datetime.now(UTC).replace(microsecond=0)
        lost = {
            (str(one.worker), path): Accepted(worker=str(one.worker), path=path, holds=entry, at=at)
            for one in state.lost
            if worker in (None, str(one.worker))
            for path, entry in one.paths.items()
        }
        chosen = _chosen(build, worker, paths, here, lost, "holds what was reported")
        kept = registry.read_decided(build.place.need_repo(), build.slug).accepted
        left = [one for one in kept if (one.worker, one.path) not in chosen]
        return _decide(build, (*left, *chosen.values()), tuple(chosen.values()))


def undo_accept(build: Build, name: str | None, paths: Sequence[str], *, here: Path) -> Acceptance:
    """Undo that: from then on the files are held against the reports again."""
    with changing(build) as build:
        _, worker = _begin(build, name)
        kept = registry.read_decided(build.place.need_repo(), build.slug).accepted
        accepted = {(one.worker, one.path): one for one in kept if worker in (None, one.worker)}
        chosen = _chosen(build, worker, paths, here, accepted, "was not accepted")
        left = tuple(one for one in kept if (one.worker, one.path) not in chosen)
        return _decide(build, left, tuple(chosen.values()))


def _begin(build: Build, name: str | None) -> tuple[BuildState, str | None]:
    check_person(build, "accept")
    state = build.read_state()
    need_open(state)
    build.require_opened()
    return state, str(find_worker(state, name).id) if name else None


def _chosen(
    build: Build,
    worker: str | None,
    paths: Sequence[str],
    here: Path,
    found: dict[tuple[str, str], Accepted],
    why: str,
) -> dict[tuple[str, str], Accepted]:
    """Those of `found` at `paths`; GitorchError names each path at which there is none."""
    whose = f" of {worker}" if worker else ""
    if not paths and not found:
        text = f"every file{whose} {why}"
        raise GitorchError("nothing-to-accept", text, about=worker, hints=[hints.status(build.slug)])
    chosen = {} if paths else dict(found)
    without = []
    for path in from_root(build.place.root, here, paths):
        below = {
            key: one for key, one in found.items() if path in ("", key[1]) or key[1].startswith(f"{path}/")
        }
        chosen |= below
        if not below:
            without.append(shown_path(path))
    if without:
        which = without[0] if len(without) == 1 else counted(len(without), "path")
        text = f"{which}{whose} {why}; nothing was changed"
        details = without if len(without) > 1 else ()
        status = [hints.status(build.slug)]
        raise GitorchError("nothing-to-accept", text, about=worker, details=details, hints=status)
    return chosen


def _decide(build: Build, accepted: tuple[Accepted, ...], changed: tuple[Accepted, ...]) -> Acceptance:
    repo = build.place.need_repo()
    decided = registry.read_decided(repo, build.slug)
    registry.write_decided(repo, build.slug, decided.model_copy(update={"accepted": accepted}))
    return Acceptance(changed, sync_locked(build))
