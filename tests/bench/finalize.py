"""How long finalize takes on 50,000 files with 500 changed, beside `git add -A && git commit`.

    python -m tests.bench.finalize [FILES [CHANGED]]

Both run three times in turn on copies of the same repository; printed are the best wall-clock times,
start-up included, their ratio, and the largest process of each. No validators are configured.
"""

import json
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gitorch.actions.init import PlanSource, init
from gitorch.actions.install import install
from tests.builds import report
from tests.support import git, run, write

FILES, CHANGED = 50_000, 500
LIMIT = 1.5
"""finalize may take so many times as long as git's own add and commit."""
RUNS = 3

_PLAN = {"name": "Many", "workers": [{"id": "all", "component": "all", "description": "Change many files"}]}


def make(root: Path, files: int) -> None:
    """A repository with `files` files of 200 bytes in folders of 100."""
    git(root.parent, "init", "-q", "-b", "main", root.name)
    for key, value in (("user.name", "A Person"), ("user.email", "person@example.com"), ("gc.auto", "0")):
        git(root, "config", key, value)
    for number in range(files):
        folder = root / "src" / f"{number // 10_000}" / f"{number // 100}"
        if number % 100 == 0:
            folder.mkdir(parents=True)
        (folder / f"{number}.txt").write_text(f"{number}\n" * 30)
    git(root, "add", "--all")
    git(root, "commit", "-q", "-m", "many")


def change(root: Path, files: int, changed: int, to: str = "changed") -> None:
    """Other contents in `changed` files, spread evenly; never those of before."""
    for number in range(0, files, files // changed):
        (root / "src" / f"{number // 10_000}" / f"{number // 100}" / f"{number}.txt").write_text(
            f"{number} {to}\n"
        )


def by_git(root: Path) -> float:
    """Seconds of `git add -A && git commit`, taken back afterwards."""
    seconds = timed(lambda: git(root, "add", "--all"), lambda: git(root, "commit", "-q", "-m", "all of it"))
    git(root, "reset", "-q", "HEAD~1")
    return seconds


def by_gitorch(root: Path) -> float:
    """Seconds of `gitorch finalize`, taken back afterwards."""
    seconds = timed(lambda: orch(root, "finalize"))
    orch(root, "reopen", "--project", "many")
    return seconds


def orch(root: Path, *words: str) -> None:
    code = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, (code, os.environ.get("PYTHONPATH"))))
    ran = run(sys.executable, "-m", "gitorch", *words, cwd=root, env={"PYTHONPATH": paths}, timeout=600)
    assert ran.status == 0, ran.err


def timed(*steps: Callable[[], object]) -> float:
    began = time.perf_counter()
    for step in steps:
        step()
    return time.perf_counter() - began


def peak(root: Path, measure: Callable[[Path], float]) -> tuple[float, float]:
    """The seconds and the MiB of the largest process, told by a fork that does nothing else."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        seconds = measure(root)
        size = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        os.write(writing, json.dumps([seconds, size]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        seconds, size = json.loads(said.read())
    os.waitpid(child, 0)
    return seconds, size


def compare(folder: Path, files: int, changed: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """(seconds, MiB) of git's own add and commit, and of finalize."""
    ours, theirs = folder / "ours", folder / "theirs"
    make(ours, files)
    shutil.copytree(ours, theirs, symlinks=True)
    git(theirs, "status", "--short")  # a copy's index knows no file yet
    install(ours)
    source = PlanSource(json.dumps(_PLAN).encode(), None)
    init(ours, "many", source, build_type=None, now=datetime(2026, 1, 18, 12, tzinfo=UTC))
    write(ours / "N5/builds/many/completions/W1.1.json", report("W1.1", artifacts=["src/"]))
    pairs = []
    for turn in range(RUNS):
        change(theirs, files, changed, f"in turn {turn}")
        change(ours, files, changed, f"in turn {turn}")
        pairs.append((peak(theirs, by_git), peak(ours, by_gitorch)))
    return min(git for git, _ in pairs), min(finalize for _, finalize in pairs)


def main() -> None:
    """Measure and print three lines."""
    words = [int(word) for word in sys.argv[1:]]
    files, changed = words[:2] if len(words) > 1 else (words[0] if words else FILES, CHANGED)
    with tempfile.TemporaryDirectory() as folder:
        (git_seconds, git_size), (seconds, size) = compare(Path(folder).resolve(), files, changed)
    ratio = f"{seconds / git_seconds:.2f} times as long, the limit is {LIMIT}"
    lines = [
        f"{files:,} files, {changed:,} changed",
        f"git add && git commit  {git_seconds:6.2f} s  {git_size:6.0f} MiB",
        f"gitorch finalize       {seconds:6.2f} s  {size:6.0f} MiB   {ratio}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
