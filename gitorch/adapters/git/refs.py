"""Refs: read them, and move them by one compare-and-swap with a reason. Deletes nothing on its own."""

import contextlib
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from gitorch.adapters.git.repository import DURABLE, Repository
from gitorch.core.errors import Busy, GitorchError
from gitorch.core.hints import remove_lock
from gitorch.core.issue import Hint

ABANDONED_SECONDS = 2.0
"""A lock that nobody takes away for so long belongs to a git that was killed."""


def resolve(repo: Repository, name: str) -> str | None:
    """The full id of the commit that `name` stands for, or None."""
    done = repo.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", check=False)
    return done.text if done.ok else None


def resolve_each(repo: Repository, names: Sequence[str]) -> dict[str, str]:
    """The full id of the commit that each of these refs stands for; no entry for one that is not there."""
    asked = "".join(f"{name}^{{commit}}\n" for name in names).encode()
    said = repo.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked).lines
    answers = zip(names, (line.partition(" ") for line in said), strict=True)
    return {name: oid for name, (oid, _, kind) in answers if kind == "commit"}


class Branch(NamedTuple):
    """A branch as one look finds it."""

    tip: str | None  # its commit; None: there is no such branch
    link: str | None  # what it points to where it is a symbolic ref
    is_here: bool  # whether it is checked out in this worktree
    tracked: Mapping[str, str]  # each remote-tracking ref of that name → its commit


def read_branch(repo: Repository, ref: str) -> Branch:
    """The branch of this full name, and what was last seen of it in each remote."""
    form = "--format=%(refname) %(objecttype) %(objectname) %(HEAD)%(symref)"
    elsewhere = f"refs/remotes/**/{ref.removeprefix('refs/heads/')}"
    done = repo.run("for-each-ref", form, ref, elsewhere, check=False)
    found = {name: rest for name, _, rest in (line.partition(" ") for line in done.lines)}
    branch, tracked = found.pop(ref, ""), {name: rest.split(" ")[1] for name, rest in found.items()}
    match branch.split(" ", 2):
        case ["commit", tip, rest]:  # `*` or a blank, then the other ref
            return Branch(tip, rest[1:] or None, rest[0] == "*", tracked)
    return Branch(resolve(repo, ref), link(repo, ref), head_ref(repo) == ref, tracked)  # gone, or broken


def head_ref(repo: Repository) -> str | None:
    """The full name of the checked-out branch (born or not), or None on a detached HEAD."""
    return link(repo, "HEAD")


def link(repo: Repository, ref: str) -> str | None:
    """What the symbolic ref `ref` points to; None for a plain one."""
    done = repo.run("symbolic-ref", "--quiet", ref, check=False)
    return done.text if done.ok else None


def target(repo: Repository, ref: str) -> str | None:
    """The id that `ref` holds, whether or not there is such an object; None where it holds none."""
    done = repo.run("rev-parse", "--verify", "--quiet", "--end-of-options", ref, check=False)
    return done.text if done.ok else None


def in_the_way(repo: Repository, ref: str) -> str | None:
    """A ref whose name keeps the branch `ref` from being made: `a/b/c` or `a` for `a/b`."""
    above = [str(name) for name in PurePosixPath(ref).parents if name.is_relative_to("refs/heads")][:-1]
    found = repo.run("for-each-ref", "--format=%(refname)", f"{ref}/", *above).lines
    return next((name for name in found if name in above or name.startswith(f"{ref}/")), None)


def discard_broken(repo: Repository, ref: str) -> bool:
    """Delete the file of `ref` where it holds no id, as after a power loss: git will not replace it.

    Whether it was such a one. Call it with the locks held.
    """
    path = repo.common_dir / ref
    if not path.is_file() or target(repo, ref) or link(repo, ref):
        return False
    path.unlink()
    return True


def exists(repo: Repository, ref: str) -> bool:
    """Whether the ref of this full name is there."""
    return repo.run("show-ref", "--verify", "--quiet", ref, check=False).ok


def merge_base(repo: Repository, one: str, other: str) -> str | None:
    """A newest commit that both have, or None where their histories share nothing."""
    done = repo.run("merge-base", one, other, check=False)
    return done.text if done.ok else None


