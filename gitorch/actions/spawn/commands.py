"""Run workers as local commands, each in a process group of its own that outlives this process."""

import math
import time
from collections.abc import Sequence

from gitorch.actions.spawn import agents
from gitorch.actions.spawn.book import Settling, ended, farewell, now
from gitorch.actions.workplace import Build
from gitorch.adapters.process import clean_environment
from gitorch.adapters.spawn_store import SpawnStore, held
from gitorch.adapters.supervise import Ended, Job, Supervisor
from gitorch.core.config import Spawn
from gitorch.core.spawning import Record, fill

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
    settling = Settling()
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
                    supervisor.start(_job(build, store, record, settings, parent, alive))
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
            if unsettled and settling.due(last=not running and not queue):
                settling.settle(build, unsettled)
            elif not running:
                time.sleep(_LOOK_SECONDS)


def _job(build: Build, store: SpawnStore, record: Record, settings: Spawn, parent: str, alive: int) -> Job:
    root, worker = build.place.root, record.worker_id
    prompt = store.prompt(worker)
    words = {
        "root": str(root),
        "project": build.slug,
        "worker": worker,
        "parent": parent,
        "brief": str(build.folder.path / record.brief),
        "prompt": prompt.read_text(encoding="utf-8"),
        **agents.hooks_word(build, settings.command),
    }
    command = fill(settings.command, words)
    env = clean_environment(
        {
            "GITORCH_PROJECT": build.slug,
            "GITORCH_WORKER": worker,
            "GITORCH_PARENT": parent,
            "PWD": str(root),
            **agents.guarded_path(build),
        }
    )
    if settings.zo.token_env not in settings.command:  # a worker has no business with it
        env.pop(settings.zo.token_env, None)
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
