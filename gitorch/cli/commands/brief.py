"""`gitorch brief`: a worker's brief, ready to paste."""

from pathlib import Path

import click

from gitorch.actions.brief import brief
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output


@click.command()
@options.worker
@options.project
def command(worker_argument: str | None, worker_option: str | None, project: str | None) -> None:
    """Print a worker's brief, with what its dependencies reported.

    ORCH and REVIEW in place of a worker print the brief of a fresh orchestrator's thread and of the
    final review.
    """
    name = options.chosen(worker_argument, worker_option)
    output.data(brief(find_build(Path.cwd(), project), name))
