"""restore: files become again what a snapshot of their build has. A snapshot of what they are comes first."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitorch.actions.changing import changing
from gitorch.actions.clearance import check_person, require_open_worktree
from gitorch.actions.restoring import Plan, Wanted, plan_restore
from gitorch.actions.snapshot import look, snapshot
from gitorch.actions.workplace import Build, find_build, missing_records
from gitorch.adapters.git import refs, snapshots, switching, tidying
from gitorch.adapters.git.capture import Capture
from gitorch.adapters.git.chain_end import seen_tip
from gitorch.adapters.git.repository import Repository
from gitorch.core.chain import Target, write_message
from gitorch.core.errors import Busy, GitorchError, bad_input
from gitorch.core.hints import FIX, restore_lost
from gitorch.core.issue import Hint
from gitorch.core.names import CommitId, branch_name, branch_ref
from gitorch.core.text import counted, shown_path, typed
from gitorch.transitions.restore import Restore
from gitorch.transitions.run import run

_TRIES = 10
"""So often the chain may be moved by another process before the restore is given up."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did, or would do.

    `kept` says why a path stays as it is. `before` is the snapshot that undoes it, `after` the one that says
    it; both None where nothing was to do, or none was made. `head` is the branch that HEAD returns to.
    """

    slug: str
    targets: Mapping[str, Target]
    kept: Mapping[str, str]
    head: str | None
    before: CommitId | None = None
    after: CommitId | None = None
    left: tuple[str, ...] = ()


def restore(
    start: Path, project: str | None, source: str | None, paths: Sequence[str], *, dry_run: bool
) -> Restored:
    """Restore `paths`, or all, from the snapshot or worker `source`; where that is None, what was lost.

    GitorchError, with nothing changed, for a worker's process, for a closed build, for a snapshot or path
    that the chain does not have, and when a file may not be changed.
    """
    build = find_build(start, project, even_without_records=True)
    check_person(build, f"restore {'--lost' if source is None else f'--from {typed(source)}'}")
    wanted = Wanted(source, from_root(build.place.root, start, paths))
    if dry_run:
        repo = build.place.need_repo()
        plan, led = _plan(build, wanted, look(build), seen_tip(repo, build.slug))
        return Restored(build.slug, plan.targets, plan.kept, branch_name(build.slug) if led else None)
    with changing(build, even_without_records=True) as now:
        return _restore(now, wanted)


def find_lost(build: Build) -> tuple[Mapping[str, Target], str]:
    """What `restore --lost` would restore now, and the tree of the files as they are."""
    seen = look(build)
    plan, _ = _plan(build, Wanted(None, ()), seen, seen_tip(build.place.need_repo(), build.slug))
    return plan.targets, seen.tree


def from_root(root: Path, start: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """The paths as git names them, each as it was typed: a link on the way is none of its folders.

    They are relative to the folder `start`; behind `:/` they are relative to the root, as git has it.
    """
    found = []
    for path in paths:
        whole = os.path.normpath(root / path[2:].lstrip("/") if path.startswith(":/") else start / path)
        if whole != str(root) and not whole.startswith(f"{root}/"):
            raise bad_input("unknown-path", f"{shown_path(path)} is not below {root}", about=path)
        found.append(whole[len(str(root)) + 1 :])
    return tuple(found)


def _restore(build: Build, wanted: Wanted) -> Restored:
    repo, opened = require_open_worktree(build)
    for tries_left in range(_TRIES, 0, -1):
        last = snapshots.tip(repo, build.slug)
        plan, led = _plan(build, wanted, look(build), last)
        if not plan.targets and not led:
            if wanted.source is None and not build.folder.has_records():
                raise missing_records(build, {})
            return Restored(build.slug, {}, plan.kept, None)
        taken = snapshot(build, f"before {wanted.words}")
        seen = Capture(taken.tree, None, taken.left_out)
        plan, led = _plan(build, wanted, seen, last and taken.commit)  # what was written in between counts
        _check_files(repo, taken.commit, plan)
        sources = sorted({target.source for target in plan.targets.values()}) or [taken.commit]
        why = f"{wanted.words}: {counted(len(plan.targets), 'path')}"
        new = snapshots.commit_tree(
            repo, plan.tree, [taken.commit], write_message(why, restored_from=sources)
        )
        transition = Restore(
            slug=build.slug,
            folder=opened.folder,
            ref=snapshots.chain_ref(build.slug),
            old=taken.commit,
            new=new,
            base=opened.base,
            led=led,
        )
        try:
            left = run(repo, transition)
            break
        except GitorchError as error:  # another snapshot may have been taken since
            if error.code != "ref-failed" or snapshots.tip(repo, build.slug) == taken.commit:
                raise
            if tries_left == 1:
                raise Busy(
                    "busy", f"{transition.ref} is moved by other processes at every try", about=build.slug
                ) from error
    return Restored(
        build.slug,
        plan.targets,
        plan.kept,
        branch_name(build.slug) if led else None,
        before=taken.commit,
        after=new,
        left=tuple(left),
    )


def _plan(build: Build, wanted: Wanted, seen: Capture, last: CommitId | None) -> tuple[Plan, CommitId | None]:
    repo, _ = require_open_worktree(build)
    led = _find_led(build, repo)
    if led and wanted.source is not None:
        name = branch_name(build.slug)
        back = restore_lost(build.slug, "return to the branch and restore what was lost")
        text = f"{repo.root} is not on {name}"
        raise GitorchError("wrong-branch", text, about=name, hints=[back])
    return plan_restore(build, wanted, seen, last, led), led


def _find_led(build: Build, repo: Repository) -> CommitId | None:
    """The commit to which HEAD was led away from the build branch; None where it was not."""
    name, ref = branch_name(build.slug), branch_ref(build.slug)
    if refs.head_ref(repo) == ref:
        return None
    head = refs.resolve(repo, "HEAD")
    if not refs.exists(repo, ref):
        raise GitorchError("no-branch", f"the branch {name} does not exist", about=name, hints=[FIX])
    if head is None:
        back = Hint(
            "return to the branch and keep every file",
            f"git -C {typed(str(repo.root))} symbolic-ref HEAD {ref}",
        )
        text = f"{repo.root} is on a branch without a commit"
        raise GitorchError("wrong-branch", text, about=name, hints=[back])
    left = tidying.find(repo, ref)
    if left and (left.begun or left.aside):
        text = f"a git command has not ended in {repo.root}"
        raise GitorchError("operation-in-progress", text, about=name, details=left.lines, hints=[FIX])
    return CommitId(head)


def _check_files(repo: Repository, old: CommitId, plan: Plan) -> None:
    """Ask before the deciding move what could keep the files from being written behind it."""
    found: Collection[str] = switching.unchangeable(repo, old, plan.tree)
    if found:
        raise GitorchError(
            "blocked-files",
            f"{counted(len(found), 'file or folder', 'files or folders')} may not be changed",
            about=next(iter(found)),
            details=[shown_path(path) for path in found][:20],
            hints=[Hint("see who may write it", f"ls -ld -- {typed(str(repo.root / next(iter(found))))}")],
        )
