"""spawns: what runs, since when, how each ended, and a worker's log as it grows."""

import time
from collections.abc import Iterator
from dataclasses import replace

from gitorch.actions.spawn.book import reap, store_of
from gitorch.actions.workplace import Build, find_worker
from gitorch.adapters.spawn_store import SpawnStore, is_held
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.names import parse_worker_id
from gitorch.core.spawning import Record, Spawned, SpawnState
from gitorch.core.text import plain_output

_LOOK_SECONDS = 0.2


def spawned(build: Build) -> list[Spawned]:
    """The last start of each worker; what a killed spawner could not note is noted first."""
    reap(build)
    store = store_of(build)
    state = build.read_state()
    stand = {str(worker.id): worker.status for worker in state.workers}
    return [replace(look(store, record), stands=stand.get(record.worker_id)) for record in store.records()]


def find_spawned(build: Build, name: str | None) -> Spawned:
    """The last start of one worker; GitorchError when it was never spawned."""
    worker = find_worker(build.read_state(), name)
    reap(build)
    store = store_of(build)
    record = store.read(str(worker.id))
    if record is None:
        start = Hint(f"start {worker.id}", f"gitorch spawn {worker.id} --project {build.slug}")
        text = f"{worker.id} was not spawned"
        raise GitorchError("not-launched", text, about=str(worker.id), hints=[start])
    return look(store, record)


def look(store: SpawnStore, record: Record) -> Spawned:
    """Where one start stands now."""
    result = store.result_of(record)
    name = record.worker_id
    if result:
        state = SpawnState(result.status)
    else:
        state = SpawnState.RUNNING if record.started_at else SpawnState.QUEUED
    worker = parse_worker_id(name)
    assert worker  # noqa: S101 (the store lists checked ids alone)
    return Spawned(
        worker, record, state, result, str(store.log(name)), correction=tuple(store.correction(name))
    )


def follow(build: Build, name: str | None) -> Iterator[str]:
    """The worker's log from its beginning, cleaned, in whole lines, until the worker ended."""
    record = find_spawned(build, name).record
    store = store_of(build)
    rest = b""
    with store.log(record.worker_id).open("rb") as log:
        while True:
            over = store.result_of(record) is not None
            while data := log.read(1 << 16):
                whole, line_end, rest = (rest + data).rpartition(b"\n")
                if line_end:
                    yield plain_output(whole + line_end)
            if over:
                break
            if not is_held(store.run_lock(record.run)):
                reap(build)
            time.sleep(_LOOK_SECONDS)
    if rest:
        yield plain_output(rest)
