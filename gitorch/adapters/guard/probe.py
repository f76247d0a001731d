"""Is the guard installed? git itself is asked in each working tree to run the hook, which answers.

Writes nothing below the git directory and takes no lock of git's, so that a full or read-only disk, or
another git's lock, cannot be taken for a missing guard. Says who displaced it.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.worktrees import all_worktrees, can_hold_hooks, hooks_folder, unset_hooks_path
from gitorch.adapters.guard.scripts import EVENTS, judge, marker

_QUESTION, _ANSWER = "gitorch-canary", b"gitorch: the guard is here"
"""Behind `prepared`, where git itself gives no word; what `hooks/judge` says to it."""

_OTHERS = {b"lefthook": "lefthook", b"prek": "prek", b"pre-commit.com": "pre-commit", b"husky": "husky"}

MEND = "gitorch doctor --fix"


@dataclass(frozen=True, slots=True)
class TreeHealth:
    """One working tree. `problem` is None where the guard is, else one sentence that says why not.

    `hint` is what to type then.
    """

    root: Path
    problem: str | None
    hint: str = MEND


@dataclass(frozen=True, slots=True)
class GuardHealth:
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
    """Try the wall in each working tree; where no build is open there is none to try, and none is listed."""
    folder = _armed_by(repo)
    trees = tuple(_probe(tree) for tree in all_worktrees(repo)) if folder.is_dir() else ()
    return GuardHealth(trees if folder.is_dir() else ())  # the last build may have been closed meanwhile


def probe_armed(repo: Repository) -> GuardHealth:
    """The same also where no build is open, as if one were; call it with the locks held."""
    folder = _armed_by(repo)
    if folder.is_dir():
        return probe(repo)
    sharing.make_folder(repo, folder)
    try:
        return probe(repo)
    finally:
        folder.rmdir()


def _armed_by(repo: Repository) -> Path:
    """The folder that the hooks look for."""
    return repo.shared / "open"


def _probe(tree: Repository) -> TreeHealth:
    form = ("hook", "run", "--ignore-missing", EVENTS[0], "--", "prepared", _QUESTION)  # since git 2.36
    done = tree.run(*form, check=False)
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
    wall = folder / EVENTS[0]
    if not os.path.lexists(wall):
        if setting:
            origin, _, value = setting.partition("\t")
            where = origin.removeprefix("file:")
            return f"core.hooksPath is {value or 'empty'} (set in {where}), where no hook of ours is"
        return f"there is no {wall}"
    try:
        data, _ = files.read_regular(wall, 1 << 16)
    except OSError as error:
        return f"{wall} cannot be read: {error}"
    if marker(data) is None:
        other = next((name for mark, name in _OTHERS.items() if mark in data), "another program")
        return f"{other} has put its own hook at {wall}"
    if not os.access(wall, os.X_OK):
        return f"{wall} may not be run"
    rule = tree.shared / "guard" / "judge"
    if not rule.is_file():
        return f"{rule} is missing"
    if rule.read_bytes() != judge():
        return f"{rule} is not as it was installed"
    return next(iter(said.splitlines()), "git asks no hook")
