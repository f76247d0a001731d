"""Which builds are open in this repository and which worktree belongs to which: the guard's own facts.

    <common dir>/gitorch/open/<slug>   there while the build is open; its first line is the build's
                                       folder as messages name it, the second the commit at which it
                                       opened, the rest the bound worktree's path
    <git dir>/gitorch/bound            there while this worktree is bound; holds the slug
    <common dir>/gitorch/permit        `old new ref`, the one move that finalize is about to make

The folder `open` exists only while a build is open: that is the guard's one file test.
"""

import contextlib
import os
import re
from pathlib import Path

from gitorch.adapters.files import TEMPORARY_PREFIX
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import seal
from gitorch.core.names import Slug, slug_problem
from gitorch.core.text import one_line


def bound_slug(repo: Repository) -> Slug | None:
    """The build to which this worktree belongs."""
    return _bound_in(repo.git_dir)


def _bound_in(git_dir: Path) -> Slug | None:
    with contextlib.suppress(FileNotFoundError):
        text = (git_dir / "gitorch" / "bound").read_text("utf-8", "replace").strip()
        return Slug(text) if slug_problem(text) is None else None
    return None


def open_builds(repo: Repository) -> dict[Slug, Path | None]:
    """Each open build of the repository and the worktree that it is bound to.

    None for a worktree that is gone, or that belongs to another repository: in a copy of a repository
    the recorded path leads to the original, whose files are nobody's business here.
    """
    return {slug: _worktree(repo, slug, recorded) for slug, recorded in recorded_roots(repo).items()}


def recorded_roots(repo: Repository) -> dict[Slug, Path]:
    """Where the worktree of each open build was when it was bound, whatever is there now."""
    found = {}
    with contextlib.suppress(FileNotFoundError):
        for entry in sorted((repo.shared / "open").iterdir()):
            if slug_problem(entry.name) is None:
                found[Slug(entry.name)] = _read(entry)[1]
    return found


def recorded_base(repo: Repository, slug: Slug) -> str | None:
    """The commit at which the open build `slug` began, where no worker writes; None where it is not known."""
    with contextlib.suppress(FileNotFoundError):
        return _read(repo.shared / "open" / slug)[0]
    return None


def _read(entry: Path) -> tuple[str | None, Path]:
    """The base and the worktree of an open build."""
    _, _, rest = entry.read_bytes().partition(b"\n")
    base = re.match(rb"([0-9a-f]{40,64})\n", rest)  # a path begins with a slash
    root = rest[base.end() :] if base else rest
    return base[1].decode() if base else None, Path(os.fsdecode(root.removesuffix(b"\n")))


def _worktree(repo: Repository, slug: Slug, recorded: Path) -> Path | None:
    """Where the build is: here, at its recorded path, or where git says that the worktree has moved."""
    if bound_slug(repo) == slug:
        return repo.root
    if _is_of(repo, recorded):
        return recorded
    common = repo.common_dir
    moved = [(common, common.parent)]
    for link in common.glob("worktrees/*/gitdir"):  # gitrepository-layout(5)
        with contextlib.suppress(OSError):
            moved.append((link.parent, (link.parent / os.fsdecode(link.read_bytes().rstrip(b"\n"))).parent))
    return next((root for git_dir, root in moved if _bound_in(git_dir) == slug and _is_of(repo, root)), None)


def _is_of(repo: Repository, root: Path) -> bool:
    """Whether `root` is a worktree of this very repository."""
    with contextlib.suppress(OSError):
        git_dir = root / ".git"
        if git_dir.is_file():
            git_dir = root / os.fsdecode(git_dir.read_bytes().removeprefix(b"gitdir: ").rstrip(b"\n"))
        if (git_dir / "commondir").is_file():
            git_dir /= os.fsdecode((git_dir / "commondir").read_bytes().rstrip(b"\n"))
        return git_dir.samefile(repo.common_dir)
    return False


def open_build(repo: Repository, slug: Slug, shown: str, base: str) -> None:
    """Bind this worktree to `slug` and arm the guard; the last step makes it count.

    The build begins at the commit `base`; `shown` is its folder from the root (`N5/builds/x`), for the
    guard's messages. From then on HEAD stays on the build branch, so check it out before. A seal that was
    set aside is put back.
    """
    seal.put_back(repo, slug)
    sharing.make_folder(repo, repo.private)
    sharing.make_folder(repo, repo.shared / "open")
    sharing.write(repo, repo.private / "bound", f"{slug}\n".encode(), durable=True)
    lines = one_line(shown).encode("utf-8", "replace"), base.encode(), os.fsencode(repo.root), b""
    sharing.write(repo, repo.shared / "open" / slug, b"\n".join(lines), durable=True)


def close_build(repo: Repository, slug: Slug) -> None:
    """Disarm the guard for `slug`, set its seal aside, unbind this worktree; harmless when done already."""
    seal.set_aside(repo, slug)
    (repo.shared / "open" / slug).unlink(missing_ok=True)
    for left in (repo.shared / "open").glob(f"{TEMPORARY_PREFIX}*"):  # of an `open_build` that was killed
        left.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # another build is open, or it is gone already
        (repo.shared / "open").rmdir()
    if bound_slug(repo) == slug:
        (repo.private / "bound").unlink(missing_ok=True)


def write_permit(repo: Repository, old: str, new: str, ref: str) -> None:
    """Allow exactly this one move."""
    sharing.write(repo, repo.shared / "permit", f"{old} {new} {ref}\n".encode(), durable=True)


def clear_permit(repo: Repository) -> None:
    """Withdraw whatever was allowed."""
    (repo.shared / "permit").unlink(missing_ok=True)


def has_permit(repo: Repository) -> bool:
    """Whether a move is allowed at this moment."""
    return (repo.shared / "permit").exists()
