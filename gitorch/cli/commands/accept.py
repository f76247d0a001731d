"""`gitorch accept`: let claimed files be as they are now."""

from pathlib import Path

import click

from gitorch.actions.accept import accept, undo_accept
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output
from gitorch.core.text import shown_path, typed, typed_path

_SHOWN = 20


@click.command()
@click.argument("worker", metavar="[WORKER]", required=False, shell_complete=options.complete_worker)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path())
@options.project
@click.option("--all", "everything", is_flag=True, help="Of every worker.")
@click.option("--undo", is_flag=True, help="Hold the files against the reports again.")
@options.as_json
def command(
    worker: str | None,
    paths: tuple[str, ...],
    project: str | None,
    *,
    everything: bool,
    undo: bool,
    as_json: bool,
) -> None:
    """Accept that files of a worker hold something else than it reported, exactly as they are now.

    Without PATH all of the worker's that do. A file that changes once more is told again. It is recorded as
    the person's decision, and lands with the build's records.
    """
    if everything is bool(worker):
        raise click.UsageError("name a worker, or all with --all")
    build = find_build(Path.cwd(), project)
    done = (undo_accept if undo else accept)(build, worker, paths, here=Path.cwd())
    chosen = done.accepted
    if as_json:
        entries = [one.model_dump(include={"worker", "path", "holds"}) for one in chosen]
        output.document("accept", {"project": build.slug, "undone": undo, "accepted": entries})
        output.synced(done.synced)
        return
    for one in chosen[:_SHOWN]:
        output.data(
            f"{one.worker}: {shown_path(one.path)} is {'not accepted any more' if undo else 'accepted'}"
        )
    if (more := len(chosen) - _SHOWN) > 0:
        output.data(f"and {more} more")
    named = [typed(worker), *map(typed_path, paths)] if worker else ["--all"]
    back = "" if undo else " --undo"
    output.note(f"undo: gitorch accept {' '.join(named)} --project {build.slug}{back}")
    output.synced(done.synced)
