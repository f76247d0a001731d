"""What tests use to play a person at a shell: real git, real gitorch processes, real folders."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """How a command ended, as a person sees it."""

    status: int
    out: str
    err: str


def run(
    *argv: str, cwd: Path, stdin: str | None = None, env: Mapping[str, str] | None = None, timeout: float = 60
) -> Ran:
    """Run a program to its end in `cwd`, with `env` added to this process's environment."""
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
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def orch(cwd: Path, *arguments: str, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """Run `gitorch ARGUMENTS` as a process of its own."""
    return run(sys.executable, "-m", "gitorch", *arguments, cwd=cwd, stdin=stdin, env=env)


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
