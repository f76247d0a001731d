"""doctor: test what the other commands rely on, and fix what can be fixed without a decision.

Never loses a commit: a branch is only put back where no commit of its own is on it.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gitorch.actions.changing import changing_repository
from gitorch.actions.snapshot import snapshot_before
from gitorch.actions.standing import standing
from gitorch.actions.workplace import Build, build_of, find_workplace, is_in_progress
from gitorch.adapters.build_folder import list_builds
from gitorch.adapters.git import refs, tidying
from gitorch.adapters.git.chain_end import chain_ref, tip
from gitorch.adapters.git.keeping import Usage, measure
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.worktrees import all_worktrees, is_cut_off
from gitorch.adapters.guard import config_hooks, install, instant, registry, seal
from gitorch.adapters.guard.probe import GuardHealth, holds_without_hooks, probe_ready
from gitorch.core.errors import GitorchError
from gitorch.core.hints import FIX, UPGRADE, abort
from gitorch.core.issue import Hint, Issue
from gitorch.core.meta import BuildType
from gitorch.core.names import CommitId, RefName, Slug, branch_name, branch_ref
from gitorch.core.needs import needs
from gitorch.core.opened import Opened
from gitorch.core.text import typed
from gitorch.transitions.run import moved_once, withdraw_permit

OLDEST_GIT = (2, 38, 0)

_CLEAR = Hint("remove what is left", "gitorch doctor --fix")


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is wrong. `slug` names the build that it belongs to, if there is one."""

    issue: Issue
    slug: Slug | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, what was fixed, the working trees with the guard, and what all snapshots take up."""

    found: tuple[Found, ...]
    fixed: tuple[str, ...]
    guarded: tuple[Path, ...]
    snapshots: Usage
    watched: tuple[Path, ...] = ()
    """The working trees in which git takes a snapshot before it overwrites files."""
    chosen: tuple[Issue, ...] = ()
    """What the person has set, and is told of: nothing that `fix` would undo."""
    without_hooks: tuple[str, ...] = ()
    """What refuses a client that switches git's hooks off: `git`, a spawned `worker`'s git, the `seal`."""

    @property
    def issues(self) -> tuple[Issue, ...]:
        return tuple(found.issue for found in self.found)


def doctor(start: Path, *, fix: bool) -> Diagnosis:
    """Look at everything; with `fix`, fix what can be, and look again. Holds the repository's lock."""
    repo = find_workplace(start).need_repo()
    with changing_repository(repo):
        seen = _look(start, repo)
        fixed = [line for found in seen.found for line in _fix(start, repo, found)] if fix else []
        if fixed:
            seen = _look(start, repo)
    return replace(seen, fixed=tuple(fixed))


def _look(start: Path, repo: Repository) -> Diagnosis:
    """Everything that is wrong; the guard is asked once, for all builds."""
    health = probe_ready(repo)
    builds = list(_builds(start, repo))
    found = [Found(issue) for issue in _of_guard(repo, health)]
    for build in builds:
        state = build.read_state()
        stands = standing(build, state, ask_guard=False)
        if stands:
            found += [Found(need, build.slug) for need in needs(state, stands) if need.code in _BRANCH]
            if lock := seal.foreign_lock(build.place.need_repo(), build.slug):
                found.append(Found(seal.held(lock), build.slug))
    found += _of_leftovers(repo, {build.slug for build in builds})
    guarded = tuple(tree.root for tree in health.trees if not tree.problem)
    watched, chosen = [], []
    for tree in registry.bound_trees(repo):
        if (why := instant.problem(tree)) is None:
            watched.append(tree.root)
        elif instant.find_own(tree) and not instant.is_armed(tree):
            chosen.append(instant.off(tree.root, why))
        else:
            found.append(Found(instant.off(tree.root, why)))
    unhooked = tuple(_without_hooks(repo)) if guarded else ()
    return Diagnosis(tuple(found), (), guarded, measure(repo), tuple(watched), tuple(chosen), unhooked)


def _without_hooks(repo: Repository) -> Iterator[str]:
    if holds_without_hooks(repo):
        yield "git"
    if os.access(repo.shared / "guard" / "bin" / "git", os.X_OK):
        yield "worker"
    if (builds := registry.open_builds(repo)) and builds.keys() <= {*seal.sealed(repo)}:
        yield "seal"


_BRANCH = {
    "no-branch",
    "rogue-commit",
    "moved-branch",
    "not-guarded",
    "left-branch",
    "lost-seal",
    "moved-chain",
    "foreign-branch",
}


