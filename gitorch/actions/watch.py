"""watch: sync at the start and on every change, and say in a line what happened.

Keeps nothing but what it said last: an event that is missed costs a tick, a kill costs nothing.
"""

import contextlib
import os
import time
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from threading import Event

from gitorch.actions.noticing import Noticer, is_git_at_work
from gitorch.actions.policy import policy_of
from gitorch.actions.snapshot import snapshot_if_possible
from gitorch.actions.standing import standing
from gitorch.actions.sync import sync
from gitorch.actions.workplace import Build
from gitorch.adapters.git import refs
from gitorch.adapters.git.scan import folders
from gitorch.adapters.guard import registry
from gitorch.adapters.watching import BESIDE, EVERYTHING, POLLING, changes
from gitorch.core.build_files import SETTLING_SECONDS
from gitorch.core.config import Snapshots
from gitorch.core.errors import GitorchError
from gitorch.core.events import greeting, happenings
from gitorch.core.issue import Issue
from gitorch.core.issue import lines as issue_lines
from gitorch.core.names import branch_ref
from gitorch.core.needs import needs
from gitorch.core.state import BuildState
from gitorch.transitions.pending import is_interrupted, recover

_POLLS = "warning: the system watches no more folders; all files are looked at every two seconds"

RETRY_SECONDS = 1.0
"""When to try again what could not be staged, read or written."""


def watch(build: Build, stop: Event) -> Iterator[str]:
    """Lines to tell, as they happen, until `stop` is set or the build is closed."""
    watcher = _Watcher(build)
    yield from [*watcher.sync(), *watcher.keep()]  # kept before anything is told
    rounds = changes(build.folder.path, stop, watcher.folders)
    while not watcher.closed() and (changed := next(rounds, None)) is not None:
        ours = [path for path in changed if ".git" not in path.split("/")]
        watcher.is_kept &= not ours
        told = watcher.look(changed=any(map(watcher.concerns, changed - {POLLING})))
        yield from [*told, *watcher.notice(ours), *watcher.keep()]


