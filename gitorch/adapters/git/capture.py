"""What a working tree holds, as a tree: read through a private index that is kept between two looks.

The person's files and index are only read, and neither of gitorch's two locks is taken.
"""

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gitorch.adapters import files, process
from gitorch.adapters.git import sharing
from gitorch.adapters.git.candidate import look_at
from gitorch.adapters.git.index import ABSENT, diff_index, signature, uncover
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import BIG, Repository, join_paths, split_paths
from gitorch.core import globs
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint

if TYPE_CHECKING:  # it starts pydantic, which those that only look have no use for
    from gitorch.core.config import Snapshots

LINK = "120000"
"""git's mode of a symbolic link."""

UNREADABLE = "cannot be read"
"""Why a path is left out that makes any capture fail but the one before an abort."""

_TRIES = 20
"""So often a file is read that somebody is writing."""


class Capture(NamedTuple):
    """The `tree` of a working tree; `left_out` says of a path why it is not in it as it is.

    `staged` is the tree of the person's index where that holds what neither the files nor the base have.
    """

    tree: str
    staged: str | None
    left_out: Mapping[str, str]


class Scope(NamedTuple):
    """What a capture takes beside all that git does not ignore.

    `also` are files, and folders with a slash at the end, that are read although git ignores them or `rules`
    exclude them; `claimed` are paths that are read although git ignores them. What cannot be read makes it
    fail, unless that is to be left out.
    """

    rules: "Snapshots"
    also: Collection[str] = ()
    claimed: Collection[str] = ()
    leave_unreadable: bool = False


def _folder(repo: Repository) -> Path:
    return repo.workshop / "snapshots"


@contextlib.contextmanager
def alone(repo: Repository) -> Iterator[None]:
    """Hold the lock of our own index in this worktree, which `capture` needs; Busy when another has it."""
    sharing.make_folder(repo, _folder(repo))
    with files.lock(_folder(repo), "the snapshots of this worktree"):
        yield


def capture_alone(repo: Repository, base: str, scope: Scope) -> Capture:
    """The same as `capture`, for a caller that needs the lock for nothing else."""
    with alone(repo):
        return capture(repo, base, scope)


