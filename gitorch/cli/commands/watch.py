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

    Ends when the build is closed; Ctrl-C or SIGTERM end it at any time. Nothing is lost
    in between: the next sync or watch brings all up to date.
    """
    stop, caught = Event(), set()

    def end(number: int, _: object) -> None:
        """Let the sync that runs come to its end; a second signal ends at once.

        An exception out of nowhere, as Ctrl-C is by default, is lost where foreign code runs a callback.
        """
        signal.signal(number, signal.default_int_handler)
        caught.add(number)
        stop.set()

    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    for line in watch(find_build(Path.cwd(), project), stop):
        output.data(line)
    if signal.SIGINT in caught:
        raise KeyboardInterrupt
