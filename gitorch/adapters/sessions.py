"""Which session of an agent's client is which worker: `<common dir>/gitorch/sessions/<slug>/<key>`.

The key is a hash of the ids that the client gives, which are foreign text.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.core.names import Slug


class Session(NamedTuple):
    """One conversation. `worker` is None where it is none; `asked` is how often it was held at its end."""

    worker: str | None = None
    asked: int = 0


def read(repo: Repository, slug: Slug, *ids: str) -> Session:
    """What is known of the session with these ids; an empty one where nothing is."""
    try:
        said = json.loads(_path(repo, slug, ids).read_bytes())
    except (FileNotFoundError, ValueError):
        return Session()
    worker, asked = (said.get("worker"), said.get("asked")) if isinstance(said, dict) else (None, None)
    return Session(worker if isinstance(worker, str) else None, asked if isinstance(asked, int) else 0)


def write(repo: Repository, slug: Slug, session: Session, *ids: str) -> None:
    """Keep it. OSError where the git directory cannot be written, as in a sandbox."""
    path = _path(repo, slug, ids)
    sharing.make_folder(repo, path.parent)
    sharing.write(repo, path, json.dumps(session._asdict()).encode())


def forget(repo: Repository, slug: Slug) -> None:
    """Delete all that is known of a build's sessions."""
    shutil.rmtree(repo.shared / "sessions" / slug, ignore_errors=True)


def _path(repo: Repository, slug: Slug, ids: tuple[str, ...]) -> Path:
    key = hashlib.sha256("\0".join(ids).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return repo.shared / "sessions" / slug / key
