"""Bring the files of a working tree from one tree to another, and only the files that differ between them.

A file that holds neither what the one nor what the other has is left alone and named. Moves no ref.
"""

import contextlib
import os
import shlex
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from gitorch.adapters.files import TEMPORARY_PREFIX, temporary_folder
from gitorch.adapters.git import candidate
from gitorch.adapters.git.index import GITLINK, PrivateIndex, private
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import Repository, join_paths, split_paths
from gitorch.core.errors import GitorchError


def strange(repo: Repository, old: str, new: str) -> list[str]:
    """The paths that differ between the trees `old` and `new`, and on the disk are as in neither."""
    return sorted(_standing(repo, old, new)[1])


def in_the_way(repo: Repository, old: str, new: str) -> list[str]:
    """The ignored files, which neither tree knows, that keep a file of `new` from being written.

    They stand below a folder where a file belongs, or are a file where a folder belongs.
    """
    todo, _ = _standing(repo, old, new)
    with private(repo, new) as index:
        listed = split_paths(index.git("ls-files", "--stage", "-z").stdout)
    modes = {path: head[:6] for head, _, path in (line.partition("\t") for line in listed)}
    gone = todo - modes.keys()
    found: set[str] = set()
    for path in todo & modes.keys():
        above = (folder for folder in _above(path) if os.path.lexists(repo.root / folder))
        found.update(name for name in above if not _is_folder(repo.root / name))
        if modes[path] != GITLINK and _is_folder(repo.root / path):
            found.update(_files_below(repo.root, path))
    return sorted(found - gone)


def not_given_back(repo: Repository, old: str, new: str) -> list[str]:
    """The files that `switched` would replace or delete, and that git would not give back from `old`.

    A filter took something away when they were stored. Line ends alone do not count.
    """
    todo, _ = _standing(repo, old, new)
    files = sorted(path for path in todo if _is_file(repo.root / path))
    with private(repo, old) as index, temporary_folder(repo.private) as folder:
        _check_out(index, files, f"{folder}/")
        return [path for path in files if _lines(folder / path) != _lines(repo.root / path)]


@contextlib.contextmanager
def switched(repo: Repository, old: str, new: str) -> Iterator[PrivateIndex]:
    """Write what `new` has at each path where it differs from `old`; gives an index that equals `new`.

    Doing it once more, or after a kill in the middle, ends the same. What is strange stays.
    """
    todo, _ = _standing(repo, old, new)
    with private(repo, new) as index:
        there = set(split_paths(index.git("ls-files", "-z").stdout))
        for path in sorted(todo - there):  # first: a folder may take the place of a file
            _remove(repo.root, path)
        _write(index, todo & there)
        yield index


def _write(index: PrivateIndex, paths: set[str]) -> None:
    """Put what the index has at `paths` into the working tree, each file by one rename.

    git itself deletes a file before it writes it: killed in between, it would leave what is as in
    neither tree. Attributes go first, because the other files are written by them.
    """
    root = index.repo.root
    aside = f"{TEMPORARY_PREFIX}switch"
    _clear(root / aside)
    attributes = {path for path in paths if path.rpartition("/")[2] == ".gitattributes"}
    for some in filter(None, (attributes, paths - attributes)):
        names = sorted(some)
        _check_out(index, names, f"{aside}/")
        for path in names:
            if wall := next((above for above in _above(path) if (root / above).is_symlink()), None):
                way_out = f"rm {shlex.quote(str(root / wall))}"
                raise GitorchError(f"{wall} is a link: nothing is written through it", hints=[way_out])
            _put(root / aside / path, root / path)
    _clear(root / aside)
    if paths:
        index.git("update-index", "-q", "--refresh", check=False)  # it fails for what is strange


def _check_out(index: PrivateIndex, names: list[str], prefix: str) -> None:
    form = ("checkout-index", "--force", f"--prefix={prefix}", "-z", "--stdin")
    index.git(*form, stdin=join_paths(names))


def _put(file: Path, place: Path) -> None:
    if file.is_dir() and not file.is_symlink():  # a submodule: its folder is all that git makes
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if _is_folder(place):  # git knows no empty folders
        for folder, _, _ in os.walk(place, topdown=False):
            os.rmdir(folder)  # noqa: PTH106 (fails where something is left)
    file.replace(place)


def _clear(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _standing(repo: Repository, old: str, new: str) -> tuple[set[str], set[str]]:
    """Where the disk is not as in `new` but as in `old`, and where it is as in neither."""
    paths = differing(repo, old, new)
    now = candidate.build(repo, old, paths, {}).tree
    not_new = differing(repo, now, new) & paths
    neither = not_new & differing(repo, now, old)
    return not_new - neither, neither


def _remove(root: Path, path: str) -> None:
    """Delete a file, and the folders above it that are empty then."""
    (root / path).unlink(missing_ok=True)
    for folder in _above(path):
        try:
            os.rmdir(root / folder)  # noqa: PTH106 (fails on a link, which is what we want)
        except OSError:
            break


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _lines(path: Path) -> bytes:
    """The content with one kind of line ends; nothing for what git has not written as a file."""
    return path.read_bytes().replace(b"\r\n", b"\n") if _is_file(path) else b""


def _files_below(root: Path, path: str) -> Iterator[str]:
    """Every file and link below the folder `path`, from the root."""
    for folder, folders, names in os.walk(root / path):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        yield from (str((here / name).relative_to(root)) for name in (*names, *links))


def _above(path: str) -> Iterable[str]:
    while path := path.rpartition("/")[0]:
        yield path
