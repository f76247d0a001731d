"""What needs the person, most urgent first, and what to type next. A pure reading of the state.

Nothing here looks at git; how the branch stands arrives as a `Standing`.
"""

from typing import NamedTuple

from gitorch.core import lost
from gitorch.core.hints import FIX, launch
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.meta import BuildType
from gitorch.core.state import BuildState, WorkerState, WorkerStatus
from gitorch.core.text import counted, first_sentence, one_line, typed

_SHOWN = 10
"""So many commits of a remote's branch get a line."""


class Elsewhere(NamedTuple):
    """A remote's build branch, as it was last seen, with commits that are not ours."""

    branch: str  # `origin/build/p`
    commits: tuple[str, ...]  # `<short id> <subject>`, newest first


class Standing(NamedTuple):
    """How an open code build stands in git. Branches by the name that a person types.

    `rogue` are the commits on the branch that the base does not have, `<short id> <subject>`.
    """

    branch: str
    base: str
    tip: str | None  # None: there is no such branch
    rogue: tuple[str, ...] = ()
    worktree: str | None = None  # the bound one; None: the guard does not know the build
    head: str | None = None  # what is checked out there; None: a detached HEAD
    in_the_way: str | None = None  # another branch, whose name keeps one that is gone from being made
    link: str | None = None  # what the branch stands for, where a symbolic ref is in its place
    taken_back: bool = False  # the tip is the commit that finalize made and reopen took back
    unsealed: bool = False  # the seal was asked for, and is gone
    lost_chain: str | None = None  # the ref of the snapshots, where another program moved it
    unguarded: tuple[tuple[str, str], ...] = ()  # where the guard does not stand, and why; what to type
    elsewhere: tuple[Elsewhere, ...] = ()


def needs(state: BuildState, standing: Standing | None = None) -> tuple[Issue, ...]:
    """Everything that needs the person: the branch, failed and blocked workers, files that do not count."""
    found = _of_branch(state.meta.slug, standing) if standing else []
    if standing and (ref := standing.lost_chain):
        restore = Hint("restore the ref", f"gitorch snapshot --project {typed(state.meta.slug)}")
        text = f"{ref} was moved or deleted by another program"
        found.append(Issue("moved-chain", text, ref, hints=(restore,)))
    found += [_of_worker(state.meta.slug, worker) for worker in state.having(WorkerStatus.FAILED)]
    found += [_of_worker(state.meta.slug, worker) for worker in state.having(WorkerStatus.BLOCKED)]
    return (*found, *state.issues)


def _of_branch(slug: str, standing: Standing) -> list[Issue]:
    branch, found = standing.branch, []

    def wrong(code: str, text: str, *hints: Hint, details: tuple[str, ...] = ()) -> None:
        found.append(Issue(code, text, branch, details, hints))

    if standing.link:
        text = f"{branch} was replaced by a symbolic ref to {one_line(standing.link)}"
        remove = f"git symbolic-ref --delete refs/heads/{branch} && gitorch doctor --fix"
        wrong("moved-branch", text, Hint("restore the branch", remove))
    elif other := standing.in_the_way:
        text = f"{branch} was deleted, and the branch {one_line(other)} blocks its name"
        aside = typed(f"{other.replace('/', '-')}-aside")
        move = f"git branch --move {typed(other)} {aside} && gitorch doctor --fix"
        wrong("no-branch", text, Hint("rename the other branch and restore this one", move))
    elif standing.tip is None:
        wrong("no-branch", f"{branch} was deleted", FIX)
    elif standing.taken_back:
        tip = (standing.tip or "")[:12]
        wrong("moved-branch", f"{branch} is back at {tip}, the commit that reopen undid", FIX)
    elif standing.rogue:
        text = f"{branch} has {counted(len(standing.rogue), 'commit')} that finalize did not make"
        absorb = f"gitorch finalize --project {typed(slug)} --absorb"
        fold = Hint("fold them into the build's one commit", absorb)
        wrong("rogue-commit", text, fold, details=standing.rogue)
    elif standing.tip != standing.base:
        wrong("moved-branch", f"{branch} was moved from its base to {standing.tip[:12]}", FIX)
    if standing.worktree is None:
        wrong("not-guarded", f"the guard does not know that {branch} belongs to an open build", FIX)
    elif standing.head != branch and (standing.head or standing.tip):  # git reads no HEAD of a broken branch
        on = standing.head or "a detached HEAD"
        switch = Hint("switch back and keep every file", f"git -C {typed(standing.worktree)} switch {branch}")
        text = f"wrong branch in {standing.worktree}: on {on}, expected {branch}"
        wrong("left-branch", text, switch)
    if standing.unsealed:
        wrong("lost-seal", f"the seal of {branch} was removed", FIX)
    for text, command in standing.unguarded:
        found.append(Issue("not-guarded", text, text, hints=(Hint("restore the guard", command),)))
    return found + [foreign_branch(branch, other) for other in standing.elsewhere]


def foreign_branch(branch: str, other: Elsewhere) -> Issue:
    """The warning about a remote's build branch, which no finalize of ours made what it is."""
    remote = other.branch.removesuffix(f"/{branch}")
    text = f"{one_line(other.branch)} has {counted(len(other.commits), 'commit')} that {branch} does not have"
    more = len(other.commits) - _SHOWN
    details = (
        *other.commits[:_SHOWN],
        *([f"and {more} more"] if more > 0 else []),
        f"as of the last fetch from {one_line(remote)}",
    )
    look = Hint("see what was pushed", f"git log --patch {branch}..{typed(f'refs/remotes/{other.branch}')}")
    delete = Hint("delete the branch over there", f"git push {typed(remote)} --delete {branch}")
    return Issue("foreign-branch", text, other.branch, details, (look, delete))


def _of_worker(slug: str, worker: WorkerState) -> Issue:
    why = first_sentence(worker.completion.summary) if worker.completion else ""
    verb = "failed" if worker.status is WorkerStatus.FAILED else "is blocked"
    text = f"{worker.id} ({one_line(worker.brief.title)}) {verb}: {why or 'no reason given'}"
    return Issue(f"{worker.status}-worker", text, str(worker.id), hints=(launch(slug, worker.id),))


def next_steps(state: BuildState) -> tuple[Hint, ...]:
    """What moves an open build on: the ready workers, or landing it. Empty for a closed build."""
    project = f"--project {typed(state.meta.slug)}"
    if not state.is_open or not state.workers:
        return ()
    if vanished := [i for i in state.issues if i.code in lost.CODES and i.severity is Severity.ERROR]:
        return vanished[0].hints
    if state.all_complete:
        review = Hint("see claims and concerns before anything lands", f"gitorch review {project}")
        if state.meta.build_type is not BuildType.CODE:
            review = Hint("have the build read as a whole", f"gitorch brief REVIEW {project}")
        return (review, Hint("verify, validate and close the build", f"gitorch finalize {project}"))
    ready = state.having(WorkerStatus.READY)
    return tuple(
        Hint(f"hand out {one_line(worker.brief.title)}", f"gitorch brief {worker.id} {project}")
        for worker in ready
    ) or (Hint("wait for the workers that run", f"gitorch watch {project}"),)
