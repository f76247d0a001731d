"""What is known of a commit that holds a build's records, and what came of judging it: values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gitorch.core.build_files import RawFile
from gitorch.core.changes import Change
from gitorch.core.config import Config
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.text import typed

TRAILER = "Gitorch-Build"


def of_commit(
    code: str,
    commit: str,
    message: str,
    path: str | None = None,
    *,
    details: tuple[str, ...] = (),
    hints: tuple[Hint, ...] = (),
    severity: Severity = Severity.ERROR,
) -> Issue:
    """An issue about a commit, or about a file in it: git's own `COMMIT:PATH`. `path` is from the root."""
    about = commit if path is None else f"{commit}:{path}"
    return Issue(code, message, about, details, hints, severity)


def place_of(issue: Issue) -> tuple[str, str | None]:
    """The commit and the path that `of_commit` was given."""
    commit, colon, path = (issue.about or "").partition(":")
    return commit, path if colon else None


def remake(slug: str) -> tuple[Hint, ...]:
    """How the commit of a build is made anew."""
    command = f"gitorch reopen --project {typed(slug)} && gitorch finalize --project {typed(slug)}"
    return (Hint("have finalize make the commit again", command),)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One commit that holds the records of the build `slug`, as its objects say.

    `files` are those below `folder` by their names in it; `present` are the claimed paths that stand in
    the tree; `changes` are against the first parent. `config` is the policy in the commit's own tree.
    `judged` is the id of the commit's tree without proof.json: what the validators have seen.
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
    judged: str
    entries: Mapping[str, str | None] = field(
        default_factory=dict
    )  # of claimed paths: `MODE ID`, None for nothing
    before: Mapping[str, str] = field(default_factory=dict)  # the same in the parent, of those that it has


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of judging one build commit. Warnings are what a person should know and may be right."""

    commit: str
    subject: str
    slug: str
    base: str | None = None
    workers: int = 0
    changed: int = 0  # paths that differ from the base
    named: bool = True  # by a trailer of the commit; else it only brings the build's records
    issues: tuple[Issue, ...] = ()