def files_of(repo: Repository, ref: str) -> tuple[Path, ...]:
    """The files of which one changes when `ref` or this worktree's HEAD does, in either ref format."""
    common = repo.common_dir
    shared = (common / ref, common / "packed-refs", common / "reftable" / "tables.list")
    return (*shared, repo.git_dir / "HEAD", repo.git_dir / "reftable" / "tables.list")


def locks_of(repo: Repository, ref: str) -> tuple[Path, Path]:
    """git's locks on `ref` and on this worktree's HEAD, which a move of the checked-out branch needs."""
    return repo.common_dir / f"{ref}.lock", repo.git_dir / "HEAD.lock"


def zero(oid: str) -> str:
    """The id that stands for `no such ref`, in the length of `oid` (SHA-1 or SHA-256)."""
    return "0" * len(oid)


def move(repo: Repository, ref: str, new: str, old: str, reason: str) -> None:
    """Set `ref` from `old` to `new` or raise a GitorchError; `old` is checked by git itself.

    Never what a symbolic ref at `ref` leads to.
    """
    words = ("update-ref", "--no-deref", "-m", reason, ref, new, old)
    done = repo.run(
        *DURABLE, *words, check=False, for_person=True
    )  # it runs their reference-transaction hook
    if not done.ok:
        text = f"{ref} could not be moved to {new[:12]}"
        look = Hint("see where the branch is", "gitorch status")
        raise GitorchError("ref-failed", text, about=ref, details=done.error_text.splitlines(), hints=[look])


def settle(repo: Repository, ref: str, new: str, since: float) -> bool:
    """Whether a move of `ref` to `new`, begun after `since` (epoch seconds), was made; it is over then.

    Git that outlived its gitorch is waited for. A git that was killed leaves its locks on the ref and on
    HEAD: they are taken away when they were made after `since`, hold what such a move writes, and
    nobody touches them for two seconds. Call it with the locks held and no permit standing,
    so that a git which has not come to the guard yet is refused by it.

    Busy where the lock of a reftable stays: that one does not tell whose it is.
    """
    ours = (b"", f"{new}\n".encode(), f"ref: {ref}\n".encode())
    for lock in locks_of(repo, ref):
        _wait_for(lock, ours, since)
    for folder in dict.fromkeys((repo.common_dir, repo.git_dir)):
        _wait_for_table(folder / "reftable" / "tables.list.lock", since)
    return resolve(repo, ref) == new


def _wait_for(lock: Path, ours: Collection[bytes], since: float) -> None:
    deadline = time.monotonic() + ABANDONED_SECONDS
    try:
        while lock.stat().st_mtime >= since and lock.read_bytes() in ours:
            if time.monotonic() >= deadline:
                lock.unlink()
            time.sleep(0.02)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        # It ended; with reftable `refs/heads` is a file; a seal without hard links is a folder.
        return


def _wait_for_table(lock: Path, since: float) -> None:
    deadline = time.monotonic() + ABANDONED_SECONDS
    with contextlib.suppress(FileNotFoundError):
        while lock.stat().st_mtime >= since:
            if time.monotonic() >= deadline:
                text = f"another git process holds {lock}"
                raise Busy("busy", text, about=str(lock), hints=[remove_lock(lock)])
            time.sleep(0.02)


def point_head_at(repo: Repository, ref: str, reason: str) -> None:
    """Make `ref` the checked-out branch; no file and no index entry is touched."""
    repo.run("symbolic-ref", "-m", reason, "HEAD", ref)


def containing(repo: Repository, oid: str) -> list[str]:
    """The full name of every ref whose history has the commit `oid`, gitorch's own left out."""
    names = repo.run("for-each-ref", "--format=%(refname)", f"--contains={oid}").lines
    return [name for name in names if not name.startswith("refs/gitorch/")]


def branch_onward(repo: Repository, base: str, ref: str) -> str | None:
    """The only other branch that stands at `base`, else the only one that has it; as a person types it."""
    for question in ("--points-at", "--contains"):
        out = repo.run("for-each-ref", "--format=%(refname)", f"{question}={base}", "refs/heads/").lines
        found = [name for name in out if name != ref and not name.startswith("refs/heads/build/")]
        if len(found) == 1:
            return found[0].removeprefix("refs/heads/")
    return None