def _of_guard(repo: Repository, health: GuardHealth) -> Iterator[Issue]:
    if repo.version < OLDEST_GIT:
        version = ".".join(map(str, repo.version))
        yield Issue("missing-git", f"git {version} is too old for the guard, expected 2.38 or newer")
    newer = install.newer(repo)
    if newer:
        text = f"a newer gitorch has installed the guard, which this one leaves as it is: {newer[0]}"
        yield Issue("newer-gitorch", text, str(newer[0]), hints=(UPGRADE,))
    for text, command in health.problems:
        restore = Hint("restore the guard", command)
        yield Issue("not-guarded", text, text, hints=(UPGRADE if newer else restore,))
    if newer:
        return  # its configuration may have another form
    if not config_hooks.is_installed(repo):  # this git may be too old to look, and the next one not
        text = "git's configuration does not lead to the guard, as git 2.54 and newer need it"
        yield Issue("not-guarded", text, "config", hints=(FIX,))


def _of_leftovers(repo: Repository, by_records: set[Slug]) -> Iterator[Found]:
    """What a command that was killed, or a build that was deleted, has left behind.

    A build is open by the guard's registry, or by its own records, by which it is bound again.
    """
    builds = registry.open_builds(repo)
    if registry.has_permit(repo):
        text = "a command that was killed left a permit to move a branch"
        yield Found(Issue("left-permit", text, hints=(_CLEAR,)))
    for slug in seal.sealed(repo):
        if slug not in builds.keys() | by_records:
            text = f"{branch_name(slug)} is sealed, but its build is not open"
            yield Found(Issue("left-seal", text, branch_name(slug), hints=(_CLEAR,)), slug)
    for tree in all_worktrees(repo):
        bound = registry.bound_slug(tree)
        if bound and bound not in builds.keys() | by_records:
            text = f"{tree.root} is bound to build {bound}, which is not open"
            yield Found(Issue("left-binding", text, str(tree.root), hints=(_CLEAR,)))
    for slug, recorded in registry.recorded_roots(repo).items():
        if root := builds.get(slug):
            if (left := _find_left(repo, slug)) and left.lines:
                text = f"a git command was refused or has not ended in {root}"
                tidy = Hint("restore what git changed", "gitorch doctor --fix")
                yield Found(Issue("operation-in-progress", text, str(root), left.lines, (tidy,)), slug)
            yield from _of_records(root, slug)
            continue
        if is_cut_off(recorded):
            text = f"the link between the worktree {recorded} of build {slug} and the repository is broken"
            repair = Hint("repair the link", f"git worktree repair {typed(str(recorded))}")
            yield Found(Issue("broken-worktree", text, str(recorded), hints=(repair,)), slug)
        else:
            text = f"the worktree of build {slug} does not exist, or belongs to a copy of the repository"
            close = abort(slug, "close the build and keep its branch")
            yield Found(Issue("missing-worktree", text, slug, hints=(close,)), slug)


def _find_left(repo: Repository, slug: Slug) -> tidying.Leftovers | None:
    """What git has left in the worktree of the open build `slug`."""
    root = registry.open_builds(repo)[slug]
    tree = Repository.discover_usable(root) if root else None
    return tidying.find(tree, branch_ref(slug)) if tree else None


def _of_records(root: Path, slug: Slug) -> Iterator[Found]:
    try:
        state = build_of(find_workplace(root), slug, to_look=True).read_state()
        for issue in state.issues:
            if issue.code == "missing-records":
                yield Found(issue, slug)
    except GitorchError as error:
        yield Found(error.issue, slug)


def _builds(start: Path, repo: Repository) -> Iterator[Build]:
    """Every build that is open, by the guard's registry or by its own records."""
    place = find_workplace(start)
    here = set()
    with contextlib.suppress(GitorchError):  # a broken configuration keeps nobody from an open build
        here = {folder.slug for folder in list_builds(place.builds, place.builds_dir)}
    for slug in sorted(here | registry.open_builds(repo).keys()):
        try:
            build = build_of(place, slug, to_look=True)
            if build.opened or is_in_progress(place, build.folder):
                yield build
        except GitorchError:  # missing or damaged records; `_of_records` tells
            continue


