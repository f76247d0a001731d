"""Work that was given up, kept as commits that no branch has: `refs/gitorch/aborted/<slug>/<number>`.

Such refs survive gc, and are pushed by `push --mirror` alone. Nothing here deletes one.
"""

import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.git import candidate, refs, scan
from gitorch.adapters.git.index import ABSENT, private
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import DURABLE, Repository
from gitorch.core.names import Slug

_NAME = {"NAME": "gitorch", "EMAIL": "gitorch@localhost"}
_IDENTITY = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _NAME.items()}


@dataclass(frozen=True, slots=True)
class Shelved:
    """A commit that keeps a working tree; `apart` are repositories in it that hold what it does not.

    `staged` are the paths that the index holds otherwise than the files: they are in its second parent.
    `modes` are the files with a mode that git would not give back, as it keeps the run bit alone.
    """

    commit: str
    index: str
    """A commit with what the index holds."""
    apart: tuple[str, ...]
    staged: tuple[str, ...]
    modes: tuple[str, ...]


def write(repo: Repository, slug: Slug, parent: str, records: Mapping[str, bytes]) -> Shelved:
    """A commit with the whole working tree as it is, ignored files left out, and `records` with these bytes.

    GitorchError when something cannot be read. No ref is written.
    """
    changes = [change for change in scan.changes(repo, parent) if change.path not in records]
    made = candidate.build(repo, parent, [change.path for change in changes], records)
    tree, staged = _staged(repo, parent, made.tree, records)
    index = _commit(repo, tree, [parent], f"gitorch: the index of build {slug}, given up\n")
    parents = [parent, index] if staged else [parent]
    commit = _commit(repo, made.tree, parents, f"gitorch: the work of build {slug}, given up\n")
    modes = tuple(change.path for change in changes if _has_its_own_mode(repo.root / change.path))
    return Shelved(commit, index, made.apart, staged, modes)


def _has_its_own_mode(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    usual = files.folder_mode() & (0o777 if mode & stat.S_IXUSR else 0o666)
    return stat.S_ISREG(mode) and stat.S_IMODE(mode) != usual


def _staged(
    repo: Repository, parent: str, kept: str, records: Collection[str]
) -> tuple[str, tuple[str, ...]]:
    """The tree of the person's index, conflicts left out, and where it differs from the tree `kept`."""
    with private(repo, parent) as index:
        index.restore(())
        tree = index.git("write-tree", "--missing-ok").text
    there = {path for path, staged in index.staged.items() if staged.after.mode != ABSENT}
    return tree, tuple(sorted((there & differing(repo, tree, kept)) - {*index.unmerged, *records}))


def _commit(repo: Repository, tree: str, parents: list[str], message: str) -> str:
    words = [word for parent in parents for word in ("-p", parent)]
    return repo.run(*DURABLE, "commit-tree", *words, tree, stdin=message.encode(), env=_IDENTITY).text


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
