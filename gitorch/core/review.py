"""What the workers claim against what git sees: which changes belong to the build, and what disagrees.

A pure function of the completions, the changes since the base, and what was read from the disk. A path
is never interpreted: it is compared, and shown (`core/text.shown_path`).
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gitorch.core import lost
from gitorch.core.build_files import SETTLING_SECONDS
from gitorch.core.changes import Change, ChangeKind
from gitorch.core.claims import KEYS, Facts
from gitorch.core.config import Claims, Unclaimed
from gitorch.core.covering import Covering
from gitorch.core.evidence import folders_above, judge_claims
from gitorch.core.folder import is_record
from gitorch.core.hints import replace_report
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.kin import find_kin
from gitorch.core.names import WorkerId
from gitorch.core.opened import Recorded
from gitorch.core.paths import repository_path
from gitorch.core.state import BuildState, WorkerState
from gitorch.core.text import counted, shown_path, typed, typed_paths

_NAMED = 40
"""So many of the unclaimed files are named."""


@dataclass(frozen=True, slots=True)
class Review:
    """What belongs to the build (`included`: claimed, or its records), and what the person must see."""

    issues: tuple[Issue, ...]
    included: tuple[str, ...]
    unclaimed: tuple[str, ...]
    by_worker: Mapping[WorkerId, tuple[str, ...]]  # the changed paths that each worker claims

    @property
    def errors(self) -> tuple[Issue, ...]:
        """What keeps finalize from landing."""
        return tuple(issue for issue in self.issues if issue.severity is Severity.ERROR)


def review(
    state: BuildState,
    changes: Sequence[Change],
    facts: Facts,
    *,
    policy: Claims | None = None,
    unclaimed: Unclaimed = "fail",
) -> Review:
    """Judge every claim of `state` against `changes`. `unclaimed` is the person's decision on the rest.

    Raises nothing on what a worker wrote. Issues come sorted by path, code and message; `about` is the path.
    """
    policy = policy or Claims()
    index = Covering(change.path for change in changes)
    claims = [
        _resolve(worker, artifact, index) for worker in state.workers for artifact in _artifacts(worker)
    ]
    owners: dict[str, list[WorkerId]] = defaultdict(list)
    # A worker may name one place ten thousand times (`a/`, `a//`, `./a/`): what it covers is walked once.
    distinct = {(claim.worker, claim.path, claim.artifact.endswith("/")): claim for claim in claims}
    for claim in distinct.values():
        for path in claim.covers:
            if owners[path][-1:] != [claim.worker]:  # the claims come worker by worker
                owners[path].append(claim.worker)
    owners |= _replaced(changes, owners)
    by_worker: dict[WorkerId, list[str]] = {worker.id: [] for worker in state.workers}
    for path in sorted(owners):
        for who in owners[path]:
            by_worker[who].append(path)
    mine = {change.path for change in changes if is_record(change.path, facts.folder)}
    alone = {change.path for change in changes if change.kind is ChangeKind.ADDED} & {state.meta.plan_file}
    rest = sorted({change.path for change in changes} - set(owners) - mine - alone)
    told = _Told(state.meta.slug, str(state.meta.base), facts)
    found = [
        *_judge_claims(claims, told),
        *_judge_owners(owners, state, told),
        *_judge_changes(changes, told, policy.max_bytes),
        *_judge_age(owners, told),
        *_lost(state, facts.folder),
    ]
    weighed = sorted(
        _weighed(found, policy), key=lambda issue: (issue.about or "", issue.code, issue.message)
    )
    return Review(
        issues=(*weighed, *([unclaimed_files(rest, state.meta.slug, unclaimed)] if rest else [])),
        included=tuple(sorted(set(owners) | mine)),
        unclaimed=tuple(rest),
        by_worker={worker: tuple(paths) for worker, paths in by_worker.items()},
    )


def _replaced(changes: Sequence[Change], owners: Mapping[str, list[WorkerId]]) -> dict[str, list[WorkerId]]:
    """The deletions that nobody claims and that come with a claim.

    Where a file took a folder's place, or a folder a file's, no tree holds both: each belongs to whoever
    claims what stands there now.
    """
    gone = {change.path for change in changes if change.kind is ChangeKind.DELETED}
    found: dict[str, list[WorkerId]] = {}
    for path in sorted(owners.keys() - gone):
        taken = (folder for folder in folders_above(path) if folder in gone and folder not in owners)
        found |= dict.fromkeys(taken, owners[path])
    for path in sorted(gone - owners.keys()):
        for above in folders_above(path):
            if above in owners and above not in gone:
                found[path] = owners[above]
    return found


def _artifacts(worker: WorkerState) -> tuple[str, ...]:
    report = worker.completion or worker.refused
    return tuple(dict.fromkeys(report.artifacts)) if report else ()


@dataclass(frozen=True, slots=True)
class _Claim:
    worker: WorkerId
    artifact: str  # as the worker wrote it
    path: str | None
    covers: Sequence[str]


def _resolve(worker: WorkerState, artifact: str, index: Covering) -> _Claim:
    path = repository_path(artifact)
    return _Claim(
        worker.id, artifact, path, index.covered(path, is_folder=artifact.endswith("/")) if path else ()
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What the hints name, and what the disk knows."""

    slug: str
    base: str
    facts: Facts

    def changes_of(self, path: str, purpose: str = "see what changed") -> Hint:
        return Hint(purpose, f"git diff {typed(self.base[:12])} -- {typed_paths([path])}")


