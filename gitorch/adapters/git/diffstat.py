"""How many lines differ between two trees, path by path, counted in process where libgit2 can.

Reads objects alone: no working tree, no index, no ref. Where libgit2 cannot open the repository
(reftable, SHA-256, a partial clone) the git program counts, and says the same.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from gitorch.adapters.git.repository import Repository
from gitorch.core.changes import Lines

Count = tuple[str, Lines | None]


def diffstat(repo: Repository, old: str, new: str, *, in_process: bool = True) -> dict[str, Lines | None]:
    """Path → lines added and removed from tree or commit `old` to `new`; None for a binary file.

    A rename is a removal and an addition. What a filter stores elsewhere counts as it is stored.
    `in_process=False` asks the git program straight away.
    """
    counts = _by_libgit2(repo.root, old, new) if in_process else None
    return _summed(_by_git(repo, old, new) if counts is None else counts)


def _summed(counts: Iterable[Count]) -> dict[str, Lines | None]:
    """A file that became a link, or the reverse, is two entries of one path to libgit2."""
    found: dict[str, Lines | None] = {}
    for path, lines in counts:
        before = found.get(path, Lines(0, 0))
        found[path] = before + lines if before and lines else None
    return found


def _by_libgit2(root: Path, old: str, new: str) -> list[Count] | None:
    """None where libgit2 cannot open the repository or read what it needs."""
    import pygit2

    try:
        repository = pygit2.Repository(str(root))
        before, after = (repository[oid].peel(pygit2.Tree) for oid in (old, new))
        difference = before.diff_to_tree(after, context_lines=0)
        return [
            (
                os.fsdecode(patch.delta.new_file.raw_path),
                None if patch.delta.is_binary else Lines(*patch.line_stats[1:]),
            )
            for patch in difference
            if patch is not None
        ]
    except (pygit2.GitError, KeyError, ValueError):
        return None


def _by_git(repo: Repository, old: str, new: str) -> Iterator[Count]:
    """`git diff-tree --numstat -z` (git-diff-tree(1), "Other diff formats")."""
    out = repo.run("diff-tree", "-r", "--numstat", "-z", "--no-renames", "--no-ext-diff", old, new).stdout
    for entry in out.split(b"\0")[:-1]:
        added, removed, path = entry.split(b"\t", 2)
        yield os.fsdecode(path), None if added == b"-" else Lines(int(added), int(removed))
