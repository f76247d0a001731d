"""A gitorch command in a fork, which waits before each of its steps to be let go on, failed or killed.

A step is whatever changes the disk, takes a lock or starts a process: a rename, a deletion, a link, a new
folder, a fsync, git. Forks rather than starts, so that the imports are paid for once.
"""

import contextlib
import errno
import fcntl
import functools
import importlib
import os
import pkgutil
import shutil
import signal
import sys
import tempfile
import traceback
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import gitorch
from gitorch.adapters import process
from gitorch.cli.main import run

_CHANGES = ("replace", "rename", "unlink", "link", "mkdir", "rmdir", "fsync")
_READING = (
    *("cat-file", "check-ignore", "config", "diff-files", "diff-index", "diff-tree", "for-each-ref", "log"),
    *("ls-files", "ls-tree", "merge-base", "rev-list", "rev-parse", "show-ref", "var", "version"),
)
_GO, _FAIL, _FREE = b"g", b"f", b"r"


class Still(datetime):
    """A clock that stands still, since a build tells when it was opened."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Still":
        return cls(2026, 1, 18, 12, tzinfo=tz)


def get_ready() -> None:
    """Import all of gitorch, stop its clock, and have nothing wait for the disk: no power is lost here."""
    for module in pkgutil.walk_packages(gitorch.__path__, "gitorch."):
        if not module.name.endswith("__main__"):
            found = importlib.import_module(module.name)
            if getattr(found, "datetime", None) is datetime and not module.name.startswith("gitorch.core"):
                found.datetime = Still  # type: ignore[attr-defined]  # what it imports is not for others
            if hasattr(found, "is_held"):  # and is taken to be alive
                found.is_held = Path.exists  # type: ignore[attr-defined]
    process.detach = lambda *_, **__: None  # what spawn leaves behind is not waited for
    uuid.uuid4 = lambda: uuid.UUID(int=4)  # by which spawn names a run
    os.environ["GIT_TEST_FSYNC"] = "0"
    os.fsync = lambda fd: None  # noqa: ARG005 (its signature)


def fresh(template: Path, root: Path) -> None:
    """Make `root` anew from the folder `template`."""
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(root)
    shutil.copytree(template, root, symlinks=True)


def command(root: Path, words: Sequence[str]) -> tuple[int, str]:
    """Run a gitorch command to its end; its status, and what it said on stderr."""
    return Paused(root, words, "no").end()


class Paused:
    """A command before one of its steps: `step` names it, and is None when the command has ended.

    `at` is the number of the step. Where `steps` is `writes`, a git that only reads is none; `no` has none.
    """

    def __init__(self, root: Path, words: Sequence[str], steps: str = "all") -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed at its end)
        told, tell = os.pipe()
        wait, go = os.pipe()
        self._child = os.fork()
        if self._child == 0:
            os.close(told)
            os.close(go)
            _be(root, words, self._said.fileno(), functools.partial(_arm, steps, tell, wait))
        os.close(tell)
        os.close(wait)
        self._told, self._go = os.fdopen(told, "rb"), go
        self.at = 0
        self.step = self._next()

    def go_on(self, *, fail: bool = False) -> str | None:
        """Do the step, or have it fail as on a full disk; the next one."""
        os.write(self._go, _FAIL if fail else _GO)
        self.step = self._next()
        return self.step

    def end(self) -> tuple[int, str]:
        """Let it come to its end without another pause; its status, and what it said."""
        if self.step is not None:
            os.write(self._go, _FREE)
        return self._ended()

    def kill(self) -> tuple[int, str]:
        """End it with the step not done; its status, negative for the signal, and what it said."""
        os.kill(self._child, signal.SIGKILL)
        return self._ended()

    def _next(self) -> str | None:
        self.at += 1
        return self._told.readline().decode("utf-8", "replace").rstrip("\n") or None

    def _ended(self) -> tuple[int, str]:
        status = os.waitstatus_to_exitcode(os.waitpid(self._child, 0)[1])
        self._told.close()
        os.close(self._go)
        with self._said:
            self._said.seek(0)
            return status, self._said.read().decode("utf-8", "replace")


def _be(root: Path, words: Sequence[str], said: int, arm: Callable[[], None]) -> None:
    """Run the command in this process, and end it."""
    status = 99
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(said, 2)
        os.chdir(root)
        arm()
        status = run(list(words))
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stderr.flush()
        os._exit(status)


def _arm(steps: str, tell: int, wait: int) -> None:
    """Have this process wait before each of its steps, and do what it is told then."""
    free = steps == "no"

    def step(real: Callable[..., Any], name: str, passes: Callable[..., bool]) -> Callable[..., Any]:
        def paused(*arguments: Any, **named: Any) -> Any:
            nonlocal free
            if free or passes(*arguments):
                return real(*arguments, **named)
            os.write(tell, f"{name} {_shown(arguments)}\n".encode("utf-8", "replace"))
            answer = os.read(wait, 1)
            if answer == _FAIL:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")
            if answer not in (_GO, _FREE):  # who paused it is gone
                os._exit(98)
            free = answer == _FREE
            return real(*arguments, **named)

        return paused

    for name in _CHANGES:
        setattr(os, name, step(getattr(os, name), name, lambda *_arguments: False))
    fcntl.flock = step(fcntl.flock, "flock", lambda *_arguments: steps == "writes")
    process.run = step(process.run, "run", reads_only if steps == "writes" else lambda *_arguments: False)
    process.Group.__init__ = step(  # type: ignore[method-assign]
        process.Group.__init__, "start", lambda *_arguments: steps == "writes"
    )


def _shown(arguments: tuple[Any, ...]) -> str:
    """The words of a program, or the paths of a call, on one line."""
    flat = [word for each in arguments for word in (each if isinstance(each, (list, tuple)) else [each])]
    return repr(" ".join(str(word) for word in flat if isinstance(word, (str, int, Path))))[:200]


def reads_only(argv: Sequence[str], *_others: Any) -> bool:
    """Whether this is a git that changes nothing but its cache of an index."""
    words = [word for word in argv[1:] if not word.startswith("-") and "=" not in word]
    return words[0] in _READING or words == ["symbolic-ref", "HEAD"]
