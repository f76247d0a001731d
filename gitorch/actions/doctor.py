"""doctor: test what the other commands rely on, and mend what can be mended without a decision.

Never loses a commit: a branch is only put back where no commit of its own is on it.
"""

import contextlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gitorch.actions.changing import changing_repository
from gitorch.actions.standing import standing
from gitorch.actions.workplace import Build, build_of, find_workplace, is_in_progress
from gitorch.adapters.build_folder import list_builds
from gitorch.adapters.git import refs, tidying
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.worktrees import all_worktrees, is_cut_off
from gitorch.adapters.guard import config_hooks, install, registry, seal
from gitorch.adapters.guard.probe import GuardHealth, probe_ready
from gitorch.core.errors import UPGRADE, GitorchError
from gitorch.core.meta import BuildType
from gitorch.core.names import CommitId, RefName, Slug, branch_name, branch_ref
from gitorch.core.needs import needs
from gitorch.core.opened import Opened
from gitorch.transitions.run import moved_once, withdraw_permit

OLDEST_GIT = (2, 38, 0)

_GUARD, _LEFT = "guard", "operation-in-progress"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `slug` names the build that it is about, if it is about one."""

    kind: str
    message: str
    hint: str
    details: tuple[str, ...] = ()
    slug: Slug | None = None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found wrong and stands, what was mended, and the working trees where the guard stands."""

    problems: tuple[Problem, ...]
    mended: tuple[str, ...]
    guarded: tuple[Path, ...]


def doctor(start: Path, *, fix: bool) -> Diagnosis:
    """Look at everything; with `fix`, mend what can be, and look again. Holds the repository's lock."""
    repo = find_workplace(start).need_repo()
    with changing_repository(repo):
        seen = _look(start, repo)
        mended = [line for problem in seen.problems for line in _mend(start, repo, problem)] if fix else []
        if mended:
            seen = _look(start, repo)
    return Diagnosis(seen.problems, tuple(mended), seen.guarded)


def _look(start: Path, repo: Repository) -> Diagnosis:
    """Everything that is wrong; the guard is asked once, for all builds."""
    health = probe_ready(repo)
    builds = list(_builds(start, repo))
    found = [*_of_guard(repo, health)]
    for build in builds:
        state = build.read_state()
        stands = standing(build, state, ask_guard=False)
        if stands:
            of_branch = [need for need in needs(state, stands) if need.code in _BRANCH]
            found += [
                Problem(need.code, need.message, need.hints[0].command, need.details, build.slug)
                for need in of_branch
            ]
            if lock := seal.foreign_lock(build.place.need_repo(), build.slug):
                text = f"another git process holds {lock}"
                found.append(Problem("held", text, seal.release(lock), slug=build.slug))
    found += _of_leftovers(repo, {build.slug for build in builds})
    guarded = tuple(tree.root for tree in health.trees if not tree.problem)
    return Diagnosis(tuple(found), (), guarded)


_BRANCH = {"no-branch", "rogue-commit", "moved-branch", "not-guarded", "left-branch", "lost-seal"}


def _of_guard(repo: Repository, health: GuardHealth) -> Iterator[Problem]:
    hint = "gitorch doctor --fix"
    if repo.version < OLDEST_GIT:
        version = ".".join(map(str, repo.version))
        yield Problem("git", f"git {version} is too old for the guard", "install git 2.38 or newer")
    newer = install.newer(repo)
    if newer:
        text = f"a newer gitorch has installed the guard here, which this one leaves as it is: {newer[0]}"
        yield Problem("newer-guard", text, UPGRADE)
    for sentence, way_out in health.problems:
        yield Problem(_GUARD, sentence, UPGRADE if newer else way_out)
    if newer:
        return  # its configuration may read otherwise
    if not config_hooks.is_installed(repo):  # this git may be too old to look, and the next one not
        text = "git's configuration does not lead to the guard here, as git 2.54 and newer need it"
        yield Problem(_GUARD, text, hint)


def _of_leftovers(repo: Repository, by_records: set[Slug]) -> Iterator[Problem]:
    """What a command that was killed, or a build that is gone, has left behind.

    A build is open by the guard's registry, or by its own records, by which it is bound again.
    """
    hint, builds = "gitorch doctor --fix", registry.open_builds(repo)
    if registry.has_permit(repo):
        yield Problem("permit", "a permit to move a branch is left over", hint)
    for slug in seal.sealed(repo):
        if slug not in builds.keys() | by_records:
            yield Problem(
                "seal", f"{branch_name(slug)} is sealed, but its build is not open", hint, slug=slug
            )
    for tree in all_worktrees(repo):
        bound = registry.bound_slug(tree)
        if bound and bound not in builds.keys() | by_records:
            yield Problem("binding", f"{tree.root} is bound to {bound}, which is not open", hint)
    for slug, recorded in registry.recorded_roots(repo).items():
        if root := builds.get(slug):
            if (left := _find_left(repo, slug)) and left.lines:
                text = f"a git command was refused or has not ended in {root}"
                yield Problem(_LEFT, text, hint, left.lines, slug)
            yield from _of_records(root, slug)
            continue
        if is_cut_off(recorded):
            text = f"the link between the worktree {recorded} of build {slug} and this repository is broken"
            yield Problem("worktree", text, f"git worktree repair {shlex.quote(str(recorded))}")
        else:
            text = f"the worktree of build {slug} is gone, or belongs to another copy of this repository"
            yield Problem("worktree", text, f"gitorch abort --project {slug}")


