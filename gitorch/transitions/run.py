"""The protocol of a change that is all or nothing, and what the next command does when it was killed.

    journal → index lock → permit, seal aside → one move of one ref → complete, or take back → clear

Before the move nothing that a person can see has changed; after it everything follows from the journal. A
journal that is found (`pending`) while nobody holds the locks belongs to a command that was killed. It says

    {"action": "open" | "land" | …, "worktree": …, "record": {…}}
"""

import contextlib
import importlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from gitorch.adapters import files
from gitorch.adapters.build_folder import BuildFolder
from gitorch.adapters.git import index, refs, sharing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import arming, registry, seal
from gitorch.core.errors import Busy, ExitStatus, GitorchError
from gitorch.core.hints import UPGRADE
from gitorch.core.issue import Hint
from gitorch.core.names import RefName, Slug, branch_name, branch_ref
from gitorch.core.text import one_line, typed
from gitorch.transitions.locks import held
from gitorch.transitions.pending import journal_path

Outcome = TypeVar("Outcome")

TRANSITIONS = {
    "open": "gitorch.transitions.open:Open",
    "land": "gitorch.transitions.land:Land",
    "abort": "gitorch.transitions.abort:Abort",
    "reopen": "gitorch.transitions.reopen:Reopen",
    "restore": "gitorch.transitions.restore:Restore",
}
"""The action that a journal names → `module:class`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition(ABC, Generic[Outcome]):
    """One change of a build: the journal's record, and what is done by it. `ref` goes from `old` to `new`.

    Every method may be called again after a kill, by another process.
    """

    ACTION: ClassVar[str]
    COMMAND: ClassVar[str]
    """What the person typed, without the project."""

    slug: Slug
    folder: str
    """The build's folder, from the root."""
    ref: RefName
    old: str
    new: str

    @property
    def needs_index(self) -> bool:
        """Whether the person's index is replaced, so that git's own lock on it is taken before the move."""
        return False

    def misplaced(self, repo: Repository) -> str | None:
        """The branch to switch to before the rest can be done; None where that is checked out."""
        return None if refs.head_ref(repo) == branch_ref(self.slug) else branch_name(self.slug)

    def is_decided(self, repo: Repository, since: float) -> bool:
        """Whether the move, begun after `since` (epoch seconds), was made; it is over then."""
        return refs.settle(repo, self.ref, self.new, since)

    def prepare(self, repo: Repository) -> None:
        """Do what belongs between the index lock and the move, and raise where the move may not be made."""

    @abstractmethod
    def complete(self, repo: Repository, since: float) -> Outcome:
        """Do what follows from the move, which was begun after `since` (epoch seconds)."""

    def take_back(self, repo: Repository) -> None:
        """Undo what `prepare` and the command before it have done."""

    @abstractmethod
    def kept(self) -> str:
        """What is true from the move on, for a message: `the build has landed as 1234`."""

    @abstractmethod
    def tell(self, repo: Repository, outcome: Outcome | None) -> list[str]:
        """What the person is told after a kill; `outcome` is None when it was taken back."""

    def build_folder(self, repo: Repository) -> BuildFolder:
        """The build's folder in this worktree."""
        return BuildFolder(repo.root / self.folder, self.slug, self.folder)


def run(
    repo: Repository, transition: Transition[Outcome], *, draft: index.PrivateIndex | None = None
) -> Outcome:
    """Make the change, all of it or nothing; `draft` becomes the person's index. Call it with the locks held.

    GitorchError, with nothing changed, when a lock is held elsewhere, the ref is not at its old value or
    `prepare` refuses. Behind the move it says what is done, and the next command completes the rest.
    """
    if draft:
        files.sync(draft.path)
    since = time.time()
    try:
        write_journal(repo, transition)
        if transition.needs_index:
            index.hold(repo, draft.path if draft else None)
        transition.prepare(repo)
        if transition.old != transition.new:
            if transition.ref == branch_ref(transition.slug):
                registry.write_permit(repo, transition.old, transition.new, transition.ref)
                seal.set_aside(repo, transition.slug)
            reason = f"gitorch: {transition.COMMAND} {transition.slug}"
            refs.move(repo, transition.ref, transition.new, transition.old, reason)
    except BaseException:
        # Where a ref moves, an interruption may come too late.
        if transition.old == transition.new or not _is_decided(repo, transition, since):
            _take_back(repo, transition)
            raise
    return _complete(repo, transition, since)


def clean_up(repo: Repository, half_written: Iterable[Path], *, unguarded: bool) -> list[str]:
    """Do what `pending.recover` found to be done, unless a command is alive; the lines to tell the person.

    Deletes the files, and restores the guard's hook with `unguarded`.
    """
    told: list[str] = []
    with contextlib.ExitStack() as locks:
        try:
            locks.enter_context(held(repo, wait=0))
            for left in half_written:
                with contextlib.suppress(OSError):  # of another user of the repository
                    left.unlink()
            if unguarded:
                told += _rearm(repo)
            found = _read(repo)
            if found is None:
                return told
            tree, transition = found
            locks.enter_context(held(None, transition.build_folder(tree), wait=0))
        except Busy:  # that command is alive
            return told
        return told + _finish(tree, transition)


def _rearm(repo: Repository) -> list[str]:
    """Put the guard's hook back that somebody has deleted while a build is open."""
    with contextlib.suppress(OSError):  # in a sandbox: `status` and `doctor` say that it is missing
        arming.arm(repo)
        return [
            f"{arming.own_folder(repo) / arming.WALL} was missing while a build is open, and was restored"
        ]
    return []


