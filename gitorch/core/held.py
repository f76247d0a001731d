"""What the claims of reports held when these were recorded. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from gitorch.core.covering import Covering
from gitorch.core.names import WorkerId
from gitorch.core.opened import Recorded
from gitorch.core.paths import repository_path
from gitorch.core.state import BuildState, WorkerState


def unrecorded(state: BuildState, reports: Sequence[Recorded]) -> tuple[WorkerState, ...]:
    """The workers whose reports count and are not recorded yet."""
    known = {(report.worker, report.digest) for report in reports}
    return tuple(w for w in state.workers if w.completion and (str(w.id), w.digest) not in known)


def claims_of(worker: WorkerState, covering: Covering) -> tuple[set[str], set[str]]:
    """The changed paths that the worker claims, and the claimed paths at which nothing changed."""
    changed: set[str] = set()
    unchanged: set[str] = set()
    for artifact in worker.completion.artifacts if worker.completion else ():
        if path := repository_path(artifact):
            covered = covering.covered(path, is_folder=artifact.endswith("/"))
            changed.update(covered)
            if not covered:
                unchanged.add(path)
    return changed, unchanged


def add_reports(before: Sequence[Recorded], new: Sequence[Recorded]) -> tuple[Recorded, ...]:
    """The new ones last, in the place of earlier ones of the same workers."""
    again = {report.worker for report in new}
    return (*(report for report in before if report.worker not in again), *new)


def subject(workers: Sequence[WorkerState]) -> str:
    """Why a snapshot is taken in which the reports of `workers` are recorded."""
    said = [f"{w.id} reported {w.completion.status}" for w in workers if w.completion]
    return said[0] if len(said) == 1 else f"{len(said)} reports: {', '.join(said)}"


def held_by(
    mine: Collection[str],
    unchanged: Collection[str],
    changed: Mapping[str, str | None],
    others: Mapping[str, str],
) -> dict[str, str | None]:
    """What claims hold: of `changed` where the build changed something, else of `others`."""
    found: dict[str, str | None] = {path: changed[path] for path in mine if path in changed}
    found |= {path: others.get(path) for path in unchanged}  # None: deleted, or a folder without a change
    return dict(sorted(found.items()))


def needed_by(worker: WorkerState, state: BuildState) -> frozenset[str]:
    """The ids of the workers on which `worker` depends, near and far."""
    depends = {it.id: it.brief.depends_on for it in state.workers}
    found: set[WorkerId] = set()
    left = [*worker.brief.depends_on]
    while left:
        need = left.pop()
        if need not in found:
            found.add(need)
            left += depends.get(need, ())
    return frozenset(map(str, found))


def missing_since(
    reports: Iterable[Recorded],
    needed: Collection[str],
    changed: Mapping[str, str | None],
    held: Collection[str],
) -> dict[str, set[str]]:
    """Snapshot → paths that reports of `needed` workers had in it and that are missing now, unless `held`."""
    found: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        if report.worker in needed:
            missing = {path for path in report.present if changed.get(path) is None and path not in held}
            if missing:
                found[report.snapshot] |= missing
    return found
