"""reopen: take a build that landed or was given up back to the moment before. Changes no commit.

The branch goes back to the base; every file, and what else is staged, stays as it is. The build's commit is
kept under `refs/gitorch/landed/<slug>`. A build whose files were discarded gets them from its snapshot.
"""

import shlex
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gitorch.actions.finalize.gate import check_branch
from gitorch.actions.recover import check_head
from gitorch.actions.recover import recover as recover_in
from gitorch.actions.sync import Synced, sync_locked
from gitorch.actions.workplace import Build, Workplace, find_build, find_workplace
from gitorch.adapters import journal
from gitorch.adapters.git import index, refs, shelf, switching, worktrees
from gitorch.adapters.git.objects import commits_not_in
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.adapters.guard.install import is_installed
from gitorch.core.errors import GitorchError
from gitorch.core.meta import BuildStatus, BuildType, Meta, parse_meta
from gitorch.core.names import Slug, branch_name, branch_ref, landed_ref, parse_slug
from gitorch.core.text import shown_path


@dataclass(frozen=True, slots=True)
class Reopened:
    """A build that is open again. `kept` is the ref of the commit or snapshot that it came from.

    `left` are paths that are not as in the snapshot, because somebody wrote there meanwhile.
    """

    slug: str
    worktree: str
    kept: str | None
    synced: Synced
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reopen:
    """The journal's record: the branch goes from `tip` to `base`, the files from `source` to `target`."""

    slug: Slug
    folder: str
    base: str
    tip: str
    source: str
    target: str
    landed: bool


def reopen(start: Path, project: str | None, tell: Callable[[str], None]) -> Reopened:
    """Open a closed build again in the worktree that stands on its branch, else in the one around `start`.

    What was interrupted in that worktree is completed first, and told. GitorchError, with nothing changed,
    when its commit is on another branch or a remote already, when commits lie on top of it, when another
    build is bound there, or when a file stands in the way.
    """
    place = find_workplace(start)
    if project and place.repo:
        slug = parse_slug(project)
        place = _on_its_branch(place, place.repo, slug, tell)
        repo = place.need_repo()
        if not place.folder(slug).meta_path.is_file() and (ref := shelf.last(repo, slug)):
            return _from_shelf(place, repo, slug, ref)
    build = find_build(place.root, project)
    meta = build.folder.read_meta()
    if meta.status is BuildStatus.IN_PROGRESS:
        raise GitorchError(f"build {build.slug} is open", hints=[f"gitorch status --project {build.slug}"])
    if meta.build_type is not BuildType.CODE or meta.base is None:
        with build.folder.locked():
            return Reopened(build.slug, str(build.place.root), None, _open_records(build))
    repo = build.place.need_repo()
    with journal.exclusive(repo):
        tip = _check(build.slug, repo, meta.base if meta.status is BuildStatus.ABORTED else None)
        landed = tip if meta.status is BuildStatus.COMPLETE else None
        if landed:
            _check_landed(repo, build.slug, meta, landed)
        base = meta.base if landed else tip
        return _do(repo, _Reopen(build.slug, build.folder.shown, base, tip, base, base, bool(landed)))


def _on_its_branch(place: Workplace, repo: Repository, slug: Slug, tell: Callable[[str], None]) -> Workplace:
    """The workplace that stands on the branch of `slug`; `place` where none does, and it has the records."""
    tree = worktrees.standing_on(repo, branch_ref(slug))
    if tree and tree.root != place.root:
        for line in recover_in(tree.root):
            tell(line)
        return find_workplace(tree.root)
    if not tree and refs.exists(repo, branch_ref(slug)) and not place.folder(slug).meta_path.is_file():
        name = branch_name(slug)
        raise GitorchError(
            f"no worktree is on {name}, the branch of build {slug}",
            hints=[f"git switch {name} && gitorch reopen --project {slug}"],
        )
    return place


def _from_shelf(place: Workplace, repo: Repository, slug: Slug, ref: str) -> Reopened:
    """Open a build again whose files were discarded."""
    folder = place.folder(slug)
    data = repo.run("cat-file", "blob", f"{ref}:{folder.shown}/meta.json", check=False)
    if not data.ok:
        raise GitorchError(f"{ref} holds no {folder.shown}/meta.json", hints=[f"git show --stat {ref}"])
    base = parse_meta(data.stdout, f"{ref}:{folder.shown}/meta.json").base
    with journal.exclusive(repo):
        tip = _check(slug, repo, base)
        if base is None or tip != base:
            raise GitorchError(f"{branch_name(slug)} is not at the base of the build any more")
        snapshot = refs.resolve(repo, ref) or ref
        if taken := switching.strange(repo, base, snapshot) or switching.in_the_way(repo, base, snapshot):
            raise GitorchError(
                "files stand where the build's own belong",
                details=map(shown_path, taken),
                hints=[f"move them away, then: gitorch reopen --project {slug}"],
            )
        return _do(repo, _Reopen(slug, folder.shown, base, tip, base, snapshot, landed=False))