class _Watcher:
    """What was seen and said so far."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.state: BuildState | None = None
        self.issues: tuple[Issue, ...] = ()
        self.trouble: str | None = None
        self.again_at = float("inf")
        self.files: tuple[object, ...] = ()
        self.git: tuple[object, ...] = ()
        self._places: tuple[object, list[str]] | None = None
        self._refs = _files_of_git(build)
        self.every = _seconds_between(build)
        self.keep_at = 0.0
        self.noticer = Noticer(build)
        self.polls = self.ended = False
        self.is_kept = False
        """Whether no file has changed since the last snapshot, as far as the system told."""

    def closed(self) -> bool:
        """Whether there is nothing left to watch."""
        return self.ended or (self.state is not None and not self.state.is_open)

    def _is_over(self) -> bool:
        """Whether the build was closed since it was read last."""
        repo = self.build.place.repo
        return bool(repo and self.build.opened and not registry.is_open(repo, self.build.slug))

    def concerns(self, path: str) -> bool:
        """Whether a file, from the build's folder, is in it, or is one that a recorded report claims."""
        if not path.startswith(".."):
            return True
        evidence = self.state.evidence if self.state else None
        reports = evidence.kept.reports if evidence else ()
        from_root = os.path.normpath(f"{self.build.folder.shown}/{path}")
        return any(from_root in report.held for report in reports)

    def look(self, *, changed: bool) -> list[str]:
        """One round: sync when something may have changed, else see whether a ref moved."""
        if changed or time.monotonic() >= self.again_at or self._files_now() != self.files:
            if (repo := self.build.place.repo) and is_git_at_work(repo):  # the records may be half-written
                self.again_at = time.monotonic()
                return []
            return self.sync()
        if self.state and self._git_now() != self.git:
            return self._tell(self.state)
        return []

    def notice(self, changed: Collection[str]) -> list[str]:
        """Tell of files that were lost, and of their return; `changed` are paths from the build's folder."""
        shown, marks = self.build.folder.shown, {EVERYTHING, BESIDE, POLLING}
        paths = {os.path.normpath(f"{shown}/{path}") for path in changed if path not in marks}
        told = [_POLLS] if POLLING in changed and not self.polls else []
        self.polls |= POLLING in changed
        more = not {EVERYTHING, BESIDE}.isdisjoint(changed)
        if self.noticer.notice(paths, more=more, polling=POLLING in changed) and self.state:
            told += self._tell(self.state)
        return told

    def keep(self) -> list[str]:
        """Take a snapshot where something has changed, and the last one is long enough ago."""
        if self.is_kept or self.closed() or time.monotonic() < self.keep_at:
            return []
        self.keep_at = time.monotonic() + self.every
        told = snapshot_if_possible(self.build, "watch")
        self.is_kept = not told  # what went wrong is tried again
        return told

    def folders(self) -> Collection[Path]:
        """Where files may change that a snapshot has, and where refs are."""
        repo = self.build.place.repo
        with contextlib.suppress(GitorchError):
            if repo and self.build.opened:
                of_git = {path.parent for path in refs.files_of(repo, branch_ref(self.build.slug))}
                return folders(repo) | {path for path in of_git if path.is_dir()}
        return ()

    def sync(self) -> list[str]:
        """Bring all up to date; the lines that tell what is new. Trouble is told once, and tried again."""
        self.again_at = float("inf")
        try:
            synced = sync(self.build)
        except (GitorchError, OSError) as error:
            if isinstance(error, GitorchError) and error.code == "missing-records":
                self.files = self._files_now()
                return self._trouble("\n".join(issue_lines(error.issue)))  # looked at again when files change
            gone = not self.build.folder.path.is_dir()
            if gone and self._is_over():
                self.ended = True
                return [f"build {self.build.slug} is closed, and its folder was discarded"]
            lines = self._trouble(
                f"{self.build.folder.shown} was deleted; waiting until the folder exists again"
                if gone
                else str(error)
            )
        else:
            if synced.state.unsettled:
                self.again_at = time.monotonic() + SETTLING_SECONDS
            restored = [synced.restored] if synced.restored else []
            lines = restored + synced.notes + self._tell(synced.state) + self._trouble(synced.problem)
        if self.trouble:
            self.again_at = min(self.again_at, time.monotonic() + RETRY_SECONDS)
        self.files = self._files_now()
        return lines

    def _tell(self, state: BuildState) -> list[str]:
        repo = self.build.place.repo
        told = recover(repo.root) if repo else []
        if repo and is_interrupted(repo):
            # finalize is between its steps: the branch has moved or will, and that is no rogue commit
            self.again_at = min(self.again_at, time.monotonic() + RETRY_SECONDS)
            return told
        if state.is_open and self._is_over():  # the next sync tells
            self.again_at = time.monotonic()
            return told
        self.git = self._git_now()
        before, old = self.state, self.issues
        self.state = state
        loss = [self.noticer.loss] if self.noticer.loss else []
        self.issues = (*needs(state, standing(self.build, state)), *loss)
        new = happenings(before, state, old, self.issues) if before else greeting(state, self.issues)
        return told + new

    def _trouble(self, problem: str | None) -> list[str]:
        told, self.trouble = self.trouble, problem
        return problem.split("\n") if problem and problem != told else []

    def _files_now(self) -> tuple[object, ...]:
        """Changes when a file of the folder, or a claimed one that was missing, comes, goes or is renamed."""
        evidence = self.state.evidence if self.state else None
        if self._places is None or self._places[0] is not evidence:
            folder, root = self.build.folder, self.build.place.root
            claimed = [root / path for path in evidence.absent - evidence.in_base] if evidence else []
            places = (folder.path, folder.path / "workers", folder.path / "completions", folder.meta_path)
            self._places = evidence, [str(path) for path in (*places, *claimed)]
        return _stamps(self._places[1])

    def _git_now(self) -> tuple[object, ...]:
        """Changes when a branch or HEAD moved, or the hooks or settings changed, without starting git."""
        return _stamps(self._refs)


def _files_of_git(build: Build) -> list[str]:
    repo = build.place.repo
    if repo is None:
        return []
    guard = (repo.common_dir / "config", repo.common_dir / "hooks")
    return [str(path) for path in (*refs.files_of(repo, branch_ref(build.slug)), *guard)]


def _seconds_between(build: Build) -> float:
    with contextlib.suppress(GitorchError):
        return policy_of(build).config.snapshots.every
    return Snapshots().every


def _stamps(paths: Sequence[str]) -> tuple[object, ...]:
    """Of strings, and by no `Path`: this is what a watcher does all the time, and that costs the most."""
    return tuple(map(_stamp, paths))


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        info = os.stat(path)  # noqa: PTH116 (see `_stamps`)
    except OSError:
        return None
    return (info.st_ino, info.st_mtime_ns)