def _find_left(repo: Repository, slug: Slug) -> tidying.Leftovers | None:
    """What git has left in the worktree of the open build `slug`."""
    root = registry.open_builds(repo)[slug]
    tree = Repository.discover_usable(root) if root else None
    return tidying.find(tree, branch_ref(slug)) if tree else None


def _of_records(root: Path, slug: Slug) -> Iterator[Problem]:
    try:
        build_of(find_workplace(root), slug).read_state()
    except GitorchError as error:
        hint = next(map(str, error.hints), f"gitorch status --project {slug}")
        yield Problem("records", error.message, hint, tuple(error.details), slug)


def _builds(start: Path, repo: Repository) -> Iterator[Build]:
    """Every build that is open, by the guard's registry or by its own records."""
    place = find_workplace(start)
    here = set()
    with contextlib.suppress(GitorchError):  # a broken configuration keeps nobody from an open build
        here = {folder.slug for folder in list_builds(place.builds, place.builds_dir)}
    for slug in sorted(here | registry.open_builds(repo).keys()):
        try:
            build = build_of(place, slug)
            if build.opened or is_in_progress(build.folder):
                yield build
        except GitorchError:  # missing or damaged records; `_of_records` tells
            continue


def _mend(start: Path, repo: Repository, problem: Problem) -> Iterator[str]:
    """Mend one thing and say what was done; nothing where it needs a decision."""
    if problem.kind == _GUARD:
        yield from _install(repo)
    elif problem.kind == "permit":
        withdraw_permit(repo)
        yield "withdrew the permit"
    elif problem.kind == "binding":
        for tree in all_worktrees(repo):
            if (bound := registry.bound_slug(tree)) and bound not in registry.open_builds(repo):
                registry.close_build(tree, bound)
                yield f"unbound {tree.root} from {bound}"
    elif problem.slug:
        yield from _mend_build(start, repo, problem.slug, problem.kind)


def _mend_build(start: Path, repo: Repository, slug: Slug, kind: str) -> Iterator[str]:
    if kind == "seal":
        seal.lift(repo, slug)
        yield f"took the seal off {branch_name(slug)}"
    elif kind == "lost-seal" and (why := seal.problem(repo)):
        seal.lift(repo, slug)
        yield f"gave up the seal of {branch_name(slug)}: {why}"
    elif kind == "lost-seal":
        with contextlib.suppress(GitorchError):  # another git's lock is in its place: told by itself
            seal.put_back(repo, slug)
            yield f"sealed {branch_name(slug)} again"
    elif kind in {"no-branch", "moved-branch"} and not seal.foreign_lock(repo, slug):  # told by itself
        yield from _put_back(build_of(find_workplace(start), slug))
    elif kind == "not-guarded":
        yield from _bind(build_of(find_workplace(start), slug))
    elif kind in {"left-branch", _LEFT} and (left := _find_left(repo, slug)):
        yield from tidying.tidy(left)


def _install(repo: Repository) -> Iterator[str]:
    try:
        report = install.install(repo)
    except (GitorchError, OSError):  # it stays a problem; `gitorch install` says why
        return
    if report.changed:
        yield f"installed the guard in {', '.join(map(str, report.folders))}"
    yield from report.notes


def _put_back(build: Build) -> Iterator[str]:
    """Point the build branch at its base again, where it has no commit of its own to lose."""
    repo = build.place.need_repo()
    base = build.opened.base if build.opened else build.folder.read_meta().base
    assert base is not None  # noqa: S101 (a build without a base has no branch to miss)
    ref, name = branch_ref(build.slug), branch_name(build.slug)
    if refs.link(repo, ref) or refs.in_the_way(repo, ref):
        return  # a person's decision: a move would go to another branch, or cannot be made
    if refs.discard_broken(repo, ref):
        yield f"deleted the file of {name}, which held no commit"
        if refs.resolve(repo, ref):
            return  # it was packed as well, and is judged anew
    tip = refs.target(repo, ref) or refs.zero(base)
    with seal.released(repo, build.slug), moved_once(repo, build.slug, tip, base):
        refs.move(repo, ref, base, tip, "gitorch: doctor puts the branch back to its base")
    yield f"put {name} back to its base {base[:12]}"


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
    if refs.merge_base(repo, meta.base, tip) != meta.base:
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
