"""The last instant: while a build is open, `core.fsmonitor` of its worktree is a program of the guard's.

git starts it before it touches a file, also where hooks are switched off (`hooks/last-instant`).

    <common dir>/gitorch/guard/config        includes `watched`; git reads it while a build is open
    <common dir>/gitorch/guard/watched       for the git directory of each bound worktree, what to include
    <git dir>/gitorch/last-instant           that file, `core.fsmonitor`; there while a build is open
    <git dir>/gitorch/not-kept               what sh alone leaves out of a snapshot, a pathspec on each line

Never displaces an fsmonitor of the person's. Call `arm` and `settle` with `journal.exclusive` held.
"""

import os
import re
import shlex
from collections.abc import Collection, Iterable
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import WATCHED, Repository
from gitorch.adapters.guard.scripts import LAST_INSTANT, quoted
from gitorch.core.globs import pathspecs
from gitorch.core.hints import FIX
from gitorch.core.issue import Hint, Issue
from gitorch.core.text import typed

_OFF = re.compile(r"|false|no|off|0", re.IGNORECASE)
_CANARY, _ANSWER = "GITORCH_CANARY", "gitorch: the last instant is here"


def arm(tree: Repository, bound: Collection[Path], exclude: Iterable[str]) -> None:
    """Set it in this worktree, and unset it where a git directory is not in `bound`; twice is harmless.

    `exclude` are the patterns of `snapshots: {exclude}`.
    """
    program = tree.shared / "guard" / LAST_INSTANT
    if program.is_file() and find_own(tree) is None:
        sharing.make_folder(tree, tree.private)
        words = "".join(f"{word}\n" for pattern in exclude for word in pathspecs(pattern))
        sharing.write_if_different(tree, _not_kept(tree.git_dir), os.fsencode(words))
        sharing.write_if_different(tree, _setting(tree.git_dir), _text(tree, program))
    else:
        _setting(tree.git_dir).unlink(missing_ok=True)
    settle(tree, {tree.git_dir, *bound})


def settle(repo: Repository, bound: Collection[Path]) -> None:
    """Unset it in every worktree whose git directory is not in `bound`."""
    wanted = {path.resolve() for path in bound}
    sections = b""
    for git_dir in sorted({repo.common_dir, *repo.common_dir.glob("worktrees/*")}):
        setting = _setting(git_dir.resolve())
        if git_dir.resolve() not in wanted:
            setting.unlink(missing_ok=True)
            _not_kept(git_dir.resolve()).unlink(missing_ok=True)
        elif setting.is_file():
            sections += _section(repo, setting)
    watched = repo.shared / WATCHED
    if sections:
        sharing.write_if_different(repo, watched, sections)
    else:
        watched.unlink(missing_ok=True)


def find_own(tree: Repository) -> str | None:
    """What the person has set there, other than for one command, and where; None where it is off, too."""
    out = tree.run(
        "config", "--show-scope", "--show-origin", "-z", "--get-all", "core.fsmonitor", check=False
    ).stdout
    words = os.fsdecode(out).split("\0")[:-1]
    found = None
    for scope, origin, value in zip(words[::3], words[1::3], words[2::3], strict=True):
        if scope != "command" and not origin.endswith(f"/gitorch/{LAST_INSTANT}"):
            found = (
                None
                if _OFF.fullmatch(value)
                else f"core.fsmonitor is {value} (set in {origin.removeprefix('file:')})"
            )
    return found


def is_armed(tree: Repository) -> bool:
    """Whether it is set in this worktree, though it may not be what git finds."""
    return _setting(tree.git_dir).is_file()


def problem(tree: Repository) -> str | None:
    """Why git would not come to it before it overwrites a file of this bound worktree; None where it does.

    git is asked to look at its files, and the program answers. Writes nothing.
    """
    if own := find_own(tree):
        return own
    setting, program = _setting(tree.git_dir), tree.shared / "guard" / LAST_INSTANT
    if not files.holds(setting, _text(tree, program)):
        return f"{setting} does not exist, or is not as gitorch wrote it"
    env = {_CANARY: "1", "GIT_OPTIONAL_LOCKS": "0"}
    done = tree.run("ls-files", "--modified", "--", ":/", env=env, check=False, for_person=True)
    answer = next((line for line in done.error_text.splitlines() if line.startswith(_ANSWER)), None)
    if answer is None:
        return f"git does not start {program}"
    return answer.removeprefix(f"{_ANSWER}, ") if answer != _ANSWER else None


def off(root: Path, why: str) -> Issue:
    """The warning that there is none in a bound worktree."""
    text = f"git takes no snapshot before it overwrites files in {root}: {why}"
    see = f"git -C {typed(str(root))} config --show-origin --get-all core.fsmonitor"
    return Issue("no-last-instant", text, str(root), hints=(Hint("see where it is set", see), FIX))


def _setting(git_dir: Path) -> Path:
    return git_dir / "gitorch" / LAST_INSTANT


def _not_kept(git_dir: Path) -> Path:
    return git_dir / "gitorch" / "not-kept"


def _text(tree: Repository, program: Path) -> bytes:
    """`core.fsmonitor`, to which git adds ` "$@"`; the status is 1 also where there is no program."""
    script, git_dir, common = (shlex.quote(str(path)) for path in (program, tree.git_dir, tree.common_dir))
    command = f"git_dir={git_dir} common={common}; ! test -r {script} || . {script}; false"
    return os.fsencode(f"[core]\n\tfsmonitor = {quoted(command)}\n\tfsmonitorHookVersion = 2\n")


def _section(repo: Repository, setting: Path) -> bytes:
    """The lines that include `setting` in its worktree alone (git-config(1), `gitdir` without a last `/`)."""
    literal = re.sub(r"([\\*?\[])", r"\\\1", str(setting.parents[1])).replace("\n", "?")
    ignoring = "/i" if repo.config("core.ignoreCase") == "true" else ""
    condition = quoted(f"gitdir{ignoring}:{literal}")
    return os.fsencode(f"[includeIf {condition}]\n\tpath = {quoted(str(setting))}\n")
