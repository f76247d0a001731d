"""Which judgements were green: one small file each, below the shared git directory. Knows no reasons.

A help and never a hindrance: what the disk does not give or take counts as not remembered.

<common dir>/gitorch/verdicts/<key>     the seconds that it took; its age is its file's
"""

import contextlib
from pathlib import Path

from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository

_KEPT = 1000


def recall(repo: Repository, key: str) -> float | None:
    """How long the green run of `key` took, in seconds; None when none is remembered."""
    try:
        return float((_folder(repo) / key).read_text())
    except (OSError, ValueError):
        return None


def keep(repo: Repository, key: str, seconds: float) -> None:
    """Remember a green run; the oldest are forgotten beyond a thousand."""
    folder = _folder(repo)
    with contextlib.suppress(OSError):
        sharing.make_folder(repo, folder)
        sharing.write(repo, folder / key, f"{seconds:.3f}\n".encode())
        entries = list(folder.iterdir())
        if len(entries) > _KEPT:  # another gitorch may forget as well
            for old in sorted(entries, key=lambda entry: entry.stat().st_mtime)[: len(entries) - _KEPT]:
                old.unlink()


def _folder(repo: Repository) -> Path:
    return repo.shared / "verdicts"
