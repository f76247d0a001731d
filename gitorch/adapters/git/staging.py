"""Staging a build's records: named files into the person's index, everything else in it left alone.

Runs `git update-index` only when a file differs from its entry, so that a second run writes nothing.
"""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gitorch.adapters.git.repository import Repository, join_paths, split_paths

_LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}


@dataclass(frozen=True, slots=True)
class Staged:
    """What went into the index. `problem` says in one sentence why the rest did not."""

    paths: tuple[str, ...] = ()
    problem: str | None = None


def stage(
    repo: Repository,
    folder: Path,
    *,
    refresh: Iterable[str],
    add: Iterable[str],
    drop_below: str,
    wait: float = 2.0,
) -> Staged:
    """Make the index match the disk for files below `folder`, all named with slashes.

    Those in `refresh` are staged whenever they differ from their entry, those in `add` only where
    there is no entry yet; an entry below the folder `drop_below` goes when its file is gone. Ignored
    files, links and unmerged entries are left as they are. A held `index.lock` is tried again for
    `wait` seconds; nothing is staged then, nor in a sandbox that keeps `.git` from being written.
    """
    try:
        prefix = repo.relative(folder) + "/"
        inside = folder.resolve() == folder
    except ValueError:
        inside = False
    if not inside:
        return Staged(problem=f"{folder} is behind a symbolic link, or outside the repository")
    entries, unmerged = _entries(repo, prefix)
    wanted = {prefix + name for name in refresh}
    new = _not_ignored(repo, sorted((wanted | {prefix + name for name in add}) - entries))
    changed = [
        path
        for path in _modified(repo, prefix)
        if path in wanted or (path.startswith(prefix + drop_below) and not os.path.lexists(repo.root / path))
    ]
    paths = sorted(path for path in {*changed, *new} - unmerged if _can_be_staged(repo.root / path))
    if not paths:
        return Staged()
    return _update(repo, paths, wait)


def _entries(repo: Repository, prefix: str) -> tuple[set[str], set[str]]:
    """Every path below `prefix` that the index holds, and those of them that are unmerged."""
    out = repo.run("ls-files", "--stage", "-z", "--", prefix, env=_LITERAL).stdout
    entries, unmerged = set(), set()
    for line in split_paths(out):  # <mode> <object> <stage>\t<path>, git-ls-files(1)
        head, path = line.split("\t", 1)
        entries.add(path)
        if not head.endswith(" 0"):
            unmerged.add(path)
    return entries, unmerged


def _modified(repo: Repository, prefix: str) -> list[str]:
    """Every path below `prefix` whose file differs from its entry, or is gone."""
    out = repo.run("diff-files", "--name-only", "-z", "--", prefix, env=_LITERAL).stdout
    return split_paths(out)


def _not_ignored(repo: Repository, paths: list[str]) -> list[str]:
    if not paths:
        return []
    done = repo.run("check-ignore", "-z", "--stdin", stdin=join_paths(paths), check=False)
    ignored = set(split_paths(done.stdout))  # exit status 1: none is
    return [path for path in paths if path not in ignored and (repo.root / path).exists()]


def _can_be_staged(path: Path) -> bool:
    """A regular file, or nothing at all; no link on the way, which git would refuse."""
    return path.parent.resolve() == path.parent and (
        not os.path.lexists(path) or (path.is_file() and not path.is_symlink())
    )


def _update(repo: Repository, paths: list[str], wait: float) -> Staged:
    deadline = time.monotonic() + wait
    while True:
        done = repo.run(
            "update-index", "--add", "--remove", "-z", "--stdin", stdin=join_paths(paths), check=False
        )
        if done.ok:
            return Staged(tuple(paths))
        held = (repo.git_dir / "index.lock").exists()
        if not held or time.monotonic() >= deadline:
            break
        time.sleep(0.05)
    if held:
        problem = f"another git process holds {repo.git_dir / 'index.lock'}"
    else:
        problem = next(iter(done.error_text.splitlines()), "git update-index failed")
    return Staged(problem=problem)
