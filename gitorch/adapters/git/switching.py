"""Bring the files of a working tree from one tree to another, and only the files that differ between them.

A file that holds neither what the one nor what the other has is left alone and named. Moves no ref.
"""

import contextlib
import errno
import itertools
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from gitorch.adapters.files import TEMPORARY_PREFIX, is_immutable, temporary_folder
from gitorch.adapters.git import candidate, sharing
from gitorch.adapters.git.index import GITLINK, PrivateIndex, private
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import Repository, join_paths, split_paths
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.text import shown_path, typed

_ASIDE = f"{TEMPORARY_PREFIX}switch-"

_KEPT = "old"
"""What is moved aside, below the folder of `_aside`."""


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
    gone = todo.keys() - modes.keys()
    found: set[str] = set()
    for path in todo.keys() & modes.keys():
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


def not_as_written(index: PrivateIndex, paths: Iterable[str]) -> set[str]:
    """Those of `paths`, files of `index`, that are on the disk otherwise than git would write them now.

    What git calls changed may be the very same: with another time, or with line ends that git itself writes.
    """
    names = sorted(paths)
    if not names:
        return set()
    root = index.repo.root
    with temporary_folder(index.repo.private) as folder:
        _check_out(index, names, f"{folder}/")
        return {path for path in names if not _is_equal(folder / path, root / path)}


def _is_equal(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    if not (one.is_file() and other.is_file()):
        return False
    is_executable = (one.stat().st_mode & 0o100, other.stat().st_mode & 0o100)
    return len(set(is_executable)) == 1 and one.read_bytes() == other.read_bytes()


def unchangeable(repo: Repository, old: str, new: str) -> list[str]:
    """What keeps `switched` from its work: immutable files, and folders that may not be written."""
    todo, _ = _standing(repo, old, new)
    there = {path for path in todo if os.path.lexists(repo.root / path)}
    found = {path for path in there if is_immutable(repo.root / path)}
    for above in {next((a for a in _above(path) if _is_folder(repo.root / a)), "") for path in todo}:
        folder = repo.root / above
        if is_immutable(folder) or not os.access(folder, os.W_OK | os.X_OK):
            found.add(f"{above}/")
    return sorted(found)


def walls(repo: Repository, paths: Iterable[str]) -> dict[str, str]:
    """Those of `paths` that only lead through a link, and the link."""
    return {path: wall for path in paths if (wall := _wall(repo.root, path))}


@dataclass(frozen=True, slots=True)
class Switched:
    """An index that equals the tree that was switched to; the files at `left` stay as they were found."""

    index: PrivateIndex
    left: tuple[str, ...]


@contextlib.contextmanager
def switched(repo: Repository, old: str, new: str) -> Iterator[Switched]:
    """Write what `new` has at each path where it differs from `old`.

    Doing it once more, or after a kill in the middle, ends the same. What is strange stays, and so does
    what is written while this is at work: a file is moved aside, and looked at there, before it is deleted.
    """
    with _aside(repo) as aside, private(repo, new) as index:
        todo, neither = _standing(repo, old, new)
        there = set(split_paths(index.git("ls-files", "-z").stdout))
        switch = _Switch(index, todo, aside)
        left = neither | {path for path in sorted(todo.keys() - there) if not switch.remove(path)}
        left |= switch.write(todo.keys() & there)  # behind it: a folder may take the place of a file
        yield Switched(index, tuple(sorted(left)))


@contextlib.contextmanager
def _aside(repo: Repository) -> Iterator[Path]:
    """A folder of ours in the working tree, where a rename puts and takes a file at once.

    Its name was free, and is written down before it is made; what a kill has left in it goes back first.
    """
    note = repo.private / "aside"
    with contextlib.suppress(FileNotFoundError):
        name = note.read_text("utf-8", "replace")
        if re.fullmatch(f"{re.escape(_ASIDE)}[0-9]+", name):  # never what is not ours, whatever stands there
            _give_back(repo.root, repo.root / name)
    for number in itertools.count():
        folder = repo.root / f"{_ASIDE}{number}"
        if not os.path.lexists(folder):
            break
    sharing.write(repo, note, folder.name.encode(), durable=True)
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)
    note.unlink()


def _give_back(root: Path, aside: Path) -> None:
    """Put each file that was moved aside where it was, unless another has taken its place since."""
    kept = aside / _KEPT
    for path in _files_below(kept, ""):
        with contextlib.suppress(FileExistsError, NotADirectoryError):
            if not _wall(root, path):
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                _move(kept / path, root / path)
    if aside.exists():
        shutil.rmtree(aside)


