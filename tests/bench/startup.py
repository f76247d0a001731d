"""What a look costs beside the libraries that it stands on: CPU seconds of whole processes, interleaved.

    python -m tests.bench.startup [RUNS]

Prints each command's best and median, its gits included, and their ratios to a bare import. Nothing is
asserted: a machine's speed is not a property of the code.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.scene import git, orch, write

BARE = "import click, yaml; from pydantic import BaseModel\nclass M(BaseModel):\n  a: int\nM.model_validate({'a': 1})"
PLAN = """\
## Wave 1: One
- W1.1: Schema
- W1.2: Routes
## Wave 2: Two
- W2.1: Calendar (depends: W1.1, W1.2)
- W2.2: Views (depends: W1.1)
## Wave 3: Three
- W3.1: Recurrence (depends: W2.1)
"""
GITORCH = [sys.executable, "-m", "gitorch"]
COMMANDS = {
    "click, yaml, one model": [sys.executable, "-c", BARE],
    **{f"gitorch {name}": [*GITORCH, name] for name in ("list", "ready", "status", "--help", "--version")},
    "python -c pass": [sys.executable, "-c", "pass"],
}


def make_build(root: Path) -> None:
    """A repository with the guard and an open build of five workers."""
    git(root, "init", "-q")
    write(root / "src/a", "a\n")
    git(root, "add", "src")
    git(root, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-qm", "first")
    write(root / "plan.md", PLAN)
    for words in (["install"], ["init", "--project", "five", "--plan-file", "plan.md"]):
        done = orch(root, *words)
        assert done.status == 0, done.err


def cpu_seconds(argv: list[str], cwd: Path) -> float:
    """User and system time of one process and what it waited for, by the kernel's own accounting."""
    # As after an installation: what Python compiles in the first round is there in the others.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    child = subprocess.Popen(argv, cwd=cwd, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0, argv
    return usage.ru_utime + usage.ru_stime


def main(runs: int) -> None:
    """Run each command `runs` times, in turn, after one round that is not counted."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        make_build(root)
        for round_ in range(runs + 1):
            for name, argv in COMMANDS.items():
                seconds = cpu_seconds(argv, root)
                if round_:
                    taken[name].append(seconds)
    floor = taken["click, yaml, one model"]
    for name, seconds_ in taken.items():
        best, median = min(seconds_), statistics.median(seconds_)
        print(
            f"{name:24}{best:.3f} s CPU at best, {best / min(floor):.2f} × click, yaml and one model;"
            f" median {median:.3f} s, {median / statistics.median(floor):.2f} ×"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
