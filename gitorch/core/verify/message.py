"""A build commit's message against its records: the trailers must hold, the text is compared.

The text may be the person's own, so a difference is said and refuses nothing. What it says about
validators cannot be derived again: its form is checked, and that every name is a configured validator.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitorch.core.changes import Verdict
from gitorch.core.config import FILE_NAME, Validator
from gitorch.core.message import NO_VALIDATORS, compose, own_trailers, trailers, validation
from gitorch.core.state import BuildState
from gitorch.core.text import one_line
from gitorch.core.validation import judged, skip_reason, skipped
from gitorch.core.verify.model import Evidence, Reason

_HINT = "push the commit with the message that finalize gave it"


@dataclass(frozen=True, slots=True)
class Said:
    """What the message gives reason to refuse, and what is worth a note."""

    reasons: tuple[Reason, ...]
    notes: tuple[str, ...]


def judge_message(evidence: Evidence, state: BuildState) -> Said:
    """Hold the message of a commit against the state that its records have."""
    policy = evidence.config.message
    base = evidence.parents[0] if evidence.parents else ""
    reasons = [*_trailers(evidence, trailers(state, base, policy))]
    notes = []
    if any(change.path == FILE_NAME for change in evidence.changes):
        notes.append(f"it changes {FILE_NAME}, and is judged by the changed one")
    verdicts = _verdicts(evidence)
    if policy.template is not None:  # a pushed program, in a way: it is not run where it was pushed to
        notes.append(f"its text is that of message.template in {FILE_NAME}, and was not compared")
    elif isinstance(verdicts, str):
        reasons.append(Reason(evidence.commit, verdicts, _HINT))
    elif verdicts is None:
        notes.append(
            "its message is not the one that the records give, and does not say how it was validated"
        )
    else:
        composed = compose(state, verdicts=verdicts, base=base, policy=policy)
        notes += _difference(composed.rstrip("\n").split("\n"), evidence.message.rstrip("\n").split("\n"))
    return Said(tuple(reasons), tuple(notes))


def _trailers(evidence: Evidence, wanted: Sequence[str]) -> Iterator[Reason]:
    ours, found = own_trailers(wanted), own_trailers(f"{key}: {value}" for key, value in evidence.trailers)
    if not found:
        text = "its message has no Gitorch-Build trailer: finalize did not make it"
        yield Reason(evidence.commit, text, "only `gitorch finalize` makes the commit of a build")
    elif ours != found:
        missing = [line for line in ours if line not in found] or ["in this order: " + ", ".join(ours)]
        extra = [line for line in found if line not in ours]
        text = f"its trailers have to hold {one_line('; '.join(missing), 200)}"
        if extra:
            text += f", and not {one_line('; '.join(extra), 200)}"
        yield Reason(evidence.commit, text, _HINT)


def _verdicts(evidence: Evidence) -> tuple[Verdict, ...] | str | None:
    """The verdicts that the message tells, None where it tells none, or what is wrong with them."""
    heading = "Validated by"
    told = [
        lines
        for paragraph in evidence.message.split("\n\n")
        if (lines := paragraph.strip("\n").split("\n"))[0] in (heading, NO_VALIDATORS)
    ]
    validators = evidence.config.validators
    if not told:
        return None
    if len(told) > 1:
        return "its message says twice how it was validated"
    first, *lines = told[0]
    if first == NO_VALIDATORS:
        if validators:
            names = ", ".join(one_line(validator.name) for validator in validators)
            return f"its message says that no validators are configured; {FILE_NAME} has {names}"
        return ()
    verdicts = []
    for validator in validators:
        possible = sorted(_possible(validator, evidence), key=lambda v: len(_lines(v)), reverse=True)
        verdict = next((v for v in possible if lines[: len(_lines(v))] == _lines(v)), None)
        if verdict is None:
            return f"its message does not say that the validator {one_line(validator.name)} was content"
        verdicts.append(verdict)
        del lines[: len(_lines(verdict))]
    if lines:
        return f"its message names what {FILE_NAME} has no validator for: {one_line(lines[0], 80)!r}"
    return tuple(verdicts)


def _possible(validator: Validator, evidence: Evidence) -> Iterator[Verdict]:
    """The verdicts with which a commit may land, by its configuration and its diff."""
    yield judged(validator, why=None)
    if why := skip_reason(validator, evidence.changes):
        yield skipped(validator, why)
    if validator.allow_failure:
        yield judged(validator, why="it failed")


def _lines(verdict: Verdict) -> list[str]:
    return validation([verdict])[1:]


def _difference(composed: Sequence[str], message: Sequence[str]) -> Iterator[str]:
    """One sentence on where the text is not the one that the records give."""
    pairs = enumerate(zip(composed, message, strict=False), start=1)
    apart = next((number for number, (one, other) in pairs if one != other), None)
    if apart:
        text = one_line(message[apart - 1], 80)
        yield f"its message is not the one that the records give, from line {apart} on: {text!r}"
    elif len(message) < len(composed):
        yield f"its message ends after line {len(message)} of the {len(composed)} that the records give"
    elif rest := [one_line(line, 80) for line in message[len(composed) :] if line]:
        yield f"its message has more than the records give: {'; '.join(rest)}"
