"""Which judgements were green: one small file each, below the shared git directory. Knows no reasons.

<common dir>/gitorch/verdicts/<key>     the seconds that it took; its age is its file's
"""

import contextlib
from pathlib import Path

from gitorch.adapters.files import write_atomically
from gitorch.adapters.git.repository import Repository

_KEPT = 1000


def recall(repo: Repository, key: str) -> float | None:
    """How long the green run of `key` took, in seconds; None when there was none."""
    try:
        return float((_folder(repo) / key).read_text())
    except (FileNotFoundError, ValueError):
        return None


def keep(repo: Repository, key: str, seconds: float) -> None:
    """Remember a green run; the oldest are forgotten beyond a thousand."""
    folder = _folder(repo)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / key, f"{seconds:.3f}\n".encode())
    entries = list(folder.iterdir())
    if len(entries) > _KEPT:
        with contextlib.suppress(FileNotFoundError):  # another gitorch forgets as well
            for old in sorted(entries, key=lambda entry: entry.stat().st_mtime)[: len(entries) - _KEPT]:
                old.unlink()


def _folder(repo: Repository) -> Path:
    return repo.shared / "verdicts"
