"""`gitorch init`: open a build."""

from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from gitorch.actions.init import Begun, PlanSource, init
from gitorch.cli import options, output
from gitorch.core.meta import BuildType


@click.command()
@click.option("-p", "--project", metavar="SLUG", required=True, help="The build's short name.")
@click.option(
    "--plan-file",
    type=click.File("rb"),
    metavar="FILE|-",
    required=True,
    help="The plan: JSON, YAML or Markdown; - reads stdin.",
)
@click.option(
    "--type",
    "build_type",
    type=click.Choice([kind.value for kind in BuildType]),
    help="What is built; left out: what the plan says, else code_build.",
)
@click.option(
    "--seal", "sealed", is_flag=True, help="Lock the branch for clients without hooks: gitorch seal -h."
)
@options.as_json
def command(
    project: str, plan_file: BinaryIO, build_type: str | None, *, sealed: bool, as_json: bool
) -> None:
    """Open a build: briefs from a plan, and a branch that nobody commits to.

    Writes the folder N5/builds/SLUG. A code build opens the branch build/SLUG at the current commit
    and binds this worktree to the build until finalize. A plan with problems changes nothing.
    """
    path = None if plan_file.name in ("-", "<stdin>") else Path(plan_file.name)
    kind = BuildType(build_type) if build_type else None
    source = PlanSource(plan_file.read(), path)
    opened = init(Path.cwd(), project, source, build_type=kind, now=datetime.now(UTC), sealed=sealed)
    if as_json:
        output.document("init", _content(opened))
    else:
        _tell(opened)
    output.not_staged(opened.synced.not_staged)


def _content(opened: Begun) -> dict[str, object]:
    workers = [{"id": str(w.id), "key": w.key, "title": w.title} for w in opened.plan.workers]
    return {
        "project": opened.build.slug,
        "folder": opened.build.folder.shown,
        "branch": opened.branch,
        "base": opened.base,
        "workers": workers,
    }


def _tell(opened: Begun) -> None:
    slug, count = opened.build.slug, len(opened.plan.workers)
    workers = "1 worker" if count == 1 else f"{count} workers"
    waves = "1 wave" if len(opened.plan.waves) == 1 else f"{len(opened.plan.waves)} waves"
    output.data(f"build {slug} is open: {workers} in {waves}, in {opened.build.folder.shown}")
    if opened.branch and opened.base:
        output.data(f"on branch {opened.branch} at {opened.base[:12]}; commits are refused until finalize")
    first = opened.plan.workers[0].id
    output.note(f"next: gitorch brief {first} --project {slug}")
