"""The seal: git's own lock on a build branch, which also stops clients that run no hooks.

    <common dir>/gitorch/sealed-<slug>            that the person wants it; stays while the build is closed
    <common dir>/refs/heads/build/<slug>.lock     the lock, ours when its one line says so; off for a move

Only the files ref format has such a lock. Never removes a lock that is not ours.
"""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from gitorch.adapters.git import lockfile, refs, sharing
from gitorch.adapters.git.repository import Repository
from gitorch.core.errors import GitorchError
from gitorch.core.hints import remove_lock
from gitorch.core.issue import Issue
from gitorch.core.names import Slug, branch_name, branch_ref, slug_problem

_LINE = b"gitorch seal\n"


def put(repo: Repository, slug: Slug) -> bool:
    """Lock the branch of `slug`; whether it was not locked by us before.

    GitorchError where the ref format has no such lock, or another git process holds it.
    """
    if refusal := problem(repo):
        raise GitorchError("missing-seal", refusal, about=branch_name(slug))
    if is_sealed(repo, slug):
        return False
    sharing.write(repo, _wish(repo, slug), _LINE)
    try:
        put_back(repo, slug)
    except GitorchError:
        _wish(repo, slug).unlink()
        raise
    return True


def lift(repo: Repository, slug: Slug) -> bool:
    """Remove our lock for good; whether there was one."""
    _wish(repo, slug).unlink(missing_ok=True)
    if not is_sealed(repo, slug):
        return False
    lockfile.remove(_path(repo, slug), _wish(repo, slug))
    return True


def set_aside(repo: Repository, slug: Slug) -> None:
    """Take our lock away until `put_back`; harmless when there is none, or it was done already."""
    if is_sealed(repo, slug):
        lockfile.remove(_path(repo, slug), _wish(repo, slug))


def put_back(repo: Repository, slug: Slug) -> None:
    """Lock the branch where it is to be sealed; GitorchError when another git holds it.

    Does nothing where the repository was brought to a ref format that has no such lock.
    """
    wish, path = _wish(repo, slug), _path(repo, slug)
    if not wish.exists() or problem(repo):
        return
    sharing.make_folder(repo, path.parent)
    try:
        lockfile.take(path, wish)  # never over another git's lock, and never empty
    except FileExistsError as error:
        if not is_sealed(repo, slug):
            issue = held(path)
            raise GitorchError("busy", issue.message, about=issue.about, hints=issue.hints) from error


def is_sealed(repo: Repository, slug: Slug) -> bool:
    """Whether the branch of `slug` is locked by us."""
    return _is_ours(repo, _path(repo, slug))


def is_lost(repo: Repository, slug: Slug) -> bool:
    """Whether the branch of `slug` is to be sealed and is not. So it is for the length of a move, too."""
    return _wish(repo, slug).exists() and not is_sealed(repo, slug)


def foreign_lock(repo: Repository, slug: Slug) -> Path | None:
    """Another git's lock in the way of a move of the branch, which did not go within two seconds."""
    deadline = time.monotonic() + refs.ABANDONED_SECONDS
    while held := next(
        (
            lock
            for lock in refs.locks_of(repo, branch_ref(slug))
            if lock.exists() and not _is_ours(repo, lock)
        ),
        None,
    ):
        if time.monotonic() >= deadline:
            break
        time.sleep(0.05)
    return held


def held(lock: Path) -> Issue:
    """What is wrong where another git process has this lock, or was killed with it."""
    return Issue("busy", f"another git process holds {lock}", str(lock), hints=(remove_lock(lock),))


@contextlib.contextmanager
def released(repo: Repository, slug: Slug) -> Iterator[None]:
    """For the one move that may be made: the seal is off inside, and back behind it."""
    set_aside(repo, slug)
    try:
        yield
    finally:
        put_back(repo, slug)


def sealed(repo: Repository) -> list[Slug]:
    """Every build whose branch is locked by us, open or not."""
    folder = _path(repo, Slug("x")).parent
    names = [
        path.name.removesuffix(".lock") for path in sorted(folder.glob("*.lock")) if _is_ours(repo, path)
    ]
    return [Slug(name) for name in names if slug_problem(name) is None]


def problem(repo: Repository) -> str | None:
    """Why nothing can be sealed in this repository; None where it can."""
    if (kind := repo.config("extensions.refStorage")) and kind != "files":
        return f"a branch cannot be sealed here: the ref format {kind} has no lock for one branch"
    return None


def costs(slug: Slug) -> tuple[str, ...]:
    """What a person is told of a branch that is sealed."""
    return (
        f"note: until then git gc fails, and what moves {branch_name(slug)} fails with git's advice",
        "      to delete the lock file",
        f"undo: gitorch seal off --project {slug}",
    )


def _path(repo: Repository, slug: Slug) -> Path:
    return repo.common_dir / f"{branch_ref(slug)}.lock"


def _wish(repo: Repository, slug: Slug) -> Path:
    return repo.shared / f"sealed-{slug}"


def _is_ours(repo: Repository, path: Path) -> bool:
    if lockfile.is_folder_of(path, _wish(repo, Slug(path.name.removesuffix(".lock")))):
        return True
    with contextlib.suppress(OSError):
        return path.read_bytes() == _LINE
    return False
