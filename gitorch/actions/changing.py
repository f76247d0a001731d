"""Changing a build: the repository's lock, then the folder's, and only then what the build is.

Nobody else in the actions takes these locks, and nothing that was decided before is used behind them.
"""

import contextlib
import time
from collections.abc import Iterator

from gitorch.actions.workplace import Build, build_of
from gitorch.adapters.build_folder import BuildFolder
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.transitions.locks import held


@contextlib.contextmanager
def changing(
    build: Build, *, even_without_records: bool = False, wait: float | None = None
) -> Iterator[Build]:
    """Hold the locks; yields the same build as it is now, read after they were taken.

    Waits for another command, which holds them for a moment; at most `wait` seconds where that is given.
    GitorchError when the build does not exist any more; Busy when another command does not end.
    """
    repo = build.place.repo
    if repo is not None and not repo.shared.is_dir():
        repo = None  # nothing of gitorch's was ever in it
    with held(repo, build.folder, wait=wait):
        _prune(repo)
        yield build_of(build.place, build.slug, even_without_records=even_without_records)


@contextlib.contextmanager
def changing_repository(repo: Repository, folder: BuildFolder | None = None) -> Iterator[None]:
    """Hold the repository's lock, for what concerns no build that is open yet, or all of them.

    With `folder`, that of a closed build is held as well.
    """
    with held(repo, folder):
        _prune(repo)
        yield


def _prune(repo: Repository | None) -> None:
    if repo and registry.is_time_to_prune(repo, time.time()):
        from gitorch.actions.keeping import prune  # which is rarely needed

        prune(repo)
