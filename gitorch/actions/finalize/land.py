"""The move: a commit object, a journal, one compare-and-swap of the ref, and what follows from it.

Before the swap nothing changes that a person can see; after it everything follows from the commit,
so that `recover` either takes back or completes, by the same functions that an undisturbed run uses.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitorch.adapters import files, journal
from gitorch.adapters.git import index, refs
from gitorch.adapters.git.repository import DURABLE, Repository
from gitorch.adapters.guard import registry, seal
from gitorch.core.names import Slug

ACTION = "finalize"


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a build branch: `ref` from `old` to the commit `new`.

    `index` is the file that becomes the person's index; `records` are the paths whose final text
    stands in the commit and not yet in the working tree.
    """

    slug: Slug
    ref: str
    old: str
    new: str
    index: Path
    records: Sequence[str]

    def record(self) -> dict[str, Any]:
        """As the journal keeps it."""
        return {
            "action": ACTION,
            "slug": self.slug,
            "ref": self.ref,
            "old": self.old,
            "new": self.new,
            "index": str(self.index),
            "records": list(self.records),
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Move":
        fields = {name: record[name] for name in ("slug", "ref", "old", "new", "records")}
        return cls(**fields, index=Path(record["index"]))


def write_commit(repo: Repository, tree: str, parents: Sequence[str], message: str) -> str:
    """The id of a new commit object, signed where the person's settings ask for it. Moves no ref.

    commit-tree itself ignores `commit.gpgsign`.
    """
    signed = repo.run("config", "--type=bool", "--get", "commit.gpgsign", check=False).text == "true"
    options = [option for parent in parents for option in ("-p", parent)]
    return repo.run(
        *DURABLE,
        *("-c", "i18n.commitEncoding=UTF-8", "commit-tree"),
        *(["-S"] if signed else []),
        *options,
        *("-F", "-", tree),
        stdin=message.encode("utf-8", "replace"),
    ).text


def land(repo: Repository, move: Move, origin: index.Signature) -> bool:
    """Make the move, all of it or nothing; call it with the repository's lock held.

    False, with nothing changed, when the person's index is no longer what `origin` says: compose
    anew. GitorchError, with nothing changed, when a lock is held or the ref is not at `old`.
    """
    journal.write(repo, move.record())
    try:
        index.take_lock(repo, move.index)
        if index.signature(repo) != origin:
            _take_back(repo, move)
            journal.clear(repo)
            return False
        registry.write_permit(repo, move.old, move.new, move.ref)
        with seal.released(repo, move.slug):
            refs.move(repo, move.ref, move.new, move.old, f"gitorch: finalize {move.slug}")
    except BaseException:
        if refs.resolve(repo, move.ref) != move.new:  # else an interruption came too late
            _take_back(repo, move)
            journal.clear(repo)
            raise
    _complete(repo, move)
    journal.clear(repo)
    return True


def recover(repo: Repository, record: dict[str, Any]) -> list[str]:
    """Complete a finalize that was killed after the swap, take back one that was killed before."""
    move = Move.from_record(record)
    if move.slug not in registry.open_builds(repo):  # killed in its last steps
        registry.clear_permit(repo)
        return []
    if refs.resolve(repo, move.ref) == move.new:
        _complete(repo, move)
        return [f"finalize of build {move.slug} was interrupted after its commit {move.new[:12]}: completed"]
    _take_back(repo, move)
    return [
        f"finalize of build {move.slug} was interrupted before its commit: nothing has changed",
        f"hint: gitorch finalize --project {move.slug}",
    ]


def _complete(repo: Repository, move: Move) -> None:
    """What follows from the swap; each step is harmless when it is done already."""
    index.install(repo, move.index)
    for path in move.records:
        data = repo.run("cat-file", "--filters", f"{move.new}:{path}").stdout
        (repo.root / path).parent.mkdir(parents=True, exist_ok=True)
        files.write_if_different(repo.root / path, data)
    registry.close_build(repo, move.slug)
    registry.clear_permit(repo)


def _take_back(repo: Repository, move: Move) -> None:
    index.release_lock(repo, move.index)
    with contextlib.suppress(FileNotFoundError):
        move.index.unlink()
    registry.clear_permit(repo)
