"""Noticing: many files of a build went back to the base, became empty or are missing at once.

What is lost is what `restore --lost` would restore; a file that was only moved is not. Few files are no mass
loss: a worker may undo a file of its own, and of recorded claims the evidence tells.
"""

import contextlib
import os
import time
from collections.abc import Collection

from gitorch.actions.restore import find_lost
from gitorch.actions.workplace import Build
from gitorch.adapters import struck
from gitorch.adapters.git import chain
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.scan import uncommitted
from gitorch.core.errors import GitorchError
from gitorch.core.hints import restore_lost
from gitorch.core.issue import Hint, Issue
from gitorch.core.text import counted, shown_path, typed

MANY = 3
"""So many files at least are a mass loss."""

_NAMED = 5
_STATS = 1000
"""So many touched files are looked at, whether they are empty."""

_SECONDS = 1.0
"""At least so long is between two looks, and ten times as long as the last one took."""


def find_loss(build: Build) -> Issue | None:
    """The mass loss that is there now, computed from all files and snapshots."""
    paths = _find_paths(build)
    return _told(build, paths) if len(paths) >= MANY else None


def find_noted_loss(build: Build) -> Issue | None:
    """The same for a command that only looks, where something has left word that there may be one.

    What keeps it from being computed is not told: it is no part of what was asked.
    """
    repo, _ = build.require_opened()
    with contextlib.suppress(GitorchError, OSError):
        loss = find_loss(build)
        if loss is None:
            struck.clear_old(repo)
        return loss
    return None


def _find_paths(build: Build) -> list[str]:
    lost, tree = find_lost(build)
    if len(lost) < MANY:
        return sorted(lost)
    repo, _ = build.require_opened()
    moved = {}
    for source in {target.source for target in lost.values()}:
        since = chain.changes(repo, source, tree).values()
        moved[source] = {after for before, after in since if before is None}
    return sorted(path for path, target in lost.items() if target.entry not in moved[target.source])


def _told(build: Build, paths: Collection[str]) -> Issue:
    text = f"{counted(len(paths), 'file')} of build {build.slug} are back at the base, empty or missing"
    named = [shown_path(path) for path in list(paths)[:_NAMED]]
    more = [f"and {len(paths) - _NAMED} more"] if len(paths) > _NAMED else []
    keep = Hint("leave the files as they are", f"gitorch snapshot --project {typed(build.slug)}")
    hints = (restore_lost(build.slug, "restore every one of them"), keep)
    return Issue("lost-files", text, build.slug, (*named, *more), hints)


def is_git_at_work(repo: Repository) -> bool:
    """Whether git may be rewriting files just now: it holds the index, and not for long."""
    with contextlib.suppress(OSError):
        return time.time() - (repo.git_dir / "index.lock").stat().st_mtime < 2 * _SECONDS
    return False


class Noticer:
    """What a watcher knows of the files, and the mass loss that it told of.

    A look costs one `git status`, and only where that shows a loss the rest; it waits until the files have
    been left alone for a moment, or a second.
    """

    def __init__(self, build: Build) -> None:
        self.build = build
        self.loss: Issue | None = None
        self._lost = 0
        self._known = self._uncommitted()
        self._touched: set[str] = set()
        self._since = self._again_at = 0.0
        self._unsure = bool(build.place.repo and struck.is_noted(build.place.repo))

    def notice(self, changed: Collection[str], *, more: bool = False, polling: bool = False) -> bool:
        """Whether there is another loss than before, or none any more.

        `changed` are the paths from the root that changed since the last call; with `more` others did, in
        folders that were not watched yet; with `polling` nothing is watched.
        """
        now = time.monotonic()
        if changed and not self._touched:
            self._since = now
        self._touched.update(changed)
        self._unsure |= more
        enough = self._unsure or polling or len(self._touched) >= (1 if self.loss else MANY)
        if not enough or now < self._again_at or (changed and now < self._since + _SECONDS):
            return False
        try:
            return self._look()
        finally:
            self._again_at = time.monotonic() + max(_SECONDS, 10 * (time.monotonic() - now))

    def _look(self) -> bool:
        repo = self.build.place.repo
        if repo is None or self.build.opened is None:
            return False
        if is_git_at_work(repo):
            return False
        unsure, touched, self._unsure, self._touched = self._unsure, self._touched, False, set()
        before, self._known = self._known, self._uncommitted()
        now = self._known
        undone = sum(path not in now for path in before)
        undone += sum("D" in how and "D" not in before.get(path, "") for path, how in now.items())
        undone += sum(self._is_blank(path) for path in sorted(touched)[:_STATS])
        if undone < MANY and not (unsure or self.loss or struck.is_noted(repo)):
            return False
        try:
            paths = _find_paths(self.build)
        except (GitorchError, OSError):  # another process may be at work
            self._touched, self._known, self._unsure = touched, before, unsure
            return False
        return self._compare(paths)

    def _compare(self, paths: Collection[str]) -> bool:
        lost = len(paths) if len(paths) >= MANY else 0
        if lost and lost <= self._lost:  # a part of it came back
            return False
        was, self._lost = self.loss, lost
        self.loss = _told(self.build, paths) if lost else None
        repo, _ = self.build.require_opened()
        if self.loss:
            struck.note(repo)
        else:
            struck.clear_old(repo)
        return self.loss != was

    def _uncommitted(self) -> dict[str, str]:
        with contextlib.suppress(GitorchError, OSError):
            if self.build.place.repo and self.build.opened:
                return uncommitted(self.build.place.repo)
        return {}

    def _is_blank(self, path: str) -> bool:
        try:
            return os.lstat(self.build.place.root / path).st_size == 0
        except OSError:
            return True
