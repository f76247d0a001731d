"""`gitorch verify`: judge what was pushed."""

import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitorch.cli import options, output
from gitorch.core.issue import Issue, Severity
from gitorch.core.text import counted, unbroken
from gitorch.core.verify.model import place_of

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
    help="Print the errors as GitHub's workflow commands, or as GitLab's code quality report.",
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
    those that the completions claim, its trailers are right; and a build branch adds this one commit alone.
    RANGE is BASE..TIP. Left out: the build's base..HEAD on a build branch, elsewhere what HEAD adds to its
    upstream or the default branch. Exit 1 with the errors when a commit does not pass.
    """
    from gitorch.actions.verify import verify, verify_push
    from gitorch.core.verify.annotate import annotations

    if pre_receive:
        return _receive()
    verified = verify_push(Path.cwd()) if pre_push else verify(Path.cwd(), span, branch=branch)
    if as_json:
        output.document("verify", _content(verified))
    elif annotate:
        for line in annotations(annotate, verified.having(Severity.ERROR)):
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
        if not any(issue.severity is Severity.ERROR for issue in proof.issues):
            say(f"{proof.commit[:12]} {proof.subject}")
            say(
                f"build {proof.slug} proves itself: {proof.workers} workers, {proof.changed} paths, "
                "records, diff and message agree"
            )
    if errors := verified.having(Severity.ERROR):
        say(f"{short} does not pass: {counted(len(errors), 'error')}")
        for error in map(_named, errors):
            for line in output.safe_lines(error):
                say(f"  {line}")
    elif not verified.proofs:
        say(f"nothing to verify in {short}: no commit of a build")
    _warn(verified)


def _named(issue: Issue) -> Issue:
    """The same issue, its message behind the commit's id."""
    commit, _ = place_of(issue)
    return replace(issue, message=f"{commit[:12]}: {issue.message}")


def _warn(verified: "Verified") -> None:
    for issue in map(_named, verified.having(Severity.WARNING)):
        output.issue(issue)


def _content(verified: "Verified") -> dict[str, object]:
    proofs = [
        {name: value for name, value in asdict(proof).items() if name != "issues"}
        | {"issues": output.entries(proof.issues)}
        for proof in verified.proofs
    ]
    return {
        "passed": verified.passed,
        "base": verified.base,
        "tip": verified.tip,
        "branch": verified.branch,
        "commits": verified.commits,
        "proofs": proofs,
        "issues": output.entries(verified.issues),
    }


def _receive() -> int:
    """As the server's hook calls it: every word goes to the one who pushes."""
    from gitorch.actions.receive import receive

    judged = receive(Path.cwd(), sys.stdin.buffer.read())
    for ref, verified in judged:
        if verified.passed:
            _warn(verified)
        else:
            output.note(unbroken(f"gitorch: refused: {ref.removeprefix('refs/heads/')}"))
            _show(verified, output.note)
    return int(any(not verified.passed for _, verified in judged))
