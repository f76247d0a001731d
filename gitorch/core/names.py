"""Checked names: a slug, a worker's id, a branch. A value of these types is safe to put in a path.

Nothing here repairs a name; what is not safe is refused with the reason.
"""

import re
import unicodedata
from typing import NamedTuple, NewType

from gitorch.core.errors import bad_input
from gitorch.core.text import named

Slug = NewType("Slug", str)
"""A build's short name: lower-case letters, digits, inner hyphens, underscores and dots; ≤ 64."""

CommitId = NewType("CommitId", str)
"""A commit's id in full: 40 or 64 hexadecimal digits."""

RefName = NewType("RefName", str)
"""A ref's full name, `refs/heads/main`."""

POLICY_FILE = ".gitorch.yaml"
"""The person's policy, at the root; what may stand in it, `gitorch.core.config` says."""

BUILDS_DIR = "N5/builds"
"""The folder of the builds where the policy names none."""

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?\Z")
_WORKER_ID = re.compile(r"W([1-9][0-9]{0,3})\.([1-9][0-9]{0,4})\Z")


class WorkerId(NamedTuple):
    """`W<wave>.<seq>` of the spec §4, both from 1; sorts as numbers do."""

    wave: int
    seq: int

    def __str__(self) -> str:
        return f"W{self.wave}.{self.seq}"


def slug_problem(text: str) -> str | None:
    """Why `text` cannot be a slug; None where it can."""
    if not _SLUG.match(text):
        return (
            f"{named(text)} is not a safe slug, which has lower-case letters, digits, '-', '_' and '.', "
            "begins and ends with a letter or digit, and has 64 characters at most"
        )
    if ".." in text or text.endswith(".lock"):  # git-check-ref-format(1), rules 1 and 3
        return f"{text} is not a safe slug: git allows no '..' and no '.lock' at the end of a branch"
    return None


def parse_slug(text: str) -> Slug:
    """The slug, or a GitorchError (exit 2) that says which characters are allowed."""
    if problem := slug_problem(text):
        raise bad_input("bad-slug", problem)
    return Slug(text)


def parse_worker_id(text: str) -> WorkerId | None:
    """The id when `text` has the spec's form, else None (it may be a person's own key)."""
    match = _WORKER_ID.match(text)
    return WorkerId(int(match[1]), int(match[2])) if match else None


def branch_ref(slug: Slug) -> RefName:
    """The full name of the build branch."""
    return RefName(f"refs/heads/build/{slug}")


def branch_name(slug: Slug) -> str:
    """The build branch as a person types it."""
    return f"build/{slug}"


def landed_ref(slug: Slug) -> RefName:
    """Where the commit of a build is kept that finalize made and reopen took back."""
    return RefName(f"refs/gitorch/landed/{slug}")


def earlier_ref(slug: Slug, commit: CommitId) -> RefName:
    """Where such a commit is kept once another one has taken its place."""
    return RefName(f"refs/gitorch/earlier/{slug}/{commit[:16]}")


def file_name_part(title: str) -> str:
    """`Database Schema` → `database-schema`: letters and digits of any script, joined by hyphens.

    At most 40 characters; `worker` where nothing is left. Never holds a separator or a dot.
    """
    plain = unicodedata.normalize("NFC", title).casefold()
    words = re.findall(r"[^\W_]+", plain)
    return "-".join(words)[:40].strip("-") or "worker"


def thread_title(slug: str, who: str, task: str) -> str:
    """The spec's §5: `[<slug>] W<wave>.<seq>: <Task Name>`; `who` may be ORCH or REVIEW."""
    return f"[{slug}] {who}: {task}"
