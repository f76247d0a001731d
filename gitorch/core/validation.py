"""What the validators' ends mean: verdicts, their reasons, and the lines that a person reads.

Nothing here runs a command.
"""

import shlex
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gitorch.core.changes import Verdict
from gitorch.core.config import Validator
from gitorch.core.names import file_name_part
from gitorch.core.text import one_line, plain_output

TAIL_LINES = 40
"""So many of the last lines that a validator printed are shown when it failed."""


class Step(StrEnum):
    """What happened to a validator."""

    STARTED = "started"
    PRINTED = "printed"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of one validator, for whoever watches: `line` when it printed, `verdict` at its end."""

    name: str
    step: Step
    line: str = ""
    verdict: Verdict | None = None


def shown_command(validator: Validator) -> str:
    """The command on one line, as it would be typed."""
    command = validator.command
    return one_line(command if isinstance(command, str) else shlex.join(command))


def argv(validator: Validator) -> tuple[str, ...]:
    """What is executed: a string by sh, a list as it stands."""
    command = validator.command
    return ("sh", "-c", command) if isinstance(command, str) else command


def log_names(validators: Iterable[Validator]) -> dict[str, str]:
    """Validator → the name of its log file; no two share one, on any file system."""
    names: dict[str, str] = {}
    for validator in validators:
        stem = file_name_part(validator.name)
        twins = sum(name == stem or name.startswith(f"{stem}.") for name in names.values())
        names[validator.name] = f"{stem}.{twins + 1}" if twins else stem
    return {name: f"{stem}.log" for name, stem in names.items()}


def reason(status: int | None, problem: str | None, timeout: float | None) -> str | None:
    """Why it did not pass, or None when it did; `timeout` is set when that many seconds were up."""
    if problem:
        return one_line(problem, 200)
    if timeout is not None:
        return f"took longer than its {timeout:g} s"
    if status == 0:
        return None
    if status is None:
        return "could not be ended"
    if status < 0:
        try:
            return f"was ended by {signal.Signals(-status).name}"
        except ValueError:
            return f"was ended by signal {-status}"
    known = {126: " (it may not be run)", 127: " (command not found)"}
    return f"ended with exit status {status}{known.get(status, '')}"


def tail_text(tail: bytes) -> str:
    """The last lines of an output, cleaned, each of a bearable length."""
    lines = [cut(line) for line in plain_output(tail).rstrip().split("\n")]
    return "\n".join(lines[-TAIL_LINES:]).strip("\n")


def cut(line: str) -> str:
    """A line of an output, its indentation kept, cut at 400 characters."""
    line = line.rstrip()
    return line if len(line) <= 400 else line[:399] + "…"


def failed(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts that keep the candidate from landing."""
    return tuple(v for v in verdicts if not v.passed and not v.allowed_to_fail)


def summary(verdict: Verdict) -> str:
    """One line for a person: `tests: passed in 1.2 s`."""
    took = "remembered" if verdict.remembered else f"{verdict.seconds:.1f} s"
    if verdict.passed:
        return f"{one_line(verdict.name)}: passed ({took})"
    allowed = "; it is allowed to fail" if verdict.allowed_to_fail else ""
    return f"{one_line(verdict.name)}: failed ({took}): {verdict.reason}{allowed}"


def explain(verdicts: Sequence[Verdict]) -> list[str]:
    """For each validator that did not pass: the summary, the command, the end of its output, its log."""
    lines = []
    for verdict in verdicts:
        if verdict.passed:
            continue
        lines += [summary(verdict), f"  $ {verdict.command}"]
        lines += [f"  | {line}" for line in verdict.output_tail.splitlines()]
        if verdict.log:
            lines.append(f"  log: {verdict.log}")
    return lines


def rows(verdicts: Iterable[Verdict]) -> list[tuple[str, str, str, str]]:
    """The cells of a table: name, verdict, time, command."""
    return [
        (
            one_line(v.name),
            "passed" if v.passed else "failed, allowed" if v.allowed_to_fail else "failed",
            "remembered" if v.remembered else f"{v.seconds:.1f} s",
            one_line(v.command, 60),
        )
        for v in verdicts
    ]


def outcome(verdicts: Sequence[Verdict]) -> str:
    """One sentence about all of them; that there are none is said as plainly."""
    if not verdicts:
        return "no validators are configured: nothing was checked"
    if bad := failed(verdicts):
        return f"{len(bad)} of {len(verdicts)} validators failed: {', '.join(one_line(v.name) for v in bad)}"
    return f"{len(verdicts)} of {len(verdicts)} validators passed"
