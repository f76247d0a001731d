"""What finalize leaves behind where it fails: when, and why; by that the build's story tells.

<common dir>/gitorch/attempts/<slug>     a line of JSON for each, the last hundred
"""

import contextlib
import json
from datetime import datetime
from typing import NamedTuple

from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.core.names import Slug

_MOST = 100


class Attempt(NamedTuple):
    """A finalize that failed: `code` and `message` of its error."""

    at: datetime
    code: str
    message: str


def note_attempt(repo: Repository, slug: Slug, attempt: Attempt) -> None:
    """Write one down, where the git directory can be written; it is no part of what failed."""
    kept = [*read_attempts(repo, slug), attempt][-_MOST:]
    rows = [{"at": one.at.isoformat(), "code": one.code, "message": one.message} for one in kept]
    with contextlib.suppress(OSError):
        sharing.make_folder(repo, repo.shared / "attempts")
        text = "".join(f"{json.dumps(row)}\n" for row in rows)
        sharing.write(repo, repo.shared / "attempts" / slug, text.encode())


def read_attempts(repo: Repository, slug: Slug) -> list[Attempt]:
    """Every one that is known, oldest first; a line that somebody damaged is passed over."""
    found = []
    with contextlib.suppress(OSError):
        for line in (repo.shared / "attempts" / slug).read_bytes().splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                row = json.loads(line)
                found.append(Attempt(datetime.fromisoformat(row["at"]), row["code"], row["message"]))
    return found
