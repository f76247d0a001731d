"""sync: read → derive → render → write what differs → stage. Running it twice changes nothing.

Never touches a closed build, a worker's report, or anything else in the person's index.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gitorch.actions.changing import changing
from gitorch.actions.workplace import Build
from gitorch.core.state import BuildState
from gitorch.transitions.records import render, stage_records


@dataclass(frozen=True)
class Synced:
    """The state that was rendered, the files written (names in the folder), and what was staged."""

    state: BuildState
    written: tuple[str, ...] = ()
    staged: tuple[str, ...] = ()  # from the repository's root
    not_staged: str | None = None  # why; the files are written, the next sync stages them
    edited: bool = False  # whether meta.json was, so that it was restored

    @property
    def restored(self) -> str | None:
        """What is told where a record was edited."""
        text = "meta.json: differed from what gitorch recorded when the build was opened, and was restored"
        return text if self.edited else None


def sync(build: Build, *, wrote: Iterable[str] = ()) -> Synced:
    """Bring the records of `build` up to date, and the index with them for a code build.

    `wrote` names further files of the folder that the calling command has just written. GitorchError
    when meta.json is missing or damaged, or a file cannot be written; a held index.lock is no error.
    """
    with changing(build) as build:
        return sync_locked(build, wrote=wrote)


def sync_locked(build: Build, *, wrote: Iterable[str] = ()) -> Synced:
    """The same for a command that holds the locks already."""
    state = build.read_state()
    if not state.is_open:
        return Synced(state)
    edited = bool(build.edited())
    written = tuple(sorted(render(build.folder, state)))
    if build.opened is None or build.place.repo is None:
        return Synced(state, written)
    staged = stage_records(build.place.repo, build.folder, state, wrote)
    return Synced(state, written, staged.paths, staged.problem, edited)
