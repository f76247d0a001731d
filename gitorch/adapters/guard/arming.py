"""The hook `reference-transaction` in a repository's own hooks folder: there while a build is open.

It is the wall. git runs it several times for each ref, and the other hooks once for a command: those stay,
as hook managers have put themselves around them. Where `core.hooksPath` names another folder, or another
program's hook is kept behind ours, the wall is there at all times: see `install`. Call `arm` and `disarm`
with `journal.exclusive` held. A wall that a kill has left behind does nothing.
"""

import os
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import chain, places
from gitorch.adapters.guard.scripts import EVENTS, is_newer

WALL = EVENTS[0]


def own_folder(repo: Repository) -> Path:
    """Where git looks for hooks without `core.hooksPath`."""
    return repo.common_dir / "hooks"


def is_armed(repo: Repository) -> bool:
    """Whether a build is open, so that the hooks have something to do."""
    return (repo.shared / "open").is_dir()


def is_missing(repo: Repository) -> bool:
    """Whether a build is open without the wall; two looks at the disk where it is not missing."""
    folder = own_folder(repo)
    return is_armed(repo) and not os.path.lexists(folder / WALL) and folder in places.read(repo)


def arm(repo: Repository) -> None:
    """Put the wall there, in front of what is there; before the first build counts as open.

    Harmless when it is there. Does nothing where no worktree used this folder at the installation.
    """
    folder = own_folder(repo)
    if folder not in places.read(repo) or is_newer(folder / WALL):
        return
    sharing.make_folder(repo, folder)
    mode = sharing.shared(repo, files.folder_mode())
    if not chain.is_current(folder, WALL, mode):
        chain.install(folder, WALL, mode, durable=True)


def disarm(repo: Repository) -> bool:
    """Remove the wall that has no hook behind it, when no build is open any more; whether there was one."""
    folder = own_folder(repo)
    if not chain.is_alone(folder, WALL) or is_newer(folder / WALL):
        return False
    (folder / WALL).unlink()
    return True
