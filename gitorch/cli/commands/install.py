"""`gitorch install`: put the guard into this repository's hooks."""

from pathlib import Path

import click

from gitorch.actions.install import install
from gitorch.cli import options, output


@click.command()
@options.as_json
def command(as_json: bool) -> None:  # noqa: FBT001 (click hands it over by name)
    """Put the guard into this repository's hooks, before whatever hooks there are.

    While no build is open it costs one file test. Hooks that are there keep running; installing again
    changes nothing, or brings the guard up to date. `gitorch uninstall` gives everything back.
    """
    report = install(Path.cwd())
    if as_json:
        folders = [str(folder) for folder in report.folders]
        output.document("install", {"folders": folders, "changed": report.changed, "notes": report.notes})
    for folder in () if as_json else report.folders:
        output.data(f"the guard stands in {folder}")
    for note in report.notes:
        output.note(note)
    output.note("undo: gitorch uninstall" if report.changed else "it was up to date, nothing changed")
