"""A private index: a copy of the person's, in which gitorch composes a tree; later it may be installed.

The copy keeps the stat data of every entry, so that git rereads only the files that changed; the
person's own index is replaced as a whole by `install`, under git's own lock; `put` alone sets paths in it.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gitorch.adapters import files, process
from gitorch.adapters.git import lockfile
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import DURABLE, Repository, join_paths, split_paths
from gitorch.core.errors import Busy
from gitorch.core.hints import remove_lock

ABSENT = "000000"
"""The mode of a path that is not there, as `git diff-index --raw` writes it."""

GITLINK = "160000"

_EMPTY = {
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
}
"""The blob without a byte, in SHA-1 and SHA-256: what an entry of `git add -N` shows, too."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What an index or a tree holds at a path; `mode` is `ABSENT` where it holds nothing."""

    mode: str
    oid: str


@dataclass(frozen=True, slots=True)
class Difference:
    """How an index differs from a tree at one path."""

    before: Entry  # in the tree
    after: Entry  # in the index


Signature = tuple[int, int, int] | None
"""Inode, modification time (ns) and size of an index file: another one means that it was rewritten."""


@dataclass(frozen=True, slots=True)
class PrivateIndex:
    """A copy of the index of `repo`, every entry put back to `base`.

    `staged` is where the person's index differs from the base, `unmerged` its conflicts among them,
    `intended` the entries of `git add -N`, which hold nothing yet and are not in the copy, `hidden` the
    paths whose `assume-unchanged` or `skip-worktree` bit was taken off in the copy (with the option that
    sets it again), `origin` the state of the person's index when it was copied.
    """

    repo: Repository
    base: str
    path: Path
    origin: Signature
    staged: Mapping[str, Difference]
    unmerged: tuple[str, ...]
    intended: frozenset[str]
    hidden: Mapping[str, str]

    def git(self, *arguments: str, stdin: bytes | None = None, check: bool = True) -> process.Result:
        """Run git on this index."""
        return _git(self.repo, self.path, *arguments, stdin=stdin, check=check)

    def put(self, entries: Iterable[tuple[str, Entry]]) -> None:
        """Set these paths to these entries, without a look at the working tree."""
        _put(self.repo, self.path, entries)

    def restore(self, taken: Collection[str]) -> None:
        """Give back what the person had staged, and the bits, at every path that is not `taken`."""
        left = {path: staged.after for path, staged in self.staged.items() if path not in taken}
        self.put((path, entry) for path, entry in left.items() if path not in self.unmerged)
        there = [path for path in self.intended - set(taken) if os.path.lexists(self.repo.root / path)]
        if there:
            add = ("add", "--intent-to-add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul")
            self.git("--literal-pathspecs", *add, stdin=join_paths(sorted(there)))
        for option in sorted(set(self.hidden.values())):
            paths = [path for path, bit in self.hidden.items() if bit == option and path not in taken]
            if paths:
                self.git("update-index", option, "-z", "--stdin", stdin=join_paths(paths))


@contextlib.contextmanager
def private(repo: Repository, base: str) -> Iterator[PrivateIndex]:
    """A private index that equals the commit `base`; its file is deleted at the end, unless installed."""
    repo.workshop.mkdir(parents=True, exist_ok=True)
    with files.temporary_folder(repo.workshop) as folder:
        path = folder / "index"
        origin = signature(repo)
        if origin is None:  # no index yet, or it was deleted
            _git(repo, path, "read-tree", base)
        else:
            # copy2 keeps the modification time, without which git would trust the stat data of a file
            # that was edited in the second in which the index was written.
            shutil.copy2(repo.git_dir / "index", path)
        staged, unmerged, intended = _differences(repo, path, base)
        if intended:
            remove = ("update-index", "--force-remove", "-z", "--stdin")
            _git(repo, path, *remove, stdin=join_paths(sorted(intended)))
        _put(repo, path, ((name, difference.before) for name, difference in staged.items()))
        hidden = uncover(repo, path)
        yield PrivateIndex(repo, base, path, origin, staged, unmerged, intended, hidden)


def signature(repo: Repository) -> Signature:
    """The present state of the person's index, None where there is none."""
    try:
        info = (repo.git_dir / "index").stat()
    except FileNotFoundError:
        return None
    return (info.st_ino, info.st_mtime_ns, info.st_size)


def unmerged(repo: Repository) -> list[str]:
    """The paths of the person's index that have conflicts."""
    lines = split_paths(repo.run("ls-files", "--unmerged", "-z").stdout)
    return sorted({line.partition("\t")[2] for line in lines})


def hold(repo: Repository, draft: Path | None = None) -> None:
    """Take git's lock on the person's index; `draft` becomes what the index is replaced by.

    Harmless where a killed gitorch has taken it. Busy when another git holds the lock for longer than
    5 seconds, or than `GITORCH_LOCK_WAIT` says.
    """
    file = landing_path(repo)
    if not lockfile.is_ours(lock_path(repo), file):
        # Who was killed behind the last rename left a second name of the index, which must not be written.
        file.unlink(missing_ok=True)
        if draft:
            draft.replace(file)
        else:
            file.touch()
        _take_lock(repo, file)
    elif not file.exists():  # killed behind the rename, where there are no hard links
        file.touch()


