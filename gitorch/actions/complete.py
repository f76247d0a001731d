"""complete: write a worker's report in one step, checked. Never says that a worker is done on its own.

Needs to write only `completions/`: where `.git` is read-only, staging is left to the next sync.
"""

import hashlib
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from gitorch.actions.changing import changing
from gitorch.actions.launch import refuse_waiting
from gitorch.actions.sync import sync_locked
from gitorch.actions.workplace import Build, find_worker, need_open
from gitorch.adapters import files
from gitorch.core import hints
from gitorch.core.build_files import RawFile
from gitorch.core.completion import MAX_BYTES, Completion, Outcome, as_json, form
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.evidence import CODES_OF_CLAIMS
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.paths import repository_path
from gitorch.core.reading import Reading, load_json, read_report
from gitorch.core.state import WorkerState
from gitorch.core.text import named, shown_path


@dataclass(frozen=True)
class Words:
    """What the person typed; `outputs` as typed, relative to where they stand, `lists` by their names."""

    outputs: Sequence[str] = ()
    status: Outcome = Outcome.COMPLETE
    summary: str = ""
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Completed:
    """The report that was written, and where. `undo` is a command, `problem` why the sync stopped short."""

    worker: WorkerState
    completion: Completion
    path: Path
    undo: str
    doubts: tuple[Issue, ...] = ()  # claims that do not hold, and that the policy lets pass
    ready: tuple[WorkerState, ...] = field(default=())  # became ready by it
    problem: str | None = None
    corrections: tuple[str, ...] = ()  # of a document that was not in the spec's form


def complete(
    build: Build, name: str | None, said: Words | bytes, *, here: Path, force: bool = False
) -> Completed:
    """Write the report of a worker from words, or from the JSON document of a completion.

    Refuses (GitorchError, exit 1) a worker whose dependencies are not complete and, without `force`,
    one that has reported, and a report that claims what is not true; (exit 2) an unknown worker, a bad
    document, and an artifact that lies outside the repository. Nothing is written then. `here` is the
    folder where the words were typed.
    """
    with changing(build) as build:
        state = build.read_state()
        need_open(state)
        document, slips = _document(said) if isinstance(said, bytes) else ({}, [])
        worker = find_worker(state, name or _named(document))
        if worker.waiting_for:
            refuse_waiting(state, worker, "completed")
        if worker.completion and not force:
            raise GitorchError(
                "existing-report",
                f"{worker.id} has reported already: {worker.completion.status}",
                about=f"{build.folder.shown}/{worker.report}",
                hints=[
                    hints.replace_report(build.slug, worker.id),
                    hints.launch(build.slug, worker.id),
                ],
            )
        known = {"worker_id": str(worker.id), "timestamp": _now()}
        if isinstance(said, Words):
            document = form(**known, **_from_words(build.place.root, said, here))
        else:
            document = {**known, **document}
        data = as_json(document).encode()
        read = _checked(build, worker, data)
        report, data = read.completion, read.text.encode() or data
        if worker.launch and worker.launch.supersedes == hashlib.sha256(data).hexdigest():
            text = f"the report is the one after which {worker.id} was launched again, expected a new one"
            raise GitorchError("superseded-report", text, about=str(worker.id))
        name = worker.report or f"completions/{worker.id}.json"
        doubts = _check_claims(build, RawFile(Path(name).name, data))
        path = build.folder.path / name
        undo = _undo(build, path)
        build.folder.write_report(name, data)
        before = {w.id for w in state.workers if not w.waiting_for}
        problem = None
        try:
            synced = sync_locked(build)
            state, problem = synced.state, synced.not_staged
        except GitorchError as error:  # a sandbox that may write completions/ alone
            problem = error.message
    ready = tuple(w for w in state.workers if not w.waiting_for and w.id not in before)
    return Completed(worker, report, path, undo, doubts, ready, problem, (*slips, *read.corrections))


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _document(data: bytes) -> tuple[dict[str, Any], list[str]]:
    """The person's own document, and how its JSON was corrected; what it says beyond the fields is kept."""
    if len(data) > MAX_BYTES:
        raise _bad_report(f"the report is larger than {MAX_BYTES // 1024} KiB")
    try:
        value, slips = load_json(data)
    except (ValueError, RecursionError) as error:
        raise _bad_report(f"the report is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise _bad_report("the report is not a JSON object")
    return value, slips


def _bad_report(text: str) -> GitorchError:
    schema = Hint("see what a report may contain", "gitorch schema completion")
    return bad_input("bad-report", text, hints=[schema])


def _named(document: Mapping[str, Any]) -> str | None:
    name = document.get("worker_id")
    return name if isinstance(name, str) else None


def _from_words(root: Path, said: Words, here: Path) -> dict[str, Any]:
    if said.status is not Outcome.COMPLETE and not said.summary:
        raise bad_input("bad-usage", f"a {said.status} report needs --summary TEXT, which says why")
    return {
        "status": said.status,
        "summary": said.summary or "Done.",
        "artifacts": list(dict.fromkeys(_artifact(root, here, path) for path in said.outputs)),
        **said.lists,
    }


def _artifact(root: Path, here: Path, typed: str) -> str:
    """The path from the root: as seen from `here` where it is there, else as seen from the root."""
    candidates = [Path(os.path.normpath(folder / typed)) for folder in (here, root)]
    path = next((path for path in candidates if os.path.lexists(path)), candidates[1])
    try:
        shown = path.relative_to(root).as_posix()
    except ValueError:
        raise _bad_artifact(typed) from None
    return shown + "/" if path.is_dir() and not path.is_symlink() else shown


def _checked(build: Build, worker: WorkerState, data: bytes) -> Reading:
    read = read_report(data, datetime.now().astimezone())
    if isinstance(read, str):
        raise _bad_report(f"the report is not a completion: {read}")
    report = read.completion
    if report.worker_id not in (str(worker.id), worker.brief.key):
        raise _bad_report(f"the report has the worker_id {named(report.worker_id)}, expected {worker.id}")
    root = build.place.root
    for artifact in report.artifacts:
        path = repository_path(artifact)
        if path is None or not files.is_below((root / path).parent, root):  # a link may lead out
            raise _bad_artifact(artifact)
    return read


def _check_claims(build: Build, report: RawFile) -> tuple[Issue, ...]:
    """What is wrong with the claims of a report that counts; GitorchError where it would not count."""
    about = f"completions/{report.name}"
    state = build.read_state(draft=report)
    found = [issue for issue in state.issues if issue.about == about and issue.code in CODES_OF_CLAIMS]
    if errors := [issue for issue in found if issue.severity is Severity.ERROR]:
        issue, *more = errors
        details = [*issue.details, *(line for other in more for line in (other.message, *other.details))]
        raise GitorchError(issue.code, issue.message, about=about, details=details, hints=issue.hints[:-1])
    return tuple(found)


def _bad_artifact(artifact: str) -> GitorchError:
    message = f"the artifact {shown_path(artifact)} is not the path of a file in this repository"
    return bad_input("bad-artifact", message)


def _undo(build: Build, path: Path) -> str:
    """The command that brings back what is at `path` now, kept as a git object where there is git."""
    target, repo = shlex.quote(str(path)), build.place.repo
    if not os.path.lexists(path):
        return f"rm {target}"
    if repo and path.is_file() and not path.is_symlink():  # git would read through a link, or wait for a FIFO
        kept = repo.run("hash-object", "-w", "--no-filters", "--", str(path), check=False)
        if kept.ok:
            return f"git cat-file blob {kept.text} > {target}"
    return f"rm {target}   (the replaced report is not kept)"
