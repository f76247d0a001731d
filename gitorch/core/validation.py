"""What the validators' ends mean: verdicts, their reasons, and the lines that a person reads.

Nothing here runs a command.
"""

import hashlib
import json
import shlex
import signal
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gitorch.core import globs
from gitorch.core.changes import Change, ChangeKind, Verdict
from gitorch.core.config import Validator, Workspace
from gitorch.core.names import file_name_part
from gitorch.core.text import one_line, plain_output, shown_path

TAIL_LINES = 40
"""So many of the last lines that a validator printed are shown when it failed."""


_PRE_COMMIT = ("pre-commit", "run", "--color=never", "--files")
PATCH_LINES = 100


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


def argv(validator: Validator, files: Sequence[str]) -> tuple[str, ...]:
    """What is executed: a string by sh, a list as it stands, pre-commit on `files`."""
    match validator.command:
        case str(line):
            return ("sh", "-c", line)
        case None:
            return (*_PRE_COMMIT, *files)
        case words:
            return words


def shown_command(validator: Validator) -> str:
    """The command on one line, as it would be typed."""
    match validator.command:
        case str(line):
            return one_line(line)
        case None:
            return shlex.join(_PRE_COMMIT)
        case words:
            return one_line(shlex.join(words))


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
    known = {126: ": the command is not executable", 127: ": the command was not found"}
    return f"ended with exit status {status}{known.get(status, '')}"


def tail_text(tail: bytes) -> str:
    """The last lines of an output, cleaned, each of a bearable length."""
    lines = [cut(line) for line in plain_output(tail).rstrip().split("\n")]
    return "\n".join(lines[-TAIL_LINES:]).strip("\n")


def patch_text(patch: bytes) -> str:
    """The first lines of a patch, cleaned; how many more there are is said."""
    lines = [cut(line) for line in plain_output(patch).rstrip().split("\n")]
    more = len(lines) - PATCH_LINES
    return "\n".join(lines[:PATCH_LINES] + ([f"… {more} more lines"] if more > 0 else []))


def cut(line: str) -> str:
    """A line of an output, its indentation kept, cut at 400 characters."""
    line = line.rstrip()
    return line if len(line) <= 400 else line[:399] + "…"


def skip_reason(validator: Validator, changes: Sequence[Change]) -> str | None:
    """Why the change gives `validator` nothing to do, or None when it has to run."""
    if validator.paths and not any(globs.matches(validator.paths, change.path) for change in changes):
        return "the change touches none of its paths"
    if validator.pre_commit and not files_left(changes):
        return "the change leaves no file to look at"
    return None


def unspeakable(validator: Validator, changes: Sequence[Change]) -> str | None:
    """Why pre-commit cannot be given the changed files, or None where it can.

    It hands their names on to its hooks as they are: a file `-h` has one of them print its help, and pass.
    """
    names = [path for path in files_left(changes) if path.startswith("-")] if validator.pre_commit else []
    if not names:
        return None
    return f"was not run: pre-commit and its hooks would take {shown_path(names[0])} for an option; rename it"


def in_a_checkout(validators: Sequence[Validator]) -> list[Validator]:
    """The same validators, all in a clean checkout: where no working tree holds what is judged."""
    return [validator.model_copy(update={"workspace": "clean"}) for validator in validators]


def files_left(changes: Iterable[Change]) -> list[str]:
    """The changed files that are still there."""
    return [change.path for change in changes if change.kind is not ChangeKind.DELETED]


def lets_pass(verdict: Verdict) -> bool:
    """Whether what needs this validator may start, and the candidate may land."""
    return verdict.passed or verdict.allowed_to_fail


def judged(
    validator: Validator, *, why: str | None, seconds: float = 0.0, tail: str = "", log: str | None = None
) -> Verdict:
    """The verdict of a run; `why` it failed, or None."""
    return Verdict(
        name=validator.name,
        command=shown_command(validator),
        passed=why is None,
        seconds=seconds,
        reason=why,
        output_tail="" if why is None else tail,
        log=log,
        allowed_to_fail=validator.allow_failure,
    )


def skipped(validator: Validator, why: str) -> Verdict:
    """The verdict of one that had nothing to look at: it keeps nothing from landing, and did not run."""
    return Verdict(validator.name, shown_command(validator), passed=True, seconds=0.0, skipped=why)


def memory_key(
    validator: Validator, workspace: Workspace, judged_tree: str, surroundings: Mapping[str, str]
) -> str:
    """The name under which a green result is remembered.

    `judged_tree` says all of what was looked at, `surroundings` the inputs, variables and versions.
    """
    facts = {
        "format": 1,
        "tree": judged_tree,
        "validator": validator.model_dump(mode="json"),
        "workspace": workspace.model_dump(mode="json"),
        "surroundings": dict(surroundings),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def failed(verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    """The verdicts that keep the candidate from landing."""
    return tuple(verdict for verdict in verdicts if not lets_pass(verdict))


def summary(verdict: Verdict) -> str:
    """One line for a person: `tests: passed in 1.2 s`."""
    took = _took(verdict)
    if verdict.skipped:
        return f"{one_line(verdict.name)}: not run: {verdict.skipped}"
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
    return [(one_line(v.name), _word(v), _took(v), one_line(v.command, 60)) for v in verdicts]


def _word(verdict: Verdict) -> str:
    if verdict.skipped:
        return "not run"
    if verdict.passed:
        return "passed"
    return "failed, allowed" if verdict.allowed_to_fail else "failed"


def _took(verdict: Verdict) -> str:
    return "remembered" if verdict.remembered else f"{verdict.seconds:.1f} s"


def outcome(verdicts: Sequence[Verdict]) -> str:
    """One sentence about all of them; that there are none is said as plainly."""
    if not verdicts:
        return "no validators are configured: nothing was checked"
    if bad := failed(verdicts):
        return f"{len(bad)} of {len(verdicts)} validators failed: {', '.join(one_line(v.name) for v in bad)}"
    counts = Counter(_word(verdict) for verdict in verdicts)
    rest = "".join(f", {counts[word]} {word}" for word in ("failed, allowed", "not run") if counts[word])
    return f"{counts['passed']} of {len(verdicts)} validators passed{rest}"
