"""`gitorch spawns`: the workers that were spawned."""

from datetime import UTC, datetime
from pathlib import Path

import click

from gitorch.actions.spawn import follow, spawned
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output
from gitorch.core.spawning import Spawned
from gitorch.core.state import WorkerStatus


@click.command()
@options.project
@click.option("--follow", "followed", metavar="WORKER", help="Print this worker's log until it ends.")
@options.as_json
def command(project: str | None, *, followed: str | None, as_json: bool) -> None:
    """Show what runs, since when, and how each spawned worker ended."""
    build = find_build(Path.cwd(), project)
    if followed:
        for text in follow(build, followed):
            output.data(text)
        return
    found = spawned(build)
    if as_json:
        output.document("spawns", {"project": build.slug, "spawns": [as_spawn(one) for one in found]})
    elif not found:
        output.data("no worker was spawned")
    else:
        now = datetime.now(UTC)
        output.table(
            ("worker", "state", "since", "took", "how it ended", "its report"),
            [_row(one, now) for one in found],
        )
        for one in found:
            for line in one.correction[:1]:
                output.note(f"warning: {line}")
            for line in one.correction[1:]:
                output.note(f"  {line}")


def as_spawn(one: Spawned) -> dict[str, object]:
    """A spawned worker as JSON documents show it."""
    return {
        "worker": str(one.worker),
        "state": one.state,
        "backend": one.record.backend,
        "queued_at": one.record.queued_at.isoformat(),
        "started_at": one.record.started_at and one.record.started_at.isoformat(),
        "log": one.log,
        "worker_status": one.stands,
        "corrections": list(one.correction[1:]),
        "result": one.result and one.result.model_dump(mode="json"),
    }


def _row(one: Spawned, now: datetime) -> tuple[str, ...]:
    until = one.result.ended_at if one.result else now
    seconds = int((until - one.since).total_seconds())
    took = f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"
    how = ""
    if one.result:
        zo = one.record.backend == "zo"
        how = one.result.error or (zo and one.result.conversation_id) or "exit status 0"
        if one.result.reason and one.stands is not WorkerStatus.COMPLETE:
            how = f"{how}: {one.result.reason}"
    report = one.stands.replace("_", " ") if one.stands and one.result else ""
    return (str(one.worker), one.state, f"{one.since.astimezone():%Y-%m-%d %H:%M:%S}", took, how, report)
