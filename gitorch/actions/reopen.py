"""reopen: take a build that landed or was given up back to the moment before. Changes no commit.

The branch returns to the base; every file, and what else is staged, stays as it is. The build's commit is
kept under `refs/gitorch/landed/<slug>`. A build whose files were discarded gets them from its snapshot.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from gitorch.actions.changing import changing, changing_repository
from gitorch.actions.clearance import check_branch
from gitorch.actions.snapshot import snapshot_if_possible
from gitorch.actions.sync import Synced, sync_locked
from gitorch.actions.workplace import Build, Workplace, build_of, find_build, find_workplace
from gitorch.adapters.build_folder import BuildFolder
from gitorch.adapters.git import refs, snapshots, switching, worktrees
from gitorch.adapters.git.objects import commits_not_in
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.adapters.guard.install import is_installed
from gitorch.core.errors import GitorchError
from gitorch.core.hints import INSTALL
from gitorch.core.issue import Hint
from gitorch.core.meta import BuildStatus, BuildType
from gitorch.core.names import CommitId, Slug, branch_name, branch_ref, landed_ref, parse_slug, slug_problem
from gitorch.core.opened import Opened
from gitorch.core.text import shown_path, typed
from gitorch.transitions.records import render
from gitorch.transitions.reopen import Reopen
from gitorch.transitions.run import run, unfinished


@dataclass(frozen=True, slots=True)
class Reopened:
    """A build that is open again. `kept` is the ref of the commit or snapshot that it came from.

    `left` are paths that differ from the snapshot, because somebody wrote there since.
    """

    slug: str
    worktree: str
    kept: str | None
    synced: Synced
    left: tuple[str, ...] = ()


def reopen(start: Path, project: str | None) -> Reopened:
    """Open a closed build again in the worktree that is on its branch, else in the one around `start`.

    GitorchError, with nothing changed, when its commit is on another branch or a remote already, when
    commits are on top of it, when another build is bound there, or when a file blocks one of its own.
    """
    place = find_workplace(start)
    slug = parse_slug(project) if project else _closed_here(place) or find_build(start, None).slug
    if place.repo is None or not _is_code(place, place.repo, slug):
        return _reopen_plain(find_build(start, slug))
    place = _on_its_branch(place, place.repo, slug)
    repo = place.need_repo()
    folder = place.folder_at(_require_closed(repo, slug).folder, slug)
    with changing_repository(repo, folder):
        transition = _transition(repo, _require_closed(repo, slug))
        kept = landed_ref(slug) if transition.landed else registry.read_decided(repo, slug).kept
        left = run(repo, transition)
        try:
            snapshots.begin(repo, slug, CommitId((kept and refs.resolve(repo, kept)) or transition.old))
            told = snapshot_if_possible(build_of(place, slug), "reopened")
            # With the locks still held: nobody closes the build before its records are brought up to date.
            synced = replace(sync_locked(build_of(place, slug)), told=tuple(told))
        except (OSError, GitorchError) as error:
            raise unfinished(transition, error) from error
    return Reopened(slug, str(repo.root), kept, synced, tuple(left))


def _closed_here(place: Workplace) -> Slug | None:
    """The build whose branch is checked out here, where nobody has named one and it is closed."""
    head = refs.head_ref(place.repo) if place.repo else None
    name = (head or "").removeprefix("refs/heads/build/")
    if place.repo is None or name == head or slug_problem(name):
        return None
    return Slug(name) if registry.find_closed(place.repo, Slug(name)) else None


def _is_code(place: Workplace, repo: Repository, slug: Slug) -> bool:
    """Whether git has a part in the build, by the registry, its branch or its own word."""
    if (
        registry.is_open(repo, slug)
        or registry.find_closed(repo, slug)
        or refs.exists(repo, branch_ref(slug))
    ):
        return True
    folder = place.folder(slug)
    return folder.path.is_dir() and folder.read_meta().build_type is BuildType.CODE


def _require_closed(repo: Repository, slug: Slug) -> Opened:
    """What the closed build was; GitorchError where it is open, or was not closed here."""
    if registry.is_open(repo, slug):
        raise _is_open(slug)
    opened = registry.find_closed(repo, slug)
    if opened is None:
        raise GitorchError(
            "unknown-build",
            f"build {slug} was not closed in this repository, so that there is nothing to return to",
            about=slug,
            hints=[Hint("see all builds", "gitorch list")],
        )
    return opened


def _is_open(slug: Slug) -> GitorchError:
    see = Hint("see where it is", f"gitorch status --project {slug}")
    return GitorchError("open-build", f"build {slug} is open", about=slug, hints=[see])


def _reopen_plain(build: Build) -> Reopened:
    """Open a build again that uses no git."""
    with changing(build) as now:
        meta = now.read_meta()
        if meta.status is BuildStatus.IN_PROGRESS:
            raise _is_open(now.slug)
        open_again = meta.model_copy(update={"status": BuildStatus.IN_PROGRESS})
        render(now.folder, replace(now.read_state(), meta=open_again))  # meta.json, which decides, is last
        synced = sync_locked(now)
        return Reopened(now.slug, str(now.place.root), None, synced)


def _on_its_branch(place: Workplace, repo: Repository, slug: Slug) -> Workplace:
    """The workplace whose worktree is on the branch of `slug`; GitorchError where none is."""
    tree = worktrees.standing_on(repo, branch_ref(slug))
    if tree:
        return place if tree.root == place.root else find_workplace(tree.root)
    if refs.exists(repo, branch_ref(slug)) and not registry.is_open(repo, slug):
        name = branch_name(slug)
        again = f"git switch {name} && gitorch reopen --project {slug}"
        raise GitorchError(
            "wrong-branch",
            f"no worktree is on {name}, the branch of build {slug}",
            about=name,
            hints=[Hint("switch to it and reopen the build", again)],
        )
    return place


def _transition(repo: Repository, opened: Opened) -> Reopen:
    """The way back of a build whose branch is checked out here; GitorchError where it is blocked."""
    slug, base = opened.slug, opened.base
    decided = registry.read_decided(repo, slug)
    tip = _check(slug, repo, base)
    if landed := decided.landed is not None:
        _check_landed(repo, opened, tip)
    files = tip if not landed else base
    folder = BuildFolder(repo.root / opened.folder, slug, opened.folder)
    if not landed and not folder.has_records() and (ref := decided.kept):
        files = CommitId(refs.resolve(repo, ref) or ref)
        _check_files(repo, opened, tip, files)
    return Reopen(
        slug=slug,
        folder=opened.folder,
        ref=branch_ref(slug),
        old=tip,
        new=base if landed else tip,
        opened=opened,
        landed=landed,
        files=files,
    )


def _check(slug: Slug, repo: Repository, base: CommitId) -> CommitId:
    """The tip of the branch, which has to be checked out here, in a worktree that is free."""
    if not refs.exists(repo, branch_ref(slug)):
        name = branch_name(slug)
        find = f"git log --all --grep='^Gitorch-Build: {slug}$'"
        again = f"git switch -c {name} COMMIT && gitorch reopen --project {slug}"
        at_base = f"git switch -c {name} {base[:12]} && gitorch reopen --project {slug}"
        raise GitorchError(
            "no-branch",
            f"the branch {name} does not exist",
            about=name,
            hints=[
                Hint("find the commit that the build landed as", find),
                Hint("reopen a build that landed", again),
                Hint("reopen a build that was aborted", at_base),
            ],
        )
    if bound := registry.bound_slug(repo):
        raise GitorchError(
            "wrong-worktree",
            f"the worktree {repo.root} belongs to build {bound}",
            about=bound,
            hints=[Hint("land that build", f"gitorch finalize --project {bound}")],
        )
    if not is_installed(repo):
        text = "no guard is installed in this repository"
        raise GitorchError("not-guarded", text, hints=[INSTALL])
    return check_branch(slug, repo)


def _check_files(repo: Repository, opened: Opened, tip: CommitId, snapshot: CommitId) -> None:
    """The files of a build that were discarded have room; asked before the deciding step."""
    slug, again = opened.slug, f"gitorch reopen --project {opened.slug}"
    if tip != opened.base:
        raise GitorchError(
            "moved-branch",
            f"{branch_name(slug)} is at {tip[:12]}, expected the base {opened.base[:12]}",
            about=branch_name(slug),
            hints=[Hint("see the commits on it", f"git log {opened.base[:12]}..{branch_name(slug)}")],
        )
    taken = switching.strange(repo, tip, snapshot) or switching.in_the_way(repo, tip, snapshot)
    if found := taken or switching.unchangeable(repo, tip, snapshot):
        raise GitorchError(
            "blocked-files",
            f"{len(found)} files block those of build {slug}; nothing was changed",
            about=slug,
            details=map(shown_path, found[:20]),
            hints=[Hint("reopen the build once they are elsewhere", again)],
        )


def _check_landed(repo: Repository, opened: Opened, tip: CommitId) -> None:
    """Only the one commit that finalize made is on the branch, and it is nowhere else."""
    slug, base, name = opened.slug, opened.base, branch_name(opened.slug)
    if refs.resolve(repo, f"{tip}^") != base:
        raise GitorchError(
            "rogue-commit",
            f"{name} has commits on top of the build's own",
            about=name,
            details=[f"{oid[:12]} {subject}" for oid, subject in commits_not_in(repo, tip, [base])],
            hints=[Hint("keep them on another branch", f"git branch NAME {name} && git reset --keep COMMIT")],
        )
    if others := [ref for ref in refs.containing(repo, tip) if ref != branch_ref(slug)]:
        raise GitorchError(
            "moved-branch",
            f"the commit of build {slug} is on other refs than {name}, too",
            about=name,
            details=others,
            hints=dict.fromkeys(_without(ref, slug, tip) for ref in others),
        )


def _without(ref: str, slug: Slug, tip: str) -> Hint:
    """What to type so that `ref` no longer has the commit."""
    again = f"gitorch reopen --project {slug}"
    if ref == "refs/stash":
        return Hint("bring back what was stashed on top of the commit", f"git stash pop && {again}")
    if ref.startswith("refs/tags/"):
        tag = typed(ref.removeprefix("refs/tags/"))
        return Hint("delete the tag, when nobody needs it", f"git tag -d {tag} && {again}")
    return Hint("undo the build by a commit on the other branch", f"git revert {tip[:12]}")