def release(repo: Repository) -> None:
    """Undo `hold`; never touches a lock of another process."""
    file = landing_path(repo)
    if lockfile.is_ours(lock_path(repo), file):
        lockfile.remove(lock_path(repo), file)
    file.unlink(missing_ok=True)


def _take_lock(repo: Repository, file: Path) -> None:
    """Make `file` git's own lock on the person's index; whoever finds it there can tell whose it is."""
    lock = lock_path(repo)
    deadline = time.monotonic() + files.patience(5)
    while True:
        with contextlib.suppress(FileExistsError):
            lockfile.take(lock, file)
            return
        if time.monotonic() >= deadline:
            text = f"another git process holds {lock}"
            raise Busy("busy", text, about=str(lock), hints=[remove_lock(lock)])
        time.sleep(0.02)


def put_landing(index: PrivateIndex) -> None:
    """Make `index` what the person's is to be replaced by, instead of what was to be before."""
    files.sync(index.path)
    index.path.replace(landing_path(index.repo))


def install(repo: Repository, origin: Signature) -> bool:
    """Replace the person's index by the landing file; harmless when it is done already.

    False, with no lock held and the file kept, when the index is not `origin` any more.
    """
    file = landing_path(repo)
    index, lock = repo.git_dir / "index", lock_path(repo)
    installed = not file.exists() or (index.exists() and index.samefile(file))  # killed behind the rename
    if not installed:
        if not lockfile.is_ours(lock, file):
            _take_lock(repo, file)
        if signature(repo) != origin:
            lockfile.remove(lock, file)
            return False
    lockfile.become(lock, file, index)
    return True


def settle(index: PrivateIndex) -> set[str]:
    """Every file that is not as git would write it from `index`, whose entries stay.

    Where git stores the file as the index has it, because line ends alone differ or what a filter takes away,
    the entry gets its stat data, so that git calls it unchanged.
    """
    changed = ("diff-files", "--name-only", "-z", "--ignore-submodules=all")
    found = split_paths(index.git(*changed).stdout)
    if found:  # it fails where core.safecrlf forbids this
        each = ("-c", "core.fsyncMethod=fsync")  # one may be `repository.BIG`
        index.git(*each, "update-index", "--remove", "-z", "--stdin", stdin=join_paths(found), check=False)
        otherwise, _ = diff_index(index.repo, index.path, index.base)
        index.put((path, difference.before) for path, difference in otherwise.items())
    return set(found)


def replace(index: PrivateIndex) -> None:
    """Make `index` the person's as it is, by the lock that `hold` has taken.

    The bits that hide edits are kept. Harmless when it is done already, and again after a kill.
    """
    index.restore(set(index.staged))
    hold(index.repo)
    with landing_path(index.repo).open("r+b") as file:  # the lock may be another name of this very file
        file.truncate()
        file.write(index.path.read_bytes())
        file.flush()
        os.fsync(file.fileno())
    install(index.repo, signature(index.repo))


def carry_over(index: PrivateIndex, since: str) -> None:
    """Put into `index` whatever the person's holds otherwise than the commit `since`, conflicts included.

    Doing it once more, when `index` has become the person's, changes nothing.
    """
    with private(index.repo, since) as present:
        index.put((path, staged.after) for path, staged in present.staged.items())
    # `MODE OID STAGE TAB PATH`, the one form that update-index reads conflicts in
    if stages := index.repo.run("ls-files", "--unmerged", "-z").stdout:
        index.git("update-index", "-z", "--index-info", stdin=stages)


def put(repo: Repository, old: str, new: str, paths: Collection[str]) -> None:
    """Set `paths` in the person's index as the tree `new` has them, which differs there from `old`.

    Under git's own lock; GitorchError when another git holds it.
    """
    form = ("diff-tree", "-r", *_RAW, old, new, "--")
    found, _ = _differences_of(repo.run(*form).stdout)
    _put(repo, repo.git_dir / "index", ((path, found[path].after) for path in paths))
    repo.run("update-index", "-q", "--refresh", check=False)  # it fails for what differs


def put_unseen(index: PrivateIndex, commit: str) -> None:
    """Put into `index` what the commit has otherwise than the base, and no file on the disk can show.

    That a file which is there is not tracked, and the modes where the file system keeps none.
    """
    found, _ = diff_index(index.repo, index.path, commit)  # from the commit to the base
    gone = [path for path, two in found.items() if two.before.mode == ABSENT]
    index.put((path, found[path].before) for path in gone if os.path.lexists(index.repo.root / path))
    kept = ("config", "--type=bool", "--get-regexp", "^core\\.(filemode|symlinks)$")
    if "false" in index.git(*kept, check=False).text:
        usual = {ABSENT: "100644"}  # the mode of a new file that is not told otherwise
        modes = {path: (two.before.mode, two.after.mode) for path, two in found.items()}
        other = [path for path, (new, old) in modes.items() if new not in (ABSENT, usual.get(old, old))]
        index.put((path, found[path].before) for path in other)


