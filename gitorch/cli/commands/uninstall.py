"""`gitorch uninstall`: remove the guard from this repository."""

import shlex
from pathlib import Path

import click

from gitorch.actions.install import uninstall, uninstall_server
from gitorch.cli import options, output


@click.command()
@click.option(
    "--server",
    metavar="[PATH]",
    is_flag=False,
    flag_value=".",
    help="From a bare repository (left out: this one).",
)
@options.as_json
def command(server: str | None, as_json: bool) -> None:  # noqa: FBT001 (click hands it over by name)
    """Remove the guard from this repository and restore the hooks as they were, byte for byte."""
    report = uninstall_server(Path.cwd() / server) if server else uninstall(Path.cwd())
    if as_json:
        folders = [str(folder) for folder in report.folders]
        output.document("uninstall", {"folders": folders, "changed": report.changed, "notes": report.notes})
    for folder in report.folders if report.changed and not as_json else ():
        output.data(f"the guard was removed from {folder}")
    for note in report.notes:
        output.note(note)
    undo = f"undo: gitorch install --server {shlex.quote(server)}" if server else "undo: gitorch install"
    output.note(undo if report.changed else "no guard was installed, nothing was changed")
