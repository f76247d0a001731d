"""What stands in a working tree beside its base, by content, so that a later look tells what moved.

Reads only: nothing is written to the object database, for what is read may be a secret.
"""

import hashlib
import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gitorch.adapters.git import scan
from gitorch.adapters.git.index import private
from gitorch.adapters.git.repository import Repository, split_paths

_DIFF_BYTES = 64 << 10


@dataclass(frozen=True)
class Snapshot:
    """Path → what stands there, for every path that differs from the base and is not ignored."""

    contents: Mapping[str, str]
    _stats: Mapping[str, tuple[int, ...]] = field(default_factory=dict, compare=False)

    @property
    def digest(self) -> str:
        """One hash for all of it."""
        lines = (os.fsencode(f"{path}\0{content}\0") for path, content in sorted(self.contents.items()))
        return hashlib.sha256(b"".join(lines)).hexdigest()

    def differing(self, other: "Snapshot") -> list[str]:
        """The paths that are not the same in both, in order."""
        paths = {*self.contents, *other.contents}
        return sorted(path for path in paths if self.contents.get(path) != other.contents.get(path))

    def rewritten(self, other: "Snapshot") -> list[str]:
        """The paths that are the same in both, and were written in between."""
        same = (path for path, content in self.contents.items() if other.contents.get(path) == content)
        stats = other._stats  # noqa: SLF001 (of the same class)
        return sorted(path for path in same if self._stats.get(path) != stats.get(path))


def take(repo: Repository, base: str, before: Snapshot | None = None) -> Snapshot:
    """Look at the working tree of `repo`; a file whose stat data is as in `before` is not read again."""
    contents: dict[str, str] = {}
    stats: dict[str, tuple[int, ...]] = {}
    for change in scan.changes(repo, base):
        path = change.path
        info = _stat(repo.root / path)
        if before and info and before._stats.get(path) == info:  # noqa: SLF001 (of the same class)
            contents[path] = before.contents[path]
        else:
            contents[path] = content_of(repo.root / path)
        if info and not stat.S_ISDIR(info[0]):  # a folder's own tell nothing of the repository in it
            stats[path] = info
    return Snapshot(contents, stats)


def cone(repo: Repository) -> str:
    """A name for which files of the base are there at all (git-sparse-checkout(1)); empty for all of them."""
    sparse = repo.run("config", "--type=bool", "core.sparseCheckout", check=False).text == "true"
    return content_of(repo.git_dir / "info" / "sparse-checkout") if sparse else ""


def content_of(path: Path) -> str:
    """A name for what stands at `path`: its kind, whether it may be run, and a hash of its content."""
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

    Unlike `take` it makes no private index: that would be a folder in somebody else's git directory.
    """
    head = repo.run("rev-parse", "--verify", "--quiet", "HEAD", check=False).stdout
    options = ("--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--ignore-submodules=none")
    said = repo.run("--no-optional-locks", "status", *options).stdout
    seen = hashlib.sha256(head + said)
    for line in split_paths(said):
        fields = {"?": 1, "1": 8, "u": 10}.get(line[0])  # so many stand before the path
        if fields:
            seen.update(f"\0{content_of(repo.root / line.split(' ', fields)[fields])}".encode())
    return seen.hexdigest()


def _stat(path: Path) -> tuple[int, ...] | None:
    try:
        info = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return (info.st_mode, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)


def diff(repo: Repository, base: str, tree: str, paths: Collection[str]) -> tuple[bytes, list[str]]:
    """How `paths` in the working tree differ from `tree`, as a patch, and which of them the tree knows.

    New files stand in the patch by name. At most 64 KiB of it, and of the first 200 paths.
    """
    paths = sorted(paths)[:200]  # within what a command line holds
    with private(repo, base) as index:
        index.git("read-tree", tree)
        options = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--ignore-submodules")
        patch = index.git("diff", *options, "--", *(f":(top,literal){path}" for path in paths)).stdout
        known = set(split_paths(index.git("ls-files", "-z").stdout))
    new = b"".join(b"new file: " + os.fsencode(path) + b"\n" for path in paths if path not in known)
    return patch[:_DIFF_BYTES] + new, [path for path in paths if path in known]
