"""`gitorch status`: every worker of a build and where it stands."""

from pathlib import Path

import click

from gitorch.actions.workplace import find_build
from gitorch.cli import options, output


@click.command()
@options.project
@options.as_json
def command(project: str | None, as_json: bool) -> None:  # noqa: FBT001 (click hands it over by name)
    """Show every worker of a build and where it stands."""
    state = find_build(Path.cwd(), project).folder.read_state()
    if as_json:
        output.document("status", {"workers": [str(w.id) for w in state.workers]})
    for worker in state.workers:
        output.data(f"{worker.id} {worker.status}")
