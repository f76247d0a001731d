"""Bring the files of a working tree from one tree to another, and only the files that differ between them.

A file that holds neither what the one nor what the other has is left alone and named. Moves no ref.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from gitorch.adapters.git import candidate
from gitorch.adapters.git.index import PrivateIndex, private
from gitorch.adapters.git.repository import Repository, join_paths, split_paths


def strange(repo: Repository, old: str, new: str) -> list[str]:
    """The paths that differ between the trees `old` and `new`, and on the disk are as in neither."""
    return sorted(_standing(repo, old, new)[1])


@contextlib.contextmanager
def switched(repo: Repository, old: str, new: str) -> Iterator[PrivateIndex]:
    """Write what `new` has at each path where it differs from `old`; gives an index that equals `new`.

    Doing it once more, or after a kill in the middle, ends the same. What is strange stays.
    """
    todo, _ = _standing(repo, old, new)
    with private(repo, new) as index:
        there = set(split_paths(index.git("ls-files", "-z").stdout))
        for path in sorted(todo - there):  # first: a folder may take the place of a file
            _remove(repo.root, path)
        written = join_paths(sorted(todo & there))
        if written:
            index.git("checkout-index", "--force", "--index", "-z", "--stdin", stdin=written)
        yield index


def _standing(repo: Repository, old: str, new: str) -> tuple[set[str], set[str]]:
    """Where the disk is not as in `new` but as in `old`, and where it is as in neither."""
    paths = _differing(repo, old, new)
    now = candidate.build(repo, old, paths, {}).tree
    not_new = _differing(repo, now, new) & paths
    neither = not_new & _differing(repo, now, old)
    return not_new - neither, neither


def _differing(repo: Repository, one: str, other: str) -> set[str]:
    names = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", one, other)
    return set(split_paths(repo.run(*names).stdout))


def _remove(root: Path, path: str) -> None:
    """Delete a file, and the folders above it that are empty then."""
    (root / path).unlink(missing_ok=True)
    for folder in _above(path):
        try:
            os.rmdir(root / folder)  # noqa: PTH106 (fails on a link, which is what we want)
        except OSError:
            break


def _above(path: str) -> Iterable[str]:
    while path := path.rpartition("/")[0]:
        yield path
