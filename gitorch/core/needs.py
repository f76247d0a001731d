"""What needs the person, most urgent first, and what to type next. A pure reading of the state.

Nothing here looks at git; how the branch stands arrives as a `Standing`.
"""

import shlex
from dataclasses import dataclass

from gitorch.core.meta import BuildType
from gitorch.core.state import BuildState, WorkerState, WorkerStatus
from gitorch.core.text import first_sentence, one_line


@dataclass(frozen=True, slots=True)
class Standing:
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
    unguarded: tuple[tuple[str, str], ...] = ()  # where the guard does not stand, and why; what to type


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for the person. `hint` is a command, or a sentence that ends in one.

    `about` is the branch, the worker or the file: with `kind` it says which need it is, however its
    message changes.
    """

    kind: str
    about: str
    message: str
    hint: str
    worker: str | None = None
    details: tuple[str, ...] = ()


def needs(state: BuildState, standing: Standing | None = None) -> tuple[Need, ...]:
    """Everything that needs the person: the branch, failed and blocked workers, findings."""
    found = _of_branch(state.meta.slug, standing) if standing else []
    found += [_of_worker(state.meta.slug, worker) for worker in state.having(WorkerStatus.FAILED)]
    found += [_of_worker(state.meta.slug, worker) for worker in state.having(WorkerStatus.BLOCKED)]
    for finding in state.findings:
        worker = str(finding.worker) if finding.worker else None
        text = f"{finding.path} {finding.message}"
        found.append(Need(finding.kind, finding.path, text, finding.hint, worker))
    return tuple(found)


def _of_branch(slug: str, standing: Standing) -> list[Need]:
    branch, found = standing.branch, []
    if standing.link:
        text = f"{branch} is no branch of its own: a symbolic ref to {standing.link} stands in its place"
        hint = f"git symbolic-ref --delete refs/heads/{branch} && gitorch doctor --fix"
        found.append(Need("moved-branch", branch, text, hint))
    elif other := standing.in_the_way:
        text = f"the branch {branch} is gone, and the branch {one_line(other)} stands in its way"
        names = shlex.join((other, f"{other.replace('/', '-')}-aside"))
        hint = f"git branch -m {names} && gitorch doctor --fix"
        found.append(Need("no-branch", branch, text, hint))
    elif standing.tip is None:
        found.append(Need("no-branch", branch, f"the branch {branch} is gone", "gitorch doctor --fix"))
    elif standing.taken_back:
        text = f"{branch} went to {(standing.tip or '')[:12]} again, which finalize made and reopen took back"
        found.append(Need("moved-branch", branch, text, "gitorch doctor --fix"))
    elif standing.rogue:
        text = f"{branch} has {_count(len(standing.rogue), 'commit')} that finalize did not make"
        hint = f"gitorch finalize --project {slug} --absorb   (folds them into the one commit)"
        found.append(Need("rogue-commit", branch, text, hint, details=standing.rogue))
    elif standing.tip != standing.base:
        text = f"{branch} was moved off its base to {standing.tip[:12]}"
        found.append(Need("moved-branch", branch, text, "gitorch doctor --fix"))
    if standing.worktree is None:
        text = f"the guard does not know that {branch} belongs to an open build"
        found.append(Need("not-guarded", branch, text, "gitorch doctor --fix"))
    elif standing.head != branch and (standing.head or standing.tip):  # git reads no HEAD of a broken branch
        on = standing.head or "a detached HEAD"
        text = f"the build's worktree {standing.worktree} left {branch} for {on}"
        found.append(
            Need("left-branch", branch, text, f"git -C {shlex.quote(standing.worktree)} switch {branch}")
        )
    if standing.unsealed:
        text = f"the seal of {branch} is gone"
        found.append(Need("lost-seal", branch, text, "gitorch doctor --fix"))
    return found + [Need("not-guarded", text, text, hint) for text, hint in standing.unguarded]


def _of_worker(slug: str, worker: WorkerState) -> Need:
    why = first_sentence(worker.completion.summary) if worker.completion else ""
    verb = "failed" if worker.status is WorkerStatus.FAILED else "is blocked"
    text = f"{worker.id} ({one_line(worker.brief.title)}) {verb}: {why or 'no reason given'}"
    hint = f"gitorch launch {worker.id} --project {slug}   (or spawn; once the cause is mended)"
    return Need(worker.status.value, str(worker.id), text, hint, str(worker.id))


@dataclass(frozen=True, slots=True)
class Step:
    """A command to type next, and what it does."""

    command: str
    purpose: str


def next_steps(state: BuildState) -> tuple[Step, ...]:
    """What moves an open build on: the ready workers, or landing it. Empty for a closed build."""
    project = f"--project {state.meta.slug}"
    if not state.is_open or not state.workers:
        return ()
    if state.all_complete:
        review = Step(f"gitorch review {project}", "claims and concerns, before anything lands")
        if state.meta.build_type is not BuildType.CODE:
            review = Step(f"gitorch brief REVIEW {project}", "have it read as a whole, before it is closed")
        return (
            review,
            Step(f"gitorch finalize {project}", "verify, validate and close the build"),
        )
    ready = state.having(WorkerStatus.READY)
    return tuple(
        Step(f"gitorch brief {worker.id} {project}", f"hand out {one_line(worker.brief.title)}")
        for worker in ready
    ) or (Step(f"gitorch watch {project}", "wait for what runs"),)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
