"""What a build's files mean: briefs + completions + launches → each worker's state, and what is wrong.

`derive` is a pure function of what was read; it never raises on what a worker wrote.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from gitorch.core.brief import Brief, parse_brief
from gitorch.core.completion import Completion, Outcome
from gitorch.core.hints import replace_report
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.meta import BuildStatus, Launch, Meta
from gitorch.core.names import WorkerId, parse_worker_id
from gitorch.core.reading import read_report
from gitorch.core.text import counted, one_line, typed

SETTLING_SECONDS = 2.0
"""A file that cannot be read yet and is younger than this is taken for half-written."""


class WorkerStatus(StrEnum):
    """Where a worker stands; exactly one holds."""

    COMPLETE = "complete"
    BLOCKED = "blocked"
    FAILED = "failed"
    IN_PROGRESS = "in_progress"
    READY = "ready"
    WAITING = "waiting"


class RawFile(NamedTuple):
    """A file of the build folder as it was read: `data`, or the `problem` that kept it from being read.

    `age` is seconds since its last modification, as of the reading; `modified` is when that was, if known.
    """

    name: str
    data: bytes | None
    problem: str | None = None
    age: float = SETTLING_SECONDS
    modified: datetime | None = None


class Corrected(NamedTuple):
    """A report that is not in the spec's form: its path in the build's folder, and its text in that form."""

    path: str
    data: bytes
    text: str
    issue: Issue


class WorkerState(NamedTuple):
    """One worker. `completion` is set when it counts: readable, its own, dependencies complete."""

    brief: Brief
    status: WorkerStatus
    completion: Completion | None = None
    launch: Launch | None = None
    waiting_for: tuple[WorkerId, ...] = ()
    report: str | None = None  # the completion file, whether it counts or not; from the build's folder
    digest: str | None = None  # of that file in the spec's form
    last: Completion | None = None  # the report after which it was launched again

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

    def meta_now(self) -> Meta:
        """The meta with its derived fields as the state has them."""
        blocked = tuple(str(worker.id) for worker in self.having(WorkerStatus.BLOCKED))
        return self.meta.model_copy(update={"current_wave": self.current_wave, "blocked_workers": blocked})


def derive(meta: Meta, briefs: Iterable[RawFile], completions: Iterable[RawFile]) -> BuildState:
    """The state of a build from its files' contents; every file that does not count is an issue.

    `briefs` are the files of `workers/`, `completions` those of `completions/`.
    """
    issues: list[Issue] = []
    unsettled: list[str] = []
    corrected: list[Corrected] = []
    known = _read_briefs(briefs, issues)
    reports = _read_completions(meta.slug, completions, known, issues, unsettled, corrected)
    launches = {launch.worker_id: launch for launch in meta.launches}  # the last one counts
    states: dict[WorkerId, WorkerState] = {}
    for brief in _in_dependency_order(meta.slug, known, issues):
        states[brief.id] = _state_of(
            meta.slug, brief, reports.get(brief.id), launches.get(str(brief.id)), states, issues
        )
    workers = tuple(states[worker] for worker in sorted(states))
    said = tuple(sorted(set(issues), key=_order))
    return BuildState(meta, workers, said, tuple(unsettled), tuple(corrected))


def _order(issue: Issue) -> tuple[str, str, str]:
    return (issue.about or "", issue.code, issue.message)


def _read_briefs(briefs: Iterable[RawFile], issues: list[Issue]) -> dict[WorkerId, Brief]:
    known: dict[WorkerId, Brief] = {}
    keys: dict[str, Brief] = {}
    for raw in sorted(briefs, key=lambda raw: raw.name):
        path = f"workers/{raw.name}"
        brief = raw.problem or parse_brief(path, raw.data or b"")
        if isinstance(brief, str):
            issues.append(Issue("unreadable-brief", f"{path}: {brief}", path))
            continue
        if other := known.get(brief.id):
            text = f"{path} has the worker_id {brief.id}, which is that of {other.path}"
            issues.append(Issue("duplicate-id", text, path))
            continue
        if brief.key is not None and (twin := keys.setdefault(brief.key, brief)) is not brief:
            text = f"{path} has the key {one_line(brief.key, 60)}, which is that of {twin.path}"
            issues.append(Issue("duplicate-key", text, path))
        known[brief.id] = brief
    return known


class _Report(NamedTuple):
    path: str
    digest: str
    completion: Completion


def _read_completions(
    slug: str,
    completions: Iterable[RawFile],
    known: Mapping[WorkerId, Brief],
    issues: list[Issue],
    unsettled: list[str],
    corrected: list[Corrected],
) -> dict[WorkerId, _Report]:
    by_key = {brief.key: brief.id for brief in known.values() if brief.key}

    def resolve(name: str) -> WorkerId | None:
        worker = parse_worker_id(name)
        return worker if worker in known else by_key.get(name)

    reports: dict[WorkerId, _Report] = {}
    for raw in sorted(completions, key=lambda raw: raw.name):
        path = f"completions/{raw.name}"
        worker = resolve(raw.name.removesuffix(".json"))
        if worker is None:
            issues.append(Issue("no-brief", f"{path} has no brief", path))
            continue
        data = raw.data or b""
        read = raw.problem or read_report(data, raw.modified)
        if isinstance(read, str):
            if raw.age < SETTLING_SECONDS and raw.problem is None:
                unsettled.append(path)
            else:
                hints = (replace_report(slug, worker),)
                issues.append(Issue("unreadable-completion", f"{path}: {read}", path, hints=hints))
        elif resolve(read.completion.worker_id) != worker:
            text = f"{path} has the worker_id {one_line(read.completion.worker_id, 60)}, expected {worker}"
            issues.append(Issue("wrong-id", text, path, hints=(replace_report(slug, worker),)))
        elif other := reports.get(worker):
            text = f"{path} is a second report of {worker}, beside {other.path}"
            issues.append(Issue("second-completion", text, path))
        else:
            if read.corrections:
                count = counted(len(read.corrections), "correction")
                text = f"{path} is read with {count}"
                rewrite = Hint(
                    "rewrite the report in the spec's form", f"gitorch sync --project {typed(slug)}"
                )
                note = Issue("corrected-report", text, path, read.corrections, (rewrite,))
                issues.append(note)
                corrected.append(Corrected(path, data, read.text, note))
            # Of the spec's form, so that the digest is the same before and after the file is rewritten.
            digest = hashlib.sha256(read.text.encode() if read.corrections else data).hexdigest()
            reports[worker] = _Report(path, digest, read.completion)
    return reports


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


_BY_OUTCOME = {
    Outcome.COMPLETE: WorkerStatus.COMPLETE,
    Outcome.BLOCKED: WorkerStatus.BLOCKED,
    Outcome.FAILED: WorkerStatus.FAILED,
}


def _state_of(
    slug: str,
    brief: Brief,
    report: _Report | None,
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
    superseded = report is not None and launch is not None and launch.supersedes == digest
    if report and not superseded:
        if not waiting:
            status = _BY_OUTCOME[report.completion.status]
            return WorkerState(brief, status, report.completion, launch, (), report.path, digest)
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
    return WorkerState(brief, status, None, launch, waiting, report.path if report else None, digest, last)


def _are(workers: Sequence[WorkerId]) -> str:
    return "is" if len(workers) == 1 else "are"
