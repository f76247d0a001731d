"""`gitorch finalize`: verify, validate, one commit."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitorch.cli import options, output
from gitorch.cli.progress import validators as live

if TYPE_CHECKING:
    from gitorch.actions.finalize import Landed
    from gitorch.actions.finalize.synthesize import Synthesized
    from gitorch.core.config import Unclaimed


@click.command()
@options.project
@click.option(
    "--unclaimed",
    type=click.Choice(["fail", "include", "leave"]),
    help="What becomes of changes that no worker claims: refuse (the default), commit, leave as they are.",
)
@click.option(
    "--accept-config", is_flag=True, help="Judge by .gitorch.yaml as the build changed it, and land it."
)
@click.option(
    "--absorb", is_flag=True, help="Fold commits made on the build branch in, crediting their authors."
)
@click.option("--no-cache", is_flag=True, help="Run every validator, whatever it said before.")
@options.as_json
def command(
    project: str | None,
    unclaimed: "Unclaimed | None",
    accept_config: bool,  # noqa: FBT001 (click hands it over by name)
    absorb: bool,  # noqa: FBT001
    no_cache: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> None:
    """Land a build as one commit on its branch, or change nothing and say why.

    Every worker must be complete, every change claimed, the branch at its base, and the validators
    of .gitorch.yaml (as it stands at the base) content with exactly the tree that is committed.
    A content, research or general build makes no commit: its reports are collated in SYNTHESIS.md.
    """
    from gitorch.actions.finalize import Landed, finalize
    from gitorch.actions.workplace import find_build

    build = find_build(Path.cwd(), project)
    with live() as progress:
        ended = finalize(
            build,
            unclaimed=unclaimed,
            accept_config=accept_config,
            absorb=absorb,
            remember=not no_cache,
            progress=progress,
            tell=output.note,
        )
    if as_json:
        output.document("finalize", asdict(ended))
    elif isinstance(ended, Landed):
        _show(ended)
    else:
        _show_synthesis(ended)


def _show_synthesis(ended: "Synthesized") -> None:
    again = "was complete before" if ended.again else "is complete"
    output.data(f"build {ended.slug} {again}; read and edit {ended.path}")
    for worker in ended.kept:
        output.note(f"{worker}: you edited its section and its report has changed since; it was left alone")


def _show(landed: "Landed") -> None:
    output.data(f"{landed.commit[:12]} {landed.subject}")
    output.data(
        f"build {landed.slug} is complete: {landed.workers} workers, {landed.changed} paths, "
        f"one commit on {landed.branch}"
    )
    output.note(f"look:  git show --stat {landed.branch}")
    target = landed.onward or "BRANCH"
    output.note(f"merge: git switch {target} && git merge --ff-only {landed.branch}")
    output.note(f"push:  git push -u origin {landed.branch}")
    output.note(f"undo:  git reset --soft {landed.base[:12]}   (takes the commit back and keeps every file)")
