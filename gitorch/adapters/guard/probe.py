"""Is the guard installed? git itself is asked in each working tree to run the hook, which answers.

Writes nothing below the git directory and takes no lock of git's, so that a full or read-only disk, or
another git's lock, cannot be taken for a missing guard. Says who displaced it.
"""

import os
from pathlib import Path
from typing import NamedTuple

from gitorch.adapters import files
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.worktrees import all_worktrees, can_hold_hooks, hooks_folder, unset_hooks_path
from gitorch.adapters.guard import arming, places
from gitorch.adapters.guard.scripts import judge, marker

_QUESTION, _ANSWER = "gitorch-canary", b"gitorch: the guard is here"
"""Behind `prepared`, where git itself gives no word; what `hooks/judge` says to it."""

_OTHERS = {b"lefthook": "lefthook", b"prek": "prek", b"pre-commit.com": "pre-commit", b"husky": "husky"}

MEND = "gitorch doctor --fix"


class TreeHealth(NamedTuple):
    """One working tree. `problem` is None where the guard is, else one sentence that says why not.

    `hint` is what to type then.
    """

    root: Path
    problem: str | None
    hint: str = MEND


class GuardHealth(NamedTuple):
    """Every working tree of a repository."""

    trees: tuple[TreeHealth, ...]

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Each, and what to type."""
        return [(tree.problem, tree.hint) for tree in self.trees if tree.problem]


def probe(repo: Repository) -> GuardHealth:
    """Ask in each working tree; where no build is open there is nothing to ask for, and none is listed."""
    return GuardHealth(tuple(map(_probe, all_worktrees(repo))) if arming.is_armed(repo) else ())


def probe_ready(repo: Repository) -> GuardHealth:
    """The same also where no build is open: whether the guard would be there if one were."""
    if arming.is_armed(repo):
        return probe(repo)
    return GuardHealth(tuple(_probe(tree, *_as_if_armed(tree)) for tree in all_worktrees(repo)))


def holds_without_hooks(repo: Repository) -> bool:
    """Whether git asks the guard also where a client empties `core.hooksPath`, in whichever tree."""
    arms = () if arming.is_armed(repo) else _configured(repo)
    return _probe(repo, *arms, "-c", "core.hooksPath=").problem is None


def _configured(tree: Repository) -> tuple[str, ...]:
    return ("-c", f"include.path={tree.shared / 'guard' / 'config'}")


def _as_if_armed(tree: Repository) -> tuple[str, ...]:
    """Options of a git that finds the hooks that a build brings along."""
    guard, folder = tree.shared / "guard", hooks_folder(tree)
    options = [*_configured(tree)]
    if folder == arming.own_folder(tree) and folder in places.read(tree) and can_hold_hooks(folder):
        options += ["-c", f"core.hooksPath={guard}"]
    return tuple(options)


def _probe(tree: Repository, *options: str) -> TreeHealth:
    form = ("hook", "run", "--ignore-missing", arming.WALL, "--", "prepared", _QUESTION)  # since git 2.36
    done = tree.run(*options, *form, check=False)
    if _ANSWER in done.stderr:
        return TreeHealth(tree.root, None)
    if (said := done.error_text).startswith("fatal:"):
        text = f"git cannot be asked whether {tree.root} is guarded: {said.splitlines()[0]}"
        return TreeHealth(tree.root, text)
    text = f"{tree.root} is not guarded: {_why(tree, said)}"
    if can_hold_hooks(hooks_folder(tree)) or not (unset := unset_hooks_path(tree)):
        return TreeHealth(tree.root, text)
    return TreeHealth(tree.root, text, f"{unset} && {MEND}")


def _why(tree: Repository, said: str) -> str:
    folder = hooks_folder(tree)
    setting = tree.run("config", "--show-origin", "--get", "core.hooksPath", check=False).text
    if setting and (folder / "h").is_file() and folder.name == "_":
        return f"husky has set core.hooksPath to {folder}"
    wall = folder / arming.WALL
    if not os.path.lexists(wall):
        if setting:
            origin, _, value = setting.partition("\t")
            where = origin.removeprefix("file:")
            return f"core.hooksPath is {value or 'empty'} (set in {where}), where the guard has no hook"
        return f"{wall} does not exist"
    try:
        data, _ = files.read_regular(wall, 1 << 16)
    except OSError as error:
        return f"{wall} cannot be read: {error}"
    if marker(data) is None:
        other = next((name for mark, name in _OTHERS.items() if mark in data), "another program")
        return f"{other} has put its own hook at {wall}"
    if not os.access(wall, os.X_OK):
        return f"{wall} is not executable"
    rule = tree.shared / "guard" / "judge"
    if not rule.is_file():
        return f"{rule} does not exist"
    if rule.read_bytes() != judge():
        return f"{rule} differs from what was installed"
    return next(iter(said.splitlines()), "git asks no hook")
