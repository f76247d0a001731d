"""`gitorch close`: what an agent's stop hook calls."""

import shlex
from pathlib import Path

import click

from gitorch.actions.close import close
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output
from gitorch.cli.workers import as_entry


@click.command()
@options.worker
@options.project
@click.option("--gone", metavar="REASON", help="The worker cannot answer any more: report it as failed.")
@options.as_json
def command(
    worker_argument: str | None,
    worker_option: str | None,
    project: str | None,
    *,
    gone: str | None,
    as_json: bool,
) -> None:
    """Accept a worker's report, or say what it has to write and where (exit status 1).

    Never claims success: with --gone, a worker that left no report is reported as failed.
    """
    build = find_build(Path.cwd(), project)
    done = close(build, options.chosen(worker_argument, worker_option), gone)
    worker = done.worker
    if as_json:
        content = {"project": build.slug, "worker": as_entry(worker), "written": done.written}
        output.document("close", content)
    elif done.written:
        output.data(f"{worker.id} is reported as failed")
        output.note(f"undo: rm -- {shlex.quote(f'{build.folder.path}/{worker.report}')}")
    else:
        output.data(f"{worker.id} has reported: {worker.status}")
    output.synced(done.synced)
