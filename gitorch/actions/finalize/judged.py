"""What the validators say of a candidate, and whether what they have seen is still what would land.

Lands nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gitorch.actions.changing import changing
from gitorch.actions.finalize import onto
from gitorch.actions.finalize.prepare import Order, Prepared, first_lines, prepare
from gitorch.actions.surroundings import missing_validators
from gitorch.actions.validate import Report, judge
from gitorch.adapters.git.index import private
from gitorch.adapters.git.objects import changes_between
from gitorch.core import hints
from gitorch.core.changes import Change, Verdict
from gitorch.core.config import Unclaimed, Validator
from gitorch.core.errors import GitorchError
from gitorch.core.issue import lines
from gitorch.core.names import branch_name
from gitorch.core.text import shown_path
from gitorch.core.validation import explain, failed, in_a_checkout, outcome

Ask = Callable[[Sequence[str]], Unclaimed]
"""Puts the paths that no worker claims before the person, and gives the decision."""


@dataclass(frozen=True, slots=True)
class Watching:
    """Who hears of a finalize: each step in a line, each step of a validator, and who can be asked."""

    tell: Callable[[str], None]
    progress: Report
    ask: Ask | None = None
    pause: Callable[[], None] = lambda: None  # called before an editor takes the terminal


@dataclass(frozen=True, slots=True)
class Judged:
    """What the validators have seen: the candidate, None where there are none, and the merge's tree."""

    verdicts: tuple[Verdict, ...] = ()
    candidate: Prepared | None = None
    merge: str | None = None


def judge_candidate(order: Order, watching: Watching, *, remember: bool) -> Judged:
    """Have the validators judge the candidate, and the merge where there is one."""
    config, tell = order.policy.config, watching.tell
    if not config.validators:
        tell(outcome(()))
        if bare := missing_validators(order.build.place, config):
            first, *rest = lines(bare)
            for line in (f"{bare.severity}: {first}", *rest):
                tell(line)
        return Judged()
    with changing(order.build), private(order.repo, order.base) as index:
        judged = prepare(order, index)
    _tell_candidate(judged, tell)
    landing = [change for change in judged.changes if change.path not in judged.left]
    checks: Sequence[Validator] = config.validators
    if judged.left and any((check.workspace or config.workspace.kind) == "in-place" for check in checks):
        tell("the validators run in a clean checkout: the worktree has files that stay uncommitted")
        checks = in_a_checkout(checks)
    verdicts = _verdicts(order, judged.tree, order.base, checks, landing, watching, remember)
    tree = None
    if order.onto and not order.onto.forward:
        stand_in = onto.provisional(order.repo, judged.tree, order.base)
        tree = onto.merged_tree(order.repo, order.onto, stand_in, branch_name(order.build.slug))
        tell(f"the merge into {order.onto.name}, in a clean checkout:")
        changes = changes_between(order.repo, order.onto.tip, tree)
        merged = in_a_checkout(config.validators)
        _verdicts(order, tree, order.onto.tip, merged, changes, watching, remember)
    return Judged(verdicts, judged, tree)


def _verdicts(
    order: Order,
    tree: str,
    base: str,
    validators: Sequence[Validator],
    changes: Sequence[Change],
    watching: Watching,
    remember: bool,  # noqa: FBT001 (handed on)
) -> tuple[Verdict, ...]:
    """What the validators say of `tree` on `base`; GitorchError with their output when one says no."""
    config = order.policy.config
    verdicts = judge(
        order.repo, tree, base, validators, changes, watching.progress, config=config, remember=remember
    )
    if failed(verdicts):
        text = f"{outcome(verdicts)}; nothing was committed"
        again = hints.finalize(order.build.slug, "try again after a fix")
        raise GitorchError("failed-validators", text, details=explain(verdicts), hints=[again])
    watching.tell(outcome(verdicts))
    return verdicts


def same_as(order: Order, judged: Prepared | None, final: Prepared, tell: Callable[[str], None]) -> None:
    """What was judged is what lands; where nothing was, the candidate is told now."""
    if judged is None:
        _tell_candidate(final, tell)
        return
    if judged.tree == final.tree:
        return
    names = ("diff-tree", "-r", "--name-status", "--no-renames", judged.tree, final.tree)
    changed = order.repo.run(*names).text.replace("\t", " ").split("\n")
    raise GitorchError(
        "changed-files",
        "files changed while gitorch was running; nothing was committed",
        details=[*changed, "a worker that still writes changes files, or a validator does, which may not"],
        hints=[hints.finalize(order.build.slug, "try again when no process writes")],
    )


def _tell_candidate(prepared: Prepared, tell: Callable[[str], None]) -> None:
    said_below = "unclaimed-file" if prepared.left else None
    for line in first_lines([i for i in prepared.review.issues if i.code != said_below]):
        tell(line if line.startswith(" ") else f"warning: {line}")
    if prepared.left:
        tell(f"note: left uncommitted: {', '.join(map(shown_path, prepared.left))}")
