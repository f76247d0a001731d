"""A set-up that was done before from the same start is not done again: what it left is copied."""

import functools
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec

from tests.scene.shell import git

Words = ParamSpec("Words")

shelf: list[Path] = []
"""The folder for copies; a run of the tests names one."""


@dataclass(frozen=True)
class _Left:
    """What a set-up left: a copy of its folder, where that was, the files that name it, what it returned."""

    copy: Path
    root: Path
    naming: list[str]
    returned: str


_left: dict[str, _Left] = {}


def remembered(make: Callable[Concatenate[Path, Words], str]) -> Callable[Concatenate[Path, Words], str]:
    """A set-up of the folder that it is given, which depends on nothing else but HOME and its words."""

    @functools.wraps(make)
    def made(root: Path, /, *words: Words.args, **named: Words.kwargs) -> str:
        if not shelf or (root / ".git").is_file() or (root / ".git" / "worktrees").exists():
            return make(root, *words, **named)  # nowhere to keep it, or not everything is in this folder
        key = _digest(root, repr((make.__module__, make.__qualname__, words, named)))
        if key not in _left:
            returned = make(root, *words, **named)
            _left[key] = _copy(root, shelf[0] / str(len(_left)), returned)
            return returned
        return _restore(_left[key], root)

    return made


def _digest(root: Path, words: str) -> str:
    """All that a set-up can depend on, as one value."""
    place, digest = os.fsencode(root), hashlib.sha256(words.encode())
    for name, value in sorted(os.environ.items()):
        if name.startswith(("GIT", "PATH", "LC_")):
            digest.update(f"{name}={value}\0".encode())
    for tree in _worktrees(root):
        digest.update(git(tree, "ls-files", "--stage", "-v").encode())
    for folder in (Path.home(), root):
        for path in sorted(folder.rglob("*")):
            mode = path.lstat().st_mode
            digest.update(f"{path.relative_to(folder)}\0{mode}\0".encode("utf-8", "surrogateescape"))
            if path.is_symlink():
                digest.update(os.fsencode(path.readlink()))
            elif path.is_file() and path.name != "index":  # it tells when a file was written, too
                digest.update(path.read_bytes().replace(place, b"\0"))
    return digest.hexdigest()


def _copy(root: Path, copy: Path, returned: str) -> _Left:
    shutil.copytree(root, copy, symlinks=True)
    place = os.fsencode(root)
    naming = [str(path.relative_to(copy)) for path in _files(copy) if place in path.read_bytes()]
    return _Left(copy, root, naming, returned)


def _files(folder: Path) -> Iterator[Path]:
    """The regular files below a folder; of git's objects, which name no place, none."""
    for above, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "objects"]
        paths = (Path(above, name) for name in names)
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _restore(left: _Left, root: Path) -> str:
    for entry in root.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    shutil.copytree(left.copy, root, symlinks=True, dirs_exist_ok=True)
    for name in left.naming:
        path = root / name
        path.write_bytes(path.read_bytes().replace(os.fsencode(left.root), os.fsencode(root)))
    for tree in _worktrees(root):  # else git would take each file for one that may have changed
        git(tree, "update-index", "-q", "--refresh", check=False)
    return left.returned


def _worktrees(root: Path) -> list[Path]:
    return [folder for folder in (root, *sorted(root.iterdir())) if (folder / ".git").exists()]
