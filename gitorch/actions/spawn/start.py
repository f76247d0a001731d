"""spawn: mark workers as launched and leave them to a process of its own. Waits for none of them."""

import os
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from gitorch.actions.changing import changing
from gitorch.actions.launch import launch_all, startable
from gitorch.actions.policy import policy_of
from gitorch.actions.spawn import agents
from gitorch.actions.spawn.book import now, reap, store_of
from gitorch.actions.workplace import Build
from gitorch.adapters import process
from gitorch.adapters.spawn_store import SpawnStore, held
from gitorch.core import hints
from gitorch.core.config import Spawn
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.names import POLICY_FILE
from gitorch.core.render.handover import render_handover
from gitorch.core.spawning import RESULTS, Record, is_token
from gitorch.core.state import BuildState, WorkerState, WorkerStatus


@dataclass(frozen=True)
class Started:
    """The workers that were started, or wait for their turn; `results` is where their ends are noted."""

    workers: tuple[WorkerState, ...]
    run: str
    results: str


def spawn(
    build: Build,
    names: Sequence[str],
    *,
    ready: bool,
    parent: str,
    jobs: int | None,
    accept_config: bool = False,
) -> Started:
    """Start the named workers, or all that are ready, at most `jobs` at a time; return at once.

    GitorchError, and nothing is started, where one of them runs already, waits for others or is
    complete, where none is ready, where the token is missing, and where the build changed how workers
    are started and nobody agreed (`accept_config`).
    """
    settings = agents.chosen(build, _settings(build, accept=accept_config)).settings
    settings = settings.model_copy(update={"jobs": jobs or settings.jobs})
    if bool(names) == ready:
        every = Hint("start every worker that is ready", f"gitorch spawn --ready --project {build.slug}")
        raise bad_input("bad-usage", "expected the names of workers, or --ready, and not both", hints=[every])
    if settings.backend == "zo":
        _check_token(settings.zo.token_env)
    reap(build)
    store = store_of(build)
    run = uuid.uuid4().hex[:12]
    with changing(build) as build:
        agents.write_hooks(build, settings.command)
        state = build.read_state()
        found = (
            list(state.having(WorkerStatus.READY))
            if ready
            else [_startable(state, store, name) for name in dict.fromkeys(names)]
        )
        if not found:
            raise GitorchError("no-ready-worker", "no worker is ready", hints=[hints.status(build.slug)])
        store.put_settings(run, settings)
        with held(store.run_lock(run)) as lock:
            for worker in found:
                record = Record(
                    worker_id=str(worker.id),
                    run=run,
                    backend=settings.backend,
                    brief=worker.brief.path,
                    queued_at=now(),
                )
                store.put(record, render_handover(state, worker, store.correction(str(worker.id))))
            launched = launch_all(build, state, found, thread=None)
            # -P: a module of the person's at the root is not taken for one of ours.
            argv = [sys.executable, "-X", "utf8", "-P", "-m", "gitorch.actions.spawn", str(build.place.root)]
            argv += [build.slug, run, parent]
            process.detach(argv, cwd=build.place.root, log=store.run_lock(run), keep=[lock])
    return Started(tuple(done.worker for done in launched), run, f"{build.folder.shown}/{RESULTS}")


def _startable(state: BuildState, store: SpawnStore, name: str) -> WorkerState:
    worker = startable(state, name, again=True)
    record = store.read(str(worker.id))
    if record and store.result_of(record) is None:
        since = f"{record.queued_at.astimezone():%Y-%m-%d %H:%M:%S}"
        of = f"{worker.id} --project {state.meta.slug}"
        raise GitorchError(
            "running-worker",
            f"{worker.id} has been running since {since}",
            about=str(worker.id),
            hints=[
                Hint("read its log", f"gitorch spawns --follow {of}"),
                Hint(f"end {worker.id}", f"gitorch stop {of}"),
            ],
        )
    return startable(state, name, again=False)


def _check_token(variable: str) -> None:
    """The token is there and can be sent; asked before anything starts, and never shown."""
    token = os.environ.get(variable)
    if not token or not is_token(token):
        text = f"the variable {variable} has no token"
        if token:
            text = f"the variable {variable} has no token but a text with white space or beyond ASCII"
        where = "spawn.zo.token_env in .gitorch.yaml names the variable"
        export = Hint("set the token", f"export {variable}=TOKEN")
        raise GitorchError("bad-token", text, about=variable, details=[where], hints=[export])


def _settings(build: Build, *, accept: bool) -> Spawn:
    """How workers are started: as the base says, so that no worker names the next one's command."""
    policy = policy_of(build, accept=accept)
    if policy.diff and not accept and build.place.config.spawn != policy.config.spawn:
        accepting = f"gitorch spawn --ready --accept-config --project {build.slug}"
        raise GitorchError(
            "changed-config",
            f"the build changes {POLICY_FILE}, which says how workers are started",
            about=POLICY_FILE,
            details=policy.diff,
            hints=[Hint("start every worker that is ready by the changed configuration", accepting)],
        )
    return policy.config.spawn
