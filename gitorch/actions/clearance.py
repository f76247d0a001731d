"""What must hold before a build may be changed; each refusal says what is wrong and what to type.

One function for each command's needs, which returns what it has found as a `Cleared`; nothing else makes
one, and no transition begins without. Reads refs and records; changes nothing.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from gitorch.actions.workplace import Build
from gitorch.adapters.git import refs
from gitorch.adapters.git.commit import signs
from gitorch.adapters.git.objects import commits_not_in
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry, seal
from gitorch.core import lost
from gitorch.core.errors import GitorchError
from gitorch.core.gate import unfinished
from gitorch.core.hints import finalize, remove_lock
from gitorch.core.issue import Hint, Severity
from gitorch.core.meta import BuildStatus
from gitorch.core.names import CommitId, Slug, branch_name, branch_ref, landed_ref
from gitorch.core.opened import Opened
from gitorch.core.state import BuildState
from gitorch.core.text import counted, one_line, typed

_UNFINISHED = {
    # --abort would delete what is newly staged: our records, say
    "MERGE_HEAD": ("merge", "git merge --quit"),
    "CHERRY_PICK_HEAD": ("cherry-pick", "git cherry-pick --quit"),
    "REVERT_HEAD": ("revert", "git revert --quit"),
}
"""The ref that git keeps in the middle of something, what that is, and the command that ends it."""

_SAID_OF = {"invalid date format": "DATE", "empty ident name": "NAME", "name consists only of": "NAME"}
"""What git says (ident.c) where a variable of the environment gives it what it cannot use."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """An open code build that may be closed: nothing of what a person can change stands against it."""

    build: Build
    repo: Repository
    opened: Opened
    tip: CommitId
    """Where the build branch is; another commit than the base where commits were made on it."""


def clear_to_finalize(build: Build, *, absorb: bool, accept_config: bool = False) -> Cleared:
    """An open build whose workers are complete, in its worktree, on its branch. Call it with the locks held.

    With `absorb`, commits on the branch are no obstacle; `accept_config` as in `Build.read_state`.
    """
    check_person(build, "finalize")
    repo, opened = _require_open(build)
    check_workers(build.read_state(accept_config=accept_config))
    check_spawned(build)
    tip = check_branch(build.slug, repo)
    if not absorb:
        check_rogue(build.slug, repo, opened.base, tip)
    _check_identity(repo)
    return Cleared(build, repo, opened, tip)


def clear_to_land(before: Cleared, build: Build) -> Cleared:
    """The same build, still as it was found before the validators ran. Call it with the locks held again."""
    repo, opened = _require_open(build)
    tip = check_branch(build.slug, repo)
    if tip != before.tip or opened != before.opened:
        raise GitorchError(
            "changed-build",
            f"{branch_name(build.slug)} was moved by another process; nothing was committed",
            about=branch_name(build.slug),
            hints=[finalize(build.slug)],
        )
    return Cleared(build, repo, opened, tip)


def clear_to_abort(build: Build) -> Cleared:
    """An open build in its worktree, on its branch. Call it with the locks held."""
    check_person(build, "abort")
    repo, opened = _require_open(build)
    check_spawned(build)
    build.folder.check_places()
    return Cleared(build, repo, opened, check_branch(build.slug, repo))


def _require_open(build: Build) -> tuple[Repository, Opened]:
    if build.opened is None:
        check_open(build)
    return build.require_opened()


def require_open_worktree(build: Build) -> tuple[Repository, Opened]:
    """The worktree and the identity of an open code build; GitorchError where either is not there."""
    repo = build.place.need_repo()
    if build.opened is None and registry.find_closed(repo, build.slug):
        reopen = Hint("open it again", f"gitorch reopen --project {build.slug}")
        raise GitorchError("closed-build", f"build {build.slug} is closed", about=build.slug, hints=[reopen])
    if build.opened and registry.bound_slug(repo) != build.slug:
        text = f"the worktree of build {build.slug} does not exist"
        doctor = Hint("see where the worktree was", "gitorch doctor")
        raise GitorchError("missing-worktree", text, about=build.slug, hints=[doctor])
    return build.require_opened()


def check_open(build: Build) -> None:
    """A build that is closed cannot be closed once more."""
    status = build.read_meta().status
    if status is not BuildStatus.IN_PROGRESS:
        raise GitorchError(
            "closed-build",
            f"build {build.slug} is {status} already",
            about=build.slug,
            hints=[
                Hint("see how it ended", f"gitorch status --project {build.slug}"),
                Hint("open it again", f"gitorch reopen --project {build.slug}"),
            ],
        )


def check_person(build: Build, command: str = "finalize") -> None:
    """A process that says it is a worker closes no build."""
    if worker := os.environ.get("GITORCH_WORKER"):
        what = command.partition(" ")[0]
        raise GitorchError(
            "refused-command",
            f"worker {one_line(worker, 60)} may not {what}: the person who runs the build does",
            hints=[
                Hint(
                    "run it as the person who runs the build",
                    f"env -u GITORCH_WORKER gitorch {command} --project {build.slug}",
                )
            ],
        )


def check_workers(state: BuildState, rule: str = "all") -> None:
    """Every worker complete by `rule`, and no finding open; GitorchError names each that is not, and why."""
    slug = state.meta.slug
    if not state.workers:
        raise GitorchError("empty-build", f"build {slug} has no workers", about=slug, hints=[_status(slug)])
    if left := unfinished(state, rule):
        raise GitorchError(
            "unfinished-worker",
            f"{len(left)} of {len(state.workers)} workers of build {slug} are not complete",
            about=slug,
            details=[*left, *_open_issues(state)],
            hints=[_status(slug)],
        )
    if open_issues := list(_open_issues(state)):
        raise GitorchError(
            "open-issues",
            f"build {slug} has issues with its records; nothing was committed",
            about=slug,
            details=open_issues,
            hints=[_status(slug)],
        )


def _status(slug: str) -> Hint:
    return Hint("see all workers and issues", f"gitorch status --project {slug}")


def _open_issues(state: BuildState) -> Iterable[str]:
    for issue in state.issues:
        if issue.severity is Severity.ERROR and issue.code not in lost.CODES:  # told with the files
            yield one_line(issue.message, 300)


def check_spawned(build: Build) -> None:
    """No worker that gitorch has started is at work: it would write on when the build is closed."""
    from gitorch.actions.spawn.book import store_of

    if running := store_of(build).at_work():
        raise GitorchError(
            "running-worker",
            f"workers of build {build.slug} are running: {', '.join(running)}",
            about=build.slug,
            hints=[
                Hint("see when they end", f"gitorch spawns --project {build.slug}"),
                *(Hint(f"end {name}", f"gitorch stop {name} --project {build.slug}") for name in running),
            ],
        )


def check_branch(slug: Slug, repo: Repository) -> CommitId:
    """The tip of the build branch, which this worktree must be on, with no git at work on it."""
    name, ref = branch_name(slug), branch_ref(slug)
    check_binding(slug, repo)
    found = refs.resolve_each(repo, (ref, *_UNFINISHED))
    tip = found.get(ref)
    if tip is None:
        again = Hint("create the branch again at the base", "gitorch doctor --fix")
        raise GitorchError("no-branch", f"the branch {name} does not exist", about=name, hints=[again])
    if (head := refs.head_ref(repo)) != ref:
        on = head.removeprefix("refs/heads/") if head else "a detached HEAD"
        raise GitorchError(
            "wrong-branch",
            f"wrong branch in {repo.root}: on {on}, expected {name}",
            about=name,
            hints=[Hint("switch and keep every file", _git(repo, "switch", name))],
        )
    for mark, (what, end) in _UNFINISHED.items():
        if mark in found:
            raise GitorchError(
                "operation-in-progress",
                f"a {what} is in progress in {repo.root}",
                about=mark,
                hints=[Hint("end it and keep every file", _git(repo, *end.split()[1:]))],
            )
    if lock := seal.foreign_lock(repo, slug):
        text = f"another git process holds {lock}"
        raise GitorchError("busy", text, about=str(lock), hints=[remove_lock(lock)])
    return CommitId(tip)


def check_binding(slug: Slug, repo: Repository) -> None:
    """This worktree belongs to the build, or to none."""
    bound = registry.bound_slug(repo)
    if bound not in (None, slug):
        raise GitorchError(
            "wrong-worktree",
            f"the worktree {repo.root} belongs to build {bound}",
            about=bound,
            hints=[Hint("land that build", f"gitorch finalize --project {bound}")],
        )


def _git(repo: Repository, *words: str) -> str:
    return " ".join(["git", "-C", typed(str(repo.root)), *words])


def check_rogue(slug: Slug, repo: Repository, base: str, tip: str) -> None:
    """Commits that finalize did not make are listed and refused."""
    name = branch_name(slug)
    if tip != base and tip == refs.resolve(repo, landed_ref(slug)):
        raise GitorchError(
            "moved-branch",
            f"{name} is back at {tip[:12]}, the commit that reopen undid",
            about=name,
            hints=[Hint("reset the branch to its base", "gitorch doctor --fix")],
        )
    if tip != base:
        rogue = commits_not_in(repo, tip, [base])
        raise GitorchError(
            "rogue-commit",
            f"{name} has {counted(len(rogue), 'commit')} that finalize did not make",
            about=name,
            details=[f"{oid[:12]} {one_line(subject, 120)}" for oid, subject in rogue]
            or [f"{name} is at {tip[:12]}, the base is {base[:12]}"],
            hints=[Hint("fold them into the one commit", f"gitorch finalize --project {slug} --absorb")],
        )


def _check_identity(repo: Repository) -> None:
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
                "missing-builder",
                f"git cannot use {variable}, as the environment has it",
                about=variable,
                details=said.splitlines()[-1:],
                hints=[Hint("do without it", f"unset {variable}")],
            )
        raise GitorchError(
            "missing-builder",
            f"git does not know the {role.lower()}'s name or address",
            details=said.splitlines()[-1:],
            hints=[
                Hint("set both", "git config user.name NAME && git config user.email ADDRESS"),
            ],
        )
