"""Everything read afresh and judged, and the tree that would land: run before the validators and after.

Changes nothing but the private index that it is given.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from gitorch.actions.clearance import Cleared, check_workers
from gitorch.actions.finalize.onto import Target
from gitorch.actions.policy import Policy
from gitorch.actions.recording import require_recorded
from gitorch.actions.sync import correct_reports, require_corrected
from gitorch.actions.workplace import Build
from gitorch.adapters.build_folder import BuildFolder
from gitorch.adapters.git.candidate import compose
from gitorch.adapters.git.facts import gather
from gitorch.adapters.git.index import PrivateIndex
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.scan import scan
from gitorch.adapters.guard import registry
from gitorch.core import hints, lost
from gitorch.core.changes import Change, ChangeKind
from gitorch.core.config import Unclaimed
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint, Issue
from gitorch.core.meta import BuildStatus
from gitorch.core.names import CommitId, branch_name, branch_ref
from gitorch.core.opened import Decided
from gitorch.core.proof import FILE_NAME
from gitorch.core.review import Review, review, unclaimed_files
from gitorch.core.state import BuildState
from gitorch.core.text import counted, shown_path, typed_paths
from gitorch.transitions.records import rendered

_SHOWN = 40
"""So many issues or paths of one finalize get a line of their own."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be landed, and by which rules."""

    cleared: Cleared
    policy: Policy
    unclaimed: Unclaimed
    onto: Target | None = None

    @property
    def build(self) -> Build:
        return self.cleared.build

    @property
    def repo(self) -> Repository:
        return self.cleared.repo

    @property
    def base(self) -> CommitId:
        return self.cleared.opened.base

    @property
    def tip(self) -> CommitId:
        """Of the build branch; another commit than the base when commits are absorbed."""
        return self.cleared.tip


@dataclass(frozen=True, slots=True)
class Prepared:
    """The build as it would be closed, its changes, and the tree that would be committed.

    `paths` are those that the tree takes from the working tree, `records` those that it takes as
    gitorch renders them, `left` the changes that stay uncommitted. proof.json, the last of `records`, says
    how `tree` was judged and is not in it yet.
    """

    state: BuildState
    changes: tuple[Change, ...]
    review: Review
    paths: frozenset[str]
    records: tuple[str, ...]
    left: tuple[str, ...]
    tree: str
    decided: Decided
    ignored: frozenset[str]  # claimed paths that git leaves out of the tree


def prepare(order: Order, index: PrivateIndex) -> Prepared:
    """Read, review, compose; call it with the locks held. GitorchError says why the build cannot land."""
    folder = order.build.folder
    correct_reports(order.build)
    state = order.build.read_state(accept_config=order.policy.accepted)
    folder.check_places()
    require_corrected(order.build, state)
    check_workers(state)
    if require_recorded(order.build, state):
        state = order.build.read_state(accept_config=order.policy.accepted)
        check_workers(state)
    folder.tidy_sources()
    changes = _with_records(folder, scan(index))
    claims = order.policy.config.claims
    facts = gather(order.repo, state, changes, order.base, folder.shown, claims.max_bytes)
    judged = review(state, changes, facts, policy=claims, unclaimed=order.unclaimed)
    agreed = _agreed(order, changes)
    _refuse(judged, agreed, order.build.slug)
    chosen = set(judged.included) | agreed
    if order.unclaimed == "include":
        chosen |= set(judged.unclaimed)
    if conflicts := sorted(set(index.unmerged) - chosen):
        resolve = Hint("mark the files as resolved", f"git add -- {typed_paths(conflicts[:_SHOWN])}")
        text = "the index has unresolved conflicts; nothing was committed"
        raise GitorchError("index-conflict", text, details=map(shown_path, conflicts), hints=[resolve])
    taken = _taken(order, index, chosen, chosen.intersection(judged.unclaimed))
    outcome = {"status": BuildStatus.COMPLETE, "unclaimed": taken}
    closed = state.closed(state.meta_now().model_copy(update=outcome))
    final = rendered(folder, closed)
    proof = f"{folder.shown}/{FILE_NAME}"  # of an earlier landing, or anybody's: made when the tree is judged
    paths = frozenset(chosen - {*final, proof})
    return Prepared(
        state=closed,
        changes=tuple(changes),
        review=judged,
        paths=paths,
        records=(*final, proof),
        left=tuple(sorted(set(judged.unclaimed) - chosen)),
        tree=compose(index, paths, final),
        decided=registry.read_decided(order.repo, order.build.slug),
        ignored=facts.evidence.ignored,
    )


