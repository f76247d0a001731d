"""Did it move? What a working tree holds, by names, so that a later look tells what changed since.

What git keeps is named by the tree of a capture. What that leaves out, because it is excluded, too large or
another repository's, is read as well, and never written into git.
"""

import hashlib
import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gitorch.adapters.git.capture import Scope, capture_alone
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import Repository, split_paths

if TYPE_CHECKING:
    from gitorch.core.config import Snapshots

_DIFF_BYTES = 64 << 10

Stamp = tuple[int, ...] | None
"""The stat data, times in ns, by which a file that was written is known; None where nothing is there."""


class Seen(NamedTuple):
    """A working tree at one moment: the `tree` of what git can keep, and a name for all that is `apart`.

    `stamps` are of every path that differs from the base.
    """

    tree: str
    apart: Mapping[str, str]
    stamps: Mapping[str, Stamp]

    @property
    def digest(self) -> str:
        """One name for all of it."""
        lines = (os.fsencode(f"{path}\0{content}\0") for path, content in sorted(self.apart.items()))
        return f"{self.tree} {hashlib.sha256(b''.join(lines)).hexdigest()}"


def look(repo: Repository, base: str, rules: "Snapshots", before: Seen | None = None) -> Seen:
    """Look at the working tree of `repo`; what is apart, with stat data as in `before`, is not read again."""
    found = capture_alone(repo, base, Scope(rules))
    apart = {}
    stamps = {path: _stamp(repo.root / path) for path in differing(repo, base, found.tree)}
    for path in found.left_out:
        stamps[path] = stamp = _stamp(repo.root / path)
        if before and stamp and before.stamps.get(path) == stamp and path in before.apart:
            apart[path] = before.apart[path]
        else:
            apart[path] = content_of(repo.root / path)
    return Seen(found.tree, apart, stamps)


def moved(repo: Repository, before: Seen, now: Seen) -> tuple[list[str], list[str]]:
    """The paths that are not what they were before, and those that were written and are."""
    paths = differing(repo, before.tree, now.tree) if before.tree != now.tree else set()
    apart = before.apart.keys() | now.apart.keys()
    paths |= {path for path in apart if before.apart.get(path) != now.apart.get(path)}
    both = before.stamps.keys() & now.stamps.keys()
    written = {path for path in both if before.stamps[path] != now.stamps[path]}
    return sorted(paths), sorted(written - paths)


def diff(repo: Repository, tree: str, seen: Seen, paths: Collection[str]) -> tuple[bytes, list[str]]:
    """How `paths` differ from `tree`, as a patch, and which of them that tree knows.

    New files are in the patch by name. At most 64 KiB of it, and of the first 200 paths.
    """
    paths = sorted(paths)[:200]  # within what a command line holds
    listed = repo.run("ls-tree", "-z", "--name-only", "--full-tree", tree, "--", *paths).stdout
    known = sorted(set(split_paths(listed)))
    options = ("-p", "-r", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames")
    places = [f":(top,literal){path}" for path in known]
    patch = repo.run("diff-tree", *options, tree, seen.tree, "--", *places).stdout if known else b""
    new = b"".join(b"new file: " + os.fsencode(path) + b"\n" for path in paths if path not in known)
    return patch[:_DIFF_BYTES] + new, known


def cone(repo: Repository) -> str:
    """A name for which files of the base are there at all (git-sparse-checkout(1)); empty for all of them."""
    sparse = repo.run("config", "--type=bool", "core.sparseCheckout", check=False).text == "true"
    return content_of(repo.git_dir / "info" / "sparse-checkout") if sparse else ""


def content_of(path: Path) -> str:
    """A name for what is at `path`: its kind, whether it may be run, and a hash of its content."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            return f"link {hashlib.sha256(os.fsencode(os.readlink(path))).hexdigest()}"  # noqa: PTH115 (bytes)
        if stat.S_ISDIR(mode) and (inner := Repository.discover_usable(path)) and inner.root == path:
            return f"repository {_differing_from_its_commit(inner)}"
        if not stat.S_ISREG(mode):
            return f"special {stat.S_IFMT(mode):o}"
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return "nothing"
    except PermissionError:
        return "unreadable"
    return f"{'program' if mode & stat.S_IXUSR else 'file'} {digest}"


def _differing_from_its_commit(repo: Repository) -> str:
    """A hash for the commit of a repository inside of this one, and for all that differs from it there.

    Unlike `look` it makes no private index: that would be a folder in somebody else's git directory.
    """
    head = repo.run("rev-parse", "--verify", "--quiet", "HEAD", check=False).stdout
    options = ("--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=none")
    said = repo.run("--no-optional-locks", "status", *options).stdout
    seen = hashlib.sha256(head + said)
    for line in split_paths(said):
        fields = {"?": 1, "1": 8, "u": 10}.get(line[0])  # so many are before the path
        if fields:
            seen.update(f"\0{content_of(repo.root / line.split(' ', fields)[fields])}".encode())
    return seen.hexdigest()


def _stamp(path: Path) -> Stamp:
    try:
        info = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(info.st_mode):  # a folder's own tell nothing of the repository in it
        return None
    return (info.st_mode, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