@dataclass(frozen=True, slots=True)
class _Switch:
    """The files of a working tree on their way to `index`, as they were at the `look`."""

    index: PrivateIndex
    look: Mapping[str, os.stat_result | None]
    aside: Path

    def remove(self, path: str) -> bool:
        """Delete a file, and the folders above it that are empty then; False where it is another one."""
        root = self.index.repo.root
        if not self._take(path):
            return False
        for folder in _above(path):
            try:
                os.rmdir(root / folder)  # noqa: PTH106 (fails on a link, which is what we want)
            except OSError:
                break
        return True

    def write(self, paths: Set[str]) -> set[str]:
        """Put what the index has at `paths` into the working tree; gives where another file is by now.

        git itself deletes a file before it writes it: killed in between, it would leave what is as in
        neither tree. Attributes go first, because the other files are written by them.
        """
        root, left = self.index.repo.root, set()
        new = self.aside / "new"
        attributes = {path for path in paths if path.rpartition("/")[2] == ".gitattributes"}
        for some in filter(None, (attributes, paths - attributes)):
            names = sorted(some)
            _check_out(self.index, names, f"{self.aside.name}/{new.name}/")
            for path in names:
                if wall := _wall(root, path):
                    remove = Hint("remove the link", f"rm -- {typed(str(root / wall))}")
                    text = f"{shown_path(wall)} is a symbolic link, and gitorch writes through none"
                    raise GitorchError("behind-link", text, about=wall, hints=[remove])
                if not (self._take(path) and _put(new / path, root / path)):
                    left.add(path)
        if paths:
            self.index.git("update-index", "-q", "--refresh", check=False)  # it fails for what is strange
        return left

    def _take(self, path: str) -> bool:
        """Move the file at `path` aside, if it is the one that was looked at.

        It is deleted at the end, so that nothing is missing when a kill comes before its place is filled.
        """
        look, place, kept = self.look[path], self.index.repo.root / path, self.aside / _KEPT / path
        if look is None or _is_folder(place):  # a repository is never deleted
            return look is None
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            place.rename(kept)
        except (FileNotFoundError, NotADirectoryError):
            return True
        if not _is_the_same(look, kept.lstat()):
            _bring_back(kept, place)
            return False
        return True


def _check_out(index: PrivateIndex, names: list[str], prefix: str) -> None:
    form = ("checkout-index", "--force", f"--prefix={prefix}", "-z", "--stdin")
    index.git(*form, stdin=join_paths(names))


def _put(file: Path, place: Path) -> bool:
    """Put a file where nothing is, or a folder in which git would see nothing; False where something is."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if _is_folder(place):  # git knows no empty folders
            for folder, _, _ in os.walk(place, topdown=False):
                os.rmdir(folder)  # noqa: PTH106 (fails where something is left)
        if _is_folder(file):  # a submodule: its folder is all that git makes
            place.mkdir()
        else:
            _move(file, place)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            raise
        return False
    return True


def _bring_back(file: Path, place: Path) -> None:
    """Put a file back where it was, or beside it where yet another one is by now."""
    while os.path.lexists(place):
        place = place.with_name(f"{place.name}~")
    file.rename(place)


def _move(file: Path, place: Path) -> None:
    """Rename a file; FileExistsError where something is at `place`."""
    try:
        os.link(file, place, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:  # a folder, or a file system that knows no such links
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(place)) from None
        file.rename(place)
    else:
        file.unlink()


def _is_the_same(look: os.stat_result, now: os.stat_result) -> bool:
    fields = ("st_mode", "st_ino", "st_size", "st_mtime_ns")  # a rename sets the ctime
    return all(getattr(look, field) == getattr(now, field) for field in fields)


def _standing(repo: Repository, old: str, new: str) -> tuple[dict[str, os.stat_result | None], set[str]]:
    """Where the disk is not as in `new` but as in `old`, and what stands there; where it is as in neither."""
    paths = differing(repo, old, new)
    look = candidate.look_at(repo.root, paths)
    now = candidate.build(repo, old, paths, {}, ignored=True).tree
    not_new = differing(repo, now, new) & paths
    neither = not_new & differing(repo, now, old)
    return {path: look[path] for path in not_new - neither}, neither


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


def _wall(root: Path, path: str) -> str | None:
    """The link, if any, that is in the place of a folder above `path`."""
    return next((above for above in _above(path) if (root / above).is_symlink()), None)
