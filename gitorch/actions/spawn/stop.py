"""stop: end a spawned worker, whoever started it. Takes back nothing of what it wrote."""

import signal
import time

from gitorch.actions.spawn.book import reap, store_of
from gitorch.actions.spawn.look import find_spawned
from gitorch.actions.workplace import Build
from gitorch.adapters.process import signal_group
from gitorch.adapters.spawn_store import SpawnStore, is_held
from gitorch.adapters.supervise import GRACE_SECONDS
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.spawning import Record, Spawned

_LOOK_SECONDS = 0.05
_NOTED_SECONDS = 20.0


def stop(build: Build, name: str | None) -> Spawned:
    """End the worker and all that it started; its line in the results says so.

    GitorchError for a worker that was not spawned, or ended already.
    """
    found = find_spawned(build, name)
    if found.result:
        ends = Hint("see how each worker ended", f"gitorch spawns --project {build.slug}")
        text = f"{found.worker} ended at {found.result.ended_at:%Y-%m-%d %H:%M:%S %Z}"
        raise GitorchError("not-launched", text, about=str(found.worker), hints=[ends])
    store, record = store_of(build), found.record
    store.ask_to_stop(record.worker_id)
    if record.backend == "command" and not is_held(store.run_lock(record.run)):
        _end_group(store, record)  # its spawner would have, but was killed
    deadline = time.monotonic() + _NOTED_SECONDS
    while store.result_of(record) is None and time.monotonic() < deadline:
        reap(build)
        time.sleep(_LOOK_SECONDS)
    reap(build)
    return find_spawned(build, name)


def _end_group(store: SpawnStore, record: Record) -> None:
    """First politely; then whatever is left, a child that outlived the command included."""
    group, alive = store.group(record.worker_id), store.worker_lock(record.worker_id)
    for number in (signal.SIGTERM, signal.SIGKILL):
        if group and is_held(alive):  # so the id is not another's yet
            signal_group(group, number)
        deadline = time.monotonic() + GRACE_SECONDS
        while group and is_held(alive) and signal_group(group, None) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
