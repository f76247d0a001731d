"""abort: close a build without a commit. The work is kept first, whatever becomes of the files.

The snapshot's ref is the first step that can be seen: from it on, a kill is completed by the next
command; before it, nothing has happened. Deletes no snapshot.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from gitorch.actions.finalize.gate import check_branch, check_open, in_bound_worktree
from gitorch.actions.workplace import Build
from gitorch.adapters import journal
from gitorch.adapters.build_folder import BuildFolder
from gitorch.adapters.git import index, refs, shelf, switching
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry, seal
from gitorch.core.errors import bad_input
from gitorch.core.meta import BuildStatus, BuildType
from gitorch.core.names import Slug, branch_ref
from gitorch.core.render import records


@dataclass(frozen=True, slots=True)
class Aborted:
    """A build that was given up. `ref` holds its work, None for a build that uses no git.

    `apart` are repositories inside of this one that hold what the snapshot does not; they stay as they are.
    """

    slug: str
    ref: str | None
    snapshot: str | None
    base: str | None
    discarded: bool
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Abort:
    """The journal's record: what is about to be done."""

    slug: Slug
    folder: str  # from the root
    base: str
    tip: str
    ref: str
    snapshot: str
    discard: bool


def abort(build: Build, *, discard: bool, tell: Callable[[str], None]) -> Aborted:
    """Close `build` without a commit, its work kept in a snapshot.

    With `discard` the branch and the files are as they were at the base afterwards; ignored files stay.
    GitorchError, with nothing changed, when the build is closed or its work cannot be read.
    """
    build = in_bound_worktree(build, tell)
    meta = build.folder.read_meta()
    check_open(build, meta, "abort")
    if meta.build_type is not BuildType.CODE or meta.base is None:
        if discard:
            raise bad_input(f"a {meta.build_type} build has no base to give its files back from")
        with build.folder.locked():
            _close_records(build.folder)
        return Aborted(build.slug, None, None, None, discarded=False)
    repo = build.place.need_repo()
    with journal.exclusive(repo), build.folder.locked():
        tip = check_branch(build.slug, repo)
        shelved = shelf.write(repo, build.slug, tip)
        snapshot = shelved.commit
        ref = shelf.next_ref(repo, build.slug)
        order = _Abort(build.slug, build.folder.shown, meta.base, tip, ref, snapshot, discard)
        try:
            journal.write(repo, {"action": "abort", **asdict(order)})
            shelf.keep(repo, ref, snapshot)
        except BaseException:
            if not refs.settle(repo, ref, snapshot, journal.since(repo)):
                journal.clear(repo)
                raise
        with journal.completing(repo, f"the work is kept in {ref}"):
            _complete(repo, order)
    return Aborted(build.slug, ref, snapshot, meta.base, discard, shelved.apart)


def recover(repo: Repository, record: Mapping[str, Any]) -> list[str]:
    """Complete an abort whose snapshot is kept; take back one that was killed before."""
    order = _Abort(**{field.name: record[field.name] for field in fields(_Abort)})
    command = f"gitorch abort --project {order.slug}"
    registry.clear_permit(repo)
    began = journal.since(repo)
    if not refs.settle(repo, order.ref, order.snapshot, began):
        return [f"{command} was interrupted before it began; the build is open"]
    with journal.completing(repo, f"the work is kept in {order.ref}"):
        refs.settle(repo, branch_ref(order.slug), order.base, began)
        _complete(repo, order)
    return [f"{command} was interrupted; it is complete now, and the work is kept in {order.ref}"]


def _complete(repo: Repository, order: _Abort) -> None:
    """What follows once the work is kept; each step may have been done already."""
    if order.discard:
        _discard(repo, order)
    else:
        _close_records(BuildFolder(repo.root / order.folder, order.slug, order.folder))
    registry.close_build(repo, order.slug)
    registry.clear_permit(repo)


def _close_records(folder: BuildFolder) -> None:
    folder.sweep()
    meta = folder.read_meta().model_copy(update={"status": BuildStatus.ABORTED})
    state = replace(folder.read_state(), meta=meta)
    folder.write_rendered(records(state, folder.read_text("BUILD.md")))


def _discard(repo: Repository, order: _Abort) -> None:
    """The branch, the files and the index as they are at the base."""
    branch = branch_ref(order.slug)
    if refs.resolve(repo, branch) == order.tip != order.base:
        registry.write_permit(repo, order.tip, order.base, branch)
        seal.set_aside(repo, order.slug)
        refs.move(repo, branch, order.base, order.tip, f"gitorch: abort {order.slug}")
    with switching.switched(repo, order.snapshot, order.base) as clean:
        index.replace(clean)
    folder = repo.root / order.folder
    for empty in (folder / "completions", folder / "workers", folder, *folder.parents):
        try:
            empty.rmdir()
        except FileNotFoundError:
            continue
        except OSError:  # it holds what was there before the build, or what git ignores
            if empty not in (folder / "completions", folder / "workers"):
                break
