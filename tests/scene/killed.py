"""A gitorch that is killed at a git of its own choosing: by a git that stands before the real one."""

import os
import shutil
from pathlib import Path

from tests.scene.shell import process, write


def git_that(repo: Path, does: str, at: str = "update-ref --no-deref -m gitorch: finalize") -> dict[str, str]:
    """An environment in which the git with the words `at` does something else; `$real` is git itself."""
    folder = repo.with_name("bin")
    folder.mkdir(exist_ok=True)
    real = shutil.which("git")
    script = f'#!/bin/sh\nreal={real}\ncase " $* " in\n*" {at} "*) {does} ;;\nesac\nexec "$real" "$@"\n'
    write(folder / "git", script).chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def killed_behind(repo: Path, reason: str, *command: str) -> None:
    """Run `command`, which a SIGKILL ends as soon as git has moved a ref for `reason`."""
    env = git_that(repo, '"$real" "$@"; kill -KILL $PPID; exit', f"update-ref --no-deref -m {reason}")
    ran = process(repo, *command, env=env)
    assert ran.status == -9, ran.err
