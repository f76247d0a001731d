"""Work that was given up, kept as commits that no branch has: `refs/gitorch/aborted/<slug>/<number>`.

Such refs survive gc, and are pushed by `push --mirror` alone. Nothing here deletes one.
"""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.git import candidate, refs, scan
from gitorch.adapters.git.index import ABSENT, Entry, private
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.snapshots import commit_tree
from gitorch.core.names import Slug


@dataclass(frozen=True, slots=True)
class Shelved:
    """A commit that keeps a working tree.

    `staged` are the paths that the index holds otherwise than the files: they are in its second parent.
    `modes` are the files with a mode that git would not give back, as it keeps the run bit alone.
    """

    commit: str
    index: str
    """A commit with what the index holds."""
    staged: tuple[str, ...]
    modes: tuple[str, ...]


def write(repo: Repository, slug: Slug, parent: str, tree: str, records: Mapping[str, bytes]) -> Shelved:
    """A commit with the `tree` of a snapshot, and `records` with these bytes. No ref is written.

    Not a descendant of the snapshot: that chain is pruned one day, and what was given up is kept.
    """
    with private(repo, parent) as index:
        index.restore(())
        staged = index.git("write-tree", "--missing-ok").text
        there = {path for path, found in index.staged.items() if found.after.mode != ABSENT}
        untracked = scan.untracked(index)
        index.git("read-tree", tree)
        blobs = {path: candidate.write_blob(repo, path, data) for path, data in records.items()}
        index.put((path, Entry("100644", blob)) for path, blob in blobs.items())
        index.put((path, Entry(ABSENT, refs.zero(parent))) for path in untracked - set(records))
        kept = index.git("write-tree", "--missing-ok").text
        other = (there & differing(repo, staged, kept)) - {*index.unmerged, *records}
    second = commit_tree(repo, staged, [parent], f"gitorch: the index of build {slug}, given up\n")
    parents = [parent, second] if other else [parent]
    work = commit_tree(repo, kept, parents, f"gitorch: the work of build {slug}, given up\n")
    changed = sorted(differing(repo, parent, kept) - set(records))
    modes = tuple(path for path in changed if _has_its_own_mode(repo.root / path))
    return Shelved(work, second, tuple(sorted(other)), modes)


def _has_its_own_mode(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    usual = files.folder_mode() & (0o777 if mode & stat.S_IXUSR else 0o666)
    return stat.S_ISREG(mode) and stat.S_IMODE(mode) != usual


def next_ref(repo: Repository, slug: Slug) -> str:
    """The first name of the shelf of `slug` that is free."""
    return f"{_prefix(slug)}{max(_numbers(repo, slug), default=0) + 1}"


def keep(repo: Repository, ref: str, commit: str) -> None:
    """Make `ref` stand at `commit`; harmless when it does already."""
    if refs.resolve(repo, ref) != commit:
        refs.move(repo, ref, commit, refs.zero(commit), "gitorch: abort")


def _prefix(slug: Slug) -> str:
    return f"refs/gitorch/aborted/{slug}/"


def _numbers(repo: Repository, slug: Slug) -> list[int]:
    names = repo.run("for-each-ref", "--format=%(refname)", _prefix(slug)).lines
    return [int(tail) for name in names if (tail := name.removeprefix(_prefix(slug))).isdigit()]
