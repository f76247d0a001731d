"""`gitorch complete`: write a worker's report."""

from pathlib import Path
from typing import Any

import click

from gitorch.actions.complete import Completed, Words, complete
from gitorch.actions.workplace import find_build
from gitorch.cli import options, output
from gitorch.core.completion import LISTS, Outcome
from gitorch.core.errors import bad_input


class ManyOutputs(click.Command):
    """`--output A B` is `--output A --output B`: click's options take no open number of words."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words: list[str] = []
        taking = False
        for place, word in enumerate(args):
            if word == "--":
                words += args[place:]
                break
            if word.startswith("-") and word != "-":
                taking = word in ("-o", "--output")
            elif taking and words[-1] not in ("-o", "--output"):
                words.append("--output")
            words.append(word)
        return super().parse_args(ctx, words)


def _lists(command: options.F) -> options.F:
    """An option for each list of a report; options stand in the help in the order of their decorators."""
    for listed in reversed(LISTS):
        text = f"{listed.about}; repeatable."
        add = click.option(f"--{listed.option}", listed.name, multiple=True, metavar="TEXT", help=text)
        command = add(command)
    return command


@click.command(cls=ManyOutputs)
@options.worker
@options.project
@click.option("-o", "--output", "outputs", multiple=True, metavar="PATH...", help="Files created or changed.")
@click.option("--status", type=click.Choice([o.value for o in Outcome]), help="Default: complete.")
@click.option("--summary", metavar="TEXT", help="One paragraph: what was done.")
@_lists
@click.option("--from", "source", type=click.File("rb"), help="A whole report as JSON; - reads stdin.")
@click.option("--force", is_flag=True, help="Replace a report that is there.")
@options.as_json
def command(
    worker_argument: str | None,
    worker_option: str | None,
    project: str | None,
    *,
    source: Any,
    force: bool,
    as_json: bool,
    status: str | None,
    summary: str | None,
    **lists: tuple[str, ...],
) -> None:
    """Write a worker's report, completions/<id>.json, in one step.

    Paths are relative to where you are, or to the repository's root. A worker that cannot run
    gitorch writes the file itself: `gitorch schema completion` says what belongs in it.
    """
    if source and any((status, summary, *lists.values())):
        text = "--from reads a whole report and cannot be combined with options that write one"
        raise bad_input("bad-usage", text)
    build = find_build(Path.cwd(), project)
    name = options.chosen(worker_argument, worker_option)
    outputs = lists.pop("outputs")
    words = Words(outputs, Outcome(status or Outcome.COMPLETE), summary or "", lists)
    done = complete(build, name, source.read() if source else words, here=Path.cwd(), force=force)
    if as_json:
        ready = [str(worker.id) for worker in done.ready]
        report = done.completion.model_dump(mode="json")
        content = {"project": build.slug, "path": str(done.path), "completion": report, "ready": ready}
        output.document("complete", content)
    else:
        _tell(done)
    output.not_staged(done.problem)


def _tell(done: Completed) -> None:
    ready = f"; ready: {', '.join(str(worker.id) for worker in done.ready)}" if done.ready else ""
    output.data(f"{done.worker.id} is {done.completion.status}{ready}")
    for correction in done.corrections:
        output.note(f"note: the report was corrected: {correction}")
    for doubt in done.doubts:
        output.issue(doubt)
    output.note(f"undo: {done.undo}")
