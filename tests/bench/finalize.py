"""How long finalize takes on 50,000 files with 500 changed, beside `git add -A && git commit`.

    python -m tests.bench.finalize [FILES [CHANGED]]

All run five times in turn on copies of the same repository; printed are the best wall-clock times,
start-up included, the ratios, and the largest process of each. No validators are configured.

Finalize has everything on the disk before the branch moves, which git leaves out by default; so git runs
a second time with the same promise (`core.fsync=all`, in batches). The floor is what a program of this
kind cannot go below: Python with the imports of the command, then git's own steps, and nothing between.
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
from gitorch.adapters.git.repository import DURABLE
from tests.builds import report
from tests.scene import git, run, write

FILES, CHANGED = 50_000, 500
LIMIT = 1.5
"""finalize may take so many times as long as git's own add and commit."""
RUNS = 5
FINALIZE = "gitorch finalize"

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


def by_git(root: Path, *options: str) -> float:
    """Seconds of `git add -A && git commit`, taken back afterwards."""
    seconds = timed(
        lambda: git(root, *options, "add", "--all"),
        lambda: git(root, *options, "commit", "-q", "-m", "all of it"),
    )
    git(root, "reset", "-q", "HEAD~1")
    return seconds


def by_durable_git(root: Path) -> float:
    """The same with every object on the disk when it ends."""
    return by_git(root, *DURABLE)


def by_its_steps(root: Path) -> float:
    """Seconds of Python with the imports of finalize, and of the git steps that it cannot do without."""
    private = {"GIT_INDEX_FILE": str(root / ".git" / "steps-index")}
    shutil.copy2(root / ".git" / "index", private["GIT_INDEX_FILE"])

    def step(*words: str, stdin: str | None = None) -> str:
        ran = run("git", *DURABLE, *words, cwd=root, env=private, stdin=stdin)
        assert ran.status == 0, ran.err
        return ran.out

    def compose() -> None:
        step("diff-index", "--cached", "--raw", "-z", "HEAD")
        changed = step("status", "--porcelain", "-z", "--untracked-files=all")
        names = "".join(f"{line[3:]}\0" for line in changed.split("\0") if line)
        step("-c", "core.bigFileThreshold=1", "update-index", "--add", "-z", "--stdin", stdin=names)
        tree = step("write-tree", "--missing-ok").strip()
        commit = step("commit-tree", "-p", "HEAD", "-m", "all of it", tree).strip()
        step("update-ref", "refs/heads/steps", commit)

    seconds = timed(lambda: imports(root), compose)
    Path(private["GIT_INDEX_FILE"]).unlink()
    return seconds


def imports(root: Path) -> None:
    code = "import gitorch.cli.main, gitorch.actions.finalize"
    assert run(sys.executable, "-c", code, cwd=root, env=here()).status == 0


def by_gitorch(root: Path) -> float:
    """Seconds of `gitorch finalize`, taken back afterwards."""
    seconds = timed(lambda: orch(root, "finalize"))
    orch(root, "reopen", "--project", "many")
    return seconds


def orch(root: Path, *words: str) -> None:
    ran = run(sys.executable, "-m", "gitorch", *words, cwd=root, env=here(), timeout=600)
    assert ran.status == 0, ran.err


def here() -> dict[str, str]:
    code = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, (code, os.environ.get("PYTHONPATH"))))
    # An installed gitorch is compiled; with this variable it would be compiled anew in every run.
    return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": ""}


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


def compare(folder: Path, files: int, changed: int) -> dict[str, tuple[float, float]]:
    """(seconds, MiB) of each way, by its name."""
    ours = folder / "ours"
    make(ours, files)
    others = {"git add && git commit": by_git, "the same, on the disk": by_durable_git, "floor": by_its_steps}
    roots = {name: folder / str(number) for number, name in enumerate(others)}
    for root in roots.values():
        shutil.copytree(ours, root, symlinks=True)
        git(root, "status", "--short")  # a copy's index knows no file yet
    install(ours)
    source = PlanSource(json.dumps(_PLAN).encode(), None)
    init(ours, "many", source, build_type=None, now=datetime(2026, 1, 18, 12, tzinfo=UTC))
    write(ours / "N5/builds/many/completions/W1.1.json", report("W1.1", artifacts=["src/"]))
    ways = {**others, FINALIZE: by_gitorch}
    roots[FINALIZE] = ours
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for turn in range(RUNS):
        for name, way in ways.items():
            change(roots[name], files, changed, f"in turn {turn}")
            measured[name].append(peak(roots[name], way))
    return {name: min(pairs) for name, pairs in measured.items()}


def main() -> None:
    """Measure and print a line for each way."""
    words = [int(word) for word in sys.argv[1:]]
    files, changed = words[:2] if len(words) > 1 else (words[0] if words else FILES, CHANGED)
    with tempfile.TemporaryDirectory() as folder:
        measured = compare(Path(folder).resolve(), files, changed)
    finalize = measured[FINALIZE][0]
    lines = [f"{files:,} files, {changed:,} changed"]
    for name, (seconds, size) in measured.items():
        ratio = "" if name == FINALIZE else f"   finalize takes {finalize / seconds:.2f} times as long"
        lines.append(f"{name:22} {seconds:6.2f} s  {size:6.0f} MiB{ratio}")
    sys.stdout.write("\n".join([*lines, f"the limit for the first ratio is {LIMIT}"]) + "\n")


if __name__ == "__main__":
    main()