def _judge_claims(claims: Iterable[_Claim], told: _Told) -> Iterator[Issue]:
    """What is wrong with the claims that cover no change; where one was recorded, that alone tells."""
    evidence = told.facts.evidence
    held = {report.worker: report.present for report in evidence.kept.reports}
    uncovered = [claim for claim in claims if not claim.covers]
    by_worker = {
        who: [claim.artifact for claim in of_one]
        for who, of_one in itertools.groupby(uncovered, key=lambda claim: claim.worker)
    }
    for untrue in judge_claims(by_worker, evidence):
        left = untrue.without(held.get(str(untrue.worker), ()))
        for path in left.paths if left else ():
            yield untrue._replace(paths=(path,)).told(told.slug, path, evidence)
    not_there = evidence.absent | evidence.ignored | evidence.behind.keys()
    for claim in uncovered:
        if claim.path is not None and claim.path not in not_there:
            text = f"{claim.worker} claims {shown_path(claim.path)}, which does not differ from the base"
            yield Issue("unchanged-file", text, claim.path, hints=(replace_report(told.slug, claim.worker),))


def _lost(state: BuildState, folder: str) -> Iterator[Issue]:
    """What is vanished or altered since it was recorded, as the state has it."""
    for issue in state.issues:
        if issue.code in lost.CODES:
            yield replace(issue, about=f"{folder}/{issue.about}")


def _judge_owners(
    owners: Mapping[str, Sequence[WorkerId]], state: BuildState, told: _Told
) -> Iterator[Issue]:
    """Two claims of one file are fine where one worker built upon the other."""
    kin = find_kin([worker.brief for worker in state.workers])
    for path, who in owners.items():
        apart = [  # neighbours are enough: who needs a worker needs all that it needs
            (first, second)
            for first, second in itertools.pairwise(who)
            if not kin.bit[first] & kin.related[second]
        ]
        if apart:
            first, second = apart[0]
            text = (
                f"{shown_path(path)} is claimed by {' and '.join(map(str, who))}, "
                f"and neither of {first}, {second} depends on the other"
            )
            look = told.changes_of(path, "see whose work is in the file")
            yield Issue("claimed-twice", text, path, hints=(look, replace_report(told.slug, second)))


def _judge_changes(changes: Iterable[Change], told: _Told, max_bytes: int) -> Iterator[Issue]:
    """What is wrong with a changed file itself, whoever claims it."""
    for change in changes:
        path, shown = change.path, shown_path(change.path)
        fact = told.facts.files.get(path)
        if change.kind is ChangeKind.UNMERGED:
            add = Hint("mark the conflict as resolved", f"git add -- {typed_paths([path])}")
            yield Issue("conflict-markers", f"{shown} is unmerged in the index", path, hints=(add,))
        elif fact and fact.conflict_line:
            text = f"{shown}:{fact.conflict_line}: a conflict marker"
            yield Issue("conflict-markers", text, path, hints=(told.changes_of(path, "see the conflict"),))
        if other := told.facts.collisions.get(path):
            text = f"{shown} differs from {shown_path(other)} in upper and lower case alone"
            only = "macOS and Windows keep only one of the two"
            move = Hint("rename the file", f"mv -- {typed(path)} NEW-NAME")
            yield Issue("case-collision", text, path, (only,), (move,))
        if fact and fact.size > max_bytes and not fact.stored_elsewhere:
            text = f"{shown} has {fact.size:,} bytes, more than the {max_bytes:,} of claims.max_bytes"
            track = Hint("keep the file in git LFS", f"git lfs track --filename {typed(path)}")
            yield Issue("oversized-file", text, path, hints=(track,))


def _judge_age(owners: Mapping[str, Sequence[WorkerId]], told: _Told) -> Iterator[Issue]:
    """A file that was written after the last report that claims it: the report may not describe it.

    What was written after that was recorded is compared with what it held then.
    """
    reports = told.facts.evidence.kept.reports
    recorded = {it.worker: it.at.timestamp() for it in reports if isinstance(it, Recorded)}
    for path, who in owners.items():
        fact = told.facts.files.get(path)
        times = {worker: told.facts.reported[worker] for worker in who if worker in told.facts.reported}
        if fact is None or not times:
            continue
        last = max(times, key=lambda worker: (times[worker], worker))
        late = fact.modified - times[last]
        if late > SETTLING_SECONDS and fact.modified <= recorded.get(str(last), fact.modified):
            text = f"{shown_path(path)} was written {late:.0f} s after the report of {last} that claims it"
            yield Issue("stale-report", text, path, hints=(told.changes_of(path),))


def unclaimed_files(paths: Sequence[str], slug: str, decided: Unclaimed = "fail") -> Issue:
    """The changes that no worker claims, one issue for all; an error until the person has decided."""
    number = counted(len(paths), "changed file")
    verb = "is" if len(paths) == 1 else "are"
    about = paths[0] if len(paths) == 1 else None
    details = [shown_path(path) for path in paths[:_NAMED]]
    if more := len(paths) - len(details):
        details.append(f"and {more} more")
    if decided == "fail":
        command = f"gitorch finalize --project {typed(slug)} --unclaimed"
        hints = (
            Hint("commit them with the build", f"{command} include"),
            Hint("leave them uncommitted", f"{command} leave"),
        )
        text = f"{number} {verb} not claimed by any worker"
        return Issue("unclaimed-file", text, about, tuple(details), hints)
    outcome = "committed with the build" if decided == "include" else "left uncommitted"
    text = f"{number} that no worker claims {verb} {outcome}"
    return Issue("unclaimed-file", text, about, tuple(details), severity=Severity.WARNING)


def _weighed(found: Iterable[Issue], policy: Claims) -> Iterator[Issue]:
    for issue in found:
        severity: Severity = getattr(policy, KEYS[issue.code])
        if severity is not Severity.OFF:
            yield replace(issue, severity=severity)
