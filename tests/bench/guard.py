"""What the guard costs: whole git processes, interleaved, medians and ratios.

    python tests/bench/guard.py [--rounds N] [--skip-managers]

Runs on the git that PATH finds. Each row is one repository that differs from the others in its hooks
alone; the rows take turns, so that a busy machine slows all of them. Writes in a temporary folder.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import install, registry
from gitorch.adapters.guard.scripts import EVENTS
from gitorch.core.opened import Decided
from tests.builds import identity

IDENTITY = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_CONFIG_NOSYSTEM": "1",
}
EMPTY = "empty sh hooks for the same events"
QUICK = ("no hooks", "guard, no open build")
COMMIT = ("git", "commit", "-q", "--allow-empty", "-m", "x")


@dataclass
class Row:
    """One way to have hooks, and how long the command took in it, in seconds."""

    name: str
    root: Path
    command: tuple[str, ...] = COMMIT
    before: Callable[[Path], None] = lambda _: None
    elapsed: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)  # of the processor, by git and all that it started

    def once(self) -> None:
        self.before(self.root)
        start, used = time.perf_counter(), processor_time()
        subprocess.run(self.command, cwd=self.root, capture_output=True, check=False)
        self.elapsed.append(time.perf_counter() - start)
        self.used.append(processor_time() - used)


def processor_time() -> float:
    """Seconds of the processor that ended children, and theirs, have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def sh(root: Path, script: str) -> None:
    subprocess.run(["sh", "-ec", script], cwd=root, check=True, capture_output=True)


def repository(folder: Path) -> Path:
    """One commit, the same everywhere: a fetch of what is there already takes half the time of another."""
    folder.mkdir(parents=True)
    dated = "GIT_AUTHOR_DATE='1000000000 +0000' GIT_COMMITTER_DATE='1000000000 +0000'"
    sh(folder, f"git init -q -b main; {dated} git commit -q --allow-empty -m first; rm -f .git/hooks/*")
    return folder


def hooks(root: Path, script: str, events: tuple[str, ...] = EVENTS) -> None:
    for event in events:
        path = root / ".git" / "hooks" / event
        path.write_text(script)
        path.chmod(0o755)


def guarded(root: Path) -> Repository:
    repo = Repository.discover(root)
    assert repo is not None
    install.install(repo)
    return repo


def open_build(root: Path) -> None:
    repo = guarded(root)
    sh(root, "git checkout -q -b build/x")
    registry.open_build(repo, identity("x"), Decided())


def open_elsewhere(root: Path) -> None:
    """A build is open in a linked worktree; the commits of the row are made in the main one."""
    repo = guarded(root)
    sh(root, f"git worktree add -q -b build/x ../{root.name}-elsewhere")
    there = Repository.discover(root.parent / f"{root.name}-elsewhere")
    assert there is not None
    registry.open_build(there, identity("x"), Decided())
    assert registry.open_builds(repo)


def managers(folder: Path) -> list[Row]:
    """Each hook manager that can be had here, with one hook that does nothing."""
    rows = []
    here = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    entry = "- {id: no, name: no, language: system, entry: 'true', always_run: true}"
    config = f"repos:\n- repo: local\n  hooks:\n  {entry}\n"
    recipes = {
        "pre-commit": (".pre-commit-config.yaml", config, ["pre-commit", "install"]),
        "prek": (".pre-commit-config.yaml", config, ["prek", "install"]),
        "lefthook": (
            "lefthook.yml",
            "pre-commit:\n  commands:\n    no:\n      run: 'true'\n",
            ["lefthook", "install"],
        ),
        "husky": (
            ".husky/pre-commit",
            "true\n",
            ["sh", "-c", "npm i -s --no-audit husky@9 && node_modules/.bin/husky"],
        ),
    }
    for name, (path, text, command) in recipes.items():
        root = repository(folder / name)
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
        sh(root, "git add . && git commit -q -m settings")
        try:
            done = subprocess.run(command, cwd=root, env=here, capture_output=True, check=False, timeout=120)
        except FileNotFoundError:
            done = None
        if done is None or done.returncode:
            say(f"  {name} cannot be installed here, and is left out")
            continue
        rows.append(Row(f"{name}, an empty pre-commit hook", root))
    return rows


def commits(folder: Path, *, with_managers: bool) -> list[Row]:
    empty = "#!/bin/sh\nexit 0\n"
    made: Mapping[str, Callable[[Path], object]] = {
        "no hooks": lambda _: None,
        EMPTY: lambda root: hooks(root, empty),
        "guard, no open build": guarded,
        "guard, a build open in another worktree": open_elsewhere,
        "guard, refusal": open_build,
        "guard, refusal of --no-verify": open_build,
    }
    rows = []
    for number, (name, prepare) in enumerate(made.items()):
        root = repository(folder / str(number))
        prepare(root)
        rows.append(Row(name, root))
    rows[-1].command = (*COMMIT, "--no-verify")
    return rows + (managers(folder) if with_managers else [])


