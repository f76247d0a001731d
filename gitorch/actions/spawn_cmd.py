"""spawn-cmd: one shell command that starts a worker with its full context. Runs and changes nothing."""

from pathlib import Path

from gitorch.actions.launch import startable
from gitorch.actions.policy import policy_of
from gitorch.actions.spawn.book import store_of
from gitorch.actions.workplace import Build
from gitorch.core.render.handover import render_handover
from gitorch.core.spawning import fill, for_a_shell


def spawn_command(build: Build, name: str | None, parent: str) -> str:
    """The template of `.gitorch.yaml` with this worker's words in it, each quoted for sh.

    GitorchError for a worker that is complete or waits for others.
    """
    state = build.read_state()
    worker = startable(state, name, again=True)
    words = {
        "root": str(build.place.root),
        "project": build.slug,
        "worker": str(worker.id),
        "parent": parent,
        "brief": str(Path(build.folder.path, worker.brief.path)),
        "prompt": render_handover(state, worker, store_of(build).correction(str(worker.id))),
    }
    return fill(for_a_shell(policy_of(build).config.spawn.command), words)
