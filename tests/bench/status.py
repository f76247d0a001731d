"""What builds with many workers cost, and many builds: CPU seconds.

    python -m tests.bench.status

Prints the best of three runs of the whole process, start-up included, beside the limit; for chains of
workers also how the time grows with their number.
"""

import os
import sys
import tempfile
from pathlib import Path

from tests.builds import make_build, meta, report
from tests.scene import git, run, write

LIMIT = 1.0
"""Seconds of CPU, user and system, for `status` of 1,000 workers and for `list` of 500 builds."""

CHAINS = {1_500: 2.0, 5_000: 6.0}
"""Workers in a chain → the limit for their `sync`."""


def big_build(root: Path) -> None:
    """One build of 1,000 workers in ten waves, half of them complete."""
    places = [(wave, seq) for wave in range(1, 11) for seq in range(1, 101)]
    workers = [(f"W{w}.{s}", f"Part {w} {s}", (f"W{w - 1}.{s}",) if w > 1 else ()) for w, s in places]
    folder = make_build(root, meta("big"), workers=workers)
    for worker, _, _ in workers[:500]:
        write(folder / f"completions/{worker}.json", report(worker, "5 tables. And more."))


def chain(root: Path, length: int) -> None:
    """One build in which each worker needs the one before; half of them are complete."""
    workers = [(f"W{n}.1", f"Part {n}", (f"W{n - 1}.1",) if n > 1 else ()) for n in range(1, length + 1)]
    folder = make_build(root, meta("big"), workers=workers)
    for worker, _, _ in workers[: length // 2]:
        write(folder / f"completions/{worker}.json", report(worker))


def many_builds(root: Path) -> None:
    """500 builds of five workers, two of them complete."""
    for number in range(500):
        folder = make_build(root, meta(f"build-{number}"))
        for worker in ("W1.1", "W1.2"):
            write(folder / f"completions/{worker}.json", report(worker))


def cpu_seconds(root: Path, *words: str, runs: int = 3) -> float:
    """The least CPU time of `gitorch WORDS` in `root`."""
    return min(_once(root, words) for _ in range(runs))


def _once(root: Path, words: tuple[str, ...]) -> float:
    argv = [sys.executable, "-m", "gitorch", *words]
    code = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, (code, os.environ.get("PYTHONPATH"))))
    # a process between, so that its resource usage is of this one command alone
    script = (
        "import os, resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime)\n"
    )
    done = run(sys.executable, "-c", script, *argv, cwd=root, env={"PYTHONPATH": paths})
    assert done.status == 0, done.err
    return float(done.out)


def main() -> None:
    """Measure both and print a line for each."""
    for words, make, what in (
        (("status",), big_build, "a build of 1,000 workers"),
        (("list",), many_builds, "500 builds"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            git(root, "init", "-q")
            make(root)
            seconds = cpu_seconds(root, *words)
        sys.stdout.write(f"{words[0]:8}{what:28}{seconds:6.2f} s of CPU, the limit is {LIMIT:.1f}\n")
    before = (0, 0.0)
    for length, limit in CHAINS.items():
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder).resolve()
            git(root, "init", "-q")
            chain(root, length)
            seconds = cpu_seconds(root, "sync", runs=1)  # the second one would find nothing to do
        line = f"{'sync':8}{f'a chain of {length:,} workers':28}{seconds:6.2f} s of CPU, the limit is {limit:.1f}"
        if all(before):
            line += f"; {seconds / before[1]:.1f} × the time of {length / before[0]:.1f} × fewer"
        sys.stdout.write(f"{line}\n")
        before = (length, seconds)


if __name__ == "__main__":
    main()
