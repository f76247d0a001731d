"""Does the guard stand? Asked of git itself in each working tree, by a transaction that is taken back.

Makes no ref, whatever the answer. Says who displaced the guard where it does not stand.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.worktrees import all_worktrees, can_hold_hooks, hooks_folder, unset_hooks_path
from gitorch.adapters.guard.scripts import EVENTS, judge, marker
from gitorch.core.names import CANARY, Slug, branch_ref

_ANSWER = b"gitorch: the guard stands"
_OTHERS = {b"lefthook": "lefthook", b"prek": "prek", b"pre-commit.com": "pre-commit", b"husky": "husky"}

MEND = "gitorch doctor --fix"


@dataclass(frozen=True, slots=True)
class TreeHealth:
    """One working tree. `problem` is None where the guard stands, else one sentence that says why not.

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
    """The same also where no build is open, as if one were; call it with `journal.exclusive` held."""
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
    commit = tree.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}", check=False).text
    if not commit:  # no commit yet, so no build can be open either
        return TreeHealth(tree.root, None)
    words = f"start\ncreate {branch_ref(Slug(CANARY))} {commit}\nprepare\nabort\n"
    done = tree.run("update-ref", "--stdin", stdin=words.encode(), check=False)
    if _ANSWER in done.stderr:
        return TreeHealth(tree.root, None)
    text = f"{tree.root} is not guarded: {_why(tree, done.error_text)}"
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
    # git did not come as far as the hook, in a sandbox or on a read-only disk
    return next(iter(said.splitlines()), "git asks no hook")
