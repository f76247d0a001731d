"""What the last instant costs `git status`: whole git processes, interleaved, medians and ratios.

    python -m tests.bench.instant [--rounds N] [--files N]

Runs on the git that PATH finds, in a tiny worktree and in a large one. Each row is one repository that
differs from the others in its `core.fsmonitor` alone. Writes in a temporary folder.
"""

import argparse
import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench.guard import IDENTITY, Row, measure, open_build, say, sh

STATUS = ("git", "status", "--porcelain")
UNLOCKED = ("git", "--no-optional-locks", "status", "--porcelain")
WITH_OPTIONS = ("git", "-c", "core.quotePath=false", "status", "--porcelain")


def worktree(root: Path, files: int) -> None:
    """One commit with so many files, a hundred in a folder."""
    root.mkdir(parents=True)
    for number in range(files):
        path = root / f"folder{number // 100}" / f"file{number}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{number}\n")
    sh(root, "git init -q -b main; git add -A; git commit -q --allow-empty -m first; rm -f .git/hooks/*")


def answers_at_once(root: Path) -> None:
    """The floor: a program that does nothing but say what the guard's says."""
    sh(root, "git config core.fsmonitor 'exec false'; git config core.fsmonitorHookVersion 2")


def rows(folder: Path, files: int) -> list[Row]:
    made: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
        "none": (lambda _: None, STATUS),
        "none, --no-optional-locks": (lambda _: None, UNLOCKED),
        "a program that does nothing": (answers_at_once, STATUS),
        "the guard's": (open_build, STATUS),
        "the guard's, git -c X=Y status": (open_build, WITH_OPTIONS),
        "the guard's, --no-optional-locks": (open_build, UNLOCKED),
    }
    found = []
    for number, (name, (prepare, command)) in enumerate(made.items()):
        root = folder / str(number)
        worktree(root, files)
        prepare(root)
        found.append(Row(name, root, command))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--files", type=int, default=50_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gitorch-bench-") as name:
        os.environ.update(IDENTITY, HOME=name)
        say(subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout.strip())
        measure("git status of a tiny worktree", rows(Path(name, "tiny"), 3), options.rounds)
        large = rows(Path(name, "large"), options.files)
        measure(f"git status of {options.files:,} files", large, max(10, options.rounds // 4))


if __name__ == "__main__":
    main()
