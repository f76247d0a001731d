"""`gitorch adapt`: waiting briefs learn what finished workers found out."""

import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from gitorch.actions.adapt import adapt
from gitorch.actions.workplace import Build, find_build
from gitorch.cli import options, output
from gitorch.core.adapting import Change
from gitorch.core.diff import unified
from gitorch.core.text import counted


@click.command()
@options.workers
@options.project
@click.option("--yes", is_flag=True, help="Apply without asking.")
@click.option("--undo", is_flag=True, help="Remove the sections.")
@options.as_json
def command(workers: tuple[str, ...], project: str | None, *, yes: bool, undo: bool, as_json: bool) -> None:
    """Show, as a diff, what finished workers found out for each waiting brief; apply it on approval.

    What finished workers reported goes into one section between two markers; your own text
    stays as it is. At a terminal it asks; elsewhere only --yes applies. A second run changes nothing.
    """
    build = find_build(Path.cwd(), project)

    def approve(changes: Sequence[Change]) -> bool:
        if not as_json:
            output.data("".join(_diff(build, change) for change in changes))
        return yes or (not as_json and output.confirmed(f"change {counted(len(changes), 'brief')}?"))

    done = adapt(build, workers, approve, undo=undo)
    if as_json:
        entries = [
            {"worker": str(c.worker.id), "path": c.path, "diff": _diff(build, c)} for c in done.changes
        ]
        applied = done.synced is not None
        output.document("adapt", {"project": build.slug, "applied": applied, "changes": entries})
    words = shlex.join([*workers, "--project", build.slug])
    if done.synced:
        output.note(f"changed {counted(len(done.changes), 'brief')}")
        output.note(f"undo: gitorch adapt {words} --yes" + ("" if undo else " --undo"))
        output.synced(done.synced)
    elif done.changes:
        apply = f"gitorch adapt {words} --yes" + (" --undo" if undo else "")
        output.note("nothing was changed")
        output.note(f"next: {apply}")
    else:
        output.note("nothing to adapt: every waiting brief is up to date")


def _diff(build: Build, change: Change) -> str:
    return unified(f"{build.folder.shown}/{change.path}", change.before, change.after)
