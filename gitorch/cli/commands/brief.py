"""`gitorch brief`: a worker's brief, ready to paste."""

import sys
from pathlib import Path

import click

from gitorch.actions.brief import brief, brief_architect
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output
from gitorch.core.render.architect import ARCHITECT
from gitorch.core.render.skill import SKILL, render_skill


@click.command()
@options.worker
@options.project
@click.option("--goal", metavar="TEXT|-", help="With ARCHITECT: what is to be built; - reads stdin.")
def command(
    worker_argument: str | None, worker_option: str | None, project: str | None, goal: str | None
) -> None:
    """Print a worker's brief, with what its dependencies reported.

    ORCH and REVIEW in place of a worker print the brief of a fresh orchestrator's thread and of the
    final review. ARCHITECT needs no build: its brief has an agent write a plan that init takes. SKILL,
    which needs none either, is for an agent that orchestrates builds.
    """
    name = options.chosen(worker_argument, worker_option)
    if name == SKILL and goal is None:
        output.data(render_skill().rstrip("\n"))
        return
    if name == ARCHITECT:
        if goal == "-":
            goal = sys.stdin.buffer.read().decode("utf-8-sig", "replace")
        output.data(brief_architect(Path.cwd(), goal, project))
        return
    if goal is not None:
        raise click.UsageError(f"--goal is for {ARCHITECT}, who writes the plan")
    output.data(brief(find_build(Path.cwd(), project), name))
