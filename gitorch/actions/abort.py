"""abort: close a build without a commit. The work is kept first, whatever becomes of the files.

The snapshot's ref is the first step that can be seen: from it on, a kill is completed by the next
command; before it, nothing has happened. Deletes no snapshot.
"""

import contextlib
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gitorch.actions.finalize.gate import (
    check_branch,
    check_open,
    check_person,
    check_recorded,
    check_spawned,
    in_bound_worktree,
)
from gitorch.actions.recover import check_head
from gitorch.actions.workplace import Build, find_build, find_workplace
from gitorch.adapters import journal
from gitorch.adapters.build_folder import BuildFolder
from gitorch.adapters.git import index, refs, shelf, switching
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.worktrees import is_cut_off
from gitorch.adapters.guard import registry, seal
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.meta import BuildStatus, BuildType
from gitorch.core.names import Slug, branch_ref
from gitorch.core.render import records
from gitorch.core.text import shown_path


@dataclass(frozen=True, slots=True)
class Aborted:
    """A build that was given up. `ref` holds its work, None for a build that uses no git.

    `worktree` is where its files are. `left` are paths that are not as at the base although the files
    were discarded, because the snapshot does not have them as they are: somebody wrote there meanwhile, a
    submodule is at another commit, or git stores the file as it did at the base, and line ends differ, or
    what a filter takes away. `apart` are repositories inside of this one that hold what the snapshot does
    not; they stay as they are. `staged` are paths that were staged otherwise than the files were: the second
    parent of the snapshot has them. `modes` are files whose mode the snapshot does not have, as git keeps the
    run bit alone. Without `records` these were gone before.
    """

    slug: str
    ref: str | None
    snapshot: str | None
    base: str | None
    discarded: bool
    worktree: str | None = None
    left: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    staged: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    records: bool = True


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


def abort(start: Path, project: str | None, *, discard: bool, tell: Callable[[str], None]) -> Aborted:
    """Close a build, as `find_build` finds it, without a commit, its work kept in a snapshot.

    With `discard` the branch and the files are as they were at the base afterwards; ignored files stay.
    GitorchError, with nothing changed, when the build is closed, when its work cannot be read, or when
    files would be discarded in another worktree and nobody has named the build.
    """
    build = in_bound_worktree(find_build(start, project, even_without_records=True), tell)
    if discard and not (project or os.environ.get("GITORCH_PROJECT")):
        _check_here(start, build)
    check_spawned(build)
    known = registry.recorded_roots(build.place.repo) if build.place.repo else {}
    if build.slug in known and not os.path.lexists(build.folder.meta_path):
        return _without_records(build, discard=discard)
    meta = build.folder.read_meta()
    check_recorded(build, meta)
    check_open(build, meta, "abort")
    build.folder.check_places()
    if meta.build_type is BuildType.CODE and meta.base is not None:
        with journal.exclusive(build.place.need_repo()), build.folder.locked():
            return _keep_and_close(build, meta.base, discard=discard)
    if discard:
        raise bad_input(f"a {meta.build_type} build has no base to give its files back from")
    with build.folder.locked():
        _close_records(build.folder)
    return Aborted(build.slug, None, None, None, discarded=False)


def _check_here(start: Path, build: Build) -> None:
    if find_workplace(start).root != build.place.root:
        command = f"gitorch abort --discard-files --project {build.slug}"
        raise GitorchError(
            f"the files of build {build.slug} are in another worktree, {build.place.root}",
            hints=[f"{command}   (discards them there)"],
        )


def _without_records(build: Build, *, discard: bool) -> Aborted:
    """Close a build of which the guard alone still knows, its work kept where its worktree is there."""
    slug, repo = build.slug, build.place.need_repo()
    check_person(build, "abort")
    if discard:
        raise bad_input(
            f"the records of build {slug} are gone, and with them what its files were before",
            hints=[f"gitorch abort --project {slug}   (keeps every file as it is)"],
        )
    with journal.exclusive(repo):
        if registry.bound_slug(repo) == slug:
            return replace(_keep_and_close(build, None, discard=False), records=False)
        root = registry.recorded_roots(repo).get(slug)
        if root and is_cut_off(root):
            raise GitorchError(
                f"the link between the worktree {root} of build {slug} and this repository is broken",
                hints=[f"git worktree repair {shlex.quote(str(root))}"],
            )
        registry.close_build(repo, slug)
    return Aborted(slug, None, None, None, discarded=False, records=False)


