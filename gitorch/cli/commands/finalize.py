"""`gitorch finalize`: verify, validate, one commit."""

import contextlib
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from gitorch.cli import options, output
from gitorch.core.text import shown_path

if TYPE_CHECKING:
    from gitorch.actions.finalize import Landed
    from gitorch.actions.finalize.synthesize import Synthesized
    from gitorch.core.config import Unclaimed
    from gitorch.core.validation import Progress

CHOICES: "tuple[Unclaimed, ...]" = ("fail", "include", "leave")


@click.command()
@options.project
@click.option(
    "--unclaimed",
    type=click.Choice(CHOICES),
    help="What becomes of changes that no worker claims: fail (the default), include, or leave.",
)
@click.option(
    "--accept-config", is_flag=True, help="Judge by .gitorch.yaml as the build changed it, and land it."
)
@click.option("--no-cache", is_flag=True, help="Run every validator, whatever is remembered.")
@click.option(
    "--absorb", is_flag=True, help="Fold commits made on the build branch in, crediting their authors."
)
@click.option(
    "--onto", metavar="BRANCH", help="Land on this branch as well: by fast-forward, else as a merge."
)
@click.option("--edit", is_flag=True, help="Edit the commit message before it is used.")
@click.option(
    "--message",
    metavar="FILE",
    type=click.File("rb"),
    help="Use this text (- for standard input) as the message; the trailers are added.",
)
@options.as_json
def command(  # noqa: PLR0913 (one for each option)
    project: str | None,
    *,
    unclaimed: "Unclaimed | None",
    accept_config: bool,
    no_cache: bool,
    absorb: bool,
    onto: str | None,
    edit: bool,
    message: BinaryIO | None,
    as_json: bool,
) -> None:
    """Land a build as one commit on its branch, or change nothing and say why.

    Every worker must be complete, every change claimed, the branch at its base, and the validators
    of .gitorch.yaml (as of the base) must pass on exactly the tree that is committed.
    Your hooks prepare-commit-msg, commit-msg and post-commit run, and your signing settings count.
    A content, research or general build makes no commit: its reports are collated in SYNTHESIS.md.
    """
    from gitorch.actions.finalize import Landed, Watching, finalize
    from gitorch.actions.finalize.wording import own_words
    from gitorch.actions.workplace import find_build

    can_ask = sys.stdin.isatty() and sys.stderr.isatty() and not as_json
    with contextlib.ExitStack() as display:
        ended = finalize(
            find_build(Path.cwd(), project),
            unclaimed=unclaimed,
            accept_config=accept_config,
            absorb=absorb,
            remember=not no_cache,
            branch=onto,
            wording=own_words(message.read() if message else None, edit=edit),
            watching=Watching(output.note, _when_needed(display), _ask if can_ask else None, display.close),
        )
    if as_json:
        output.document("finalize", _content(ended))
    elif isinstance(ended, Landed):
        _show(ended)
    else:
        _show_synthesis(ended)


def _content(ended: "Landed | Synthesized") -> dict[str, object]:
    content = asdict(ended)
    if "kept" in content:
        content["kept"] = [str(worker) for worker in content["kept"]]
    return {"project": content.pop("slug"), **content}


def _show_synthesis(ended: "Synthesized") -> None:
    again = "was complete before" if ended.again else "is complete"
    output.data(f"build {ended.slug} {again}; read and edit {ended.path}")
    for worker in ended.kept:
        output.note(f"note: {worker} reported anew, and the section that you edited was left alone")


def _show(landed: "Landed") -> None:
    output.data(f"{landed.commit[:12]} {landed.subject}")
    output.data(
        f"build {landed.slug} is complete: {landed.workers} workers, {landed.changed} paths, "
        f"one commit on {landed.branch}"
    )
    output.note(f"look:  git show --stat {landed.branch}")
    undo = f"gitorch reopen --project {landed.slug}"
    if landed.onto and landed.onto_old and landed.onto_new:
        output.data(f"{landed.onto} is at {landed.onto_new[:12]}")
        # Refused by git where others have built on it, and where a worktree has checked it out by then.
        lease = shlex.quote(f"--force-with-lease={landed.onto}:{landed.onto_new[:12]}")
        back = shlex.quote(f"{landed.onto_old[:12]}:refs/heads/{landed.onto}")
        undo = f"git push -q --no-verify {lease} . {back} && {undo}"
    else:
        target = shlex.quote(landed.onward) if landed.onward else "BRANCH"
        output.note(f"merge: git switch {target} && git merge --ff-only {landed.branch}")
    output.note(f"push:  git push -u origin {landed.branch}")
    output.note(f"undo:  {undo}")


def _when_needed(display: contextlib.ExitStack) -> "Callable[[Progress], None]":
    """The live display, drawn from the first validator on: a question to the person comes before it."""
    from gitorch.cli.progress import validators as live

    shown: list[Callable[[Progress], None]] = []

    def report(progress: "Progress") -> None:
        if not shown:
            shown.append(display.enter_context(live()))
        shown[0](progress)

    return report


def _ask(paths: Sequence[str]) -> "Unclaimed":
    output.note("changed files that no worker claims:")
    for path in paths:
        output.note(f"  {shown_path(path)}")
    question = "commit them with the build (include), leave them uncommitted (leave), or stop (fail)?"
    answer: str = click.prompt(question, type=click.Choice(CHOICES), default="fail", err=True)
    return next(choice for choice in CHOICES if choice == answer)
