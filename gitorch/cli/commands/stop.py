"""`gitorch stop`: end a spawned worker."""

from pathlib import Path

import click

from gitorch.actions.spawn import stop
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output
from gitorch.cli.commands.spawns import as_spawn


@click.command()
@options.worker
@options.project
@options.as_json
def command(
    worker_argument: str | None, worker_option: str | None, project: str | None, *, as_json: bool
) -> None:
    """End a spawned worker and all that it started; what it wrote stays."""
    build = find_build(Path.cwd(), project)
    found = stop(build, options.chosen(worker_argument, worker_option))
    if as_json:
        output.document("stop", {"project": build.slug, "spawn": as_spawn(found)})
        return
    output.data(f"{found.worker} is stopped" if found.result else f"{found.worker} is asked to stop")
    if found.record.backend == "zo" and found.record.started_at:
        output.note(
            "note: the question was sent before: the service may go on, and its answer is not awaited"
        )
    output.note(f"undo: gitorch spawn {found.worker} --project {build.slug}")
