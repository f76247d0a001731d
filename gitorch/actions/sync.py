"""sync: read → derive → render → write what differs → stage. Running it twice changes nothing.

Never touches a closed build, a worker's report, or anything else in the person's index.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gitorch.actions.workplace import Build
from gitorch.adapters.build_folder import RENDERED
from gitorch.adapters.git.staging import Staged, stage
from gitorch.core.errors import GitorchError
from gitorch.core.meta import BuildType
from gitorch.core.render import records
from gitorch.core.state import BuildState


@dataclass(frozen=True)
class Synced:
    """The state that was rendered, the files written (names in the folder), and what was staged."""

    state: BuildState
    written: tuple[str, ...] = ()
    staged: tuple[str, ...] = ()  # from the repository's root
    not_staged: str | None = None  # why; the files are written, the next sync stages them


def sync(build: Build, *, wrote: Iterable[str] = ()) -> Synced:
    """Bring the records of `build` up to date, and the index with them for a code build.

    `wrote` names further files of the folder that the calling command has just written. GitorchError
    when meta.json is missing or damaged, or a file cannot be written; a held index.lock is no error.
    """
    with build.folder.locked():
        return sync_locked(build, wrote=wrote)


def sync_locked(build: Build, *, wrote: Iterable[str] = ()) -> Synced:
    """The same for a command that holds the folder's lock already."""
    folder = build.folder
    state = folder.read_state()
    if not state.is_open:
        return Synced(state)
    try:
        folder.sweep()
        written = folder.write_rendered(records(state, folder.read_text("BUILD.md")))
    except OSError as error:
        name = error.filename2 or error.filename or folder.shown
        raise GitorchError(f"{name} cannot be written: {error.strerror or error}") from error
    staged = _stage(build, state, wrote)
    return Synced(state, tuple(sorted(written)), staged.paths, staged.problem)


def _stage(build: Build, state: BuildState, wrote: Iterable[str]) -> Staged:
    repo = build.place.repo
    if repo is None or state.meta.build_type is not BuildType.CODE:
        return Staged()
    reports = [worker.report for worker in state.workers if worker.report]
    return stage(
        repo,
        build.folder.path,
        refresh=[*RENDERED, *reports, *wrote],
        add=["PLAN.md", *(worker.brief.path for worker in state.workers)],  # as init wrote them
        drop_below="completions/",
    )
