"""Installing the guard: chained in the hooks folders of every working tree, and as config hooks.

The wall in the repository's own hooks folder is put there by `arming`, while a build is open; before another
program's hook it is chained at once, and stays: that one would be run in either case.

    <common dir>/gitorch/guard/judge         the rule, read by every hook while a build is open
    <common dir>/gitorch/guard/<event>       the hooks that git's configuration names
    <common dir>/gitorch/guard/config        that configuration
    <common dir>/gitorch/guard/agent         what the clients of agents call
    <common dir>/gitorch/guard/bin/git       the git that is first on a spawned worker's PATH
    <common dir>/gitorch/guard/last-instant  what git starts before it touches a file, see `instant`
    <common dir>/gitorch/guard/program       the gitorch that installed it: its path, and that quoted for sh

Never touches a hook that git tracks, and displaces none: see `chain`.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.adapters.git.worktrees import (
    all_worktrees,
    can_hold_hooks,
    hooks_folder,
    unset_hooks_path,
)
from gitorch.adapters.guard import arming, chain, config_hooks, exclude, instant, places
from gitorch.adapters.guard.scripts import (
    CALLED,
    EVENTS,
    KEPT,
    LAST_INSTANT,
    VERSION,
    called,
    is_newer,
    judge,
    last_instant,
    program,
    shim,
)
from gitorch.core.errors import GitorchError
from gitorch.core.hints import UPGRADE
from gitorch.core.issue import Hint


@dataclass
class Report:
    """Which hooks folders were worked on, whether anything changed, and what the person should know."""

    folders: list[Path] = field(default_factory=list)
    changed: bool = False
    notes: list[str] = field(default_factory=list)


def is_installed(repo: Repository) -> bool:
    """Whether git would come to the guard in this working tree while a build is open, and find its rule."""
    if not os.access(repo.shared / "guard" / "judge", os.R_OK):
        return False
    if repo.version >= config_hooks.SINCE and config_hooks.is_installed(repo):
        return True
    folder = hooks_folder(repo)
    if folder == arming.own_folder(repo):
        return folder in places.read(repo) and can_hold_hooks(folder)
    return chain.is_live(folder, arming.WALL)


def install(repo: Repository) -> Report:
    """Put the guard before whatever hooks there are, or bring it up to date; twice changes nothing.

    GitorchError when it could not stand in this working tree, or a newer gitorch's stands in one; nothing is
    changed then.
    """
    report = Report()
    _refuse_where_it_cannot_stand(repo, hooks_folder(repo))
    refuse_newer(newer(repo), "gitorch uninstall && gitorch install")
    report.changed = _write_own(repo)
    known = places.read(repo)
    for tree in all_worktrees(repo):
        folder = hooks_folder(tree)
        if folder in report.folders or not can_hold_hooks(folder):
            continue
        report.changed |= folder not in known
        known.setdefault(folder, not folder.is_dir())
        places.write(repo, known)
        sharing.make_folder(repo, folder)
        tracked = _tracked(tree, folder)
        wanted = [event for event in EVENTS if event not in tracked]
        _put(repo, folder, wanted, report)
        report.notes += _notes(repo, folder, tracked)
        report.changed |= exclude.add(tree, folder, wanted)
        report.folders.append(folder)
    if not config_hooks.is_installed(repo):
        report.changed = True
    config_hooks.install(repo)
    return report


def _put(repo: Repository, folder: Path, events: Iterable[str], report: Report) -> None:
    """Chain the hooks in one folder, without the wall where that waits for a build."""
    mode = sharing.shared(repo, files.folder_mode())
    waits = folder == arming.own_folder(repo) and not arming.is_armed(repo)
    if waits:
        report.changed |= arming.disarm(repo)
    for event in events:
        behind = (folder / event, folder / f"{event}{KEPT}")
        if waits and event == arming.WALL and not any(map(os.path.lexists, behind)):
            continue
        if not chain.is_current(folder, event, mode):
            report.changed = True
        if told := chain.install(folder, event, mode):
            report.notes.append(told)


def newer(repo: Repository) -> list[Path]:
    """Every file of the guard here that a newer gitorch than this has written."""
    folders = {hooks_folder(tree) for tree in all_worktrees(repo)}
    hooks = (path for folder in folders for event in EVENTS for path in chain.ours(folder, event))
    own = (repo.shared / "guard" / name for name in ("judge", "config", *CALLED, LAST_INSTANT, *EVENTS))
    return sorted(path for path in (*hooks, *own) if is_newer(path))


def refuse_newer(found: Sequence[Path], back: str) -> None:
    """GitorchError where there are such files: they are not replaced. `back` is how to do so all the same."""
    if found:
        text = f"a newer gitorch has installed the guard; this one knows versions up to {VERSION}"
        replace = Hint("replace the newer guard by this version", back)
        details = [f"not changed: {path}" for path in found]
        raise GitorchError("newer-gitorch", text, details=details, hints=[UPGRADE, replace])


def uninstall(repo: Repository) -> Report:
    """Remove the guard and restore every hook that it was chained before, byte for byte."""
    report = Report()
    config_hooks.uninstall(repo)
    instant.settle(repo, ())
    folders = {hooks_folder(tree): False for tree in all_worktrees(repo)} | places.read(repo)
    for folder, made in folders.items():
        for event in EVENTS:
            report.changed |= bool(chain.ours(folder, event))
            if told := chain.uninstall(folder, event):
                report.notes.append(told)
        if made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        report.folders.append(folder)
    exclude.remove(repo)
    for own in ("guard", "agents"):
        shutil.rmtree(repo.shared / own, ignore_errors=True)
    if repo.shared.is_dir() and not any(repo.shared.iterdir()):
        repo.shared.rmdir()
    return report


def _write_own(repo: Repository) -> bool:
    """Write gitorch's own folder; whether anything in it differed."""
    guard = repo.shared / "guard"
    sharing.make_folder(repo, repo.shared)
    sharing.make_folder(repo, guard)
    changed = sharing.write_if_different(repo, guard / "judge", judge())
    changed |= sharing.write_if_different(repo, guard / LAST_INSTANT, last_instant())
    for event in EVENTS:
        changed |= sharing.write_if_different(repo, guard / event, shim(event))
    sharing.make_folder(repo, guard / "bin")
    for name, data in called().items():
        changed |= sharing.write_if_different(repo, guard / name, data)
    mode = sharing.shared(repo, files.folder_mode()) & 0o777
    for path in (guard / name for name in (arming.WALL, *CALLED)):  # the wall so that `probe` can ask for it
        if path.stat().st_mode & 0o777 != mode:
            path.chmod(mode)
            changed = True
    changed |= sharing.write_if_different(repo, guard / "program", program())
    return sharing.write_if_different(repo, guard / "config", config_hooks.text(guard)) or changed


