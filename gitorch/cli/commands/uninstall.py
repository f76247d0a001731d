"""`gitorch uninstall`: remove the guard from this repository."""

import shlex
from pathlib import Path

import click

from gitorch.actions.install import uninstall, uninstall_server
from gitorch.cli import agents, options, output
from gitorch.core.agents import NAMES


@click.command()
@click.option(
    "--server",
    metavar="[PATH]",
    is_flag=False,
    flag_value=".",
    help="From a bare repository (left out: this one).",
)
@click.option("--agent", type=click.Choice(list(NAMES)), help="Only from the settings of this client.")
@click.option("--user", is_flag=True, help="With --agent: from your own settings.")
@options.as_json
def command(server: str | None, agent: str | None, *, user: bool, as_json: bool) -> None:
    """Remove the guard from this repository and restore the hooks as they were, byte for byte.

    What `gitorch install --agent` has put into settings of this worktree goes as well.
    """
    if agent or user:
        from gitorch.actions.agents import uninstall_agent

        agents.move("uninstall", uninstall_agent, agent, user=user, as_json=as_json)
        return
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
