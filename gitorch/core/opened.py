"""What an open code build is, and what was decided while it is open: the two records below the git directory.

`meta.json` repeats both for readers; nothing is read back from it while the build is open.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from gitorch.core.meta import BuildType, Frozen, Launch, Meta, PlanHead
from gitorch.core.names import CommitId, RefName, Slug, branch_name, branch_ref, slug_problem

_OID = Field(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\z")


def _checked(text: str) -> Slug:
    if problem := slug_problem(text):
        raise ValueError(problem)
    return Slug(text)


class Opened(Frozen):
    """The identity of an open code build, fixed when it is opened."""

    slug: Annotated[Slug, AfterValidator(_checked)]
    build_type: Literal[BuildType.CODE] = BuildType.CODE
    folder: str
    """The build's folder from the root of the working tree: `N5/builds/x`."""
    base: Annotated[CommitId, _OID]
    """The commit at which the build was opened."""
    opened_from: RefName | None = None
    """The branch that was checked out before; None for a detached HEAD."""
    opened_at: datetime
    plan: PlanHead
    """What the plan says of the whole build."""
    plan_file: str | None = None
    """The person's untracked plan file, from the root; it is left alone."""
    worktree: str = ""
    """The root of the working tree that the build was opened in, as it was then."""

    @property
    def branch(self) -> RefName:
        """The full name of the build branch."""
        return branch_ref(self.slug)

    @property
    def builds_dir(self) -> str:
        """The folder of the builds, from the root."""
        return self.folder.rpartition("/")[0]


class Claimed(Frozen):
    """A report that counted when it was recorded, and what its claims held then."""

    worker: str
    digest: str
    """SHA-256 of the report in the spec's form."""
    held: dict[str, str | None] = Field({})
    """Claimed path → `MODE ID` as git stores it, None where nothing was. A claimed folder is what changed in
    it."""

    @property
    def present(self) -> frozenset[str]:
        """The claimed paths at which something was."""
        return frozenset(path for path, entry in self.held.items() if entry is not None)


class Recorded(Claimed):
    """The same in an open build."""

    snapshot: Annotated[CommitId, _OID]
    """What the working tree held then."""
    at: datetime


class Allowed(Frozen):
    """The person's word that a path may differ from what a report said of it, as it was then."""

    worker: str
    path: str
    holds: str | None
    """`MODE ID`; None where nothing was."""


class Accepted(Allowed):
    """The same in an open build."""

    at: datetime


class Decided(Frozen):
    """What the person or gitorch decided while the build is open."""

    launches: tuple[Launch, ...] = ()
    reports: tuple[Recorded, ...] = ()
    """One for each worker whose report was recorded, in the order in which they were."""
    accepted: tuple[Accepted, ...] = ()
    kept: RefName | None = None
    """Where the work is kept of a build that was aborted."""
    landed: Annotated[CommitId, _OID] | None = None
    """The build commit, once there is one; None for an open build and for one that was aborted."""


def as_meta(opened: Opened, decided: Decided) -> Meta:
    """What meta.json says of an open build."""
    return Meta(
        build_type=opened.build_type,
        slug=opened.slug,
        branch=branch_name(opened.slug),
        base=opened.base,
        opened_from=opened.opened_from,
        plan_file=opened.plan_file,
        opened_at=opened.opened_at,
        plan=opened.plan,
        launches=decided.launches,
    )


def repeats(meta: Meta | None, opened: Opened, decided: Decided) -> bool:
    """Whether a meta.json, as it was found, says what the two records say."""
    rendered = {"current_wave": 1, "blocked_workers": (), "schema_version": 1}
    return meta is not None and meta.model_copy(update=rendered) == as_meta(opened, decided)