def _refuse_where_it_cannot_stand(repo: Repository, folder: Path) -> None:
    if repo.version >= config_hooks.SINCE:
        return
    refuse_where_none_can(repo, folder, "gitorch install")
    if arming.WALL in _tracked(repo, folder):
        text = f"git tracks {folder / arming.WALL}, and gitorch changes no tracked file"
        other = "git 2.54 or newer can be guarded beside a tracked hook"
        raise GitorchError("guard-failed", text, about=str(folder / arming.WALL), details=[other])


def refuse_where_none_can(repo: Repository, folder: Path, again: str) -> None:
    """GitorchError where no hook can be put into `folder`, which git uses; `again` is what to type after."""
    if can_hold_hooks(folder):
        return
    text = f"the hooks folder {folder} cannot be written"
    if folder.exists() and not folder.is_dir():
        shown = "empty" if repo.config("core.hooksPath") == "" else folder
        text = f"core.hooksPath is {shown}, which is not a folder: hooks are switched off"
    unset = unset_hooks_path(repo)
    hints = [Hint("use the repository's own hooks folder", f"{unset} && {again}")] if unset else []
    raise GitorchError("guard-failed", text, about=str(folder), hints=hints)


def _tracked(tree: Repository, folder: Path) -> set[str]:
    """The names in `folder` that git tracks in this working tree."""
    if not folder.is_relative_to(tree.root):
        return set()
    prefix = tree.relative(folder) + "/"
    out = tree.run("ls-files", "-z", "--", prefix, env={"GIT_LITERAL_PATHSPECS": "1"}).stdout
    return {path.removeprefix(prefix) for path in split_paths(out)}


def _notes(repo: Repository, folder: Path, tracked: Iterable[str]) -> list[str]:
    notes = [
        f"{folder / event} is tracked by git and was left alone; the guard works without it"
        for event in EVENTS
        if event in tracked
    ]
    if not any(folder.is_relative_to(tree) for tree in (repo.common_dir, *_roots(repo))):
        notes.append(f"{folder} may serve other repositories too, which the guard leaves alone")
    return notes


def _roots(repo: Repository) -> list[Path]:
    return [tree.root for tree in all_worktrees(repo)]
