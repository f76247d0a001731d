"""A repository whose git directory cannot be written, as in a sandbox, for commands that only look."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gitorch.adapters.git.repository import Repository


@contextlib.contextmanager
def looking(repo: Repository) -> Iterator[Repository]:
    """The same repository; where it cannot be written, what is made goes to a temporary folder.

    That is deleted at the end: no ref may be moved to what was made there.
    """
    if _may_be_written(repo.git_dir) and _may_be_written(repo.common_dir / "objects"):
        yield repo
        return
    with tempfile.TemporaryDirectory(prefix="gitorch-") as name:
        objects = Path(name) / "objects"
        objects.mkdir()
        borrowed = {
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(str(repo.common_dir / "objects")),
        }
        yield replace(repo, scratch=Path(name), environment={**repo.environment, **borrowed})


def _may_be_written(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _quoted(path: str) -> str:
    """A path as git reads it from a list of them (git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES)."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
