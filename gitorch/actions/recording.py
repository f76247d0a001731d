"""Recording: what the claims of each new report hold, kept in a snapshot before the report is announced."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from gitorch.actions.changing import changing
from gitorch.actions.workplace import Build
from gitorch.adapters import struck
from gitorch.adapters.guard import registry
from gitorch.core.covering import Covering
from gitorch.core.errors import GitorchError
from gitorch.core.held import (
    add_reports,
    claims_of,
    held_by,
    missing_since,
    needed_by,
    subject,
    unrecorded,
)
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.opened import Recorded
from gitorch.core.state import BuildState, WorkerState
from gitorch.core.text import counted
from gitorch.transitions.pending import is_interrupted


class Recording(NamedTuple):
    """Whether reports were recorded, so that the state is to be read again; why one could not be."""

    done: bool = False
    issue: Issue | None = None


def record_reports(build: Build, state: BuildState) -> Recording:
    """Record the reports of an open code build that count and are new. Call it with the locks held.

    One snapshot names them all; without a new report none is taken.
    """
    if not (due := _due(build, state)):
        return Recording()
    try:
        _record(build, state, due)
    except (GitorchError, OSError) as error:
        return Recording(issue=_undone(build, due, error))
    return Recording(done=True)


def require_recorded(build: Build, state: BuildState) -> bool:
    """The same for a command that goes by the records: whether any was, else GitorchError."""
    done, issue = record_reports(build, state)
    if issue:
        raise GitorchError(
            issue.code, issue.message, about=issue.about, details=issue.details, hints=issue.hints
        )
    return done


def look_at(build: Build) -> BuildState:
    """The build read afresh for a command that only looks.

    A new report is recorded at once, where the locks are free and the git directory can be written; else an
    issue says that it is due. Half way through a transition the files may be another branch's.
    """
    state = build.read_state()
    if build.place.repo and is_interrupted(build.place.repo):
        return state
    if not (due := _due(build, state)):
        return _with(state, noted_loss(build))
    try:
        with changing(build, wait=0) as now:
            done, issue = record_reports(now, now.read_state())
            state = now.read_state() if done else state
    except (GitorchError, OSError) as error:
        issue = _undone(build, due, error)
    return _with(_with(state, issue), noted_loss(build))


def _with(state: BuildState, issue: Issue | None) -> BuildState:
    return replace(state, issues=(*state.issues, issue)) if issue else state


def noted_loss(build: Build) -> Issue | None:
    """The mass loss that there is, where something has left word that there may be one."""
    repo = build.place.repo
    if repo is None or build.opened is None or not struck.is_noted(repo):
        return None
    from gitorch.actions.noticing import find_noted_loss  # which is rarely needed

    return find_noted_loss(build)


def _due(build: Build, state: BuildState) -> tuple[WorkerState, ...]:
    if build.opened is None or build.place.repo is None or not state.is_open or build.folder.kept:
        return ()
    return unrecorded(state, registry.read_decided(build.place.repo, build.slug).reports)


def _record(build: Build, state: BuildState, due: Sequence[WorkerState]) -> None:
    from gitorch.actions.snapshot import snapshot  # a look at a build without a new report needs them not
    from gitorch.adapters.git.entries import changed_entries, entries_at, renamed
    from gitorch.adapters.git.present import entries_now

    repo, opened = build.require_opened()
    ignored = state.evidence.ignored if state.evidence else ()
    reports = [f"{worker.id} {worker.digest}" for worker in due]
    taken = snapshot(build, subject(due), claimed=ignored, reports=reports)
    # Files that were destroyed before the snapshot are in an earlier one, by which the report does not count.
    still = {(worker.id, worker.digest) for worker in build.read_state().workers if worker.completion}
    due = [worker for worker in due if (worker.id, worker.digest) in still]
    changed = changed_entries(repo, opened.base, taken.commit)
    covering = Covering({*changed, *taken.left_out})
    claims = [claims_of(worker, covering) for worker in due]
    # What is kept out of the snapshot is hashed all the same, and git stores nothing of it.
    apart = {path for mine, _ in claims for path in mine & taken.left_out.keys()}
    changed |= entries_now(repo, dict.fromkeys(apart, ()))
    others = entries_at(repo, taken.commit, {path for _, unchanged in claims for path in unchanged})
    decided = registry.read_decided(repo, build.slug)
    now = datetime.now(UTC)
    new = []
    for worker, (mine, unchanged) in zip(due, claims, strict=True):
        held = held_by(mine, unchanged, changed, others)
        earlier = missing_since(decided.reports, needed_by(worker, state), changed, held)
        moved = renamed(repo, earlier, taken.commit, mine) if earlier else ()
        new.append(
            Recorded(
                worker=str(worker.id),
                digest=worker.digest or "",
                snapshot=taken.commit,
                at=now,
                held=dict(sorted((held | dict.fromkeys(moved)).items())),
            )
        )
    recorded = decided.model_copy(update={"reports": add_reports(decided.reports, new)})
    registry.write_decided(repo, build.slug, recorded)


def _undone(build: Build, due: Sequence[WorkerState], error: GitorchError | OSError) -> Issue:
    why = error.message if isinstance(error, GitorchError) else error.strerror or str(error)
    names = ", ".join(str(worker.id) for worker in due[:5])
    which = f"the report of {names}" if len(due) == 1 else counted(len(due), "report")
    verb = "is" if len(due) == 1 else "are"
    text = f"{which} {verb} not recorded yet: {why}"
    sync = Hint(f"record {'it' if len(due) == 1 else 'them'}", f"gitorch sync --project {build.slug}")
    hints = (*(error.hints if isinstance(error, GitorchError) else ()), sync)
    details = () if len(due) == 1 else (names,)
    return Issue("unrecorded-report", text, build.slug, details, hints, Severity.WARNING)
