"""`gitorch status`: what needs the person, then every worker of a build and its status."""

from pathlib import Path

import click

from gitorch.actions.overview import Overview, overview
from gitorch.cli import options, output
from gitorch.cli.workers import as_entry, shown
from gitorch.core.needs import next_steps
from gitorch.core.refused import tell_refused
from gitorch.core.state import WorkerState, WorkerStatus
from gitorch.core.text import first_sentence, one_line

SHOWN_STEPS = 5
"""How many next commands stand below the table."""


@click.command()
@options.project
@options.as_json
def command(project: str | None, as_json: bool) -> None:  # noqa: FBT001 (click hands it over by name)
    """Show what needs you, then every worker of a build and its status."""
    seen = overview(Path.cwd(), project)
    if as_json:
        output.document("status", _content(seen))
        return
    state = seen.state
    meta = state.meta
    done = f"{len(state.having(WorkerStatus.COMPLETE))} of {len(state.workers)} workers complete"
    wave = f"wave {state.current_wave} of {max((w.id.wave for w in state.workers), default=1)}"
    output.data(f"build {seen.build.slug} ({meta.build_type.shown}): {meta.status.shown}, {wave}, {done}")
    output.issues("Needs you:", seen.issues)
    output.data("")
    output.table(
        ("Worker", "Task", "Status", "What"),
        (_row(worker) for worker in state.workers),
        groups=[worker.id.wave for worker in state.workers],
    )
    for line in tell_refused(seen.refused):
        output.note(line)
    steps = next_steps(state)
    for step in steps[:SHOWN_STEPS]:
        output.note(f"next: {step.command}")
    if len(steps) > SHOWN_STEPS:
        output.note(f"next: gitorch ready --project {seen.build.slug}")


def _row(worker: WorkerState) -> tuple[str, ...]:
    return (shown(worker), one_line(worker.brief.title), worker.status.replace("_", " "), _what(worker))


def _what(worker: WorkerState) -> str:
    if worker.completion:
        return first_sentence(worker.completion.summary)
    if worker.launch:
        thread = f", thread {worker.launch.thread}" if worker.launch.thread else ""
        return one_line(f"launched {worker.launch.at:%Y-%m-%d %H:%M}{thread}")
    return f"waits for {', '.join(map(str, worker.waiting_for))}" if worker.waiting_for else ""


def _content(seen: Overview) -> dict[str, object]:
    meta = seen.state.meta
    return {
        "project": meta.slug,
        "name": meta.plan.name,
        "build_type": meta.build_type,
        "status": meta.status,
        "current_wave": seen.state.current_wave,
        "folder": str(seen.build.folder.path),
        "branch": meta.branch,
        "base": meta.base,
        "issues": output.entries(seen.issues),
        "refused": [{**one._asdict(), "at": one.at.isoformat()} for one in seen.refused],
        "workers": [as_entry(worker) for worker in seen.state.workers],
    }
