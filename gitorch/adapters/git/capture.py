"""What a working tree holds, as a tree: read through a private index that is kept between two looks.

The person's files and index are only read, and neither of gitorch's two locks is taken.
"""

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from gitorch.adapters import files, process
from gitorch.adapters.git import sharing
from gitorch.adapters.git.index import ABSENT, diff_index, signature, uncover
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import Repository, join_paths, split_paths
from gitorch.core import globs
from gitorch.core.config import Snapshots
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint

BIG = 512 << 20
"""From here on git streams a file into a pack, which fails in a batch of fsyncs that a smaller file began
(git-config(1), core.bigFileThreshold and core.fsyncMethod)."""

LINK = "120000"
"""git's mode of a symbolic link."""

_TRIES = 20
"""So often a file is read that somebody is writing."""


class Capture(NamedTuple):
    """The `tree` of a working tree; `left_out` says of a path why it is not in it as it is.

    `staged` is the tree of the person's index where that holds what neither the files nor the base have.
    """

    tree: str
    staged: str | None
    left_out: Mapping[str, str]


def folder(repo: Repository) -> Path:
    """Where the private index of this worktree is kept, made where there is none; it is the lock of it."""
    path = repo.private / "snapshots"
    sharing.make_folder(repo, path)
    return path


def capture(
    repo: Repository, base: str, also: Collection[str], rules: Snapshots, claimed: Collection[str] = ()
) -> Capture:
    """Write the working tree into the object database; nothing refers to the tree yet.

    `also` are files, and folders with a slash at the end, that are read although git ignores them or `rules`
    exclude them; `claimed` are paths that are read although git ignores them. Call it with the lock of
    `folder` held. GitorchError when something cannot be read.
    """
    index = _Index(repo, folder(repo) / "index")
    index.path.with_name("index.lock").unlink(missing_ok=True)  # of a command that was killed
    for _ in range(2):
        index.begin()
        staging = _look_at_staging(index, base)
        left_out = _read(index, also, rules, [*(staging.forced if staging else ()), *claimed])
        done = index.git("write-tree", check=False)
        if done.ok:
            break
        index.path.unlink()  # it outlived its objects
    else:
        raise _unreadable(done.error_text.splitlines()[-20:], repo.ways_out(done.error_text))
    tree, staged = done.text, None
    if staging and staging.tree and differing(repo, tree, staging.tree) & set(staging.staged):
        staged = staging.tree
    return Capture(tree, staged, left_out)