def _taken(order: Order, index: PrivateIndex, chosen: set[str], unclaimed: set[str]) -> tuple[str, ...]:
    """Of the unclaimed paths, those that differ from the base when filters and line-end rules are through."""
    if not unclaimed:
        return ()
    tree = compose(index, chosen, {})
    return tuple(shown_path(path) for path in sorted(unclaimed & differing(order.repo, order.base, tree)))


def _with_records(folder: BuildFolder, changes: Sequence[Change]) -> list[Change]:
    """The same with the records that `git status` leaves out, where an ignore rule has come to match them."""
    known = {change.path for change in changes}
    ignored = (Change(path, ChangeKind.ADDED) for path in folder.sources() if path not in known)
    return sorted([*changes, *ignored], key=lambda change: change.path)


def _agreed(order: Order, changes: Sequence[Change]) -> set[str]:
    """Paths that no worker claims and the person has taken by name: absorbed commits, the policy."""
    agreed = set(order.policy.changed) if order.policy.accepted else set()
    changed = {change.path for change in changes}
    if order.tip != order.base:
        absorbed = differing(order.repo, order.base, order.tip)
        _refuse_what_is_not_here(order, sorted(absorbed - changed))
        agreed |= absorbed
    return agreed & changed


def _refuse_what_is_not_here(order: Order, paths: Sequence[str]) -> None:
    """What is in the files lands; a commit that came from elsewhere has left nothing there to fold in."""
    if not paths:
        return
    ref = branch_ref(order.build.slug)
    take = f"git restore --source={order.tip[:12]} -- {typed_paths(paths[:_SHOWN])}"
    raise GitorchError(
        "missing-changes",
        f"commits on {branch_name(order.build.slug)} have changes that the files do not have",
        details=[shown_path(path) for path in paths[:_SHOWN]],
        hints=[
            Hint("take the changes into the files", take),
            Hint("drop the commits", f"git update-ref -d {ref} && gitorch doctor --fix"),
        ],
    )


def first_lines(issues: Sequence[Issue]) -> list[str]:
    """The messages of the first issues, and how many more there are: a folder may hold thousands."""
    lines = [
        line
        for issue in issues[:_SHOWN]
        for line in (issue.message, *(f"  {line}" for line in issue.details))
    ]
    more = len(issues) - _SHOWN
    return [*lines, f"and {more} more"] if more > 0 else lines


class Undecided(GitorchError):  # noqa: N818 (it is a question, and reads as one)
    """Nothing but changes that no worker claims, at `paths`, keeps the build from landing."""

    paths: Sequence[str] = ()


def _refuse(judged: Review, agreed: set[str], slug: str) -> None:
    errors = [issue for issue in judged.errors if issue.code != "unclaimed-file"]
    rest = [path for path in judged.unclaimed if path not in agreed]
    undecided = [unclaimed_files(rest, slug)] if rest and len(errors) < len(judged.errors) else []
    if errors:
        found = [*errors, *undecided]
        ways = [hint for issue in errors if issue.code in lost.CODES for hint in issue.hints]
        count = counted(len(found), "issue keeps", "issues keep")
        text = f"{count} build {slug} from landing; nothing was committed"
        raise GitorchError(
            "unsound-claims", text, details=first_lines(found), hints=[*ways, hints.review(slug)]
        )
    for issue in undecided:
        question = Undecided(issue.code, issue.message, details=issue.details, hints=issue.hints)
        question.paths = rest
        raise question
