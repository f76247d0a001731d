"""`gitorch worker add|edit|drop`: change the plan of an open build."""

from pathlib import Path
from typing import Any

import click

from gitorch.cli import options, output
from gitorch.cli.app import Group


@click.group(cls=Group)
def command() -> None:
    """Change the plan of an open build: add, edit or drop a worker, with the checks that init makes.

    PLAN.md stays as you wrote it; plan.json shows the plan as it is.
    """


def _names(texts: tuple[str, ...]) -> tuple[str, ...]:
    """`--depends-on W1.1,W1.2 --depends-on none`: the names in it."""
    names = (name.strip() for text in texts for name in text.split(","))
    return tuple(name for name in names if name and name.casefold() != "none")


@command.command("add")
@click.argument("name", metavar="[ID]", required=False)
@click.option("--title", required=True, help="The task's name.")
@click.option("--description", default="", help="The goal, one sentence or more.")
@click.option("--wave", type=click.IntRange(min=1), help="Left out: the one after what it depends on.")
@click.option("--depends-on", multiple=True, metavar="ID,ID", help="What must be complete before it.")
@click.option("-o", "--output", "outputs", multiple=True, metavar="PATH", help="A file to create.")
@click.option("--requirement", "requirements", multiple=True, metavar="TEXT", help="What it must heed.")
@click.option("--criterion", "success_criteria", multiple=True, metavar="TEXT", help="How success is told.")
@click.option("--context", default="", metavar="TEXT", help="What it must know.")
@click.option("--component", metavar="NAME", help="The part that it belongs to.")
@click.option("--estimated-hours", type=float, metavar="N", help="How long it may take.")
@options.project
@options.as_json
def _add(project: str | None, depends_on: tuple[str, ...], *, as_json: bool, **fields: Any) -> None:
    """Add a worker. ID is W<wave>.<seq> or a name of your own; left out, the next free id is taken."""
    from gitorch.actions.worker import NewWorker, add
    from gitorch.actions.workplace import find_build

    build = find_build(Path.cwd(), project)
    done = add(build, NewWorker(depends_on=_names(depends_on), **fields))
    _show("add", build.slug, [str(worker.id) for worker in done.workers], as_json=as_json)
    for worker in done.workers:
        output.note(f"next: gitorch brief {worker.id} --project {build.slug}")
        output.note(f"undo: gitorch worker drop {worker.id} --project {build.slug}")
    output.synced(done.synced)


@command.command("edit")
@options.one_worker
@click.option("--title", help="The task's name.")
@click.option("--description", help="The mission, one sentence.")
@click.option("--depends-on", multiple=True, metavar="ID,ID", help="All that it needs; none for nothing.")
@options.project
@options.as_json
def _edit(
    worker: str,
    title: str | None,
    description: str | None,
    depends_on: tuple[str, ...],
    project: str | None,
    *,
    as_json: bool,
) -> None:
    """Change a worker's title, mission or dependencies; the rest of its brief is yours to edit."""
    from gitorch.actions.worker import edit
    from gitorch.actions.workplace import find_build
    from gitorch.core.diff import unified
    from gitorch.core.state import WorkerStatus

    build = find_build(Path.cwd(), project)
    needs = _names(depends_on) if depends_on else None
    done = edit(build, worker, title=title, description=description, depends_on=needs)
    path = f"{build.folder.shown}/{done.worker.brief.path}"
    _show("edit", build.slug, [str(done.worker.id)], unified(path, done.before, done.after), as_json=as_json)
    if done.worker.status is WorkerStatus.IN_PROGRESS:
        output.note(f"note: {done.worker.id} has the brief of its launch: tell the worker what changed")
    output.note(f"undo: {done.undo}")
    output.synced(done.synced)


@command.command("drop")
@options.one_worker
@click.option("--force", is_flag=True, help="Also one that runs or is complete.")
@options.project
@options.as_json
def _drop(worker: str, project: str | None, *, force: bool, as_json: bool) -> None:
    """Remove a worker from the plan; its brief and its report are kept in the build's folder dropped/."""
    from gitorch.actions.worker import drop
    from gitorch.actions.workplace import find_build

    build = find_build(Path.cwd(), project)
    done = drop(build, worker, force=force)
    _show("drop", build.slug, [str(done.worker.id)], as_json=as_json)
    output.note(f"its brief is kept: {done.path}")
    output.note(f"undo: {done.undo}")
    output.synced(done.synced)


_DONE = {"add": "added", "edit": "changed", "drop": "dropped"}


def _show(what: str, slug: str, workers: list[str], diff: str = "", *, as_json: bool) -> None:
    if as_json:
        content = {"project": slug, "did": what, "workers": workers, **({"diff": diff} if diff else {})}
        output.document("worker", content)
        return
    if diff:
        output.data(diff)
    for worker in workers:
        output.data(f"{worker} is {_DONE[what]}")
