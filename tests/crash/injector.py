"""Runs a gitorch command again and again on the same repository, ended at its first step, its second, …

    python -m tests.crash.injector TEMPLATE ROOT MODE STEPS FIRST STRIDE COMMAND…

Before each run ROOT is made anew from the folder TEMPLATE (at the same path, since a binding names it).
A step is whatever changes the disk or starts git: a rename, a deletion, a link, a new folder, a fsync, a
process; where STEPS is `writes`, a git that only reads is none, as nothing has changed since the step
before. MODE is `kill` (SIGKILL before the step) or `full` (the step fails as on a full disk). After
each run the judge in `checks.py` looks at what is left; what is left in the same way once more is not
judged again. One JSON line for each step; the last says that the command came to its end. Forks rather
than starts, so that the imports are paid for once.
"""

import contextlib
import errno
import functools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from gitorch.adapters import process
from gitorch.cli.commands import init
from gitorch.cli.main import run
from tests.crash.checks import judge, raw

STEPS = ("replace", "rename", "unlink", "link", "mkdir", "rmdir", "fsync")
READING = (
    *("cat-file", "check-ignore", "config", "diff-files", "diff-index", "diff-tree", "for-each-ref", "log"),
    *("ls-files", "ls-tree", "merge-base", "rev-list", "rev-parse", "show-ref", "var", "version"),
)


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


def reads_only(argv: Sequence[str]) -> bool:
    """Whether this is a git that changes nothing but its cache of an index."""
    words = [word for word in argv[1:] if not word.startswith("-") and "=" not in word]
    return words[0] in READING or words == ["symbolic-ref", "HEAD"]


def arm(mode: str, steps: str, at: int, hit: Path) -> None:
    """Count the steps of this process from now on; at number `at` write `hit`, and end it or fail."""
    left = at

    def step(real: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            nonlocal left
            if steps == "writes" and real is run_process and reads_only(arguments[0]):
                return real(*arguments, **named)
            left -= 1
            if left == 0:
                hit.write_text(getattr(real, "__name__", ""))
                if mode == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")
            return real(*arguments, **named)

        return counted

    run_process = process.run
    for name in STEPS:
        setattr(os, name, step(getattr(os, name)))
    process.run = step(run_process)


class Still(datetime):
    """A clock that stands still, since a build tells when it was opened."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Still":
        return cls(2026, 1, 18, 12, tzinfo=tz)


def main() -> None:
    init.datetime = Still  # type: ignore[attr-defined]  # what it imports is not for others
    template, root, mode = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    steps, first, stride, arguments = sys.argv[4], int(sys.argv[5]), int(sys.argv[6]), sys.argv[7:]
    at, hit = first, root.with_name("hit")
    judged: dict[str, dict[str, object]] = {}
    while True:
        hit.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(root)
        shutil.copytree(template, root, symlinks=True)
        status, said = command(root, arguments, functools.partial(arm, mode, steps, at, hit))
        reached = hit.exists()
        if (what := raw(root)) not in judged:
            judged[what] = judge(root, lambda *words: command(root, list(words)), arguments)
        line = {"step": at, "reached": reached, "exit": status, "said": said, **judged[what]}
        sys.stdout.write(json.dumps(line) + "\n")
        if not reached:
            return
        at += stride


if __name__ == "__main__":
    main()