def capture(repo: Repository, base: str, scope: Scope) -> Capture:
    """Write the working tree into the object database; nothing refers to the tree yet.

    Call it with the lock of `alone` held. GitorchError when something cannot be read.
    """
    index = _Index(repo, _folder(repo) / "index")
    index.lock.unlink(missing_ok=True)  # of a command that was killed
    for is_last in (False, True):
        try:
            index.begin()
            staging = _look_at_staging(index, base)
            left_out = _read(index, scope, [*(staging.forced if staging else ()), *scope.claimed])
        except GitorchError:  # it may have been copied from one that is broken
            if is_last:
                raise
            index.path.unlink(missing_ok=True)
            continue
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
        self,
        *arguments: str,
        stdin: bytes | None = None,
        check: bool = True,
        big: bool = False,
        tries: int = _TRIES,
    ) -> process.Result:
        """Run git on it; what it writes lasts, and a file from `BIG` bytes on can be added with `big`.

        Whoever writes an index may read files again (read-cache.c, ce_smudge_racily_clean_entry): git maps
        them, and dies when one shrinks. That is tried again, with the lock of the dead one removed.
        """
        settings = {
            "core.fsync": "all,-index",
            "core.fsyncMethod": "fsync" if big else "batch",
            "core.bigFileThreshold": str(BIG),
            "core.splitIndex": "false",
            "core.fsmonitor": "false",
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        environment = {"GIT_INDEX_FILE": str(self.path)}
        for _ in range(tries):
            done = self.repo.run(*options, *arguments, stdin=stdin, env=environment, check=False)
            if done.status >= 0:
                break
            self.lock.unlink(missing_ok=True)
        return self.repo.require(done) if check else done

    @property
    def lock(self) -> Path:
        """git's lock on it, which a git that is killed leaves behind; nobody else takes it."""
        return self.path.with_name(f"{self.path.name}.lock")

    def begin(self) -> None:
        """Start from the person's index where there is none, or where a sparse checkout may have moved."""
        if self.path.exists():
            if not (self.repo.git_dir / "info" / "sparse-checkout").exists():
                return
            sparse = self.repo.run("config", "--type=bool", "core.sparseCheckout", check=False)
            if sparse.text != "true":
                return
        draft = _Index(self.repo, self.path.with_name("draft"))
        if not _copy_of_persons(draft):
            draft.git("read-tree", "HEAD")
        uncover(self.repo, draft.path)
        draft._settle()
        draft.path.replace(self.path)

    def _settle(self) -> None:
        """Have one entry at each path that has conflicts; the file itself is read after that."""
        listed = split_paths(self.git("ls-files", "--unmerged", "-z").stdout)  # MODE ID STAGE TAB PATH
        heads = {path: head[:-2] for head, _, path in (line.partition("\t") for line in listed)}
        if heads:
            gone, there = join_paths(list(heads)), [f"{head}\t{path}" for path, head in heads.items()]
            self.git("update-index", "--force-remove", "-z", "--stdin", stdin=gone)
            self.git("update-index", "-z", "--index-info", stdin=join_paths(there))


def _copy_of_persons(index: _Index) -> bool:
    # copy2 keeps the time, without which git would trust the stat data of a file that was edited in the
    # second in which the index was written.
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(index.repo.git_dir / "index", index.path)
        return True
    return False


def _read(index: _Index, scope: Scope, forced: Collection[str]) -> dict[str, str]:
    """Bring the index up to date with the files; what was left out, and why."""
    rules, also = scope.rules, scope.also
    left_out: dict[str, str] = {}
    sizes: dict[str, int] = {}
    folders: list[str] = []
    covered: list[str] = []  # behind a link, where another file is, or by a folder
    found = {path.rstrip("/"): path for path in _differing(index, also, forced)}
    for name, info in look_at(index.repo.root, found).items():
        path = found[name]
        own = any(name == place or (place.endswith("/") and name.startswith(place)) for place in also)
        if info and path.endswith("/"):
            left_out[path] = "a nested repository"
        elif info and not own and globs.matches(rules.exclude, name):
            left_out[name] = "excluded"
        elif info and stat.S_ISREG(info.st_mode) and info.st_size > rules.max_file_bytes:
            left_out[name] = f"{info.st_size:,} bytes"
        elif info and stat.S_IFMT(info.st_mode) not in (stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR):
            left_out[name] = "neither a file nor a link"
        else:
            sizes[name] = info.st_size if info else 0
            if info and stat.S_ISDIR(info.st_mode):
                folders.append(name)
            elif info is None and os.path.lexists(index.repo.root / name):
                covered.append(name)
    if covered:
        index.git("update-index", "--force-remove", "-z", "--stdin", stdin=join_paths(covered))
        sizes = {path: size for path, size in sizes.items() if path not in covered}
    if sizes:
        form = ("update-index", "--add", "--remove", "--replace", "-z", "--stdin")
        big = any(size >= BIG for size in sizes.values())
        if not index.git(*form, stdin=join_paths(list(sizes)), check=False, big=big, tries=1).ok:
            left_out |= _one_by_one(index, sizes, form, leave_unreadable=scope.leave_unreadable)
    return left_out | _worked_in(index, folders)


def _worked_in(index: _Index, folders: Collection[str]) -> dict[str, str]:
    """Of these submodules, those that hold more than their commit."""
    if not folders:
        return {}
    dirty = split_paths(index.git("diff-files", "--name-only", "-z", "--ignore-submodules=none").stdout)
    return {path: "a submodule with uncommitted work" for path in folders if path in dirty}


def _differing(index: _Index, also: Collection[str], forced: Collection[str]) -> list[str]:
    """The paths that the index does not have as they are, new ones too; a repository ends with `/`."""
    found = split_paths(index.git("diff-files", "--name-only", "-z", "--ignore-submodules=none").stdout)
    found += split_paths(index.git("ls-files", "--others", "--exclude-standard", "-z").stdout)
    folders = [path for path in forced if _is_folder(index.repo.root / path)]
    if places := [*(place for place in also if os.path.lexists(index.repo.root / place)), *folders]:
        words = ("--literal-pathspecs", "ls-files", "--others", "-z", "--", *places)
        found += split_paths(index.git(*words).stdout)
    there = (path for path in forced if os.path.lexists(index.repo.root / path))
    found += [path for path in there if path not in folders]
    return [path for path in dict.fromkeys(found) if files.TEMPORARY_PREFIX not in path]


def _one_by_one(
    index: _Index, sizes: Mapping[str, int], form: tuple[str, ...], *, leave_unreadable: bool
) -> dict[str, str]:
    """The same where one path keeps git from all, or a writer cuts a file short while git reads it.

    git maps a file that it adds, and dies when that shrinks; what it gets on standard input it only reads.
    """
    left_out = {}
    for path, size in sizes.items():
        done = index.git(*form, stdin=join_paths([path]), check=False, big=size >= BIG, tries=1)
        if done.ok:
            continue
        if "nvalid path" in done.error_text:  # read-cache.c: a name that git keeps for itself
            left_out[path] = "a name that git cannot store"
            continue
        try:
            _put(index, path)
        except GitorchError:
            if not leave_unreadable:
                raise
            left_out[path] = UNREADABLE
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
        if now and (known.signature, known.base) == (list(now), base) and _is_there(index, known.tree):
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


def _is_there(index: _Index, tree: str | None) -> bool:
    """Whether the tree still exists: nothing refers to one that no snapshot took, and gc prunes it."""
    return tree is None or index.git("cat-file", "-e", tree, check=False).ok


def _lstat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _unreadable(details: Iterable[str], hints: Iterable[Hint] = ()) -> GitorchError:
    text = "the files of the working tree cannot be read; no snapshot was taken"
    return GitorchError("unreadable-worktree", text, details=details, hints=hints)