def put_staged(index: PrivateIndex, staged: str, files: str) -> None:
    """Put into `index` what the commit `staged` has otherwise than the commit `files`."""
    apart = differing(index.repo, staged, files)
    found, _ = diff_index(index.repo, index.path, staged)  # from that commit to the index
    there = {path: two.before for path, two in found.items() if two.before.mode != ABSENT}
    index.put((path, entry) for path, entry in there.items() if path in apart)


def landing_path(repo: Repository) -> Path:
    """The file that becomes the person's index, there while a journal speaks of what it belongs to."""
    return repo.private / "landing-index"


def lock_path(repo: Repository) -> Path:
    """Git's lock on the person's index."""
    return repo.git_dir / "index.lock"


def _git(
    repo: Repository, index: Path, *arguments: str, stdin: bytes | None = None, check: bool = True
) -> process.Result:
    # Unsplit: a shared index file that belongs to a copy would outlive it. The objects last at once; of
    # the index only the last state has to, and `replace` or finalize sees to that. With ignoreStat git would
    # take every file that it writes for unchanged from then on.
    alone = ("-c", "core.splitIndex=false", "-c", "core.ignoreStat=false")
    options = (*DURABLE, "-c", "core.fsync=all,-index", *alone)
    return repo.run(*options, *arguments, stdin=stdin, env={"GIT_INDEX_FILE": str(index)}, check=check)


def _put(repo: Repository, index: Path, entries: Iterable[tuple[str, Entry]]) -> None:
    """`git update-index --index-info`: removals first, so that a file may take the place of a folder."""
    lines = sorted((entry.mode != ABSENT, path, entry) for path, entry in entries)
    if lines:
        stdin = b"".join(f"{e.mode} {e.oid}\t".encode() + os.fsencode(path) + b"\0" for _, path, e in lines)
        _git(repo, index, "update-index", "-z", "--index-info", stdin=stdin)


def _differences(
    repo: Repository, index: Path, tree: str
) -> tuple[dict[str, Difference], tuple[str, ...], frozenset[str]]:
    """Where the index differs from the tree, the unmerged paths, and the entries of `git add -N`."""
    found, unmerged = diff_index(repo, index, tree)
    if not any(difference.after.oid in _EMPTY for difference in found.values()):
        return found, unmerged, frozenset()
    staged, unmerged = diff_index(repo, index, tree, "--ita-invisible-in-index")
    intended = {path for path, difference in found.items() if staged.get(path) != difference}
    return staged, unmerged, frozenset(intended)


def diff_index(
    repo: Repository, index: Path, tree: str, *options: str
) -> tuple[dict[str, Difference], tuple[str, ...]]:
    """`git diff-index --cached --raw -z` (gitdiff-core(7), raw output format), and the unmerged paths."""
    return _differences_of(_git(repo, index, "diff-index", "--cached", *_RAW, *options, tree, "--").stdout)


_RAW = ("--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules=none")


def _differences_of(raw: bytes) -> tuple[dict[str, Difference], tuple[str, ...]]:
    """What a git says with `_RAW`, and the unmerged paths."""
    fields = split_paths(raw)
    found: dict[str, Difference] = {}
    unmerged = []
    for head, path in zip(fields[::2], fields[1::2], strict=True):
        before, after, old, new, status = head.removeprefix(":").split(" ")
        if status == "U":
            unmerged.append(path)
        found[path] = Difference(Entry(before, old), Entry(after, new))
    return found, tuple(unmerged)


def uncover(repo: Repository, index: Path) -> dict[str, str]:
    """Take off the bits that hide edits of files which are there; path → option that sets it again.

    `git ls-files -v`: a lower-case tag is assume-unchanged, `S` or `s` is skip-worktree. A skipped
    file that is not there (a sparse checkout) stays skipped: it counts as it is in the base.
    """
    assumed, skipped = [], []
    for line in _git(repo, index, "ls-files", "-v", "-z").stdout.split(b"\0"):
        if line[:2] == b"H " or not line:
            continue
        path = os.fsdecode(line[2:])
        if line[:1].islower():
            assumed.append(path)
        if line[:1] in b"Ss" and os.path.lexists(repo.root / path):
            skipped.append(path)
    for option, paths in (("--no-assume-unchanged", assumed), ("--no-skip-worktree", skipped)):
        if paths:
            _git(repo, index, "update-index", option, "-z", "--stdin", stdin=join_paths(paths))
    return dict.fromkeys(assumed, "--assume-unchanged") | dict.fromkeys(skipped, "--skip-worktree")
