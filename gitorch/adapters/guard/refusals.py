"""What the guard refused while a build is open, kept for `gitorch status` and `gitorch log`.

<common dir>/gitorch/refusals/<slug>    a line each, appended by sh (`hooks/remember`) and by `gitorch hook`

What is there of an older build of the same name is passed over. What cannot be written is not remembered.
"""

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gitorch.adapters import files
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.core.names import Slug
from gitorch.core.refused import KEPT_BYTES, Refused, parse_refused, write_refused

if TYPE_CHECKING:  # see `registry`
    from gitorch.core.opened import Opened


def begin(repo: Repository, slug: Slug) -> None:
    """Make the file for whoever shares the repository; harmless where there is one."""
    if not _path(repo, slug).exists():
        sharing.make_folder(repo, _path(repo, slug).parent)
        sharing.write(repo, _path(repo, slug), b"")


def read(repo: Repository, opened: "Opened") -> tuple[Refused, ...]:
    """What was refused since the build was opened, oldest first."""
    try:
        data, _ = files.read_regular(_path(repo, opened.slug), 2 * KEPT_BYTES)
    except OSError:
        return ()
    since = opened.opened_at.replace(microsecond=0)
    return tuple(one for one in parse_refused(data) if one.at >= since)


def remember(repo: Repository, slug: Slug, worker: str | None, command: str) -> None:
    """Add one that no hook of git's made."""
    path, line = _path(repo, slug), write_refused(datetime.now(UTC), worker, command).encode()
    with contextlib.suppress(OSError):
        with path.open("ab") as file:
            file.write(line)
        if path.stat().st_size > KEPT_BYTES:
            path.write_bytes(path.read_bytes()[-KEPT_BYTES // 2 :])


def _path(repo: Repository, slug: Slug) -> Path:
    return repo.shared / "refusals" / slug
