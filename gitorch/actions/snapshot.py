"""snapshot: keep what the worktree of an open build holds, as a commit that no branch has."""

import sys
from collections.abc import Collection, Sequence

from gitorch.actions.policy import policy_at, policy_of
from gitorch.actions.workplace import Build
from gitorch.adapters import struck
from gitorch.adapters.git import snapshots
from gitorch.adapters.git.capture import Capture, Scope, capture_alone
from gitorch.adapters.git.snapshots import Taken, chain_ref
from gitorch.core.config import Snapshots
from gitorch.core.errors import GitorchError
from gitorch.core.names import CommitId


def snapshot(build: Build, why: str, *, claimed: Collection[str] = (), reports: Sequence[str] = ()) -> Taken:
    """Take one, for the reason `why`; see `snapshots.take`. GitorchError for a build without a branch.

    `claimed` as in `Scope`.
    """
    repo, opened = build.require_opened()
    scope = scope_of(build)._replace(claimed=claimed)
    return snapshots.take(repo, build.slug, opened.base, why, scope, reports=reports)


def snapshot_by_hand(build: Build, why: str) -> Taken:
    """The same on demand: from now on nobody is told that files were lost before."""
    taken = snapshot(build, why)
    struck.clear(build.place.need_repo())
    return taken


def look(build: Build) -> Capture:
    """What a snapshot would have that is taken now; none is taken."""
    repo, opened = build.require_opened()
    return capture_alone(repo, opened.base, scope_of(build))


def scope_of(build: Build) -> Scope:
    """What a snapshot of the build takes: its folder always, and by the policy as of its base."""
    return Scope(policy_of(build).config.snapshots, (f"{build.folder.shown}/",))


def snapshot_before(build: Build, what: str) -> list[str]:
    """Take one before `what`, in which files are overwritten or deleted; what to tell of it.

    None for a build without a branch. GitorchError, and then nothing may be overwritten, where none can be
    taken.
    """
    return notes(build, snapshot(build, f"before {what}")) if build.opened else []


def snapshot_if_possible(build: Build, why: str) -> list[str]:
    """Take one at a time at which nothing is destroyed; where none can be taken, that is told."""
    try:
        return notes(build, snapshot(build, why)) if build.opened else []
    except (GitorchError, OSError) as error:
        problem = error.message if isinstance(error, GitorchError) else error.strerror or str(error)
        return [f"warning: no snapshot was taken: {problem.removesuffix('; no snapshot was taken')}"]


def keep_all(build: Build, base: CommitId, *, leave_unreadable: bool) -> Taken:
    """Take one before an abort: of files of any size, and, if asked, without what cannot be read."""
    repo = build.place.need_repo()
    try:
        rules = policy_at(repo, base).config.snapshots
    except GitorchError:  # a broken policy keeps nobody from an abort
        rules = Snapshots()
    rules = rules.model_copy(update={"max_file_bytes": sys.maxsize})
    scope = Scope(rules, (f"{build.folder.shown}/",), leave_unreadable=leave_unreadable)
    return snapshots.take(repo, build.slug, base, "before abort", scope)


def notes(build: Build, taken: Taken) -> list[str]:
    """What is told of a snapshot that nobody asked for."""
    moved = f"warning: {chain_ref(build.slug)} had been moved by another program, and was restored"
    return [moved] if taken.restored else []
