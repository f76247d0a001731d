"""Whether git, or another program, may have overwritten files of a worktree that snapshots have.

<git dir>/gitorch/struck     there from when that was seen until a look finds nothing lost

The last instant leaves it behind each command that it has let pass (`hooks/last-instant`), watch where it
notices a loss. So a command that only looks learns by one stat whether there is something to compute.
"""

import contextlib
import time
from pathlib import Path

from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository

_AT_WORK = 60.0
"""Seconds for which git may still be at work on the files."""


def note(repo: Repository) -> None:
    """Leave it, where the git directory can be written."""
    with contextlib.suppress(OSError):
        sharing.write(repo, _path(repo), b"")


def is_noted(repo: Repository) -> bool:
    """Whether files may be lost."""
    return _path(repo).exists()


def clear(repo: Repository) -> None:
    """Delete it: somebody looked at the files, and they are as they should be."""
    with contextlib.suppress(OSError):
        _path(repo).unlink(missing_ok=True)


def clear_old(repo: Repository) -> None:
    """The same, unless the command that left it may still run."""
    with contextlib.suppress(OSError):
        if time.time() - _path(repo).stat().st_mtime > _AT_WORK:
            clear(repo)


def _path(repo: Repository) -> Path:
    return repo.private / "struck"
