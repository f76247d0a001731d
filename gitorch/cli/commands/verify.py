"""`gitorch verify`: judge what was pushed."""

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitorch.cli import options, output
from gitorch.core.text import unbroken

if TYPE_CHECKING:
    from gitorch.actions.verify import Verified
    from gitorch.core.verify.annotate import Forge


@click.command()
@click.argument("span", metavar="[RANGE]", required=False)
@click.option(
    "--branch", metavar="NAME", help="The branch that was pushed, where git does not know it (in CI)."
)
@click.option(
    "--annotate",
    type=click.Choice(["github", "gitlab"]),
    help="Print the reasons as GitHub's workflow commands, or as GitLab's code quality report.",
)
@click.option("--pre-receive", is_flag=True, help="Judge the updates on standard input, as githooks(5) says.")
@click.option("--pre-push", is_flag=True, help="Judge what pre-commit or prek is about to push.")
@options.as_json
def command(
    span: str | None,
    branch: str | None,
    annotate: "Forge | None",
    pre_receive: bool,  # noqa: FBT001 (click hands it over by name)
    pre_push: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> int:
    """Judge what was pushed: does every build commit in RANGE prove that finalize made it?

    Its parent is the base, its records are complete and what their sources render, its changes are
    those that the completions claim, its trailers hold; and a build branch adds this one commit alone.
    RANGE is BASE..TIP. Left out: the build's base..HEAD on a build branch, elsewhere what HEAD adds to its
    upstream or the default branch. Exit 1 with the reasons when something does not hold.
    """
    from gitorch.actions.verify import verify, verify_push
    from gitorch.core.verify.annotate import annotations

    if pre_receive:
        return _receive()
    verified = verify_push(Path.cwd()) if pre_push else verify(Path.cwd(), span, branch=branch)
    if as_json:
        content = asdict(verified) | {"passed": verified.passed, "notes": verified.notes}
        output.document("verify", content)
    elif annotate:
        for line in annotations(annotate, verified.reasons):
            output.data(line)
        _show(verified, output.note)
    else:
        _show(verified, output.data)
    return int(not verified.passed)


def _show(verified: "Verified", write: Callable[[str], None]) -> None:
    def say(line: str) -> None:
        write(unbroken(line))

    short = f"{verified.base[:12]}..{verified.tip[:12]}" if verified.base else verified.tip[:12]
    for proof in verified.proofs:
        if not proof.reasons:
            say(f"{proof.commit[:12]} {proof.subject}")
            say(
                f"build {proof.slug} proves itself: {proof.workers} workers, {proof.changed} paths, "
                "records, diff and message agree"
            )
    if verified.reasons:
        count = len(verified.reasons)
        say(f"{short}: {count} reason{'s' if count > 1 else ''} to refuse it")
        for reason in verified.reasons:
            say(f"{reason.commit[:12]}: {reason.message}")
            say(f"  hint: {reason.hint}")
    elif not verified.proofs:
        say(f"nothing to verify in {short}: no commit of a build")
    _tell_notes(verified)


def _tell_notes(verified: "Verified") -> None:
    for note in verified.notes:
        output.note(unbroken(f"note: {note}"))


def _receive() -> int:
    """As the server's hook calls it: every word goes to the one who pushes."""
    from gitorch.actions.receive import receive

    judged = receive(Path.cwd(), sys.stdin.buffer.read())
    for ref, verified in judged:
        if verified.passed:
            _tell_notes(verified)
        else:
            output.note(unbroken(f"gitorch: refused: {ref.removeprefix('refs/heads/')}"))
            _show(verified, output.note)
    return int(any(not verified.passed for _, verified in judged))
