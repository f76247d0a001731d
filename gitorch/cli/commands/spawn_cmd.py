"""`gitorch spawn-cmd`: the shell command that starts a worker."""

from pathlib import Path

import click

from gitorch.actions.spawn_cmd import spawn_command
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output


@click.command()
@options.worker
@options.project
@click.option("--parent", default="", metavar="ID", help="The conversation that starts it.")
def command(worker_argument: str | None, worker_option: str | None, project: str | None, parent: str) -> None:
    """Print one shell command that starts a worker with its full context.

    The template is `spawn.command` in .gitorch.yaml.
    """
    name = options.chosen(worker_argument, worker_option)
    output.data(spawn_command(find_build(Path.cwd(), project), name, parent), raw=True)
