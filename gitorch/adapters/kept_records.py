"""The records of an open build that are missing in its folder, from the newest snapshot that has them.

Changes nothing. Where there is no snapshot yet, the index has what gitorch staged. See `find_swept` for what
git itself may have put aside.
"""

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from gitorch.adapters.build_folder import BuildFolder
from gitorch.adapters.git import chain
from gitorch.adapters.git.chain_end import seen_tip
from gitorch.adapters.git.objects import read_blobs
from gitorch.adapters.git.repository import Repository
from gitorch.core.chain import Message, Snapshot, find_lost
from gitorch.core.folder import is_record
from gitorch.core.issue import Hint
from gitorch.core.names import CommitId
from gitorch.core.opened import Opened
from gitorch.core.text import typed, typed_paths

_MOST = 20
"""So many dangling commits are asked whether they hold the build."""


class Swept(NamedTuple):
    """A commit of git's that holds the build: its name, as a person types it, and how it comes back."""

    name: str
    hint: Hint


def find_kept(repo: Repository, opened: Opened, folder: BuildFolder) -> Mapping[str, bytes]:
    """Each record that is missing or empty in the folder, by its name there, as it was last."""
    line = chain.read_chain(repo, opened.base, seen_tip(repo, opened.slug), below=folder.shown)
    there = _tree(line)
    gone = {path: (entry, None) for path, entry in there.items() if _is_missing(repo, path)}
    parent = line[0].commit if line else opened.base
    now = Snapshot(CommitId(""), parent, datetime.now(UTC), Message("now"), gone)
    lost = find_lost([now, *line], {}, {})
    entries = {
        path: target.entry.partition(" ")[2]
        for path, target in lost.items()
        if target.entry and is_record(path, folder.shown) and _is_missing(repo, path)
    }
    contents = read_blobs(repo, entries.values())
    return {path[len(folder.shown) + 1 :]: contents[oid] for path, oid in sorted(entries.items())}


def _tree(line: list[Snapshot]) -> dict[str, str]:
    """What the last snapshot has that the base has not as it is."""
    found: dict[str, str | None] = {}
    for snapshot in reversed(line):
        found |= {path: after for path, (_, after) in snapshot.changes.items()}
    return {path: entry for path, entry in found.items() if entry}


def _is_missing(repo: Repository, path: str) -> bool:
    try:
        return os.lstat(repo.root / path).st_size == 0
    except (FileNotFoundError, NotADirectoryError):
        return True


def find_swept(repo: Repository, folder: BuildFolder) -> Swept | None:
    """A stash that holds the build, else a commit that no ref has; None where there is none."""
    for number, commit in enumerate(repo.run("rev-list", "-g", "refs/stash", "--", check=False).lines):
        if _holds(repo, [commit], folder):
            name = f"stash@{{{number}}}"
            apply = f"git -C {typed(str(repo.root))} stash apply --index {typed(name)}"
            return Swept(name, Hint("bring back what was stashed, the build's records among it", apply))
    options = ("--dangling", "--no-reflogs", "--connectivity-only", "--no-progress")
    dangling = [
        line.split(" ")[2]
        for line in repo.run("fsck", *options, check=False).lines
        if line.startswith("dangling commit ")
    ]
    return next(_dangling(repo, dangling[:_MOST], folder), None)


def _dangling(repo: Repository, commits: list[str], folder: BuildFolder) -> Iterator[Swept]:
    for commit in commits:
        for source in _holds(repo, [commit], folder):
            paths = typed_paths([folder.shown])
            back = f"git -C {typed(str(repo.root))} restore --source={source} --worktree -- {paths}"
            yield Swept(commit[:12], Hint("bring back the build's records", back))


def _holds(repo: Repository, commits: list[str], folder: BuildFolder) -> list[str]:
    """Those of the commits that have the build's meta.json, or their parents for the index and new files."""
    names = [name for commit in commits for name in (commit, f"{commit}^2", f"{commit}^3")]
    asked = "".join(f"{name}:{folder.shown}/meta.json\n" for name in names).encode()
    said = repo.run("cat-file", "--batch-check=%(objecttype)", stdin=asked).lines
    return [name for name, kind in zip(names, said, strict=True) if kind == "blob"]
