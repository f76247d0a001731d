"""`gitorch demo`: a whole build in a scratch repository."""

from pathlib import Path

import click

from gitorch.cli import output
from gitorch.demo.story import tell


@click.command()
@click.argument("directory", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
def command(directory: Path | None) -> None:
    """Run a whole build in a scratch repository and tell each step.

    DIR must be empty or new; left out, a temporary folder is made and kept. Needs no network.
    """
    for told in tell(directory):
        output.narrate(told.kind, told.text)