def _fix(start: Path, repo: Repository, found: Found) -> Iterator[str]:
    """Fix one thing and say what was done; nothing where a person must decide."""
    code = found.issue.code
    if code == "not-guarded" and found.slug is None:
        yield from _install(repo)
    elif code == "no-last-instant":
        yield from _install(repo)
        if not any(instant.problem(tree) for tree in registry.bound_trees(repo)):
            yield "git takes a snapshot again before it overwrites files"
    elif code == "left-permit":
        withdraw_permit(repo)
        yield "withdrew the permit"
    elif code == "left-binding":
        for tree in all_worktrees(repo):
            if (bound := registry.bound_slug(tree)) and bound not in registry.open_builds(repo):
                registry.close_build(tree, bound)
                yield f"unbound {tree.root} from {bound}"
    elif found.slug:
        yield from _fix_build(start, repo, found.slug, code)


def _fix_build(start: Path, repo: Repository, slug: Slug, code: str) -> Iterator[str]:
    if code == "left-seal":
        seal.lift(repo, slug)
        yield f"removed the seal of {branch_name(slug)}"
    elif code == "lost-seal" and (why := seal.problem(repo)):
        seal.lift(repo, slug)
        yield f"removed the seal of {branch_name(slug)}: {why}"
    elif code == "lost-seal":
        with contextlib.suppress(GitorchError):  # another git's lock blocks it: told by itself
            seal.put_back(repo, slug)
            yield f"sealed {branch_name(slug)} again"
    elif code in {"no-branch", "moved-branch"} and not seal.foreign_lock(repo, slug):  # told by itself
        yield from _put_back(build_of(find_workplace(start), slug, to_look=True))
    elif code == "moved-chain":
        tip(repo, slug)
        yield f"restored {chain_ref(slug)}"
    elif code == "not-guarded":
        yield from _bind(build_of(find_workplace(start), slug, to_look=True))
    elif code in {"left-branch", "operation-in-progress"} and (left := _find_left(repo, slug)):
        build = build_of(find_workplace(start), slug, even_without_records=True)
        yield from snapshot_before(build, "doctor --fix")
        yield from tidying.tidy(left)


def _install(repo: Repository) -> Iterator[str]:
    try:
        report = install.install(repo)
        registry.rearm(repo)
    except (GitorchError, OSError):  # it stays a problem; `gitorch install` says why
        return
    if report.changed:
        yield f"installed the guard in {', '.join(map(str, report.folders))}"
    yield from report.notes


def _put_back(build: Build) -> Iterator[str]:
    """Reset the build branch to its base, where no commit of the branch is lost by it."""
    repo = build.place.need_repo()
    base = build.opened.base if build.opened else build.folder.read_meta().base
    assert base is not None  # noqa: S101 (a build without a base has no branch to miss)
    ref, name = branch_ref(build.slug), branch_name(build.slug)
    if refs.link(repo, ref) or refs.in_the_way(repo, ref):
        return  # a person's decision: a move would go to another branch, or cannot be made
    if refs.discard_broken(repo, ref):
        yield f"deleted the file of {name}, which had no commit"
        if refs.resolve(repo, ref):
            return  # it was packed as well, and is judged anew
    tip = refs.target(repo, ref) or refs.zero(base)
    with seal.released(repo, build.slug), moved_once(repo, build.slug, tip, base):
        refs.move(repo, ref, base, tip, "gitorch: doctor puts the branch back to its base")
    yield f"reset {name} to its base {base[:12]}"


def _bind(build: Build) -> Iterator[str]:
    repo = build.place.need_repo()
    opened = build.opened or _known_by_records(build, repo)
    if opened and refs.head_ref(repo) == opened.branch:
        decided = registry.read_decided(repo, build.slug)
        if build.opened is None:  # what was decided is known from the records, too
            decided = decided.model_copy(
                update={"launches": build.folder.read_meta().launches, "landed": None}
            )
        registry.open_build(repo, opened, decided)
        yield f"bound {repo.root} to build {build.slug}"


def _known_by_records(build: Build, repo: Repository) -> Opened | None:
    """What a build is that the registry has lost, by its meta.json and git; None where these do not agree.

    Only a person who asks for it makes a build open so.
    """
    meta = build.folder.read_meta()
    tip = refs.resolve(repo, branch_ref(build.slug))
    if meta.build_type is not BuildType.CODE or meta.base is None or tip is None:
        return None
    if meta.base != tip:  # commits on the branch could not be told from the history before it
        return None
    return Opened(
        slug=build.slug,
        folder=build.folder.shown,
        base=CommitId(meta.base),
        opened_from=RefName(meta.opened_from) if meta.opened_from else None,
        opened_at=meta.opened_at,
        plan=meta.plan,
        plan_file=meta.plan_file,
    )
