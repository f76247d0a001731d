"""stop: end a spawned worker, whoever started it. Takes back nothing of what it wrote."""

import signal
import time

from gitorch.actions.spawn.book import reap, store_of
from gitorch.actions.spawn.look import find_spawned
from gitorch.actions.workplace import Build
from gitorch.adapters.process import signal_group
from gitorch.adapters.spawn_store import SpawnStore
from gitorch.adapters.supervise import GRACE_SECONDS
from gitorch.core.errors import GitorchError
from gitorch.core.spawning import Record, Spawned

_LOOK_SECONDS = 0.05
_NOTED_SECONDS = 20.0


def stop(build: Build, name: str | None) -> Spawned:
    """End the worker and all that it started; its line in the results says so.

    GitorchError for a worker that was not spawned, or ended already.
    """
    found = find_spawned(build, name)
    if found.result:
        raise GitorchError(
            f"{found.worker} does not run: it ended at {found.result.ended_at:%Y-%m-%d %H:%M:%S %Z}",
            hints=[f"gitorch spawns -p {build.slug}"],
        )
    store, record = store_of(build), found.record
    store.ask_to_stop(record.worker_id)
    if record.backend == "command":
        _end_group(store, record)
    deadline = time.monotonic() + _NOTED_SECONDS
    while store.result_of(record) is None and time.monotonic() < deadline:
        reap(build)
        time.sleep(_LOOK_SECONDS)
    reap(build)
    return find_spawned(build, name)


def _end_group(store: SpawnStore, record: Record) -> None:
    worker = record.worker_id
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + GRACE_SECONDS
        group = store.group(worker)
        if group and store.is_running(worker):
            signal_group(group, number)
        while store.is_running(worker) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
