"""What an agent's hook and the guard's git cost: processor time of whole processes, interleaved, medians.

    python -m tests.bench.agents [--rounds N]

Each row beside an empty sh script, or git alone. Writes in a temporary folder.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench.guard import guarded, open_build, processor_time, repository

EMPTY, HARMLESS, NAMES_GIT = (
    "an empty sh script",
    "a command that concerns nothing",
    "a command that names git",
)
ALONE, READS, JUDGED = (
    "git rev-parse HEAD",
    "the same by the guard's git",
    "git commit, refused by the guard's git",
)


@dataclass
class Row:
    """One command, with what it reads; `used` are the seconds of the processor."""

    name: str
    command: tuple[str, ...]
    said: bytes = b""
    env: Mapping[str, str] = field(default_factory=dict)
    used: list[float] = field(default_factory=list)

    def once(self, root: Path) -> None:
        before = processor_time()
        env = {**os.environ, **self.env}
        subprocess.run(self.command, cwd=root, env=env, input=self.said, capture_output=True, check=False)
        self.used.append(processor_time() - before)


def rows(folder: Path) -> tuple[Path, list[Row]]:
    """The commands, in a repository with an open build."""
    root = repository(folder / "r")
    guarded(root)
    open_build(root)
    guard = root / ".git/gitorch/guard"
    empty = folder / "empty"
    empty.write_text("#!/bin/sh\nexit 0\n")
    empty.chmod(0o755)
    front = (str(guard / "agent"), "before-shell")
    path = os.pathsep.join([str(Path(shutil.which("git") or "git").parent), "/usr/bin", "/bin"])
    alone, first = {"PATH": path}, {"PATH": f"{guard / 'bin'}{os.pathsep}{path}"}
    said = '{"session_id": "s", "cwd": "%s", "tool_name": "Bash", "tool_input": {"command": "%s"}}'
    return root, [
        Row(EMPTY, (str(empty),)),
        Row(HARMLESS, front, (said % (folder, "ls -la src")).encode()),
        Row(NAMES_GIT, front, (said % (root, "git status")).encode()),
        Row(ALONE, ("git", "rev-parse", "HEAD"), env=alone),
        Row(READS, ("git", "rev-parse", "HEAD"), env=first),
        Row(JUDGED, ("git", "commit", "-m", "x"), env=first),
    ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        root, made = rows(Path(name))
        for _ in range(rounds):
            for row in made:
                row.once(root)
    took = {row.name: median(row.used) for row in made}
    for text, seconds in took.items():
        print(f"{text:45} {1000 * seconds:7.1f} ms")
    print(f"what concerns nothing, × an empty script:     {took[HARMLESS] / took[EMPTY]:7.2f}")
    print(f"the guard's git more than git, × a script:    {(took[READS] - took[ALONE]) / took[EMPTY]:7.2f}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