def _keep_and_close(build: Build, base: str | None, *, discard: bool) -> Aborted:
    """The deciding step and what follows; without a `base` known, the tip of the branch is one."""
    repo = build.place.need_repo()
    tip = check_branch(build.slug, repo)
    shelved = shelf.write(repo, build.slug, tip)
    snapshot = shelved.commit
    if discard and (taken := switching.in_the_way(repo, snapshot, base or tip)):
        raise GitorchError(
            "files that git ignores stand where those of the base belong; nothing was changed",
            details=map(shown_path, taken[:20]),
            hints=[f"move them away, then: gitorch abort --discard-files --project {build.slug}"],
        )
    if discard and (lost := switching.not_given_back(repo, snapshot, base or tip)):
        raise GitorchError(
            "git stores these files without what a filter takes away, and would not give that back",
            details=map(shown_path, lost[:20]),
            hints=[
                f"gitorch abort --project {build.slug}   (keeps every file as it is)",
                "copy what you need, and delete them; then type the command again",
            ],
        )
    ref = shelf.next_ref(repo, build.slug)
    order = _Abort(build.slug, build.folder.shown, base or tip, tip, ref, snapshot, discard)
    try:
        journal.write(repo, {"action": "abort", **asdict(order)})
        shelf.keep(repo, ref, snapshot)
    except BaseException:
        if not refs.settle(repo, ref, snapshot, journal.since(repo)):
            journal.clear(repo)
            raise
    with journal.completing(repo, f"the work is kept in {ref}"):
        left = _complete(repo, order)
    return Aborted(
        build.slug,
        ref,
        snapshot,
        order.base,
        discarded=discard,
        worktree=str(repo.root),
        left=left,
        apart=shelved.apart,
        staged=shelved.staged,
        modes=shelved.modes,
    )


def recover(repo: Repository, record: Mapping[str, Any]) -> list[str]:
    """Complete an abort whose snapshot is kept; take back one that was killed before."""
    order = journal.parse(repo, record, _Abort)
    command = f"gitorch abort --project {order.slug}"
    registry.clear_permit(repo)
    began = journal.since(repo)
    if not refs.settle(repo, order.ref, order.snapshot, began):
        return [f"{command} was interrupted before it began; the build is open"]
    done = f"{command} was interrupted; it is complete now, and the work is kept in {order.ref}"
    if refs.exists(repo, branch_ref(order.slug)):
        check_head(repo, order.slug, "abort")
    elif order.discard:  # nobody can stand on it, and the files here may be those of another branch
        order = replace(order, discard=False)
        done += "; its branch is gone, so the files were left alone"
    folder = _folder(repo, order)
    with (
        journal.completing(repo, f"the work is kept in {order.ref}"),
        folder.locked() if folder.path.is_dir() else contextlib.nullcontext(),
    ):
        refs.settle(repo, branch_ref(order.slug), order.base, began)
        left = _complete(repo, order)
    return [done, *(f"{shown_path(path)} is left as it is, which is not as it was kept" for path in left)]


def _folder(repo: Repository, order: _Abort) -> BuildFolder:
    return BuildFolder(repo.root / order.folder, order.slug, order.folder)


def _complete(repo: Repository, order: _Abort) -> tuple[str, ...]:
    """What follows once the work is kept; gives the paths that stay as they are.

    Call it with the folder's lock held. Each step may have been done already.
    """
    left: tuple[str, ...] = ()
    folder = _folder(repo, order)
    if order.discard:
        left = _discard(repo, order)
    elif folder.meta_path.is_file():
        _close_records(folder)
    registry.close_build(repo, order.slug)
    registry.clear_permit(repo)
    return left


def _close_records(folder: BuildFolder) -> None:
    folder.sweep()
    meta = folder.read_meta().model_copy(update={"status": BuildStatus.ABORTED})
    state = replace(folder.read_state(), meta=meta)
    folder.write_rendered(records(state, folder.read_text("BUILD.md")))


def _discard(repo: Repository, order: _Abort) -> tuple[str, ...]:
    """The branch, the files and the index as they are at the base; gives the paths that stay as they are."""
    branch = branch_ref(order.slug)
    if refs.resolve(repo, branch) == order.tip != order.base:
        registry.write_permit(repo, order.tip, order.base, branch)
        seal.set_aside(repo, order.slug)
        refs.move(repo, branch, order.base, order.tip, f"gitorch: abort {order.slug}")
    with switching.switched(repo, order.snapshot, order.base) as switched:
        left = {*switched.left, *index.settle(switched.index)}
        index.replace(switched.index)
    folder = repo.root / order.folder
    for empty in (folder / "completions", folder / "workers", folder, *folder.parents):
        try:
            empty.rmdir()
        except FileNotFoundError:
            continue
        except OSError:  # it holds what was there before the build, or what git ignores
            if empty not in (folder / "completions", folder / "workers"):
                break
    return tuple(sorted(left))