def with_hooks(folder: Path) -> list[tuple[str, Path]]:
    """A repository for each way to have hooks around a command that moves a thousand refs."""
    made: Mapping[str, Callable[[Path], object]] = {
        "no hooks": lambda _: None,
        EMPTY: lambda root: hooks(root, "#!/bin/sh\nexit 0\n"),
        "guard, no open build": guarded,
        "guard, a build open in another worktree": open_elsewhere,
    }
    found = []
    for number, (name, prepare) in enumerate(made.items()):
        root = repository(folder / str(number) / "repo")
        prepare(root)
        found.append((name, root))
    return found


def fetches(folder: Path) -> list[Row]:
    """A fetch of 1,000 new refs."""
    remote = repository(folder / "remote")
    lines = "".join(f"create refs/heads/b{n} HEAD\\n" for n in range(1000))
    sh(remote, f"printf '{lines}' | git update-ref --stdin; git pack-refs --all")
    command = ("git", "fetch", "-q", str(remote), "refs/heads/*:refs/x/*")
    return [Row(name, root, command, forget) for name, root in with_hooks(folder)]


def forget(root: Path) -> None:
    """Take the fetched refs away behind git's back, which no hook needs to see."""
    shutil.rmtree(root / ".git" / "refs" / "x", ignore_errors=True)
    (root / ".git" / "packed-refs").unlink(missing_ok=True)


def packings(folder: Path) -> list[Row]:
    """`git pack-refs --all` of 1,000 loose tags."""
    command = ("git", "pack-refs", "--all")
    return [Row(name, root, command, scatter) for name, root in with_hooks(folder)]


def scatter(root: Path) -> None:
    """Make 1,000 loose tags behind git's back, as if none was ever packed."""
    if (packed := root / ".git" / "packed-refs").exists():
        oid = packed.read_text().splitlines()[1].split()[0]
        packed.unlink()
        for line in ("refs/heads/main", "refs/heads/build/x"):
            (root / ".git" / line).parent.mkdir(parents=True, exist_ok=True)
            (root / ".git" / line).write_text(f"{oid}\n")
    else:
        oid = (root / ".git" / "refs" / "heads" / "main").read_text().strip()
    tags = root / ".git" / "refs" / "tags"
    tags.mkdir(exist_ok=True)
    for number in range(1000):
        (tags / f"t{number}").write_text(f"{oid}\n")


def measure(title: str, rows: list[Row], rounds: int) -> None:
    for row in rows:
        row.once()  # warm
        row.elapsed.clear()
        row.used.clear()
    for number in range(rounds):
        first = number % len(rows)  # each row comes behind each other one
        for row in rows[first:] + rows[:first]:
            row.once()
    plain, reference = rows[0], next((row for row in rows if row.name == EMPTY), rows[-1])
    say(f"\n{title}: medians of {rounds} rounds; elapsed, and processor time in brackets")
    say(f"  {'':20}  {'× ' + plain.name:>15}  {'× ' + reference.name[:14]:>16}")
    for row in rows:
        times = f"{median(row.elapsed) * 1000:8.1f} ({median(row.used) * 1000:7.1f}) ms"
        say(f"  {times:20}  {ratio(row, plain):>15}  {ratio(row, reference):>16}  {row.name}")


def ratio(row: Row, other: Row) -> str:
    elapsed, used = median(row.elapsed) / median(other.elapsed), median(row.used) / median(other.used)
    return f"{elapsed:5.2f} ({used:5.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--skip-managers", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gitorch-bench-") as name:
        folder = Path(name)
        os.environ.update(IDENTITY, HOME=name)
        version = subprocess.run(
            ["git", "version"], capture_output=True, text=True, check=True
        ).stdout.strip()
        say(version)
        rows = commits(folder / "commits", with_managers=not options.skip_managers)
        measure("git commit --allow-empty", rows, options.rounds)
        few = max(3, options.rounds // 6)
        many = (
            ("git fetch of 1,000 refs", fetches(folder / "fetches")),
            ("git pack-refs of 1,000 loose tags", packings(folder / "packings")),
        )
        for title, rows in many:
            measure(title, rows, few)
            measure(f"{title}, no build open", [row for row in rows if row.name in QUICK], options.rounds)


if __name__ == "__main__":
    main()
