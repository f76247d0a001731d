"""What snapshots cost: time, disk, and a watcher at rest.

    python -m tests.bench.snapshots [files] [growth] [rest] [crowd]

`files`: 50,000 files, 20 changed, beside the gits that a snapshot consists of and `git status`, interleaved,
best of nine. `growth`: 100 snapshots of a changed 1 MB each. `rest`: CPU of a watcher in 60 s.
`crowd`: 300 workers that report at once.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gitorch.adapters import process
from gitorch.adapters.git import snapshots
from gitorch.adapters.git.capture import Scope
from gitorch.adapters.git.repository import Repository
from gitorch.core.config import Snapshots
from gitorch.core.names import CommitId, Slug
from tests import builds
from tests.scene import FOLDER, SLUG, Scene
from tests.scene.shell import git

REF = f"refs/gitorch/snapshots/{SLUG}"


def take(scene: Scene) -> None:
    """A snapshot, Python's start apart."""
    repo = Repository.discover(scene.root)
    assert repo
    base = CommitId(scene.git("rev-parse", "main"))
    snapshots.take(repo, Slug(SLUG), base, "bench", Scope(Snapshots(), (f"{FOLDER}/",)))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextlib.contextmanager
def of_gits() -> Iterator[list[float]]:
    """The seconds of each git that is run in the block."""
    spent: list[float] = []
    real = process.run

    def timed(*arguments: Any, **options: Any) -> process.Result:
        start = time.perf_counter()
        try:
            return real(*arguments, **options)
        finally:
            spent.append(time.perf_counter() - start)

    process.run = timed
    try:
        yield spent
    finally:
        process.run = real


def files(scene: Scene) -> None:
    for number in range(50_000):
        path = scene / f"d{number // 100}/f{number}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{number}\n" * 20)
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "files")
    scene.git("status")
    take(scene)
    whole, gits, status = [], [], []
    for turn in range(9):
        for number in range(0, 50_000, 2_500):
            (scene / f"d{number // 100}/f{number}").write_text(f"{turn} {number}\n" * 20)
        with of_gits() as spent:
            whole.append(seconds(lambda: take(scene)))
        gits.append(sum(spent))
        status.append(seconds(lambda: git(scene.root, "--no-optional-locks", "status", "--porcelain")))
    ratio = min(one / other for one, other in zip(whole, gits, strict=True))
    print(f"50,000 files, 20 changed: {min(whole) * 1000:.0f} ms, its gits {min(gits) * 1000:.0f} ms", end="")
    print(f" (x{ratio:.2f}, limit 1.3); git status {min(status) * 1000:.0f} ms", end="")
    print(f" (x{min(whole) / min(status):.2f}, goal 3)")


def growth(scene: Scene) -> None:
    def used() -> float:
        lines = dict(line.split(": ") for line in scene.git("count-objects", "-v").splitlines())
        return (int(lines["size"]) + int(lines["size-pack"])) / 1024

    before = used()
    for turn in range(100):
        scene.write("changed", f"{turn}\n" + "the same line of sixteen\n" * 40_000)
        scene.write(f"random-{turn % 5}", os.urandom(1 << 19).hex())
        take(scene)
    taken = used() - before
    scene.run("git", "gc", "-q", timeout=600)
    print(
        f"100 snapshots of two changed files of 1 MB, 200 MB: {taken:.1f} MiB, after gc {used() - before:.1f}"
    )


def rest(scene: Scene) -> None:
    watcher = subprocess.Popen(
        [sys.executable, "-m", "gitorch", "watch"], cwd=scene.root, stdout=subprocess.DEVNULL
    )
    try:
        time.sleep(15)
        spent = []
        for _ in range(2):
            tasks = Path(f"/proc/{watcher.pid}/task").iterdir()
            spent.append(sum(int((task / "schedstat").read_text().split()[0]) for task in tasks))
            time.sleep(60 if len(spent) == 1 else 0)
    finally:
        watcher.kill()
        watcher.wait()
    print(f"a watcher at rest: {(spent[1] - spent[0]) / 1e9:.4f} s of CPU in 60 s (limit 0.01)")


def crowd(scene: Scene) -> None:
    workers = [f"W1.{number}" for number in range(1, 301)]
    plan = {"name": "Crowd", "workers": [{"id": f"w{n}", "description": f"Part {n}"} for n in range(1, 301)]}
    scene.write("plan.json", json.dumps(plan))
    scene.do("init", "--project", "crowd", "--plan-file", "plan.json")

    def report(worker: str) -> None:
        scene.write(f"src/{worker}", worker * 1000)
        text = builds.report(worker, "done", artifacts=[f"src/{worker}"])
        scene.write(f"N5/builds/crowd/completions/{worker}.json", text)
        argv = (sys.executable, "-m", "gitorch", "sync", "--project", "crowd")
        ran = scene.run(*argv, env={"GITORCH_LOCK_WAIT": "600"}, timeout=600)
        assert ran.status == 0, ran.err

    def everybody() -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(report, workers))

    spent = seconds(everybody)
    ref = "refs/gitorch/snapshots/crowd"
    recorded = [line for line in scene.git("log", "--format=%B", ref).splitlines() if line[:8] == "Report: "]
    kept = scene.git("ls-tree", "-r", "--name-only", ref, "src/").splitlines()
    number = scene.git("rev-list", "--count", "--first-parent", f"main..{ref}")
    print(
        f"300 workers that report at once, 8 processes: {spent:.1f} s, {len(recorded)} reports recorded",
        end="",
    )
    print(f" in {number} snapshots, {len(kept)} files kept")


def main() -> None:
    for name in sys.argv[1:] or ["files", "growth", "rest", "crowd"]:
        with tempfile.TemporaryDirectory() as folder:
            scene = Scene(Path(folder))
            scene.git("init", "-q", "-b", "main")
            scene.git("config", "user.name", "A Person")
            scene.git("config", "user.email", "person@localhost")
            scene.commit({"README": "a project\n"})
            if name in ("rest", "growth"):
                scene.open_build()
            else:
                scene.do("install")
            globals()[name](scene)


if __name__ == "__main__":
    main()
