"""The working trees of a repository. Adds and removes none."""

import os
from pathlib import Path

from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import Repository


def all_worktrees(repo: Repository) -> list[Repository]:
    """Every working tree that is there on the disk, this one first."""
    found = {repo.root: repo}
    out = repo.run("worktree", "list", "--porcelain", "-z").stdout
    for line in out.split(b"\0"):
        if line.startswith(b"worktree "):
            path = Path(os.fsdecode(line.removeprefix(b"worktree ")))
            tree = Repository.discover(path) if path.is_dir() else None
            if tree and tree.common_dir == repo.common_dir:
                found.setdefault(tree.root, tree)
    return list(found.values())


def standing_on(repo: Repository, ref: str) -> Repository | None:
    """The working tree that has the branch `ref` checked out."""
    return next((tree for tree in all_worktrees(repo) if refs.head_ref(tree) == ref), None)


def hooks_folder(tree: Repository) -> Path:
    """Where git looks for hooks in this working tree, `core.hooksPath` included; may not exist.

    An empty `core.hooksPath` switches hooks off, as the null device does, which stands for it here.
    """
    question = ("rev-parse", "--path-format=absolute", "--git-path", "hooks")
    switched_off = tree.config("core.hooksPath") == ""  # git fails then
    return Path(os.devnull if switched_off else os.fsdecode(tree.run(*question).stdout.removesuffix(b"\n")))
