"""What the disk and git know of claimed paths, gathered for `core/evidence.py`. Changes nothing."""

import os
import stat
import unicodedata
from collections.abc import Collection
from pathlib import Path

from gitorch.adapters.git.objects import find_paths
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.scan import ignored, with_folders
from gitorch.core.evidence import Evidence


def look_outside_git(root: Path, claims: Collection[str]) -> Evidence:
    """What is known where nothing is committed: whether each of `claims` exists below `root`."""
    absent = frozenset(path for path in claims if not _exists(root, path))
    return Evidence(root=str(root), in_git=False, absent=absent)


def look(repo: Repository, base: str, claims: Collection[str]) -> Evidence:
    """The same for a build that opened at the commit `base`, with what git makes of each.

    Starts one git for the claims that exist, and one more for those that do not.
    """
    root = repo.root
    behind = {path: wall for path in claims if (wall := _wall_above(root, path))}
    reachable = [path for path in claims if path not in behind]
    absent = frozenset(path for path in reachable if not _exists(root, path))
    forms = {path: _forms(path) for path in absent.union(behind)}
    before = find_paths(repo, base, [form for several in forms.values() for form in several])
    return Evidence(
        root=str(root),
        absent=absent,
        in_base=frozenset(path for path, several in forms.items() if not before.isdisjoint(several)),
        ignored=ignored(repo, [path for path in reachable if lstat(root, path)]),
        behind=behind,
    )


def lstat(root: Path, path: str) -> os.stat_result | None:
    """What is at `path` below `root`; None where nothing is."""
    try:
        return os.lstat(f"{root}/{path}")
    except OSError:  # not there, a file where a folder should be, a name too long
        return None


def _exists(root: Path, path: str) -> bool:
    return any(lstat(root, form) for form in _forms(path))


def _forms(path: str) -> tuple[str, ...]:
    """A path as it is, composed and decomposed: macOS stores another form than JSON has."""
    if path.isascii():
        return (path,)
    return (path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path))


def _wall_above(root: Path, path: str) -> str | None:
    """The first folder on the way to `path` that is a symbolic link or another repository."""
    for folder in with_folders(path):
        info = lstat(root, folder) if folder != path else None
        if info is None:  # nothing is below what is not there
            return None
        if stat.S_ISLNK(info.st_mode) or lstat(root, f"{folder}/.git"):
            return folder
    return None
