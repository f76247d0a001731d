"""What only the disk knows about claims and changes, gathered for `core/review.py`. Judges nothing.

Reads regular files alone, follows no link, and hands every path to git as a literal.
"""

import os
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.evidence import lstat
from gitorch.adapters.git.repository import Repository, join_paths, split_paths
from gitorch.adapters.git.scan import with_folders
from gitorch.core.changes import Change, ChangeKind
from gitorch.core.claims import Facts, FileFact
from gitorch.core.evidence import NOTHING_KNOWN
from gitorch.core.names import WorkerId
from gitorch.core.state import BuildState

_ARGUMENTS = 200
"""So many folders are named in a command line, whose length the system limits."""

SCANNED_BYTES = 5 << 20
"""A larger file is not searched for conflict markers: nobody merges it by hand."""


def gather(
    repo: Repository, state: BuildState, changes: Sequence[Change], base: str, folder: str, max_bytes: int
) -> Facts:
    """The facts about what `state` claims and what `changes` says differs from the commit `base`.

    `folder` is the build's, relative to the root; files above `max_bytes` are asked for their filter.
    """
    return Facts(
        folder=folder,
        evidence=state.evidence or NOTHING_KNOWN,
        files=_file_facts(repo, changes, base, max_bytes),
        collisions=_collisions(repo, changes, base),
        reported=dict(_reported(repo.root / folder / "completions", state)),
    )


def _file_facts(
    repo: Repository, changes: Sequence[Change], base: str, max_bytes: int
) -> dict[str, FileFact]:
    found: dict[str, tuple[os.stat_result, int | None]] = {}
    for change in changes:
        info = lstat(repo.root, change.path) if change.kind is not ChangeKind.DELETED else None
        if info is not None and stat.S_ISREG(info.st_mode):
            line = _conflict_line(_read(repo.root / change.path)) if info.st_size <= SCANNED_BYTES else None
            if line and change.kind is ChangeKind.MODIFIED and _had_markers(repo, base, change.path):
                line = None  # a text about conflicts, not a conflict
            found[change.path] = (info, line)
    large = [path for path, (info, _) in found.items() if info.st_size > max_bytes]
    lfs = _in_lfs(repo, large)
    return {
        path: FileFact(info.st_size, info.st_mtime, line, path in lfs) for path, (info, line) in found.items()
    }


def _read(path: Path) -> bytes:
    try:
        return files.read_regular(path, SCANNED_BYTES)[0]
    except OSError:  # gone since, or not ours to read: git add will say so
        return b""


def _conflict_line(data: bytes) -> int | None:
    """The line, from 1, of the first `<<<<<<<` that has its `>>>>>>>`, in what looks like a text."""
    if b"<<<<<<< " not in data or b"\n>>>>>>> " not in data or b"\0" in data[:8000]:
        return None
    start = 0 if data.startswith(b"<<<<<<< ") else data.find(b"\n<<<<<<< ") + 1
    if not data.startswith(b"<<<<<<< ", start) or data.find(b"\n>>>>>>> ", start) < 0:
        return None
    return data.count(b"\n", 0, start) + 1


def _had_markers(repo: Repository, base: str, path: str) -> bool:
    shown = repo.run("cat-file", "blob", f"{base}:{path}", check=False)
    return shown.ok and _conflict_line(shown.stdout) is not None


def _in_lfs(repo: Repository, paths: Sequence[str]) -> frozenset[str]:
    """Those of `paths` that git LFS keeps: git itself stores a pointer of a few lines."""
    if not paths:
        return frozenset()
    fields = split_paths(repo.run("check-attr", "-z", "--stdin", "filter", stdin=join_paths(paths)).stdout)
    return frozenset(fields[at] for at in range(0, len(fields), 3) if fields[at + 2] == "lfs")


def _collisions(repo: Repository, changes: Sequence[Change], base: str) -> dict[str, str]:
    """Each added path and another that a file system without case would take for the same.

    A folder counts as well: `Src/a` beside `src/b` is one folder on macOS and Windows.
    """
    added = [change.path for change in changes if change.kind is ChangeKind.ADDED]
    if not added:
        return {}
    wanted = {name.casefold() for path in added for name in with_folders(path)}
    gone = {change.path for change in changes if change.kind is ChangeKind.DELETED}
    before = sorted(_spelled(repo, base, wanted, gone))
    spellings: dict[str, str] = {}
    for name in (*before, *(name for path in sorted(added) for name in with_folders(path))):
        spellings.setdefault(name.casefold(), name)
    found = {}
    for path in sorted(added):
        other = next((s for n in with_folders(path) if (s := spellings[n.casefold()]) != n), None)
        if other is not None:
            found[path] = other
    return found


def _spelled(repo: Repository, base: str, wanted: Collection[str], gone: Collection[str]) -> set[str]:
    """The files and folders of `base`, less those that are `gone`, whose folded name is in `wanted`.

    Goes down folder by folder: a repository may have a hundred thousand files beside these.
    """
    emptied = {name for path in gone for name in with_folders(path)}
    found: set[str] = set()
    batch: list[str] = []  # of folders to look into; first the root
    left = [batch]
    while left:
        batch = left.pop()
        arguments = ("--literal-pathspecs", "ls-tree", "-z", "--full-tree", base, "--", *batch)
        listing = repo.run(*arguments).stdout
        folders = []
        for line in split_paths(listing):  # <mode> <type> <object>\t<path>
            head, path = line.split("\t", 1)
            if path.casefold() not in wanted or (path in emptied and not lstat(repo.root, path)):
                continue
            found.add(path)
            if " tree " in head:
                folders.append(f"{path}/")
        left += [folders[at : at + _ARGUMENTS] for at in range(0, len(folders), _ARGUMENTS)]
    return found


def _reported(folder: Path, state: BuildState) -> Iterator[tuple[WorkerId, float]]:
    """When each worker's completion was written, under its id or its key."""
    for worker in state.workers:
        for name in (str(worker.id), worker.brief.key):
            if worker.completion and name and "/" not in name and (info := lstat(folder, f"{name}.json")):
                yield worker.id, info.st_mtime
                break
