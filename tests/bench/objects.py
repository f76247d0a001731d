"""Whether reading objects in process, with pygit2, beats starting git: seconds and ratios.

    python -m tests.bench.objects

Each reading is made in a process of its own, as by a command, and once more in the same process, as by one
that stays: the import of pygit2 belongs to the first. CPU, children included; both ways take turns. Prints the
medians and pygit2 ÷ git: below 1.00 pygit2 wins.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gitorch.adapters.git.diffstat import diffstat
from gitorch.adapters.git.objects import read_blobs
from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.core.changes import Lines
from tests.scene.shell import git, write

ROUNDS = 7
LINES = 60


def changed(root: Path, paths: int) -> tuple[str, str, list[str]]:
    """A base in which `paths` files are, a tree in which each of them differs, and their names."""
    names = [f"src/part{number // 20}/file{number}.py" for number in range(paths)]
    git(root, "init", "-q")
    for name in names:
        write(root / name, "".join(f"{name} {line}\n" for line in range(LINES)))
    git(root, "add", "-A")
    git(root, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "base")
    for name in names:
        write(root / name, "".join(f"{name} {line}{'!' * (line % 9 == 0)}\n" for line in range(LINES)))
    git(root, "add", "-A")
    git(root, "repack", "-q", "-a", "-d")
    return git(root, "rev-parse", "HEAD"), git(root, "write-tree"), names


def diff_by_git(repo: Repository, base: str, tree: str, names: list[str]) -> object:
    return diffstat(repo, base, tree)


def diff_by_pygit2(repo: Repository, base: str, tree: str, names: list[str]) -> object:
    import pygit2

    found = pygit2.Repository(str(repo.root))
    before, after = (found[oid].peel(pygit2.Tree) for oid in (base, tree))
    patches = before.diff_to_tree(after, context_lines=0)
    return {patch.delta.new_file.path: Lines(*patch.line_stats[1:]) for patch in patches if patch}


def claims_by_git(repo: Repository, base: str, tree: str, names: list[str]) -> dict[str, str]:
    listing = split_paths(repo.run("ls-tree", "-r", "-z", "--full-tree", base).stdout)
    held = {path: head.split()[2] for head, _, path in (line.partition("\t") for line in listing)}
    return {name: held[name] for name in names}


def claims_by_pygit2(repo: Repository, base: str, tree: str, names: list[str]) -> object:
    import pygit2

    held = pygit2.Repository(str(repo.root))[base].peel(pygit2.Tree)
    return {name: str(held[name].id) for name in names}


def contents_by_git(repo: Repository, base: str, tree: str, names: list[str]) -> object:
    held = claims_by_git(repo, base, tree, names)
    blobs = read_blobs(repo, held.values())
    return {name: blobs[oid] for name, oid in held.items()}


def contents_by_pygit2(repo: Repository, base: str, tree: str, names: list[str]) -> object:
    import pygit2

    held = pygit2.Repository(str(repo.root))[base].peel(pygit2.Tree)
    return {name: held[name].data for name in names}  # type: ignore[union-attr]


READINGS: dict[str, tuple[Callable[..., object], Callable[..., object]]] = {
    "lines that differ, as review counts them": (diff_by_git, diff_by_pygit2),
    "what the base has at each claimed path": (claims_by_git, claims_by_pygit2),
    "the base's content of each claimed path": (contents_by_git, contents_by_pygit2),
}


def cpu() -> float:
    """Seconds of CPU that this process and those that it started have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def one(root: str, reading: str, way: str, base: str, tree: str) -> None:
    """Make one reading twice and print the seconds of both."""
    names = json.loads((Path(root) / ".git" / "names").read_text())
    repo = Repository.discover(Path(root))
    seconds = []
    for _ in range(2):
        start = cpu()
        READINGS[reading][int(way)](repo, base, tree, names)
        seconds.append(cpu() - start)
    print(json.dumps(seconds))


def measure(root: Path, base: str, tree: str, reading: str) -> None:
    took: dict[tuple[int, int], list[float]] = {}
    for _ in range(ROUNDS):
        for way in (0, 1):
            argv = [sys.executable, "-m", "tests.bench.objects", str(root), reading, str(way), base, tree]
            ran: Any = json.loads(subprocess.run(argv, check=True, capture_output=True).stdout)
            for turn in (0, 1):
                took.setdefault((way, turn), []).append(ran[turn])
    for turn, what in enumerate(("first reading of a process", "another one")):
        by_git, by_pygit2 = (statistics.median(took[way, turn]) for way in (0, 1))
        ratio = by_pygit2 / by_git
        print(f"    {what:28} git {by_git:.4f} s   pygit2 {by_pygit2:.4f} s   pygit2 ÷ git {ratio:.2f}")


def main() -> None:
    for paths in (200, 2_000):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            base, tree, names = changed(root, paths)
            write(root / ".git" / "names", json.dumps(names))
            repo = Repository.discover(root)
            for reading, ways in READINGS.items():
                assert ways[0](repo, base, tree, names) == ways[1](repo, base, tree, names), reading
                print(f"{paths} paths, {reading}:")
                measure(root, base, tree, reading)


if __name__ == "__main__":
    one(*sys.argv[1:]) if len(sys.argv) > 1 else main()
