"""Run workers as local commands, each in a process group of its own that outlives this process."""

import math
import time
from collections.abc import Sequence
from pathlib import Path

from gitorch.actions.close import settle
from gitorch.actions.spawn.book import ended, farewell, now
from gitorch.actions.workplace import Build
from gitorch.adapters.process import clean_environment
from gitorch.adapters.spawn_store import SpawnStore, held
from gitorch.adapters.supervise import Ended, Job, Supervisor
from gitorch.core.config import Spawn
from gitorch.core.spawning import Record, fill, for_standard_input

_SETTLE_SECONDS = 1.0
_LOOK_SECONDS = 0.2

# It outlives a signal to the group for as long as it takes to write down how the command ended.
_AROUND = """echo "$$" > "$2/group"
trap : HUP INT TERM
sh -c "$1"
code=$?
echo "$code" > "$2/status.new" && mv -f "$2/status.new" "$2/status"
exit "$code"
"""


def run_all(build: Build, store: SpawnStore, records: Sequence[Record], settings: Spawn, parent: str) -> None:
    """Start each when its turn comes, at most `settings.jobs` at a time; note each end at once."""
    queue = list(records)
    known = {record.worker_id: record for record in records}
    running = 0
    unsettled: dict[str, tuple[str, str]] = {}
    settled_at = time.monotonic()
    with Supervisor(leave=True) as supervisor:
        while queue or running or unsettled:
            for record in [record for record in queue if store.is_stopped(record.worker_id)]:
                queue.remove(record)
                unsettled[record.worker_id] = farewell(store, ended(store, record, status=None))
            while queue and running < settings.jobs:
                record = queue.pop(0)
                known[record.worker_id] = record.model_copy(update={"started_at": now()})
                store.write(known[record.worker_id])
                with held(store.worker_lock(record.worker_id)) as alive:
                    supervisor.start(_job(build, store, record.worker_id, settings, parent, alive))
                running += 1
            for name in known:
                if store.is_stopped(name):
                    supervisor.end(name)
            for event in supervisor.wait(_LOOK_SECONDS):
                if isinstance(event, Ended):
                    running -= 1
                    result = ended(
                        store,
                        known[event.name],
                        status=event.status,
                        timeout=settings.timeout if event.timed_out else None,
                        problem=event.problem,
                    )
                    unsettled[event.name] = farewell(store, result)
            # Many may end at once, and a sync reads the whole build: one for all of them.
            if unsettled and (not running or time.monotonic() >= settled_at + _SETTLE_SECONDS):
                settle(build, unsettled)
                unsettled.clear()
                settled_at = time.monotonic()


def _job(build: Build, store: SpawnStore, worker: str, settings: Spawn, parent: str, alive: int) -> Job:
    root = build.place.root
    state = build.folder.read_state()
    found = state.find(worker)
    prompt = store.prompt(worker)
    words = {
        "root": str(root),
        "project": build.slug,
        "worker": worker,
        "parent": parent,
        "brief": str(Path(build.folder.path, found.brief.path)) if found else str(prompt),
        "prompt": prompt.read_text(encoding="utf-8"),
    }
    command = fill(for_standard_input(settings.command), words)
    env = clean_environment(
        {
            "GITORCH_PROJECT": build.slug,
            "GITORCH_WORKER": worker,
            "GITORCH_PARENT": parent,
            "PWD": str(root),
        }
    )
    return Job(
        name=worker,
        argv=("sh", "-c", _AROUND, "gitorch-worker", command, str(store.folder(worker))),
        cwd=root,
        env=env,
        timeout=settings.timeout or math.inf,
        log=store.log(worker),
        stdin=prompt,
        direct=True,
        keep=(alive,),
    )
