"""A build that is ready to land, hooks beside it, and the message that it lands with."""

import os
import subprocess
import sys
from pathlib import Path

from tests.actions.opened import SLUG, delivered, opened
from tests.scene import Ran, Scene, git, write

LINT = """#!/bin/sh
# As commitlint does: type and subject by Conventional Commits, and a word for who does not know them.
head -n 1 "$1" | grep -Eq '^(feat|fix)(\\(.+\\))?: ' && exit 0
echo "type must be one of [feat, fix] [type-enum]"
exit 1
"""


def hook(root: Path, name: str, text: str) -> None:
    write(root / ".git" / "hooks" / name, text).chmod(0o755)


def ready(root: Path, config: str | None = None) -> str:
    base = opened(root, config)
    delivered(root)
    return base


def picture(root: Path) -> dict[str, object]:
    return Scene(root).picture()


def message(root: Path) -> str:
    return git(root, "log", "-1", "--format=%B")


def trailers(root: Path) -> list[str]:
    return git(root, "log", "-1", "--format=%(trailers:only,unfold)").strip().split("\n")


def ours(base: str) -> list[str]:
    workers = ["Gitorch-Worker: W1.1", "Gitorch-Worker: W2.1"]
    return [f"Gitorch-Build: {SLUG}", f"Gitorch-Base: {base}", *workers]


def interrupted(root: Path, *options: str, **env: str) -> Ran:
    """Run finalize as at a terminal, whose Ctrl-C all programs get: a script says `kill -INT 0`."""
    command = [sys.executable, "-m", "gitorch", "finalize", *options]
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
