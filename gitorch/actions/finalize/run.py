"""Finalize: verify, judge, and land a build as one commit, or leave everything as it was.

    gate → prepare → validators → prepare again: the same tree? → message → move

The tree that lands is the tree that was judged, and its parent is the base, or nothing lands.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from gitorch.actions.changing import changing
from gitorch.actions.clearance import clear_to_finalize, clear_to_land
from gitorch.actions.finalize import onto
from gitorch.actions.finalize.judged import Judged, Watching, judge_candidate, same_as
from gitorch.actions.finalize.prepare import Order, Prepared, Undecided, prepare
from gitorch.actions.finalize.synthesize import Synthesized, synthesize
from gitorch.actions.finalize.wording import Wording, Words, after_commit
from gitorch.actions.policy import policy_of
from gitorch.actions.snapshot import snapshot_if_possible
from gitorch.actions.sync import correction_notes
from gitorch.actions.workplace import Build
from gitorch.adapters.attempts import Attempt, note_attempt
from gitorch.adapters.git import refs
from gitorch.adapters.git.candidate import compose
from gitorch.adapters.git.commit import write_commit
from gitorch.adapters.git.index import PrivateIndex, private
from gitorch.adapters.git.objects import commits_not_in
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.trees import tree_without
from gitorch.adapters.guard.probe import probe
from gitorch.core.changes import Verdict
from gitorch.core.config import Unclaimed
from gitorch.core.errors import Busy, GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.message import compose as compose_message
from gitorch.core.meta import BuildType, dump_meta
from gitorch.core.names import CommitId, branch_name, branch_ref
from gitorch.core.proof import build_proof, dump_proof
from gitorch.transitions.land import IndexMovedError, Land, Onward, kept_back
from gitorch.transitions.run import run

_ATTEMPTS = 5
"""So often the tree is composed again when the index changes under our hands (a prompt's git status)."""


@dataclass(frozen=True, slots=True)
class Landed:
    """A build that became one commit."""

    slug: str
    branch: str  # as a person types it
    base: str
    commit: str
    tree: str
    subject: str
    workers: int
    changed: int  # paths that differ from the base
    left: tuple[str, ...]  # changes that no worker claims and that stay uncommitted
    verdicts: tuple[Verdict, ...]
    onward: str | None  # the branch to merge it into, where only one comes into question
    onto: str | None = None  # the branch that it landed on as well
    onto_old: str | None = None  # where that stood before
    onto_new: str | None = None  # where it stands now: at the commit, or at a merge of it


def finalize(
    build: Build,
    *,
    unclaimed: Unclaimed | None = None,
    accept_config: bool = False,
    absorb: bool = False,
    remember: bool = True,
    branch: str | None = None,
    wording: Wording | None = None,
    watching: Watching,
) -> Landed | Synthesized:
    """Land a code build as one commit on its branch; close any other one with its synthesis.

    `unclaimed` says what becomes of changes that no worker claims (None: as configured, or as the person
    says when asked); `absorb` folds commits that were made on the branch into the one, with credit to
    their authors; without `remember` every validator runs, whatever it said before; `branch` is another
    branch to land on as well, by fast-forward or as a merge that is judged too; `wording` is what the
    person wants of the message, which the hooks prepare-commit-msg and commit-msg may change or refuse.
    GitorchError, with nothing changed, when a worker is not complete, a claim does not hold, a validator
    fails, or the work changes meanwhile; Busy when another command is at work. KeyboardInterrupt passes,
    with nothing changed; behind the move of the branch it is a GitorchError that says so.
    """
    try:
        return _finalize(
            build,
            unclaimed=unclaimed,
            accept_config=accept_config,
            absorb=absorb,
            remember=remember,
            branch=branch,
            wording=wording,
            watching=watching,
        )
    except GitorchError as error:
        if build.opened and build.place.repo:
            attempt = Attempt(datetime.now(UTC), error.code, error.message)
            note_attempt(build.place.repo, build.slug, attempt)
        raise


def _finalize(
    build: Build,
    *,
    unclaimed: Unclaimed | None,
    accept_config: bool,
    absorb: bool,
    remember: bool,
    branch: str | None,
    wording: Wording | None,
    watching: Watching,
) -> Landed | Synthesized:
    if build.opened is None:
        meta = build.read_meta()
        if meta.build_type is not BuildType.CODE:
            if wording or branch is not None:
                text = f"build {build.slug} is of type {meta.build_type}: it makes no commit"
                raise bad_input("wrong-build-type", text, about=build.slug)
            return synthesize(build, watching.tell, accept_config=accept_config)
    with changing(build) as now:
        cleared = clear_to_finalize(now, absorb=absorb, accept_config=accept_config)
        for line in [*snapshot_if_possible(now, "before finalize"), *correction_notes(now)]:
            watching.tell(line)
        policy = policy_of(now, accept=accept_config)
        policy.refuse_unaccepted()
        # What is wrong with a template is said now, and not after the validators.
        compose_message(now.read_state(), verdicts=(), base=cleared.opened.base, policy=policy.config.message)
        target = onto.target(cleared.repo, branch, cleared.opened.base) if branch is not None else None
    for problem, command in probe(cleared.repo).problems:
        watching.tell(f"warning: {problem}")
        watching.tell(f"hint: {Hint('restore the guard', command)}")
    order = Order(cleared, policy, unclaimed or policy.config.unclaimed, target)
    try:
        landed = _run(order, wording, watching, remember=remember)
    except Undecided as question:
        decision = watching.ask(question.paths) if watching.ask and unclaimed is None else "fail"
        if decision == "fail":
            raise
        landed = _run(replace(order, unclaimed=decision), wording, watching, remember=remember)
    for line in after_commit(cleared.repo):  # with no lock held: it may run any command
        watching.tell(line)
    return landed


def _run(order: Order, wording: Wording | None, watching: Watching, *, remember: bool) -> Landed:
    words = Words(order, wording or Wording(), watching.tell, watching.pause)
    try:
        judged = judge_candidate(order, watching, remember=remember)
        if words.take_time:
            judged = _worded(order, judged, words)
        return _land(order, judged, words)
    except GitorchError as error:
        error.add_hints(*words.hints())
        raise
    except KeyboardInterrupt:
        for line in words.hints():
            watching.tell(f"hint: {line}")
        raise


def _worded(order: Order, judged: Judged, words: Words) -> Judged:
    """Have hooks and editor make the message of the candidate that is returned, with no lock held."""
    with contextlib.ExitStack() as kept:
        with changing(order.build) as build:
            index = kept.enter_context(private(order.repo, order.base))
            final = prepare(replace(order, cleared=clear_to_land(order.cleared, build)), index)
            same_as(order, judged.candidate, final, words.tell)
            _prove(final, judged.verdicts, index)
        words.of(final, judged.verdicts, index)
    return replace(judged, candidate=final)


def _land(order: Order, judged: Judged, words: Words) -> Landed:
    """Compose the tree again, hold it against the one that was judged, and move the branch to it."""
    repo = order.repo
    for _ in range(_ATTEMPTS):
        with changing(order.build) as build, private(repo, order.base) as index:
            order = replace(order, cleared=clear_to_land(order.cleared, build))
            final = prepare(order, index)
            same_as(order, judged.candidate, final, words.tell)
            tree = _prove(final, judged.verdicts, index)
            message = words.of(final, judged.verdicts, index)
            commit = write_commit(repo, tree, [order.base], message)
            index.restore(final.paths | set(final.records))
            target = order.onto
            landing = Land(
                slug=build.slug,
                folder=build.folder.shown,
                ref=branch_ref(build.slug),
                old=order.tip,
                new=commit,
                meta=dump_meta(final.state.meta),
                onto=_onward_to(order, target, commit, judged.merge, final.records[-1]) if target else None,
                origin=index.origin,
            )
            try:
                run(repo, landing, draft=index)
            except IndexMovedError:
                continue
            words.landed()
            return _followed(_landed(order, final, tree, commit, judged.verdicts), repo, landing, words.tell)
    raise Busy(
        "busy",
        "another process keeps changing the index; nothing was changed",
        hints=[Hint("try again", f"gitorch finalize --project {order.build.slug}")],
    )


def _prove(final: Prepared, verdicts: tuple[Verdict, ...], index: PrivateIndex) -> str:
    """Put proof.json into the index, beside the tree that was judged; the tree that lands."""
    proof = build_proof(verdicts, final.tree, final.decided, final.ignored)
    return compose(index, (), {final.records[-1]: dump_proof(proof).encode()})


def _onward_to(order: Order, target: onto.Target, commit: CommitId, judged: str | None, proof: str) -> Onward:
    return Onward(ref=target.ref, old=target.tip, new=_next(order, target, commit, judged, proof))


def _next(order: Order, target: onto.Target, commit: CommitId, judged: str | None, proof: str) -> CommitId:
    """The commit that the second branch goes to; GitorchError where it is not the merge that was judged.

    The path `proof` apart, which is made of what the validators said.
    """
    if target.forward:
        return commit
    tree = onto.merged_tree(order.repo, target, commit, branch_name(order.build.slug))
    if judged and judged != tree_without(order.repo, tree, proof):
        look = Hint("see whether a merge driver is configured", "git config --get-regexp '^merge\\.'")
        text = f"the merge into {target.name} differs from the one that was judged; nothing was committed"
        raise GitorchError("changed-merge", text, hints=[look])
    message = f"Merge {branch_name(order.build.slug)} into {target.name}\n"
    return write_commit(order.repo, tree, [target.tip, commit], message)


def _followed(landed: Landed, repo: Repository, landing: Land, tell: Callable[[str], None]) -> Landed:
    """The same, with what became of the second branch."""
    onward = landing.onto
    if onward is None:
        return landed
    if why := kept_back(repo, onward):
        tell(f"note: {why}")
        return landed
    name = onward.ref.removeprefix("refs/heads/")
    return replace(landed, onto=name, onto_old=onward.old, onto_new=onward.new)


def _landed(order: Order, final: Prepared, tree: str, commit: str, verdicts: tuple[Verdict, ...]) -> Landed:
    repo, ref = order.repo, branch_ref(order.build.slug)
    return Landed(
        slug=order.build.slug,
        branch=branch_name(order.build.slug),
        base=order.base,
        commit=commit,
        tree=tree,
        subject=commits_not_in(repo, commit, [order.base])[0][1],
        workers=len(final.state.workers),
        changed=len(final.paths.union(final.records)),
        left=final.left,
        verdicts=verdicts,
        onward=_onward(repo, order.base, ref, order.cleared.opened.opened_from),
    )


def _onward(repo: Repository, base: str, ref: str, opened_from: str | None) -> str | None:
    """The branch that the build was opened from, where it is still there; else the only one in question."""
    if opened_from and refs.exists(repo, opened_from):
        return opened_from.removeprefix("refs/heads/")
    return refs.branch_onward(repo, base, ref)
