"""spawn-cmd: one shell command that starts a worker with its full context. Runs nothing."""

from pathlib import Path

from gitorch.actions.launch import startable
from gitorch.actions.policy import policy_of
from gitorch.actions.spawn import agents
from gitorch.actions.spawn.book import store_of
from gitorch.actions.workplace import Build
from gitorch.core.render.handover import render_handover
from gitorch.core.spawning import fill, for_a_shell


def spawn_command(build: Build, name: str | None, parent: str) -> str:
    """The template of the agent with this worker's words in it, each quoted for sh.

    Writes the hooks of a client below the git directory. GitorchError for a worker that is complete or
    waits for others.
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
    found = agents.chosen(build, policy_of(build).config.spawn)
    template, guard = found.settings.command, agents.guard_bin(build)
    agents.write_hooks(build, template)
    words |= {"guard": str(guard), **agents.hooks_word(build, template)}
    if found.preset:
        template = for_a_shell(template, guarded=guard is not None)
    return fill(template, words)
