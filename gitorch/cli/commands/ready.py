"""`gitorch ready`: the workers that can be started now."""

from pathlib import Path

import click

from gitorch.actions.listing import read_build
from gitorch.cli import options, output
from gitorch.cli.workers import as_entry, shown
from gitorch.core.state import WorkerStatus
from gitorch.core.text import one_line


@click.command()
@options.project
@options.as_json
def command(project: str | None, as_json: bool) -> None:  # noqa: FBT001 (click hands it over by name)
    """Show the workers whose dependencies are complete and that nobody has launched yet."""
    state = read_build(Path.cwd(), project)
    ready = state.having(WorkerStatus.READY)
    for issue in state.issues:
        if issue.code == "unrecorded-report":
            output.note(f"warning: {issue.message}")
        elif issue.code == "lost-files":
            output.issue(issue)
    if as_json:
        output.document("ready", {"project": state.meta.slug, "workers": [as_entry(w) for w in ready]})
    elif ready:
        rows = ((shown(w), one_line(w.brief.title), one_line(w.brief.mission)) for w in ready)
        output.table(("Worker", "Task", "Mission"), rows)
        output.note(f"next: gitorch brief {ready[0].id} --project {state.meta.slug}")
    else:
        running = ", ".join(str(w.id) for w in state.having(WorkerStatus.IN_PROGRESS))
        output.note(f"no worker is ready{f'; {running} in progress' if running else ''}")
