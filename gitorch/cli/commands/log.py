"""`gitorch log`: the story of a build, newest first."""

from pathlib import Path

import click

from gitorch.actions.story import tell_story
from gitorch.cli import options, output
from gitorch.core.story import Event


@click.command()
@options.project
@options.as_json
def command(project: str | None, *, as_json: bool) -> None:
    """Show what happened to a build, open or closed, newest first.

    Opened, launched, reported, snapshots, restores, refused commits, finalize attempts and why they failed,
    and how it ended. The ids are of snapshots: `gitorch diff ID` and `gitorch restore --from ID` take them.
    """
    slug, events = tell_story(Path.cwd(), project)
    if as_json:
        output.document("log", {"project": slug, "events": [_entry(event) for event in events]})
    else:
        output.paged("\n".join(_line(event) for event in events))


def _line(event: Event) -> str:
    commit = event.commit[:12] if event.commit else ""
    return f"{event.at.astimezone():%Y-%m-%d %H:%M:%S}  {commit:12}  {event.kind:8}  {event.text}"


def _entry(event: Event) -> dict[str, object]:
    return {"at": event.at.isoformat(), "kind": event.kind, "text": event.text, "commit": event.commit}