def _finish(repo: Repository, transition: Transition[Any]) -> list[str]:
    since = journal_path(repo).stat().st_mtime
    if not _is_decided(repo, transition, since):
        _take_back(repo, transition)
        return transition.tell(repo, None)
    if name := transition.misplaced(repo):
        switch = f"git -C {typed(str(repo.root))} switch {typed(name)}"
        raise GitorchError(
            "wrong-branch",
            f"{transition.COMMAND} of build {transition.slug} was interrupted half way, and {name} is not"
            f" checked out in {repo.root} any more",
            about=name,
            hints=[Hint("let the next gitorch command complete it", switch)],
        )
    return transition.tell(repo, _complete(repo, transition, since))


def _is_decided(repo: Repository, transition: Transition[Any], since: float) -> bool:
    """Whether the move was made; whatever is left of it is over then."""
    registry.clear_permit(repo)
    return transition.is_decided(repo, since)


def _take_back(repo: Repository, transition: Transition[Any]) -> None:
    transition.take_back(repo)
    if transition.needs_index:
        index.release(repo)
    if registry.is_open(repo, transition.slug):  # a closed build may have been sealed, and is not
        seal.put_back(repo, transition.slug)
    _clear(repo)


def _complete(repo: Repository, transition: Transition[Outcome], since: float) -> Outcome:
    try:
        outcome = transition.complete(repo, since)
        registry.clear_permit(repo)
        _clear(repo)
    except (OSError, GitorchError) as error:
        raise unfinished(transition, error) from error
    except KeyboardInterrupt:
        text, status = f"interrupted, but {transition.kept()}", ExitStatus.INTERRUPTED
        raise GitorchError("interrupted", text, hints=[_again(transition)], status=status) from None
    return outcome


def unfinished(transition: Transition[Any], error: OSError | GitorchError) -> GitorchError:
    """What is told where something behind the move failed: what holds, and that the next command goes on."""
    return GitorchError(
        "journal-stuck",
        f"{transition.kept()}, but what follows could not be done: {error}",
        details=error.details if isinstance(error, GitorchError) else (),
        hints=[*(error.hints if isinstance(error, GitorchError) else ()), _again(transition)],
    )


def _again(transition: Transition[Any]) -> Hint:
    command = f"gitorch status --project {transition.slug}"
    return Hint("complete the rest, as every gitorch command does", command)


def write_journal(repo: Repository, transition: Transition[Any]) -> None:
    """Say what is about to be done; on the disk before this returns."""
    from pydantic import TypeAdapter

    record = TypeAdapter(type(transition)).dump_python(transition, mode="json")
    content = {"action": transition.ACTION, "worktree": str(repo.root), "record": record}
    sharing.make_folder(repo, repo.private)
    sharing.write(repo, journal_path(repo), json.dumps(content).encode(), durable=True)


def _clear(repo: Repository) -> None:
    journal_path(repo).unlink(missing_ok=True)


def _read(repo: Repository) -> tuple[Repository, Transition[Any]] | None:
    """The worktree that a transition was begun in, and the transition; None where there is none.

    No kill and no power loss cuts a journal short: a disk did, or another program, or another version.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        content = json.loads(journal_path(repo).read_bytes())
        action, root, record = (content[key] for key in ("action", "worktree", "record"))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(repo, "is damaged", str(error)) from error
    if not isinstance(action, str) or action not in TRANSITIONS:
        raise _unreadable(repo, "is of another version of gitorch", f"unknown action {action!r}", UPGRADE)
    module, name = TRANSITIONS[action].split(":")
    try:
        transition = TypeAdapter(getattr(importlib.import_module(module), name)).validate_python(record)
    except ValidationError as error:
        problem = error.errors()[0]
        text = f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
        raise _unreadable(repo, "is of another version of gitorch", text, UPGRADE) from error
    if not isinstance(root, str) or root == str(repo.root):
        return repo, transition
    tree = (
        Repository.discover_usable(Path(root)) if Path(root).is_dir() else _find_moved(repo, transition.slug)
    )
    if tree is None or tree.common_dir != repo.common_dir:
        text = f"{root} is not a worktree of this repository any more"
        raise _unreadable(repo, f"speaks of build {transition.slug}", text)
    return tree, transition


def _find_moved(repo: Repository, slug: Slug) -> Repository | None:
    """Where the worktree is now that was moved since the kill: bound to the build, or the only one."""
    if root := registry.open_builds(repo).get(slug):
        return Repository.discover_usable(root)
    return None if (repo.common_dir / "worktrees").is_dir() else repo


def _unreadable(repo: Repository, why: str, problem: str, *hints: Hint) -> GitorchError:
    place = typed(str(journal_path(repo)))
    return GitorchError(
        "damaged-journal",
        f"{journal_path(repo)} {why}: gitorch's own note of a command that was killed",
        details=[one_line(problem, 200)],
        hints=[
            *hints,
            Hint(
                "give the note up and see what is left of that command",
                f"mv {place} {place}.old && gitorch doctor",
            ),
        ],
    )


def withdraw_permit(repo: Repository) -> None:
    """Clear a permit that a command left; call it with the repository's lock held."""
    registry.clear_permit(repo)


@contextlib.contextmanager
def moved_once(repo: Repository, slug: Slug, old: str, new: str) -> Iterator[None]:
    """Allow one more move of the build branch, as part of what follows or of putting it back to its base."""
    registry.write_permit(repo, old, new, branch_ref(slug))
    seal.set_aside(repo, slug)
    try:
        yield
    finally:
        registry.clear_permit(repo)
