"""Which builds are open in this repository, what each is, and which worktree belongs to which.

    <common dir>/gitorch/open/<slug>      there while the build is open: line 1 is its folder, for sh; line 2
                                          its identity as JSON (`Opened`); the rest its worktree's path
    <common dir>/gitorch/closed/<slug>    the same of a build that was closed, for reopen
    <common dir>/gitorch/decided/<slug>   what was decided while it was open, as JSON (`Decided`)
    <common dir>/gitorch/judged/<slug>    of an open build without a branch: the commit whose policy counts
    <git dir>/gitorch/bound               there while this worktree is bound; holds the slug
    <common dir>/gitorch/prune            its modification time says when snapshots of closed builds are over
    <common dir>/gitorch/permit           `old new ref`, the one move that a transition is about to make

The folder `open` exists only while a build is open: that is the guard's one file test.
"""

import contextlib
import json
import os
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from gitorch.adapters.files import TEMPORARY_PREFIX
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.worktrees import all_worktrees
from gitorch.adapters.guard import arming, instant, refusals, seal
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.names import POLICY_FILE, CommitId, Slug, slug_problem
from gitorch.core.text import one_line

if TYPE_CHECKING:  # a hook before a command asks only whether a build is open, and has no time for pydantic
    from gitorch.core.opened import Decided, Opened


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
                found[Slug(entry.name)] = Path(os.fsdecode(_split(entry.read_bytes())[2]))
    return found


def is_open(repo: Repository, slug: Slug) -> bool:
    """Whether the build is open in this repository."""
    return (repo.shared / "open" / slug).is_file()


def find_opened(repo: Repository, slug: Slug) -> "Opened | None":
    """What the open build `slug` is; None where it is not open, GitorchError where its entry is damaged."""
    return _read(repo.shared / "open" / slug, slug)


def find_closed(repo: Repository, slug: Slug) -> "Opened | None":
    """What the build `slug` was that was closed last; None where none was closed in this repository."""
    return _read(repo.shared / "closed" / slug, slug)


def closed_at(repo: Repository, slug: Slug) -> float | None:
    """When the build was closed (seconds of the epoch): what was decided is written last then."""
    with contextlib.suppress(OSError):
        return (repo.shared / "decided" / slug).stat().st_mtime
    return None


