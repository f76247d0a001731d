"""`gitorch install`: put the guard into this repository's hooks."""

import shlex
from pathlib import Path

import click

from gitorch.actions.install import install, install_server
from gitorch.cli import agents, options, output
from gitorch.core.agents import NAMES


@click.command()
@click.option(
    "--server",
    metavar="[PATH]",
    is_flag=False,
    flag_value=".",
    help="Into a bare repository (left out: this one): judge what is pushed to it.",
)
@click.option("--agent", type=click.Choice(list(NAMES)), help="Also into the settings of this client.")
@click.option("--user", is_flag=True, help="With --agent: into your own settings, for every repository.")
@options.as_json
def command(server: str | None, agent: str | None, *, user: bool, as_json: bool) -> None:
    """Put the guard into this repository's hooks, before whatever hooks there are.

    The hook that git runs for each ref is put there when a build opens, and removed when the last one is
    closed. Hooks that are there keep running; installing again changes nothing, or brings the guard up to
    date. `gitorch uninstall` restores everything. With --agent, sessions of that client ask gitorch before
    they run a command, and are held to their report.
    """
    if agent or user:
        from gitorch.actions.agents import install_agent

        agents.move("install", install_agent, agent, user=user, as_json=as_json)
        return
    report = install_server(Path.cwd() / server) if server else install(Path.cwd())
    if as_json:
        folders = [str(folder) for folder in report.folders]
        output.document("install", {"folders": folders, "changed": report.changed, "notes": report.notes})
    for folder in () if as_json else report.folders:
        output.data(f"the guard is installed in {folder}")
    for note in report.notes:
        output.note(note)
    undo = f"undo: gitorch uninstall --server {shlex.quote(server)}" if server else "undo: gitorch uninstall"
    output.note(undo if report.changed else "the guard was up to date, nothing was changed")
