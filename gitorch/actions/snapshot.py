"""snapshot: keep what the worktree of an open build holds, as a commit that no branch has."""

from collections.abc import Sequence

from gitorch.actions.policy import policy_of
from gitorch.actions.workplace import Build
from gitorch.adapters.git import snapshots
from gitorch.adapters.git.capture import Capture
from gitorch.adapters.git.snapshots import Taken


def snapshot(build: Build, why: str, *, reports: Sequence[str] = ()) -> Taken:
    """Take one, for the reason `why`; see `snapshots.take`. GitorchError for a build without a branch."""
    repo, opened = build.require_opened()
    rules, folder = policy_of(build).config.snapshots, f"{opened.folder}/"
    return snapshots.take(repo, build.slug, opened.base, why, rules=rules, also=(folder,), reports=reports)


def look(build: Build) -> Capture:
    """What a snapshot would have that is taken now; none is taken."""
    repo, opened = build.require_opened()
    rules, folder = policy_of(build).config.snapshots, f"{opened.folder}/"
    return snapshots.look(repo, opened.base, rules=rules, also=(folder,))