def read_decided(repo: Repository, slug: Slug) -> "Decided":
    """What was decided of the build, open or closed; GitorchError where the file is damaged."""
    from gitorch.core.opened import Decided

    path = repo.shared / "decided" / slug
    try:
        return Decided.model_validate(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return Decided()
    except ValueError as error:
        raise _damaged(path, slug, str(error)) from error


def write_decided(repo: Repository, slug: Slug, decided: "Decided") -> None:
    """Keep what was decided; call it with the locks held."""
    sharing.make_folder(repo, repo.shared / "decided")
    for left in (repo.shared / "decided").glob(f"{TEMPORARY_PREFIX}*"):  # of a command that was killed
        left.unlink(missing_ok=True)
    # Not pydantic's own JSON: that would change the bytes of a path that is not UTF-8.
    text = json.dumps(decided.model_dump(exclude_defaults=True), default=datetime.isoformat)
    sharing.write(repo, repo.shared / "decided" / slug, f"{text}\n".encode(), durable=True)


def _split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Folder, identity and path of an entry."""
    folder, _, rest = data.partition(b"\n")
    identity, _, root = rest.partition(b"\n")
    return folder, identity, root.removesuffix(b"\n")


def _read(entry: Path, slug: Slug) -> "Opened | None":
    try:
        _, identity, root = _split(entry.read_bytes())
    except FileNotFoundError:
        return None
    from gitorch.core.opened import Opened

    try:
        opened = Opened.model_validate_json(identity)
    except ValueError as error:
        raise _damaged(entry, slug, str(error)) from error
    if opened.slug != slug:
        raise _damaged(entry, slug, f"it names the build {opened.slug}")
    return opened.model_copy(update={"worktree": os.fsdecode(root)})


def _damaged(path: Path, slug: Slug, problem: str) -> GitorchError:
    return GitorchError(
        "damaged-records",
        f"{path} is damaged: gitorch's own record of build {slug}",
        about=slug,
        details=[one_line(problem, 200)],
        hints=[Hint("close the build and keep every file", f"gitorch abort --project {slug}")],
    )


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


def open_build(repo: Repository, opened: "Opened", decided: "Decided") -> None:
    """Bind this worktree to the build and arm the guard; the last step makes it count.

    From then on HEAD stays on the build branch, so check it out before. A seal is put back.
    """
    slug = opened.slug
    seal.put_back(repo, slug)
    sharing.make_folder(repo, repo.private)
    arming.arm(repo)
    sharing.make_folder(repo, repo.shared / "open")
    sharing.write(repo, repo.private / "bound", f"{slug}\n".encode(), durable=True)
    write_decided(repo, slug, decided)
    refusals.begin(repo, slug)
    instant.arm(repo, _bound_to_open(repo), _excluded(repo, opened.base))
    identity = json.dumps(opened.model_dump(mode="json", exclude={"worktree"}, exclude_defaults=True))
    lines = one_line(opened.folder).encode("utf-8", "replace"), identity.encode(), os.fsencode(repo.root), b""
    sharing.write(repo, repo.shared / "open" / slug, b"\n".join(lines), durable=True)


def close_build(repo: Repository, slug: Slug) -> None:
    """Disarm the guard for `slug`, set its seal aside, unbind this worktree; harmless when done already.

    What the build was is kept for reopen, and its snapshots for a time.
    """
    set_prune_time(repo, 0)
    seal.set_aside(repo, slug)
    with contextlib.suppress(FileNotFoundError):
        sharing.make_folder(repo, repo.shared / "closed")
        (repo.shared / "open" / slug).replace(repo.shared / "closed" / slug)
    for left in (repo.shared / "open").glob(f"{TEMPORARY_PREFIX}*"):  # of an `open_build` that was killed
        left.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # another build is open, or it is gone already
        (repo.shared / "open").rmdir()
    if not arming.is_armed(repo):
        arming.disarm(repo)
    if bound_slug(repo) == slug:
        (repo.private / "bound").unlink(missing_ok=True)
    instant.settle(repo, _bound_to_open(repo))


def rearm(repo: Repository) -> None:
    """Arm the guard afresh for every open build, where it was moved, or is of another version."""
    if arming.is_armed(repo):
        arming.arm(repo)
        for tree in bound_trees(repo):
            slug = bound_slug(tree)
            opened = find_opened(tree, slug) if slug else None
            instant.arm(tree, _bound_to_open(repo), _excluded(tree, opened.base) if opened else ())


def _excluded(repo: Repository, base: str) -> Sequence[str]:
    """What the policy at `base` keeps out of snapshots; nothing by a policy that no command could read."""
    from gitorch.adapters.git.objects import blob_at
    from gitorch.core.config import parse_config

    with contextlib.suppress(GitorchError):
        policy = blob_at(repo, base, POLICY_FILE)
        return parse_config(policy, POLICY_FILE).snapshots.exclude if policy else ()
    return ()


def bound_trees(repo: Repository) -> list[Repository]:
    """The working trees that are there on the disk and belong to an open build."""
    bound = _bound_to_open(repo)
    return [tree for tree in all_worktrees(repo) if tree.git_dir.resolve() in bound] if bound else []


def _bound_to_open(repo: Repository) -> set[Path]:
    """The git directory of each worktree that is bound to an open build."""
    git_dirs = (repo.common_dir, *repo.common_dir.glob("worktrees/*"))
    return {path.resolve() for path in git_dirs if (slug := _bound_in(path)) and is_open(repo, slug)}


def record_judge(repo: Repository, slug: Slug, commit: CommitId) -> None:
    """Keep the commit whose policy counts for a build that has no branch."""
    sharing.make_folder(repo, repo.shared / "judged")
    sharing.write(repo, repo.shared / "judged" / slug, f"{commit}\n".encode(), durable=True)


def recorded_judge(repo: Repository, slug: Slug) -> CommitId | None:
    """The commit whose policy counts for a build that has no branch; None where none was recorded."""
    with contextlib.suppress(FileNotFoundError):
        found = re.fullmatch(rb"([0-9a-f]{40,64})\n", (repo.shared / "judged" / slug).read_bytes())
        return CommitId(found[1].decode()) if found else None
    return None


def set_prune_time(repo: Repository, at: float | None) -> None:
    """Say when (seconds of the epoch) to look which snapshots of closed builds are over; never with None."""
    path = repo.shared / "prune"
    if at is None:
        path.unlink(missing_ok=True)
        return
    if not path.exists():
        sharing.write(repo, path, b"")
    os.utime(path, (at, at))


def is_time_to_prune(repo: Repository, now: float) -> bool:
    """Whether that time has come, by one stat."""
    try:
        return (repo.shared / "prune").stat().st_mtime <= now
    except OSError:
        return False


def write_permit(repo: Repository, old: str, new: str, ref: str) -> None:
    """Allow exactly this one move."""
    sharing.write(repo, repo.shared / "permit", f"{old} {new} {ref}\n".encode(), durable=True)


def clear_permit(repo: Repository) -> None:
    """Withdraw whatever was allowed."""
    (repo.shared / "permit").unlink(missing_ok=True)


def has_permit(repo: Repository) -> bool:
    """Whether a move is allowed at this moment."""
    return (repo.shared / "permit").exists()
