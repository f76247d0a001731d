"""snapshot: keep what the worktree of an open build holds, as a commit that no branch has."""

from collections.abc import Sequence

from gitorch.actions.policy import policy_of
from gitorch.actions.workplace import Build
from gitorch.adapters.git import snapshots
from gitorch.adapters.git.snapshots import Taken


def snapshot(build: Build, why: str, *, reports: Sequence[str] = ()) -> Taken:
    """Take one, for the reason `why`; see `snapshots.take`. GitorchError for a build without a branch."""
    repo, opened = build.require_opened()
    rules = policy_of(build).config.snapshots
    folder = f"{opened.folder}/"
    return snapshots.take(repo, build.slug, opened.base, why, rules=rules, also=(folder,), reports=reports)
