"""The book that is kept of started workers: where it is, and bringing it up to date after a kill.

Starts and ends nothing.
"""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from gitorch.actions.close import settle
from gitorch.actions.workplace import Build
from gitorch.adapters.spawn_store import SpawnStore, is_held
from gitorch.core.agents.stream import Said, read_stream
from gitorch.core.config import Zo
from gitorch.core.errors import GitorchError
from gitorch.core.spawning import RESULTS, Record, Result, result_of, without
from gitorch.core.state import WorkerStatus
from gitorch.core.text import plain_output
from gitorch.core.validation import TAIL_LINES, tail_text

_HEAD_BYTES = 4096
_TAIL_BYTES = 64 << 10
_LOG_BYTES = 16 << 20
_LINE_BYTES = 4 << 20
_SETTLE_SECONDS = 1.0
_SETTLE_ATTEMPTS = 60


def store_of(build: Build) -> SpawnStore:
    """The book of this build; below the git directory where there is one."""
    repo = build.place.repo
    home = repo.private / "spawns" / build.slug if repo else build.folder.path / ".spawns"
    return SpawnStore(home, build.folder.path / RESULTS)


def now() -> datetime:
    return datetime.now(UTC)


def ended(
    store: SpawnStore,
    record: Record,
    *,
    status: int | None,
    timeout: float | None = None,
    problem: str | None = None,
) -> Result:
    """Write the line of a worker that ended, or will not start; see `result_of`."""
    if store.is_stopped(record.worker_id):
        problem = "stopped by gitorch stop"
    log = store.log(record.worker_id)
    result = result_of(
        record,
        status=status,
        timeout=timeout,
        problem=problem,
        output=_hidden(store, record.run, plain_output(_head(log))),
        said=_said(store, record.run, log),
        ended_at=now(),
    )
    store.append(result)
    return result


def farewell(store: SpawnStore, result: Result) -> tuple[str, str]:
    """For a report in a worker's stead: why it is gone, and its last output."""
    log = store.log(result.worker_id)
    said = _said(store, result.run, log)
    last = _hidden(store, result.run, tail_text(_tail(log)))
    if said.session:  # a stream of JSON is nothing for a person to read
        last = said.message or "\n".join(said.plain[-TAIL_LINES:])
    return result.why or "the worker ended without one", last


def _said(store: SpawnStore, run: str, log: Path) -> Said:
    """What a client printed; of a log that floods, the beginning and the end."""
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        ends = [_LOG_BYTES, size] if size > 2 * _LOG_BYTES else [size]
        lines = []
        for end in ends:
            while file.tell() < end and (line := file.readline(_LINE_BYTES)):
                lines.append(line)
            file.seek(max(file.tell(), size - _LOG_BYTES))
    said = read_stream(lines)
    return said._replace(
        message=said.message and _hidden(store, run, said.message),
        reason=said.reason and _hidden(store, run, said.reason),
        plain=tuple(_hidden(store, run, line) for line in said.plain),
    )


def _hidden(store: SpawnStore, run: str, output: str) -> str:
    """Output that is copied into records, without the token that a worker may have printed."""
    try:
        variable = store.settings(run).zo.token_env
    except OSError:  # the run's settings are gone; it was long ago
        variable = Zo().token_env
    return without(output, os.environ.get(variable))


class Settling:
    """When and how a spawner brings the build up to date: many may end at once, and a sync reads all."""

    def __init__(self) -> None:
        self._next = 0.0
        self._failures = 0

    def due(self, *, last: bool) -> bool:
        """Whether to settle now: every second, and at once when nothing is left to wait for."""
        return time.monotonic() >= self._next or (last and not self._failures)

    def settle(self, build: Build, gone: dict[str, tuple[str, str]]) -> None:
        """Settle, and empty `gone`. What cannot be done now (the build is locked, or a record damaged)

        is tried again, for a minute; then it is left to the next `reap`.
        """
        self._next = time.monotonic() + _SETTLE_SECONDS
        try:
            _settle(build, gone)
            self._failures = 0
        except GitorchError:
            self._failures += 1
            if self._failures < _SETTLE_ATTEMPTS:
                return
        gone.clear()


def reap(build: Build) -> None:
    """Write down what nobody could while it happened: ends of workers whose keeper was killed."""
    store = store_of(build)
    gone = {}
    for record in store.records():
        result = store.result_of(record)
        if result is None and not is_held(store.run_lock(record.run)):
            result = _orphan(store, record)
        if result:
            gone[record.worker_id] = (result, record)
    if not gone:
        return
    open_ones = {str(w.id): w for w in build.read_state().having(WorkerStatus.IN_PROGRESS)}
    unsettled = {
        name: farewell(store, result)
        for name, (result, _) in gone.items()
        if name in open_ones and (launch := open_ones[name].launch) and launch.at <= result.ended_at
    }
    if unsettled:
        _settle(build, unsettled)


def _settle(build: Build, gone: Mapping[str, tuple[str, str]]) -> None:
    """Settle, and keep how reports were corrected: nobody is there to be told."""
    for worker, issue in settle(build, gone).items():
        store_of(build).note_correction(worker, [issue.message, *issue.details])


def _orphan(store: SpawnStore, record: Record) -> Result | None:
    """The line of a worker that ended after its keeper was killed; None while it runs."""
    name = record.worker_id
    if record.started_at is None and store.group(name) is None:
        return ended(store, record, status=None, problem="was not started: the spawner was killed before")
    if record.backend == "zo":
        return ended(store, record, status=None, problem="the spawner was killed before the answer came")
    if store.is_running(name):
        return None
    return ended(store, record, status=store.exit_status(name))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        return file.read()