class _Index(NamedTuple):
    """An index of ours."""

    repo: Repository
    path: Path

    def git(
        self, *arguments: str, stdin: bytes | None = None, check: bool = True, big: bool = False
    ) -> process.Result:
        """Run git on it; what it writes lasts, and a file from `BIG` bytes on can be added with `big`."""
        settings = {
            "core.fsync": "all,-index",
            "core.fsyncMethod": "fsync" if big else "batch",
            "core.bigFileThreshold": str(BIG),
            "core.splitIndex": "false",
            "core.fsmonitor": "false",
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        environment = {"GIT_INDEX_FILE": str(self.path)}
        return self.repo.run(*options, *arguments, stdin=stdin, env=environment, check=check)

    def begin(self) -> None:
        """Start from the person's index where there is none, or where a sparse checkout may have moved."""
        if self.path.exists():
            sparse = self.repo.run("config", "--type=bool", "core.sparseCheckout", check=False)
            if sparse.text != "true":
                return
        draft = _Index(self.repo, self.path.with_name("draft"))
        if not _copy_of_persons(draft):
            draft.git("read-tree", "HEAD")
        uncover(self.repo, draft.path)
        draft.path.replace(self.path)


def _copy_of_persons(index: _Index) -> bool:
    # copy2 keeps the time, without which git would trust the stat data of a file that was edited in the
    # second in which the index was written.
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(index.repo.git_dir / "index", index.path)
        return True
    return False


def _read(index: _Index, also: Collection[str], rules: Snapshots, forced: Collection[str]) -> dict[str, str]:
    """Bring the index up to date with the files; what was left out, and why."""
    left_out: dict[str, str] = {}
    sizes: dict[str, int] = {}
    for path in _differing(index, also, forced):
        name = path.rstrip("/")
        info = _lstat(index.repo.root / name)
        own = any(name == place or (place.endswith("/") and name.startswith(place)) for place in also)
        if info and path.endswith("/"):
            left_out[path] = "a nested repository"
        elif not own and globs.matches(rules.exclude, name):
            left_out[name] = "excluded"
        elif info and stat.S_ISREG(info.st_mode) and info.st_size > rules.max_file_bytes:
            left_out[name] = f"{info.st_size:,} bytes"
        else:
            sizes[name] = info.st_size if info else 0
    if sizes:
        form = ("update-index", "--add", "--remove", "--replace", "-z", "--stdin")
        big = any(size >= BIG for size in sizes.values())
        if not index.git(*form, stdin=join_paths(list(sizes)), check=False, big=big).ok:
            index.path.with_name("index.lock").unlink(missing_ok=True)
            left_out |= _one_by_one(index, sizes, form)
    return left_out


def _differing(index: _Index, also: Collection[str], forced: Collection[str]) -> list[str]:
    """The paths that the index does not have as they are, new ones too; a repository ends with `/`."""
    found = split_paths(index.git("diff-files", "--name-only", "-z", "--ignore-submodules=dirty").stdout)
    found += split_paths(index.git("ls-files", "--others", "--exclude-standard", "-z").stdout)
    folders = [path for path in forced if _is_folder(index.repo.root / path)]
    if places := [*(place for place in also if os.path.lexists(index.repo.root / place)), *folders]:
        words = ("--literal-pathspecs", "ls-files", "--others", "-z", "--", *places)
        found += split_paths(index.git(*words).stdout)
    there = (path for path in forced if os.path.lexists(index.repo.root / path))
    found += [path for path in there if path not in folders]
    return [path for path in dict.fromkeys(found) if files.TEMPORARY_PREFIX not in path]


def _one_by_one(index: _Index, sizes: Mapping[str, int], form: tuple[str, ...]) -> dict[str, str]:
    """The same where one path keeps git from all, or a writer cuts a file short while git reads it.

    git maps a file that it adds, and dies when that shrinks; what it gets on standard input it only reads.
    """
    left_out = {}
    for path, size in sizes.items():
        done = index.git(*form, stdin=join_paths([path]), check=False, big=size >= BIG)
        if done.ok:
            continue
        index.path.with_name("index.lock").unlink(missing_ok=True)
        if "nvalid path" in done.error_text:  # read-cache.c: a name that git keeps for itself
            left_out[path] = "a name that git cannot store"
        else:
            _put(index, path)
    return left_out


def _put(index: _Index, path: str) -> None:
    """Set `path` in the index to what is there now, read by ourselves."""
    found = _read_steadily(index.repo.root / path)
    if found is None:
        index.git("update-index", "--force-remove", "-z", "--stdin", stdin=join_paths([path]))
        return
    mode, data = found
    filters = "--no-filters" if mode == LINK else f"--path={path}"
    blob = index.git("hash-object", "-w", "--stdin", filters, stdin=data, check=False, big=len(data) >= BIG)
    if not blob.ok:
        raise _unreadable(blob.error_text.splitlines()[-20:], index.repo.ways_out(blob.error_text))
    index.git("update-index", "--add", "--replace", "--cacheinfo", f"{mode},{blob.text},{path}")


def _read_steadily(path: Path) -> tuple[str, bytes] | None:
    """git's mode of what is at `path`, and its bytes, of one moment if there is one; None for nothing."""
    data = b""
    for _ in range(_TRIES):
        info = _lstat(path)
        if info is None:
            return None
        mode = LINK if stat.S_ISLNK(info.st_mode) else "100755" if info.st_mode & stat.S_IXUSR else "100644"
        try:
            data = os.fsencode(os.readlink(path)) if mode == LINK else path.read_bytes()  # noqa: PTH115 (bytes)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise _unreadable([f"{path}: {error.strerror or error}"]) from error
        if len(data) == info.st_size:
            break
    return mode, data


class _Staging(NamedTuple):
    """What the person's index holds beside `base`, by the signature that it had then."""

    signature: list[int]
    base: str
    forced: list[str]
    """Files that git ignores, and that are in the index all the same (`git add --force`)."""
    staged: list[str]
    """Where it differs from the base and has something; conflicts are left out."""
    tree: str | None
    """All of it, where something is staged."""


def _look_at_staging(index: _Index, base: str) -> _Staging | None:
    """The person's index, read anew where it was rewritten since; None where there is none."""
    now = signature(index.repo)
    memory = index.path.with_name("staging.json")
    with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
        known = _Staging(**json.loads(memory.read_bytes()))
        if now and (known.signature, known.base) == (list(now), base):
            return known
    copy = _Index(index.repo, index.path.with_name("draft"))
    if now is None or not _copy_of_persons(copy):
        return None
    found, unmerged = diff_index(index.repo, copy.path, base, "--ita-invisible-in-index")
    there = {path for path, difference in found.items() if difference.after.mode != ABSENT}
    staged = sorted(there - set(unmerged))
    if staged and unmerged:
        copy.git("update-index", "--force-remove", "-z", "--stdin", stdin=join_paths(unmerged))
    tree = copy.git("write-tree", check=False).text if staged else ""
    forced = split_paths(copy.git("ls-files", "--cached", "--ignored", "--exclude-standard", "-z").stdout)
    seen = _Staging(list(now), base, forced, staged, tree or None)
    files.write_atomically(memory, json.dumps(seen._asdict()).encode())
    return seen


def _is_folder(path: Path) -> bool:
    info = _lstat(path)
    return info is not None and stat.S_ISDIR(info.st_mode)


def _lstat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _unreadable(details: Iterable[str], hints: Iterable[Hint] = ()) -> GitorchError:
    text = "the files of the working tree cannot be read; no snapshot was taken"
    return GitorchError("unreadable-worktree", text, details=details, hints=hints)
