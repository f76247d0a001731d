"""What tests use to play a person at a shell: real git, real gitorch, real folders."""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from gitorch.cli.main import run as run_gitorch


def isolate(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Nothing of this machine's settings; `GITORCH_TEST_GIT` puts another git first."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITORCH_")) and name not in ("GIT_EXEC_PATH", "GITORCH_TEST_GIT"):
            patch.delenv(name)
    settings = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A U Thor",
        "GIT_AUTHOR_EMAIL": "author@example.com",
        "GIT_AUTHOR_DATE": "2026-01-18T12:00:00+0000",
        "GIT_COMMITTER_NAME": "C O Mitter",
        "GIT_COMMITTER_EMAIL": "committer@example.com",
        "GIT_COMMITTER_DATE": "2026-01-18T12:00:00+0000",
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
    }
    # The tools of this environment (pre-commit, shellcheck), also where it was not activated.
    folders = [str(Path(sys.executable).parent), os.environ["PATH"]]
    if other := os.environ.get("GITORCH_TEST_GIT"):
        folders.insert(0, str(Path(other).parent))
    settings["PATH"] = os.pathsep.join(folders)
    for name, value in settings.items():
        patch.setenv(name, value)


NO_HOOKS = (
    *("-c", "core.hooksPath=/dev/null"),
    *(
        "-c",
        "hook.gitorch-reference-transaction.enabled=false",
        "-c",
        "hook.gitorch-pre-commit.enabled=false",
    ),
    *("-c", "hook.gitorch-post-checkout.enabled=false"),
)
"""Options of a git that runs no hook of ours, not even those of the configuration (git 2.54 and newer)."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, as a person sees it."""

    status: int
    out: str
    err: str


def run(
    *argv: str,
    cwd: Path,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float = 60,
    session: bool = False,
) -> Ran:
    """Run a program to its end in `cwd`, with `env` added to this process's environment.

    In a `session` of its own it is as at a terminal, whose Ctrl-C all programs get: a script says
    `kill -INT 0`.
    """
    done = subprocess.run(
        argv,
        cwd=cwd,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        env={**os.environ, **(env or {})},
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=timeout,
        start_new_session=session,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def process(
    cwd: Path,
    *arguments: str,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    session: bool = False,
) -> Ran:
    """Run `gitorch ARGUMENTS` as a process of its own: what is killed, or leaves processes behind."""
    argv = (sys.executable, "-m", "gitorch", *arguments)
    return pasteable(run(*argv, cwd=cwd, stdin=stdin, env=env, session=session))


def orch(cwd: Path, *arguments: str, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """Run `gitorch ARGUMENTS` in this process, which starts no Python; else as `process` does."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write((stdin or "").encode("utf-8", "surrogateescape"))
        given.seek(0)
        with _place(cwd, env or {}), _streams(given, out, err):
            try:
                status = int(run_gitorch(list(arguments)))
            except SystemExit as end:
                status = int(end.code or 0)
        said = (os.pread(file.fileno(), 1 << 26, 0).decode("utf-8", "surrogateescape") for file in (out, err))
        return pasteable(Ran(status, *said))


_HINT = re.compile(r" *hint: to [^\n]+?, run: (.+)")


def pasteable(ran: Ran) -> Ran:
    """The same, when each hint that gitorch printed is `to AIM, run: COMMAND` with a command that sh reads."""
    for line in (ran.out + ran.err).splitlines():
        found = _HINT.fullmatch(line)
        assert found or not line.startswith("hint: "), f"no purpose and command: {line}"
        if found:
            read = subprocess.run(["sh", "-n", "-c", found[1]], capture_output=True, text=True, check=False)
            assert (read.returncode, read.stderr) == (0, ""), f"sh does not read: {line}"
    return ran


@contextlib.contextmanager
def _place(cwd: Path, env: Mapping[str, str]) -> Iterator[None]:
    """The current folder is `cwd` and the environment has `env` meanwhile."""
    before, folder = dict(os.environ), os.open(".", os.O_RDONLY)
    try:
        os.chdir(cwd)
        os.environ.update(env)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.fchdir(folder)
        os.close(folder)


@contextlib.contextmanager
def _streams(*files: IO[bytes]) -> Iterator[None]:
    """The descriptors 0, 1 and 2, and Python's streams on them, are `files` meanwhile."""
    names, modes = ("stdin", "stdout", "stderr"), ("r", "w", "w")
    errors = ("surrogateescape", "surrogateescape", "backslashreplace")  # Python's own in a C.UTF-8 locale
    kept = [os.dup(number) for number in range(3)]
    streams = [getattr(sys, name) for name in names]
    try:
        for number, file in enumerate(files):
            os.dup2(file.fileno(), number)
            raw = io.FileIO(number, modes[number], closefd=False)
            raw.name = f"<{names[number]}>"  # click asks for it
            buffer = (io.BufferedReader if number == 0 else io.BufferedWriter)(raw)
            stream = io.TextIOWrapper(buffer, encoding="utf-8", errors=errors[number])
            setattr(sys, names[number], stream)
        yield
    finally:
        for name, stream, descriptor in zip(names, streams, kept, strict=True):
            getattr(sys, name).close()
            setattr(sys, name, stream)
            os.dup2(descriptor, names.index(name))
            os.close(descriptor)


def git(cwd: Path, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
    """Run git and return its output without the last line end; a failure fails the test."""
    ran = run("git", *arguments, cwd=cwd, stdin=stdin)
    assert not check or ran.status == 0, f"git {' '.join(arguments)}: {ran.err}"
    return ran.out.removesuffix("\n")


def write(path: Path, text: str) -> Path:
    """Write a file, its folders made as needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def first_commit(root: Path) -> None:
    """Make a repository on branch main with one commit that holds `README`."""
    git(root, "init", "-q", "-b", "main")
    write(root / "README", "a project\n")
    git(root, "add", "README")
    git(root, "commit", "-q", "-m", "first")
