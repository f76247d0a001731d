"""Shows a text as git would show its own: through core.pager, GIT_PAGER or PAGER, at a terminal."""

import shlex
import tempfile
from pathlib import Path

from gitorch.adapters import process


def page(text: str, *, cwd: Path) -> None:
    """Let git choose the pager, and wait for it."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write(text)
        file.flush()
        alias = f"alias.gitorch-page=!cat {shlex.quote(file.name)}"
        process.attend(["git", "--paginate", "-c", alias, "gitorch-page"], cwd=cwd)
