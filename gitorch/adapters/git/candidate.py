"""What differs from the base, and the tree that a build would commit.

The tree is composed in a private index by the git program, so that filters, line endings, modes,
links and attributes are exactly what the person's own `git add` would give. The working tree and the
person's index are only read.
"""

import contextlib
import os
import stat
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gitorch.adapters.git.index import ABSENT, GITLINK, Entry, PrivateIndex, private
from gitorch.adapters.git.repository import BIG, DURABLE, Repository, join_paths, split_paths
from gitorch.adapters.git.scan import unsaved, untracked
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.text import shown_path, typed

_ARGUMENTS = 200
"""So many entries are named in a command line, whose length the system limits."""


_MANY = 100
"""From so many objects on git keeps a pack that it received as it is (`transfer.unpackLimit`)."""

_PACKED = ("-c", "core.bigFileThreshold=1", "-c", "core.fsyncMethod=fsync")
"""Has `git update-index` stream contents into one new pack. Hundreds of loose files would each have to
reach the disk; what a filter or a line-end rule converts is written loose as ever (git-config(1)), each
file on its own: in batches git begins the pack in a folder that it takes away before the pack is done."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """The tree that would be committed, and what it lacks of the repositories inside of this one.

    Nothing of what stands in `nested`, which are no submodules, is in it; of the submodules in `unsaved`
    the commit is, and not the work that `git status` lists there.
    """

    tree: str
    nested: tuple[str, ...] = ()
    unsaved: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def apart(self) -> tuple[str, ...]:
        """The repositories that hold what the tree does not."""
        return (*self.nested, *self.unsaved)


def build(
    repo: Repository,
    base: str,
    paths: Collection[str],
    records: Mapping[str, bytes],
    *,
    ignored: bool = False,
) -> Candidate:
    """The tree of `base` with `paths` as they stand in the working tree, and `records` with these bytes.

    A path that is not there is left out of the tree, and without `ignored` one that git ignores and the
    index no longer has. GitorchError when something cannot be read as it stands: a required filter fails,
    a file changes meanwhile.
    """
    with private(repo, base) as index:
        return _compose(index, paths, records, ignored=ignored)


def compose(index: PrivateIndex, paths: Collection[str], records: Mapping[str, bytes]) -> str:
    """Bring `paths` and `records` into the index and write its tree; see `build`.

    Refuses what `build` leaves apart: a person who commits a path means all that is there.
    """
    made = _compose(index, paths, records)
    _refuse_what_is_apart(made)
    return made.tree


def _compose(
    index: PrivateIndex, paths: Collection[str], records: Mapping[str, bytes], *, ignored: bool = False
) -> Candidate:
    names = sorted({path.rstrip("/") for path in paths} - set(records))
    seen = look_at(index.repo.root, names)
    repositories = [path for path, info in seen.items() if info and stat.S_ISDIR(info.st_mode)]
    nested, unsaved = _apart(index, repositories)
    seen = {path: info for path, info in seen.items() if path not in nested}
    names = list(seen)
    # A mode that the person staged (`git update-index --chmod` where core.fileMode is off) is kept.
    entries = [(path, index.staged[path].after) for path in names if seen[path] and _is_staged(index, path)]
    entries += [(path, Entry("100644", write_blob(index.repo, path, data))) for path, data in records.items()]
    kept_out = frozenset() if ignored else untracked(index)
    gone = [path for path, info in seen.items() if info is None or path in kept_out]
    there = [path for path, info in seen.items() if info is not None and path not in kept_out]
    given: list[str] = []
    if len(entries) <= _ARGUMENTS:  # one git less, which would write the whole index anew
        given = [word for path, e in entries for word in ("--cacheinfo", f"{e.mode},{e.oid},{path}")]
    else:
        index.put(entries)
    big = any(info is not None and info.st_size >= BIG for info in seen.values())
    _update(index, gone, "--force-remove")
    _update(index, there, "--add", "--remove", "--replace", *given, packed=big or len(there) >= _MANY)
    # What git has added here is there, and what stands as in the base is not looked for a second time:
    # git would ask the disk for every file beside a changed one.
    tree = index.git("write-tree", "--missing-ok").text
    if moved := [path for path, info in look_at(index.repo.root, names).items() if _moved(seen[path], info)]:
        raise _unreadable([f"{path}: changed while it was read" for path in moved])
    return Candidate(tree, nested, unsaved)


def _is_staged(index: PrivateIndex, path: str) -> bool:
    staged = index.staged.get(path)
    return staged is not None and staged.after.mode != ABSENT and path not in index.unmerged


def look_at(root: Path, paths: Iterable[str]) -> dict[str, os.stat_result | None]:
    """What stands at each path as git would see it: None for nothing, for a folder that is no

    repository, and for whatever lies behind a symbolic link.
    """
    folders = {"": True}

    def is_folder(path: str) -> bool:
        if path not in folders:
            above, _, _ = path.rpartition("/")
            folders[path] = is_folder(above) and _is_real_folder(f"{root}/{path}")
        return folders[path]

    seen: dict[str, os.stat_result | None] = {}
    for path in paths:
        info = None
        if is_folder(path.rpartition("/")[0]):
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                info = os.lstat(f"{root}/{path}")
        if info and stat.S_ISDIR(info.st_mode) and not os.path.lexists(f"{root}/{path}/.git"):
            info = None
        seen[path] = info
    return seen


def _is_real_folder(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _moved(before: os.stat_result | None, after: os.stat_result | None) -> bool:
    if before is None or after is None:
        return before is not after
    if stat.S_ISDIR(before.st_mode):  # a submodule: its commit counts, which git has read
        return not stat.S_ISDIR(after.st_mode)
    return any(
        getattr(before, field) != getattr(after, field)
        for field in ("st_mode", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns")
    )


def _update(index: PrivateIndex, paths: list[str], *options: str, packed: bool = False) -> None:
    if not paths and "--cacheinfo" not in options:
        return
    form = _PACKED if packed else ()
    done = index.git(*form, "update-index", *options, "-z", "--stdin", stdin=join_paths(paths), check=False)
    if done.status < 0:  # git maps a file that is cut short meanwhile, and dies of SIGBUS
        raise _unreadable([f"git was ended by signal {-done.status}: a file was cut short while it was read"])
    if not done.ok:
        raise _unreadable(done.error_text.splitlines()[-20:], index.repo.ways_out(done.error_text))


def _unreadable(details: Iterable[str], hints: Iterable[Hint] = ()) -> GitorchError:
    text = "the files of the working tree cannot be read; nothing was changed"
    return GitorchError("unreadable-worktree", text, details=details, hints=hints)


def _apart(index: PrivateIndex, paths: list[str]) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """Of these repositories, those that are no submodules, and the submodules with uncommitted work."""
    known = _submodules(index, paths) if paths else set()
    status = ("status", "--porcelain", "--untracked-files=normal")
    worked_in = sorted(unsaved(index.repo, [path for path in paths if path in known]))
    work = {path: index.repo.run("-C", path, *status).lines for path in worked_in}
    nested = tuple(path for path in paths if path not in known)
    return nested, {path: lines for path, lines in work.items() if lines}


def _refuse_what_is_apart(made: Candidate) -> None:
    """Only a submodule may be inside of this repository, and only with its work committed."""
    for path in made.nested:
        shown = shown_path(path)
        add = Hint("make it a submodule", f"git submodule add URL {typed(path)}")
        move = Hint("move it out of the worktree", f"mv -- {typed(path)} NEW-PLACE")
        text = f"{shown} is a nested repository, whose files would not be in the commit"
        raise GitorchError("nested-repository", text, about=path, hints=[add, move])
    for path, lines in made.unsaved.items():
        commit = f"git -C {typed(path)} add --all && git -C {typed(path)} commit"
        text = f"the submodule {shown_path(path)} has work that is not committed in the submodule"
        hint = Hint("commit the work in the submodule", commit)
        raise GitorchError("dirty-submodule", text, about=path, details=lines[:20], hints=[hint])


def _submodules(index: PrivateIndex, paths: list[str]) -> set[str]:
    """Which of these folders are submodules by the base or by `.gitmodules` as it stands."""
    listed = index.git("ls-files", "--stage", "-z", "--", *(f":(literal){path}" for path in paths)).stdout
    known = {line.split("\t", 1)[1] for line in split_paths(listed) if line.startswith(GITLINK)}
    asked = ("config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    declared = index.repo.run(*asked, check=False).stdout
    return known | {line.partition("\n")[2].rstrip("/") for line in split_paths(declared)}


def write_blob(repo: Repository, path: str, data: bytes) -> str:
    """The id of the blob that `git add` would make of `data` at `path`."""
    return repo.run(*DURABLE, "hash-object", "-w", "--stdin", f"--path={path}", stdin=data).text
