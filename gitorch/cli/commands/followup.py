"""`gitorch followup`: what workers suggested for later, as new workers."""

from pathlib import Path

import click

from gitorch.actions.followup import FollowedUp, followup
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output


@click.command()
@click.argument("choice", metavar="[WORKER|WORKER/N]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every follow-up that has no worker yet.")
@click.option("--wave", type=click.IntRange(min=1), help="Left out: after the worker that suggested it.")
@options.project
@options.as_json
def command(
    choice: tuple[str, ...], wave: int | None, project: str | None, *, everything: bool, as_json: bool
) -> None:
    """List the follow-ups that reports suggest, or turn the chosen ones into new workers.

    W1.1 chooses all of a worker's, W1.1/2 its second. A follow-up gets one worker at most.
    """
    build = find_build(Path.cwd(), project)
    done = followup(build, choice, everything=everything, wave=wave)
    if as_json:
        output.document("followup", {"project": build.slug, **_content(done)})
    elif done.workers:
        for worker in done.workers:
            output.data(f"{worker.id}: {worker.title}")
    elif choice or everything:
        output.note("nothing to do: every chosen follow-up has a worker")
    elif done.found:
        rows = [(each.name, str(each.taken or "-"), each.text) for each in done.found]
        output.table(("Follow-up", "Worker", "Text"), rows)
        if left := [each.name for each in done.found if not each.taken]:
            output.note(f"next: gitorch followup {left[0]} --project {build.slug}")
    else:
        output.note("no report suggests a follow-up")
    for worker in done.workers:
        output.note(f"undo: gitorch worker drop {worker.id} --project {build.slug}")
    output.synced(done.synced)


def _content(done: FollowedUp) -> dict[str, object]:
    found = [
        {"name": each.name, "text": each.text, "taken": each.taken and str(each.taken)} for each in done.found
    ]
    return {"follow_ups": found, "workers": [{"id": str(w.id), "title": w.title} for w in done.workers]}
