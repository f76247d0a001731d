"""`gitorch spawn`: start workers and return at once."""

from pathlib import Path

import click

from gitorch.actions.spawn import spawn
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output
from gitorch.cli.workers import as_entry


@click.command()
@click.argument("names", metavar="[WORKER]...", nargs=-1)
@options.project
@click.option("--ready", is_flag=True, help="Every worker whose dependencies are complete.")
@click.option("--parent", default="", metavar="ID", help="The conversation that starts them.")
@click.option("-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="At most so many at a time.")
@click.option("--accept-config", is_flag=True, help="Start them by .gitorch.yaml as the file is now.")
@options.as_json
def command(
    names: tuple[str, ...],
    project: str | None,
    *,
    ready: bool,
    parent: str,
    jobs: int | None,
    accept_config: bool,
    as_json: bool,
) -> None:
    """Start workers and return at once; each end is a line in spawn_results.jsonl.

    The section `spawn` of .gitorch.yaml says how: a local command, or the Zo service.
    """
    build = find_build(Path.cwd(), project)
    done = spawn(build, names, ready=ready, parent=parent, jobs=jobs, accept_config=accept_config)
    if as_json:
        workers = [as_entry(worker) for worker in done.workers]
        output.document("spawn", {"project": build.slug, "workers": workers, "results": done.results})
        return
    output.data(f"spawned {' '.join(str(worker.id) for worker in done.workers)}")
    output.note(f"each end is recorded in {done.results}")
    output.note(f"look: gitorch spawns --project {build.slug}")
    for worker in done.workers:
        output.note(f"undo: gitorch stop {worker.id} --project {build.slug}")
