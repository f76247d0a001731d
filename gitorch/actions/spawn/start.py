"""spawn: mark workers as launched and leave them to a process of its own. Waits for none of them."""

import os
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from gitorch.actions.launch import launch_all, startable
from gitorch.actions.spawn.book import now, reap, store_of
from gitorch.actions.workplace import Build
from gitorch.adapters import process
from gitorch.adapters.spawn_store import RESULTS, held
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.render.handover import render_handover
from gitorch.core.spawning import Record
from gitorch.core.state import WorkerState, WorkerStatus


@dataclass(frozen=True)
class Started:
    """The workers that were started, or wait for their turn; `results` is where their ends are noted."""

    workers: tuple[WorkerState, ...]
    run: str
    results: str


def spawn(build: Build, names: Sequence[str], *, ready: bool, parent: str, jobs: int | None) -> Started:
    """Start the named workers, or all that are ready, at most `jobs` at a time; return at once.

    GitorchError, and nothing is started, where one of them runs already, waits for others or is
    complete, where none is ready, or where the token is missing.
    """
    settings = build.place.config.spawn
    if bool(names) == ready:
        raise bad_input("name the workers to start, or say --ready", hints=["gitorch spawn --ready"])
    if settings.backend == "zo" and not os.environ.get(settings.zo.token_env):
        raise GitorchError(
            f"there is no token in the variable {settings.zo.token_env}",
            hints=[f"export {settings.zo.token_env}=…   (spawn.zo.token_env in .gitorch.yaml names it)"],
        )
    reap(build)
    store = store_of(build)
    run = uuid.uuid4().hex[:12]
    with build.folder.locked():
        state = build.folder.read_state()
        found = (
            list(state.having(WorkerStatus.READY))
            if ready
            else [startable(state, name, again=False) for name in dict.fromkeys(names)]
        )
        if not found:
            raise GitorchError("no worker is ready", hints=[f"gitorch status -p {build.slug}"])
        store.path.mkdir(parents=True, exist_ok=True)
        with held(store.run_lock(run)) as lock:
            for worker in found:
                record = Record(worker_id=str(worker.id), run=run, backend=settings.backend, queued_at=now())
                store.put(record, render_handover(state, worker))
            launched = launch_all(build, state, found, thread=None)
            # -P: a module of the person's at the root is not taken for one of ours.
            argv = [sys.executable, "-P", "-m", "gitorch.actions.spawn", str(build.place.root)]
            argv += [build.slug, run, str(jobs or settings.jobs), parent]
            process.detach(argv, cwd=build.place.root, log=store.run_lock(run), keep=[lock])
    return Started(tuple(done.worker for done in launched), run, f"{build.folder.shown}/{RESULTS}")
