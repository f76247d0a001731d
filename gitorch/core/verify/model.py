"""What is known of a commit that holds a build's records, and what came of judging it: values."""

from collections.abc import Mapping
from dataclasses import dataclass

from gitorch.core.changes import Change
from gitorch.core.config import Config
from gitorch.core.state import RawFile

TRAILER = "Gitorch-Build"
NOT_FINALIZE = "only `gitorch finalize` makes the commit of a build"
AS_IT_IS = "push the commit as finalize made it; to change the build: gitorch reopen, then gitorch finalize"


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that keeps a commit from being what it says. `path` is from the root."""

    commit: str
    message: str
    hint: str
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One commit that holds the records of the build `slug`, as its objects say.

    `files` are those below `folder` by their names in it; `present` are the claimed paths that stand in
    the tree; `changes` are against the first parent. `config` is the policy in the commit's own tree.
    """

    commit: str
    subject: str
    parents: tuple[str, ...]
    message: str
    trailers: tuple[tuple[str, str], ...]
    slug: str
    folder: str  # from the root
    files: Mapping[str, RawFile]
    changes: tuple[Change, ...]
    present: frozenset[str]
    config: Config


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of judging one build commit. `notes` are what a person should know and may be right."""

    commit: str
    subject: str
    slug: str
    base: str | None = None
    workers: int = 0
    changed: int = 0  # paths that differ from the base
    named: bool = True  # by a trailer of the commit; else it only brings the build's records
    reasons: tuple[Reason, ...] = ()
    notes: tuple[str, ...] = ()
