"""Runs a gitorch command again and again on the same repository, ended at its first step, its second, …

    python -m tests.crash.injector TEMPLATE ROOT MODE FIRST STRIDE COMMAND…

Before each run ROOT is made anew from the folder TEMPLATE (at the same path, since a binding names it).
A step is whatever changes the disk or starts git: a rename, a deletion, a link, a new folder, a fsync, a
process. MODE is `kill` (SIGKILL before the step) or `full` (the step fails as on a full disk). After
each run the judge in `checks.py` looks at what is left. One JSON line for each step; the last says that
the command came to its end. Forks rather than starts, so that the imports are paid for once.
"""

import contextlib
import errno
import functools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gitorch.adapters import process
from gitorch.cli.main import run
from tests.crash.checks import judge

STEPS = ("replace", "rename", "unlink", "link", "mkdir", "rmdir", "fsync")


def command(root: Path, arguments: list[str], prepare: Callable[[], None] = lambda: None) -> tuple[int, str]:
    """Run a gitorch command in a fork; its status (negative for a signal) and what it said on stderr."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 99
        try:
            os.close(reading)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(writing, 2)
            os.chdir(root)
            prepare()
            status = run(arguments)
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        text = said.read().decode()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text


def arm(mode: str, at: int, hit: Path) -> None:
    """Count the steps of this process from now on; at number `at` write `hit`, and end it or fail."""
    left = at

    def step(real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                hit.write_text(getattr(real, "__name__", ""))
                if mode == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")
            return real(*arguments, **named)

        return counted

    for name in STEPS:
        setattr(os, name, step(getattr(os, name)))
    process.run = step(process.run)


def main() -> None:
    template, root, mode = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    first, stride, arguments = int(sys.argv[4]), int(sys.argv[5]), sys.argv[6:]
    at, hit = first, root.with_name("hit")
    while True:
        hit.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(root)
        shutil.copytree(template, root, symlinks=True)
        status, said = command(root, arguments, functools.partial(arm, mode, at, hit))
        reached = hit.exists()
        told = command(root, ["list"])[1]
        outcome = judge(root, lambda *words: command(root, list(words)))
        line = {"step": at, "reached": reached, "exit": status, "said": said, "told": told, **outcome}
        sys.stdout.write(json.dumps(line) + "\n")
        if not reached:
            return
        at += stride


if __name__ == "__main__":
    main()
