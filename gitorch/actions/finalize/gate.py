"""What must hold before a build may land; each refusal says what is wrong and what to type.

Reads refs and records; changes nothing.
"""

import os
import shlex
from collections.abc import Callable, Iterable

from gitorch.actions.finalize.land import signs
from gitorch.actions.recover import recover
from gitorch.actions.workplace import Build, find_workplace
from gitorch.adapters.git import refs
from gitorch.adapters.git.objects import commits_not_in
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry, seal
from gitorch.core.errors import GitorchError
from gitorch.core.gate import unfinished
from gitorch.core.issue import Severity
from gitorch.core.meta import BuildStatus, BuildType, Meta
from gitorch.core.names import Slug, branch_name, branch_ref, landed_ref
from gitorch.core.state import BuildState
from gitorch.core.text import one_line

_UNFINISHED = {
    "MERGE_HEAD": "git merge --quit",  # --abort would delete what is newly staged: our records, say
    "CHERRY_PICK_HEAD": "git cherry-pick --quit",
    "REVERT_HEAD": "git revert --quit",
}
"""The ref that git keeps while it is in the middle of something, and the command that ends it."""

_SAID_OF = {"invalid date format": "DATE", "empty ident name": "NAME", "name consists only of": "NAME"}
"""What git says (ident.c) where a variable of the environment gives it what it cannot use."""


def in_bound_worktree(build: Build, tell: Callable[[str], None]) -> Build:
    """The same build in the worktree that it is bound to: the files there are the work.

    What was interrupted there is completed first, and told.
    """
    if build.place.repo is None:
        return build
    bound = registry.open_builds(build.place.repo).get(build.slug)
    if bound is None or bound == build.place.root:
        return build
    for line in recover(bound):
        tell(line)
    place = find_workplace(bound)
    return Build(place, place.folder(build.slug))


def check_open(build: Build, meta: Meta, command: str = "finalize") -> None:
    """Only an open build can be closed, and only a person closes it."""
    check_person(build, command)
    if meta.status is not BuildStatus.IN_PROGRESS:
        raise GitorchError(
            f"build {build.slug} is {meta.status} already",
            hints=[f"gitorch status --project {build.slug}", "gitorch list"],
        )


def check_recorded(build: Build, meta: Meta) -> None:
    """What decides how a build is judged is as it was when it opened: any worker can write meta.json."""
    repo = build.place.repo
    if repo is None or build.slug not in registry.recorded_roots(repo):
        return
    base = registry.recorded_base(repo, build.slug) or meta.base
    right = [("build_type", BuildType.CODE, meta.build_type), ("base", base, meta.base)]
    if wrong := [f'"{key}": "{was}"' for key, was, now in right if was != now]:
        raise GitorchError(
            f"{build.folder.shown}/meta.json does not say what it said when build {build.slug} was opened",
            hints=[f"write {' and '.join(wrong)} in {shlex.quote(str(build.folder.meta_path))}"],
        )


def check_person(build: Build, command: str = "finalize") -> None:
    """A process that says it is a worker closes no build."""
    if worker := os.environ.get("GITORCH_WORKER"):
        raise GitorchError(
            f"worker {one_line(worker, 60)} may not {command}: the person who runs the build does",
            hints=[f"env -u GITORCH_WORKER gitorch {command} --project {build.slug}"],
        )


def check_workers(state: BuildState, rule: str = "all") -> None:
    """Every worker complete by `rule`, and no finding open; GitorchError names each that is not, and why."""
    slug = state.meta.slug
    if not state.workers:
        raise GitorchError(f"build {slug} has no workers", hints=[f"gitorch status --project {slug}"])
    if left := unfinished(state, rule):
        raise GitorchError(
            f"{len(left)} of {len(state.workers)} workers of build {slug} are not complete",
            details=[*left, *_findings(state)],
            hints=[f"gitorch status --project {slug}"],
        )
    if open_findings := list(_findings(state)):
        raise GitorchError(
            f"build {slug} has findings that are open",
            details=open_findings,
            hints=[f"gitorch status --project {slug}"],
        )


