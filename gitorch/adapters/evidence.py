"""What the disk and git know of claimed paths, gathered for `core/evidence.py`. Changes nothing."""

import os
import stat
import unicodedata
from collections.abc import Collection
from pathlib import Path

from gitorch.adapters.git.objects import find_paths
from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.adapters.git.scan import ignored, with_folders
from gitorch.core.evidence import Evidence

_ARGUMENTS = 200
"""So many folders are named in a command line, whose length the system limits."""


def look_outside_git(root: Path, claims: Collection[str]) -> Evidence:
    """What is known where nothing is committed: which of `claims` are files, or folders of some."""
    real = os.path.realpath(root)
    behind = {path: link for path in claims if (link := _way_out(root, real, path))}
    absent = frozenset(
        path
        for path in claims
        if path not in behind and not any(_is_file(f"{root}/{form}") for form in _forms(path))
    )
    return Evidence(root=str(root), in_git=False, absent=absent, behind=behind)


def look(repo: Repository, base: str, claims: Collection[str]) -> Evidence:
    """The same for a build that opened at the commit `base`, with what git makes of each.

    Starts one git for the claims that exist, one for folders and what is missing, and one for new folders.
    """
    root = repo.root
    behind = {path: wall for path in claims if (wall := _wall_above(root, path))}
    reachable = [path for path in claims if path not in behind]
    absent = {path for path in reachable if not any(_can_be_stored(root, form) for form in _forms(path))}
    folders = {path for path in reachable if (info := lstat(root, path)) and stat.S_ISDIR(info.st_mode)}
    forms = {path: _forms(path) for path in absent.union(behind, folders)}
    before = find_paths(repo, base, [form for several in forms.values() for form in several])
    in_base = frozenset(path for path, several in forms.items() if not before.isdisjoint(several))
    apart = ignored(repo, [path for path in reachable if path not in absent and lstat(root, path)])
    hollow = _hollow(repo, folders - in_base - apart)
    barren = frozenset(path for path in hollow if _has_file(f"{root}/{path}"))
    return Evidence(
        root=str(root),
        absent=frozenset(absent | hollow - barren),
        in_base=in_base - folders,
        ignored=apart | barren,
        behind=behind,
    )


def lstat(root: Path, path: str) -> os.stat_result | None:
    """What is at `path` below `root`; None where nothing is."""
    try:
        return os.lstat(f"{root}/{path}")
    except OSError:  # not there, a file where a folder should be, a name too long
        return None


def _can_be_stored(root: Path, path: str) -> bool:
    """Whether something is there, and no pipe, socket or device."""
    info = lstat(root, path)
    return info is not None and any(kind(info.st_mode) for kind in (stat.S_ISREG, stat.S_ISLNK, stat.S_ISDIR))


def _hollow(repo: Repository, folders: Collection[str]) -> set[str]:
    """Those of `folders` in which git finds nothing to commit."""
    if not folders:
        return set()
    words = ("--literal-pathspecs", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    shown = ("--directory", "--no-empty-directory", "--")
    every, full = sorted(folders), set[str]()
    for start in range(0, len(every), _ARGUMENTS):
        found = split_paths(repo.run(*words, *shown, *every[start : start + _ARGUMENTS]).stdout)
        full.update(above for path in found for above in with_folders(path.rstrip("/")))
    return {*every} - full


def _has_file(place: str) -> bool:
    """Whether there is a regular file below the folder `place`."""
    return any(
        (info := lstat(Path(folder), name)) and stat.S_ISREG(info.st_mode)
        for folder, _, names in os.walk(place)
        for name in names
    )


def _way_out(root: Path, real: str, path: str) -> str | None:
    """The link on the way to `path`, or there, by which it is outside of `root`, which is at `real`."""
    if _is_inside(root, real, path):
        return None
    return next((way for way in with_folders(path) if not _is_inside(root, real, way)), None)


def _is_inside(root: Path, real: str, path: str) -> bool:
    found = os.path.realpath(f"{root}/{path}")
    return os.path.commonpath([real, found]) == real


def _is_file(place: str) -> bool:
    """Whether a regular file is there, or a folder with one, by a link too."""
    return Path(place).is_file() or _has_file(place)


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
