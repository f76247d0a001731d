"""What differs from the base in the working tree, as git sees it. Only reads; a private index is its view."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gitorch.adapters.git.index import ABSENT, PrivateIndex, private
from gitorch.adapters.git.repository import Repository, join_paths, split_paths
from gitorch.core.changes import KIND_OF_LETTER, Change, ChangeKind
from gitorch.core.errors import GitorchError

_STATUS = ("--no-optional-locks", "status", "--porcelain=v2", "-z", "--no-renames")

_FILES = {"100644", "100755"}
"""The modes of a file, without and with the right to run it."""


def changes(repo: Repository, base: str) -> list[Change]:
    """Every path, tracked or not, that differs from `base` and is not ignored, in order.

    A repository inside of this one that is no submodule ends with a slash. Nothing is written to
    the object database: what is listed may be a secret.
    """
    with private(repo, base) as index:
        return scan(index)


def uncommitted(repo: Repository) -> dict[str, str]:
    """What `git status` shows: each path, new files too, and the two letters that say how it differs."""
    form = ("--no-optional-locks", "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
    return {line[3:]: line[:2] for line in split_paths(repo.run(*form).stdout)}


def scan(index: PrivateIndex) -> list[Change]:
    """The changes of the working tree against the base; call it before `compose`."""
    found: dict[str, ChangeKind] = {}
    worked_in: list[str] = []  # submodules at the commit of the base, with something uncommitted in them
    options = ("--untracked-files=all", "--ignore-submodules=none")
    for line in split_paths(index.git(*_STATUS, *options).stdout):
        if line.startswith("? "):
            path = line[2:]  # a repository that the person staged is a submodule, and ends with no slash
            found[path.rstrip("/") if path.rstrip("/") in index.staged else path] = ChangeKind.ADDED
        elif line.startswith("1 "):  # 1 XY sub mH mI mW hH hI path; Y compares with the index
            fields = line.split(" ", 8)
            if fields[1][1] != ".":
                found[fields[8]] = KIND_OF_LETTER[fields[1][1]]
            if fields[2].startswith("S.") and fields[1][1] == "M":
                worked_in.append(fields[8])
    for path in set(worked_in) - unsaved(index.repo, worked_in):
        del found[path]
    for path, kind in _staged_alone(index):
        found.setdefault(path, kind)
    found.update(dict.fromkeys(untracked(index), ChangeKind.DELETED))
    found.update(dict.fromkeys(index.unmerged, ChangeKind.UNMERGED))
    return [Change(path, kind) for path, kind in sorted(found.items())]


def unsaved(repo: Repository, submodules: Sequence[str]) -> frozenset[str]:
    """Those in which `git status` shows uncommitted work, as `submodule.<name>.ignore` has it.

    And those that are not staged yet, of which it shows nothing.
    """
    if not submodules:
        return frozenset()
    known: dict[str, str] = {}
    for line in split_paths(repo.run(*_STATUS, "--", *(f":(literal){path}" for path in submodules)).stdout):
        if line.startswith("1 "):
            fields = line.split(" ", 8)
            known[fields[8]] = fields[2]
        elif line.startswith("? "):
            known[line[2:].rstrip("/")] = "S.MU"
    return frozenset(path for path, state in known.items() if {"M", "U"} & set(state[2:]))


def _staged_alone(index: PrivateIndex) -> Iterator[tuple[str, ChangeKind]]:
    """What only the index knows of a file that is there: git would commit it.

    That a file is tracked in spite of .gitignore, and its mode where the file system keeps none.
    """
    there = {path: found for path, found in index.staged.items() if os.path.lexists(index.repo.root / path)}
    for path, staged in there.items():
        if staged.before.mode == ABSENT != staged.after.mode:
            yield path, ChangeKind.ADDED
    other = [path for path, staged in there.items() if {staged.before.mode, staged.after.mode} == _FILES]
    if other and index.git("config", "--type=bool", "core.fileMode", check=False).text == "false":
        yield from ((path, ChangeKind.MODIFIED) for path in other)


def untracked(index: PrivateIndex) -> frozenset[str]:
    """The files that the person has taken out of the index, and git ignores: `git add --all` adds none."""
    removed = (path for path, staged in index.staged.items() if staged.after.mode == ABSENT)
    return ignored(index.repo, [path for path in removed if os.path.lexists(index.repo.root / path)])


def ignored(repo: Repository, paths: Iterable[str]) -> frozenset[str]:
    """Those of `paths`, all there and behind no wall, that git ignores; a tracked file never is."""
    if not (stdin := join_paths([f"./{path}" for path in sorted(paths)])):
        return frozenset()
    # check-ignore refuses --literal-pathspecs: `./` keeps a name such as `:(top)` from being magic, and
    # with the index it would take `*` for a pattern, which some tracked file always matches.
    done = repo.run("check-ignore", "--no-index", "-z", "--stdin", stdin=stdin, check=False)
    if done.status not in (0, 1):  # 1: none of them is
        text = f"git check-ignore failed with exit status {done.status}"
        details, hints = done.error_text.splitlines(), repo.ways_out(done.error_text)
        raise GitorchError("git-failed", text, details=details, hints=hints)
    if not done.stdout:
        return frozenset()
    listed = split_paths(repo.run("ls-files", "-z").stdout)
    tracked = {name for path in listed for name in with_folders(path)}
    return frozenset(path.removeprefix("./") for path in split_paths(done.stdout)) - tracked


def folders(repo: Repository) -> set[Path]:
    """The folders of the working tree in which there may be files that git does not ignore."""
    listed = ("ls-files", "-z", "--exclude-standard", "--others")
    new = split_paths(repo.run(*listed, "--directory").stdout)  # empty ones too; a folder ends with a slash
    found = {Path(place) for path in new if path.endswith("/") for place, _, _ in os.walk(repo.root / path)}
    for path in {path.rpartition("/")[0] for path in split_paths(repo.run("ls-files", "-z").stdout)}:
        found.update(repo.root / name for name in with_folders(path))
    return {place for place in {*found, repo.root} if place.is_dir() and ".git" not in place.parts}


def with_folders(path: str) -> Iterator[str]:
    """`a`, `a/b` and `a/b/c` of `a/b/c`."""
    end = path.find("/")
    while end >= 0:
        yield path[:end]
        end = path.find("/", end + 1)
    yield path