def _findings(state: BuildState) -> Iterable[str]:
    for issue in state.issues:
        if issue.severity is Severity.ERROR:
            yield one_line(issue.message, 300)


def check_spawned(build: Build) -> None:
    """No worker that gitorch has started is at work: it would write on when the build is closed."""
    from gitorch.actions.spawn.book import store_of

    if running := store_of(build).at_work():
        raise GitorchError(
            f"workers of build {build.slug} are still running: {', '.join(running)}",
            hints=[
                f"gitorch spawns --project {build.slug}   (until none runs)",
                *(f"gitorch stop {worker} --project {build.slug}" for worker in running),
            ],
        )


def check_branch(slug: Slug, repo: Repository) -> str:
    """The tip of the build branch, which this worktree must stand on, with no git at work on it."""
    name, ref = branch_name(slug), branch_ref(slug)
    bound = registry.bound_slug(repo)
    if bound not in (None, slug):
        raise GitorchError(
            f"this worktree belongs to build {bound}", hints=[f"gitorch finalize --project {bound}"]
        )
    found = refs.resolve_each(repo, (ref, *_UNFINISHED))
    tip = found.get(ref)
    if tip is None:
        hint = "gitorch doctor --fix   (makes it again at the base)"
        raise GitorchError(f"the branch {name} is gone", hints=[hint])
    if refs.head_ref(repo) != ref:
        raise GitorchError(
            f"{repo.root} is not on {name}, the branch of its build",
            hints=[f"git switch {name}   (keeps the files as they are)"],
        )
    for mark, end in _UNFINISHED.items():
        if mark in found:
            raise GitorchError(f"git is in the middle of something here ({mark})", hints=[end])
    if lock := seal.foreign_lock(repo, slug):
        raise GitorchError(f"another git process holds {lock}", hints=[seal.release(lock)])
    return tip


def check_unmoved(slug: Slug, repo: Repository, tip: str) -> None:
    """Everything is still as `check_branch` found it, now that validators and editor have had their time."""
    if check_branch(slug, repo) != tip:
        again = f"gitorch finalize --project {slug}"
        raise GitorchError(f"{branch_name(slug)} was moved meanwhile; nothing was committed", hints=[again])


def check_rogue(build: Build, repo: Repository, base: str, tip: str) -> None:
    """Commits that finalize did not make are listed and refused."""
    if tip != base and tip == refs.resolve(repo, landed_ref(build.slug)):
        raise GitorchError(
            f"{branch_name(build.slug)} went to {tip[:12]} again, which finalize made and reopen took back",
            hints=["gitorch doctor --fix   (puts it back to its base)"],
        )
    if tip != base:
        rogue = commits_not_in(repo, tip, [base])
        raise GitorchError(
            f"{branch_name(build.slug)} has {len(rogue)} commits that finalize did not make",
            details=[f"{oid[:12]} {one_line(subject, 120)}" for oid, subject in rogue]
            or [f"it stands at {tip[:12]}, its base is {base[:12]}"],
            hints=[f"gitorch finalize --project {build.slug} --absorb   (folds them into the one commit)"],
        )


def check_identity(repo: Repository) -> None:
    """Git knows who commits and whether to sign; asked now, since it would fail behind the validators."""
    signs(repo)
    for role in ("AUTHOR", "COMMITTER"):
        done = repo.run("var", f"GIT_{role}_IDENT", check=False)
        if done.ok:
            continue
        said = done.error_text
        kind = next((kind for words, kind in _SAID_OF.items() if words in said), "")
        variable = f"GIT_{role}_{kind}"
        if variable in os.environ:
            raise GitorchError(
                f"git cannot use {variable}, as the environment has it",
                details=said.splitlines()[-1:],
                hints=[f"unset {variable}"],
            )
        raise GitorchError(
            f"git does not know the {role.lower()}'s name or address",
            details=said.splitlines()[-1:],
            hints=["git config user.name NAME && git config user.email ADDRESS"],
        )