def _check(slug: Slug, repo: Repository, base: str | None) -> str:
    """The tip of the branch, which has to be checked out here, in a worktree that is free.

    `base` is where the branch of a build that was given up stood; None for one that landed.
    """
    if not refs.exists(repo, branch_ref(slug)):
        name, find = branch_name(slug), f"git log --all --grep='^Gitorch-Build: {slug}$'"
        again = f"git switch -c {name} {base[:12] if base else 'COMMIT'} && gitorch reopen --project {slug}"
        hints = [again] if base else [f"{find}   (the commit that it landed as)", again]
        raise GitorchError(f"the branch {name} is gone", hints=hints)
    if bound := registry.bound_slug(repo):
        raise GitorchError(
            f"this worktree belongs to build {bound}", hints=[f"gitorch finalize --project {bound}"]
        )
    if not is_installed(repo):
        raise GitorchError("no guard is installed in this repository", hints=["gitorch install"])
    return check_branch(slug, repo)


def _check_landed(repo: Repository, slug: Slug, meta: Meta, tip: str) -> None:
    """Only the one commit that finalize made is on the branch, and it is nowhere else."""
    if refs.resolve(repo, f"{tip}^") != meta.base:
        raise GitorchError(
            f"{branch_name(slug)} has commits on top of the build's own",
            details=[f"{oid[:12]} {subject}" for oid, subject in commits_not_in(repo, tip, [str(meta.base)])],
            hints=[f"git branch NAME {branch_name(slug)} && git reset --keep COMMIT   (the build's own)"],
        )
    if others := [ref for ref in refs.containing(repo, tip) if ref != branch_ref(slug)]:
        raise GitorchError(
            f"the commit of build {slug} is not on {branch_name(slug)} alone any more",
            details=others,
            hints=dict.fromkeys(_without(ref, slug, tip) for ref in others),
        )


def _without(ref: str, slug: Slug, tip: str) -> str:
    """What to type so that `ref` is no longer in the way."""
    again = f"gitorch reopen --project {slug}"
    if ref == "refs/stash":
        return f"git stash pop && {again}   (what was stashed on top of the commit)"
    if ref.startswith("refs/tags/"):
        return f"git tag -d {shlex.quote(ref.removeprefix('refs/tags/'))} && {again}   (when nobody needs it)"
    return f"git revert {tip[:12]}   (on that branch, takes it back by a commit)"


def _do(repo: Repository, order: _Reopen) -> Reopened:
    try:
        journal.write(repo, {"action": "reopen", **asdict(order)})
        if order.tip != order.base:
            refs.move(repo, branch_ref(order.slug), order.base, order.tip, f"gitorch: reopen {order.slug}")
    except BaseException:
        if order.tip == order.base or not refs.settle(
            repo, branch_ref(order.slug), order.base, journal.since(repo)
        ):
            journal.clear(repo)
            raise
    with _completing(repo, order):
        synced, left = _complete(repo, order)
    kept = landed_ref(order.slug) if order.landed else shelf.last(repo, order.slug)
    return Reopened(order.slug, str(repo.root), kept, synced, left)


def recover(repo: Repository, record: Mapping[str, Any]) -> list[str]:
    """Complete a reopen whose branch is back at the base; take back one that was killed before."""
    order = journal.parse(repo, record, _Reopen)
    command = f"gitorch reopen --project {order.slug}"
    began = journal.since(repo)
    if not refs.settle(repo, branch_ref(order.slug), order.base, began):
        return [f"{command} was interrupted; everything is as it was before"]
    check_head(repo, order.slug, "reopen")
    with _completing(repo, order):
        refs.settle(repo, landed_ref(order.slug), order.tip, began)
        _, left = _complete(repo, order)
    told = f"{command} was interrupted; it is complete now"
    return [told, *(f"{shown_path(path)} is left as it is, which is not as it was kept" for path in left)]


def _completing(repo: Repository, order: _Reopen) -> AbstractContextManager[None]:
    return journal.completing(repo, f"build {order.slug} is being reopened")


def _complete(repo: Repository, order: _Reopen) -> tuple[Synced, tuple[str, ...]]:
    """What follows once the branch is back; gives the paths that stay as they are.

    Each step may have been done already.
    """
    left: tuple[str, ...] = ()
    if order.landed:
        kept = landed_ref(order.slug)
        before = refs.resolve(repo, kept)
        if before != order.tip:
            refs.move(repo, kept, order.tip, before or refs.zero(order.tip), f"gitorch: reopen {order.slug}")
    if order.source != order.target:
        with switching.switched(repo, order.source, order.target) as switched:
            left = switched.left
    with index.private(repo, order.base) as opened:
        index.put_unseen(opened, order.tip if order.landed else order.target)
        if order.source != order.target and (staged := refs.resolve(repo, f"{order.target}^2")):
            index.put_staged(opened, staged, order.target)
        index.carry_over(opened, order.tip)
        index.replace(opened)
    registry.open_build(repo, order.slug, order.folder, order.base)
    build = find_build(repo.root, order.slug)
    with build.folder.locked():
        return _open_records(build), left


def _open_records(build: Build) -> Synced:
    """The build in progress again, its records rendered and staged."""
    build.folder.write_meta(build.folder.read_meta().model_copy(update={"status": BuildStatus.IN_PROGRESS}))
    return sync_locked(build)
