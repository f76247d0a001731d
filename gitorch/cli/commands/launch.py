"""`gitorch launch`: note that a worker was started."""

from pathlib import Path

import click

from gitorch.actions.launch import launch, undo_launch
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output
from gitorch.cli.workers import as_entry


@click.command()
@options.worker
@options.project
@click.option("--thread", metavar="ID", help="Where it runs: a conversation, a process, a ticket.")
@click.option("--undo", is_flag=True, help="Undo the launch of a worker that has not reported.")
@options.as_json
def command(
    worker_argument: str | None,
    worker_option: str | None,
    project: str | None,
    thread: str | None,
    *,
    undo: bool,
    as_json: bool,
) -> None:
    """Note that a worker was started; refused while its dependencies are not complete.

    A worker that reported blocked or failed can be launched again: its old report does not count then.
    """
    build = find_build(Path.cwd(), project)
    name = options.chosen(worker_argument, worker_option)
    done = undo_launch(build, name) if undo else launch(build, name, thread)
    worker = done.worker
    if as_json:
        output.document("launch", {"project": build.slug, "worker": as_entry(worker)})
    elif undo:
        output.data(f"{worker.id} is {worker.status.replace('_', ' ')} again")
        output.note(f"undo: gitorch launch {worker.id} --project {build.slug}")
    else:
        output.data(f"{worker.id} is in progress")
        output.note(f"undo: gitorch launch {worker.id} --project {build.slug} --undo")
    output.synced(done.synced)
