"""`gitorch list`: every build that can be seen from here."""

from pathlib import Path

import click

from gitorch.actions.listing import Listed, list_all
from gitorch.cli import options, output
from gitorch.core.state import WorkerStatus


@click.command()
@options.as_json
def command(as_json: bool) -> None:  # noqa: FBT001 (click hands it over by name)
    """Show every build of this repository or folder: its type, status, wave and progress."""
    builds = list_all(Path.cwd())
    if as_json:
        output.document("list", {"builds": [_entry(listed) for listed in builds]})
    elif builds:
        output.table(("Build", "Type", "Status", "Wave", "Complete", "Issues"), map(_row, builds))
    else:
        output.note("no builds yet; to open one, run: gitorch init --project SLUG --plan-file FILE")


def _complete(listed: Listed) -> int:
    return len(listed.state.having(WorkerStatus.COMPLETE)) if listed.state else 0


def _row(listed: Listed) -> tuple[str, ...]:
    state = listed.state
    if state is None:
        return (listed.slug, "?", listed.problem.message if listed.problem else "", "", "", "")
    done = f"{_complete(listed)}/{len(state.workers)}"
    return (
        listed.slug,
        state.meta.build_type.shown,
        state.meta.status.shown,
        str(state.current_wave),
        done,
        str(len(state.issues) or ""),
    )


def _entry(listed: Listed) -> dict[str, object]:
    state = listed.state
    return {
        "project": listed.slug,
        "folder": str(listed.folder),
        "build_type": state and state.meta.build_type,
        "status": state and state.meta.status,
        "current_wave": state and state.current_wave,
        "complete": _complete(listed),
        "workers": len(state.workers) if state else 0,
        "issues": output.entries(state.issues if state else filter(None, [listed.problem])),
    }
