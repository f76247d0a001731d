"""The working trees of a repository. Adds and removes none."""

import os
import shlex
from pathlib import Path

from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import Repository


def all_worktrees(repo: Repository) -> list[Repository]:
    """Every working tree that is there on the disk, this one first."""
    found = {repo.root: repo}
    if not (repo.common_dir / "worktrees").is_dir():  # gitrepository-layout(5): none was ever added
        return [repo]
    out = repo.run("worktree", "list", "--porcelain", "-z").stdout
    for line in out.split(b"\0"):
        if line.startswith(b"worktree "):
            path = Path(os.fsdecode(line.removeprefix(b"worktree ")))
            tree = Repository.discover_usable(path) if path.is_dir() else None
            if tree and tree.common_dir == repo.common_dir:
                found.setdefault(tree.root, tree)
    return list(found.values())


def standing_on(repo: Repository, ref: str) -> Repository | None:
    """The working tree that has the branch `ref` checked out."""
    return next((tree for tree in all_worktrees(repo) if refs.head_ref(tree) == ref), None)


def is_cut_off(root: Path) -> bool:
    """Whether a linked working tree stands at `root` whose way to its repository is broken."""
    return (root / ".git").is_file() and Repository.discover_usable(root) is None


def hooks_folder(tree: Repository) -> Path:
    """Where git looks for hooks in this working tree, `core.hooksPath` included; may not exist.

    An empty `core.hooksPath` switches hooks off, as the null device does, which stands for it here.
    """
    question = ("rev-parse", "--path-format=absolute", "--git-path", "hooks")
    switched_off = tree.config("core.hooksPath") == ""  # git fails then
    return Path(os.devnull if switched_off else os.fsdecode(tree.run(*question).stdout.removesuffix(b"\n")))


def can_hold_hooks(folder: Path) -> bool:
    """Whether hooks can be put there; not so in `core.hooksPath=/dev/null` and the like."""
    above = next(path for path in (folder, *folder.parents) if path.exists())
    return above.is_dir() and os.access(above, os.W_OK | os.X_OK)


def unset_hooks_path(tree: Repository) -> str | None:
    """The command that takes `core.hooksPath` away where its value stands; None where it is not set."""
    done = tree.run("config", "--show-scope", "--show-origin", "-z", "--get", "core.hooksPath", check=False)
    if not done.ok:
        return None
    scope, origin, _ = os.fsdecode(done.stdout).split("\0", 2)
    if scope == "command":
        return "unset GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS"
    if tree.run("config", f"--{scope}", "--no-includes", "--get", "core.hooksPath", check=False).ok:
        there = ["-C", str(tree.root)] if scope in ("local", "worktree") else []
        place = [*there, "config", f"--{scope}"]
    else:  # in a file that this one includes; its path is from the root
        place = ["config", "--file", str(tree.root / origin.removeprefix("file:"))]
    return shlex.join(["git", *place, "--unset-all", "core.hooksPath"])
