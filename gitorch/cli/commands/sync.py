"""`gitorch sync`: bring a build's records and the index up to date, once."""

from pathlib import Path

import click

from gitorch.actions.recording import noted_loss
from gitorch.actions.sync import sync
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output


@click.command()
@options.project
@options.as_json
def command(project: str | None, as_json: bool) -> None:  # noqa: FBT001 (click hands it over by name)
    """Read every brief and completion, write the records that differ, and stage them.

    Staged are the files that gitorch wrote and the completions, nothing else. `gitorch watch` does
    the same on every change. What it writes can be deleted at any time and comes back.
    """
    build = find_build(Path.cwd(), project)
    synced = sync(build)
    loss = noted_loss(build)
    if as_json:
        output.document(
            "sync",
            {
                "project": build.slug,
                "written": synced.written,
                "staged": synced.staged,
                "not_staged": synced.not_staged,
                "corrected": output.entries(synced.corrected),
                "unrecorded": output.entries(filter(None, [synced.unrecorded])),
                "lost": output.entries(filter(None, [loss])),
            },
        )
    for name in () if as_json else synced.written:
        output.data(f"wrote {build.folder.shown}/{name}")
    for path in () if as_json else synced.staged:
        output.data(f"staged {path}")
    if synced.restored:
        output.note(f"warning: {synced.restored}")
    output.synced(synced)
    if loss:
        output.issue(loss)
    if not (synced.written or synced.staged or synced.problem or synced.notes):
        state = "up to date" if synced.state.is_open else f"{synced.state.meta.status}, and left alone"
        output.note(f"build {build.slug} is {state}")
