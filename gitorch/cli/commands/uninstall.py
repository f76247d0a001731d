"""`gitorch uninstall`: take the guard out of this repository."""

from pathlib import Path

import click

from gitorch.actions.install import uninstall
from gitorch.cli import options, output


@click.command()
@options.as_json
def command(as_json: bool) -> None:  # noqa: FBT001 (click hands it over by name)
    """Take the guard out of this repository and give back the hooks as they were, byte for byte."""
    report = uninstall(Path.cwd())
    if as_json:
        folders = [str(folder) for folder in report.folders]
        output.document("uninstall", {"folders": folders, "changed": report.changed, "notes": report.notes})
    for folder in report.folders if report.changed and not as_json else ():
        output.data(f"the guard is gone from {folder}")
    for note in report.notes:
        output.note(note)
    output.note("undo: gitorch install" if report.changed else "no guard was installed, nothing changed")
