"""`gitorch diff`: what differs between two snapshots, or between one and the files as they are now."""

import sys
from pathlib import Path

import click

from gitorch.actions.diff import diff
from gitorch.cli import options, output


@click.command()
@click.argument("words", metavar="[A [B]] [PATH]...", nargs=-1)
@options.project
def command(words: tuple[str, ...], project: str | None) -> None:
    """Show what differs between A and B: the base, a snapshot or a worker.

    Each is `base`, the id of a snapshot, or a worker, for the snapshot in which its report was recorded.
    Left out, A is the base and B the files as they are now. A PATH that could be one of them: write ./PATH.
    """
    if found := diff(Path.cwd(), project, words, at_terminal=sys.stdout.isatty()):
        output.data(found.decode("utf-8", "surrogateescape"), raw=True)
