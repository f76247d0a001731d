"""What a build's files mean: briefs + completions + launches → each worker's state, and what is wrong.

`derive` is a pure function of what was read; it never raises on what a worker wrote.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from gitorch.core.brief import Brief, outputs_of
from gitorch.core.build_files import BuildFiles, Corrected, Report
from gitorch.core.completion import Completion, Outcome
from gitorch.core.evidence import CODES_OF_CLAIMS, Evidence, Untrue, judge_claims
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.lost import DESTROYED, Lost, judge_kept, judge_new
from gitorch.core.meta import BuildStatus, Launch, Meta
from gitorch.core.names import WorkerId
from gitorch.core.paths import repository_path
from gitorch.core.text import typed


class WorkerStatus(StrEnum):
    """Where a worker stands; exactly one holds."""

    COMPLETE = "complete"
    BLOCKED = "blocked"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    READY = "ready"
    WAITING = "waiting"


class WorkerState(NamedTuple):
    """One worker. `completion` is set when it counts: readable, its own, dependencies complete, true."""

    brief: Brief
    status: WorkerStatus
    completion: Completion | None = None
    launch: Launch | None = None
    waiting_for: tuple[WorkerId, ...] = ()
    report: str | None = None  # the completion file, whether it counts or not; from the build's folder
    digest: str | None = None  # of that file in the spec's form
    last: Completion | None = None  # the report after which it was launched again
    refused: Completion | None = None  # the report that is readable and does not count: too early, or untrue

    @property
    def id(self) -> WorkerId:
        return self.brief.id


@dataclass(frozen=True)
class BuildState:
    """A whole build, workers in order of their ids."""

    meta: Meta
    workers: tuple[WorkerState, ...]
    issues: tuple[Issue, ...]  # each about a file, by its path in the build's folder
    unsettled: tuple[str, ...] = ()  # files that may still be being written
    corrected: tuple[Corrected, ...] = ()  # reports that are to be rewritten in the spec's form
    evidence: Evidence | None = None  # what the reports' claims were held against
    lost: tuple[Lost, ...] = ()  # claims that held once, and do not any more

    def having(self, *statuses: WorkerStatus) -> tuple[WorkerState, ...]:
        """The workers that stand at one of `statuses`."""
        return tuple(worker for worker in self.workers if worker.status in statuses)

    @property
    def is_open(self) -> bool:
        return self.meta.status is BuildStatus.IN_PROGRESS

    @property
    def all_complete(self) -> bool:
        return all(worker.status is WorkerStatus.COMPLETE for worker in self.workers)

    @property
    def current_wave(self) -> int:
        """The first wave with work left; the last wave when all is done."""
        left = [worker.id.wave for worker in self.workers if worker.status is not WorkerStatus.COMPLETE]
        return min(left, default=max((worker.id.wave for worker in self.workers), default=1))

    def find(self, name: str) -> WorkerState | None:
        """The worker whose id or key is `name`."""
        return self._named.get(name)

    def wrong_with_report_of(self, worker: WorkerState) -> list[str]:
        """Why what a worker left does not count, a sentence each; empty where nothing is there."""
        places = {f"completions/{name}.json" for name in (worker.id, worker.brief.key) if name}
        found = (i for i in self.issues if i.about in places and i.severity is Severity.ERROR)
        return [issue.message for issue in found]

    @cached_property
    def _named(self) -> dict[str, WorkerState]:
        return {name: w for w in reversed(self.workers) for name in (w.brief.key, str(w.id)) if name}

    def closed(self, meta: Meta) -> "BuildState":
        """The same of a closed build, whose records are silent on claims: they held or were let pass."""
        issues = tuple(issue for issue in self.issues if issue.code not in CODES_OF_CLAIMS)
        return replace(self, meta=meta, issues=issues)

    def meta_now(self) -> Meta:
        """The meta with its derived fields as the state has them."""
        blocked = tuple(str(worker.id) for worker in self.having(WorkerStatus.BLOCKED))
        return self.meta.model_copy(update={"current_wave": self.current_wave, "blocked_workers": blocked})


def derive(meta: Meta, files: BuildFiles, evidence: Evidence | None = None) -> BuildState:
    """The state of a build from its files' contents; every file that does not count is an issue.

    Without `evidence` claims are believed: so it is with a closed build, whose records are as they landed.
    """
    issues = list(files.issues)
    order = _in_dependency_order(meta.slug, files.briefs, issues)
    launches = {launch.worker_id: launch for launch in meta.launches}  # the last one counts
    untrue: dict[WorkerId, list[Issue]] = defaultdict(list)
    lost: list[Lost] = []
    if evidence is not None:
        reports = {w: it for w, it in files.reports.items() if not _is_superseded(it, launches.get(str(w)))}
        never, lost = _untrue(order, reports, evidence)
        for found in lost:
            untrue[found.worker].append(_told(meta.slug, files, found, evidence))
        for claim in never:
            told = claim.told(meta.slug, files.reports[claim.worker].path, evidence)
            untrue[claim.worker].append(told)
    states: dict[WorkerId, WorkerState] = {}
    for brief in order:
        report = files.reports.get(brief.id)
        wrong = untrue.get(brief.id, ())
        launch = launches.get(str(brief.id))
        states[brief.id] = _state_of(meta.slug, brief, report, wrong, launch, states, issues)
    workers = tuple(states[worker] for worker in sorted(states))
    if evidence is not None:
        since = _lost_since(order, workers, evidence)
        lost += since
        issues += (_told(meta.slug, files, found, evidence) for found in since)
    said = tuple(sorted(set(issues), key=_order))
    return BuildState(meta, workers, said, files.unsettled, files.corrected, evidence, tuple(lost))


def _told(slug: str, files: BuildFiles, found: Lost, evidence: Evidence) -> Issue:
    return found.told(slug, files.reports[found.worker].path, evidence.weights[found.code])


def _untrue(
    order: Collection[Brief], reports: Mapping[WorkerId, Report], evidence: Evidence
) -> tuple[list[Untrue], list[Lost]]:
    """What is wrong with each report: its claims that never held, and those of which a snapshot has more.

    A report that does not count explains nobody's missing file: whoever relies on it is asked again.
    """
    claims = {worker: report.completion.artifacts for worker, report in reports.items()}
    recorded = evidence.kept.by_report()
    new = [who for who, report in reports.items() if (str(who), report.digest) not in recorded]
    untrue: list[Untrue] = []
    for found in judge_claims(claims, evidence):
        held = recorded.get((str(found.worker), reports[found.worker].digest))
        untrue += filter(None, [found.without(held.present if held else ())])
    if evidence.weights[DESTROYED] is Severity.OFF or not evidence.kept.own:
        return untrue, []
    wrong = {found.worker for found in untrue if evidence.weights[found.code] is Severity.ERROR}
    while True:
        counting = _counting(order, reports, wrong)
        lost = [*judge_new(order, claims, new, counting, evidence.kept)]
        if evidence.weights[DESTROYED] is not Severity.ERROR or wrong.issuperset(it.worker for it in lost):
            return untrue, lost
        wrong.update(it.worker for it in lost)


def _counting(
    order: Collection[Brief], reports: Mapping[WorkerId, Report], wrong: Collection[WorkerId]
) -> set[WorkerId]:
    """Whose reports count where those of `wrong` do not."""
    counting: set[WorkerId] = set()
    complete: set[WorkerId] = set()
    for brief in order:
        report = reports.get(brief.id)
        if report and brief.id not in wrong and complete.issuperset(brief.depends_on):
            counting.add(brief.id)
            if report.completion.status is Outcome.COMPLETE:
                complete.add(brief.id)
    return counting


def _lost_since(order: Collection[Brief], workers: Collection[WorkerState], evidence: Evidence) -> list[Lost]:
    """The claims of reports that count, and that do not hold any more since these were recorded."""
    recorded = evidence.kept.by_report()
    counting = {worker.id: worker.digest for worker in workers if worker.completion}
    new = {
        worker.id: worker.completion.artifacts
        for worker in workers
        if worker.completion and (str(worker.id), worker.digest) not in recorded
    }
    at_work = {
        path if not place.endswith("/") else f"{path}/"
        for worker in workers
        if worker.status is WorkerStatus.IN_PROGRESS
        for place in (*_claimed_before(worker), *outputs_of(worker.brief))
        if (path := repository_path(place))
    }
    found = judge_kept(order, counting, new, at_work, evidence.kept)
    return [lost for lost in found if evidence.weights[lost.code] is not Severity.OFF]


def _claimed_before(worker: WorkerState) -> tuple[str, ...]:
    report = worker.last or worker.refused
    return report.artifacts if report else ()


def _order(issue: Issue) -> tuple[str, str, str]:
    return (issue.about or "", issue.code, issue.message)


def _in_dependency_order(slug: str, known: Mapping[WorkerId, Brief], issues: list[Issue]) -> list[Brief]:
    """Each brief after those that it depends on; an edge that would close a cycle is an issue."""
    missing = {brief.id: sum(need in known for need in brief.depends_on) for brief in known.values()}
    dependents: dict[WorkerId, list[Brief]] = {}
    for brief in known.values():
        for need in brief.depends_on:
            dependents.setdefault(need, []).append(brief)
    order = [brief for brief in known.values() if not missing[brief.id]]
    for done in order:  # grows while it is walked (Kahn 1962)
        for brief in dependents.get(done.id, ()):
            missing[brief.id] -= 1
            if not missing[brief.id]:
                order.append(brief)
    left = [brief for brief in known.values() if missing[brief.id]]
    for brief in left:
        inside = ", ".join(str(need) for need in brief.depends_on if missing.get(need))
        text = f"{brief.path}: {brief.id} waits in a cycle of dependencies: {brief.id} depends on {inside}"
        issues.append(Issue("cycle", text, brief.path, hints=(_other_dependencies(slug, brief),)))
    for brief in known.values():
        for need in brief.depends_on:
            if need not in known:
                text = f"{brief.path}: {brief.id} depends on {need}, which has no brief"
                hints = (_other_dependencies(slug, brief),)
                issues.append(Issue("no-dependency", text, brief.path, hints=hints))
    return order + left


def _other_dependencies(slug: str, brief: Brief) -> Hint:
    command = f"gitorch worker edit {brief.id} --project {typed(slug)} --depends-on WORKER"
    return Hint(f"change what {brief.id} depends on", command)


def _is_superseded(report: Report, launch: Launch | None) -> bool:
    return launch is not None and launch.supersedes == report.digest


_BY_OUTCOME = {
    Outcome.COMPLETE: WorkerStatus.COMPLETE,
    Outcome.BLOCKED: WorkerStatus.BLOCKED,
    Outcome.FAILED: WorkerStatus.FAILED,
}


def _state_of(
    slug: str,
    brief: Brief,
    report: Report | None,
    untrue: Sequence[Issue],
    launch: Launch | None,
    before: Mapping[WorkerId, WorkerState],
    issues: list[Issue],
) -> WorkerState:
    waiting = tuple(
        need
        for need in brief.depends_on
        if need not in before or before[need].status is not WorkerStatus.COMPLETE
    )
    digest = report.digest if report else None
    superseded = report is not None and _is_superseded(report, launch)
    refused = report.completion if report and not superseded else None
    if report and not superseded and not waiting:
        issues += untrue
        if all(issue.severity is not Severity.ERROR for issue in untrue):
            status = _BY_OUTCOME[report.completion.status]
            return WorkerState(brief, status, report.completion, launch, (), report.path, digest)
    elif report and not superseded:
        names = ", ".join(map(str, waiting))
        text = f"{report.path} reports {report.completion.status} before {names} {_are(waiting)} complete"
        issues.append(Issue("too-early", text, report.path, hints=(_other_dependencies(slug, brief),)))
    idle = WorkerStatus.WAITING if waiting else WorkerStatus.READY
    status = WorkerStatus.IN_PROGRESS if launch else idle
    if launch and launch.brief and launch.brief != brief.digest:
        text = f"{brief.path} was changed after {brief.id} was launched with it"
        again = f"gitorch launch {brief.id} --project {typed(slug)}"
        hint = Hint("launch the worker with the changed brief", f"{again} --undo && {again}")
        issues.append(Issue("changed-brief", text, brief.path, hints=(hint,)))
    last = report.completion if report and superseded else None
    path = report.path if report else None
    return WorkerState(brief, status, None, launch, waiting, path, digest, last, refused)


def _are(workers: Sequence[WorkerId]) -> str:
    return "is" if len(workers) == 1 else "are"
