"""diff: what differs between two snapshots of a build, or between one and the files as they are now."""

from collections.abc import Sequence
from pathlib import Path

from gitorch.actions.clearance import require_open_worktree
from gitorch.actions.restore import from_root
from gitorch.actions.restoring import find_snapshot
from gitorch.actions.snapshot import look
from gitorch.actions.workplace import Build, find_build
from gitorch.adapters import process
from gitorch.adapters.git import chain
from gitorch.adapters.git.chain_end import seen_tip
from gitorch.core.chain import Snapshot
from gitorch.core.errors import GitorchError

BASE = "base"
"""What stands for the commit at which the build was opened."""


def diff(start: Path, project: str | None, words: Sequence[str], *, at_terminal: bool) -> bytes:
    """Have git compare A with B: up to two first words that name the base, a snapshot or a worker.

    The words behind are paths. Without B it is the files as they are now, without A the base. At a terminal
    git shows it, paged and coloured as the person has it, and nothing is returned.
    """
    build = find_build(start, project, even_without_records=True)
    repo, opened = require_open_worktree(build)
    line = chain.read_chain(repo, opened.base, seen_tip(repo, build.slug))
    sides: list[str] = []
    for word in words[:2]:
        if (side := _side(build, line, word)) is None:
            break
        sides.append(side)
    paths = from_root(repo.root, start, words[len(sides) :])
    one, other = (
        [*sides, *(look(build).tree for _ in range(2 - len(sides)))][:2]
        if sides
        else (
            opened.base,
            look(build).tree,
        )
    )
    git = ["--literal-pathspecs", "diff", one, other, "--", *(path or "." for path in paths)]
    if at_terminal:
        process.attend(["git", *git], cwd=repo.root)
        return b""
    return repo.run(*git).stdout


def _side(build: Build, line: Sequence[Snapshot], word: str) -> str | None:
    """The commit that a word names; None where it is a path."""
    if word == BASE:
        return build.opened.base if build.opened else None
    try:
        return find_snapshot(build, line, word)[0].commit
    except GitorchError:
        if (Path.cwd() / word).exists():
            return None
        raise
