"""`gitorch init`: open a build."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from gitorch.actions.init import Begun, PlanSource, init, read_plan, warnings
from gitorch.cli import options, output
from gitorch.core.issue import Issue
from gitorch.core.meta import BuildType
from gitorch.core.plan import Plan
from gitorch.core.render.plan_tree import counts, short_tree, tree


@click.command()
@click.option("-p", "--project", metavar="SLUG", help="The build's short name; needed without --dry-run.")
@click.option(
    "--plan-file",
    type=click.File("rb"),
    metavar="FILE|-",
    required=True,
    help="The plan: Markdown, JSON, YAML, or another tool's; - reads stdin.",
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
@click.option("--layer", is_flag=True, help="Let the dependencies alone say the waves, and renumber.")
@click.option("--dry-run", is_flag=True, help="Only print what would be made.")
@options.as_json
def command(
    project: str | None,
    plan_file: BinaryIO,
    build_type: str | None,
    *,
    sealed: bool,
    layer: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Open a build: briefs from a plan, and a branch that nobody commits to.

    Writes the folder N5/builds/SLUG. A code build opens the branch build/SLUG at the current commit
    and binds this worktree to the build until finalize. A plan with problems changes nothing.
    """
    path = None if plan_file.name in ("-", "<stdin>") else Path(plan_file.name)
    kind = BuildType(build_type) if build_type else None
    source = PlanSource(plan_file.read(), path, layer)
    if dry_run:
        _preview(read_plan(source, project), source, as_json=as_json)
        return
    if project is None:
        raise click.MissingParameter(param_hint="'--project'", param_type="option")
    opened = init(Path.cwd(), project, source, build_type=kind, now=datetime.now(UTC), sealed=sealed)
    if as_json:
        output.document("init", _content(opened, source))
    else:
        _tell(opened)
        for warning in _warnings(opened, source):
            output.issue(warning)
        output.note(f"next: gitorch brief {opened.plan.workers[0].id} --project {opened.build.slug}")
    output.synced(opened.synced)


def _preview(plan: Plan, source: PlanSource, *, as_json: bool) -> None:
    warned = warnings(plan, source)
    if as_json:
        output.document("init", {**_understood(plan, warned), "dry_run": True})
        return
    output.data(f"{plan.head.name or 'the plan'}: {counts(plan)}\n\n{tree(plan)}")
    for warning in warned:
        output.issue(warning)


def _warnings(opened: Begun, source: PlanSource) -> list[Issue]:
    return [*warnings(opened.plan, source), *opened.warnings]


def _understood(plan: Plan, warned: Iterable[Issue]) -> dict[str, object]:
    return {
        "workers": [
            {"id": str(w.id), "key": w.key, "title": w.title, "depends_on": list(map(str, w.depends_on))}
            for w in plan.workers
        ],
        "issues": output.entries(warned),
    }


def _content(opened: Begun, source: PlanSource) -> dict[str, object]:
    return {
        "project": opened.build.slug,
        "folder": opened.build.folder.shown,
        "branch": opened.branch,
        "base": opened.base,
        **_understood(opened.plan, _warnings(opened, source)),
    }


def _tell(opened: Begun) -> None:
    output.data(f"build {opened.build.slug} is open: {counts(opened.plan)}, in {opened.build.folder.shown}")
    if opened.branch and opened.base:
        output.data(f"on branch {opened.branch} at {opened.base[:12]}; commits are refused until finalize")
    output.data(short_tree(opened.plan))
