"""`gitorch watch`: keep a build's records up to date, and tell what happens."""

import signal
from pathlib import Path
from threading import Event

import click

from gitorch.actions.watch import watch
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output


@click.command()
@options.project
def command(project: str | None) -> None:
    """Run `gitorch sync` now and on every change, and say in a line what happened.

    Ends by itself when the build is closed; Ctrl-C or SIGTERM end it at any time. Nothing is lost
    while it does not run: the next sync or watch brings all up to date.
    """
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())  # the sync that runs is ended first
    for line in watch(find_build(Path.cwd(), project), stop):
        output.data(line)
