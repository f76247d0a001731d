"""A build commit's message against its records: the trailers must hold, the text is compared.

The text may be the person's own, so a difference is a warning. What it says about validators cannot
be derived again: its form is checked, and that every name is a configured validator.
"""

from collections.abc import Iterator, Sequence

from gitorch.core.changes import Verdict
from gitorch.core.config import Validator
from gitorch.core.issue import Issue, Severity
from gitorch.core.message import NO_VALIDATORS, compose, own_trailers, trailers, validation
from gitorch.core.names import POLICY_FILE
from gitorch.core.state import BuildState
from gitorch.core.text import one_line
from gitorch.core.validation import judged, skip_reason, skipped
from gitorch.core.verify.model import Evidence, of_commit, remake


def judge_message(evidence: Evidence, state: BuildState) -> Iterator[Issue]:
    """Hold the message of a commit against the state that its records have."""
    policy = evidence.config.message
    base = evidence.parents[0] if evidence.parents else ""
    yield from _trailers(evidence, trailers(state, base, policy))

    def warn(code: str, text: str, path: str | None = None) -> Issue:
        return of_commit(code, evidence.commit, text, path, severity=Severity.WARNING)

    if any(change.path == POLICY_FILE for change in evidence.changes):
        text = f"the commit changes {POLICY_FILE} and is judged by the changed file"
        yield warn("changed-config", text, POLICY_FILE)
    verdicts = _verdicts(evidence)
    if policy.template is not None:  # a pushed program, in a way: it is not run where it was pushed to
        text = f"the message is made by message.template in {POLICY_FILE} and was not compared"
        yield warn("edited-message", text)
    elif isinstance(verdicts, str):
        hints = remake(evidence.slug)
        yield of_commit("wrong-verdicts", evidence.commit, verdicts, hints=hints)
    elif verdicts is None:
        text = "the message differs from the one that the records give, and names no validators"
        yield warn("edited-message", text)
    else:
        composed = compose(state, verdicts=verdicts, base=base, policy=policy)
        pair = (composed.rstrip("\n").split("\n"), evidence.message.rstrip("\n").split("\n"))
        if difference := _difference(*pair):
            yield warn("edited-message", difference)


def _trailers(evidence: Evidence, wanted: Sequence[str]) -> Iterator[Issue]:
    ours, found = own_trailers(wanted), own_trailers(f"{key}: {value}" for key, value in evidence.trailers)
    hints = remake(evidence.slug)
    if not found:
        text = "the message has no Gitorch-Build trailer: finalize did not make the commit"
        yield of_commit("missing-trailers", evidence.commit, text, hints=hints)
    elif ours != found:
        details = [f"missing: {one_line(line, 200)}" for line in ours if line not in found]
        details += [f"unexpected: {one_line(line, 200)}" for line in found if line not in ours]
        details = details or [f"expected in this order: {one_line(', '.join(ours), 200)}"]
        text = "the trailers differ from those that the records give"
        yield of_commit("wrong-trailers", evidence.commit, text, details=tuple(details), hints=hints)


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
        return "the message names the validators twice"
    first, *lines = told[0]
    if first == NO_VALIDATORS:
        if validators:
            names = ", ".join(one_line(validator.name) for validator in validators)
            return f"the message says that no validators are configured; {POLICY_FILE} has {names}"
        return ()
    verdicts = []
    for validator in validators:
        possible = sorted(_possible(validator, evidence), key=lambda v: len(_lines(v)), reverse=True)
        verdict = next((v for v in possible if lines[: len(_lines(v))] == _lines(v)), None)
        if verdict is None:
            return f"the message does not say that the validator {one_line(validator.name)} passed"
        verdicts.append(verdict)
        del lines[: len(_lines(verdict))]
    if lines:
        return f"the message names what is no validator of {POLICY_FILE}: {one_line(lines[0], 80)}"
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


def _difference(composed: Sequence[str], message: Sequence[str]) -> str | None:
    """Where the text differs from the one that the records give; None where nowhere."""
    pairs = enumerate(zip(composed, message, strict=False), start=1)
    apart = next((number for number, (one, other) in pairs if one != other), None)
    if apart:
        text = one_line(message[apart - 1], 80)
        return f"the message differs from the one that the records give, from line {apart} on: {text}"
    if len(message) < len(composed):
        return f"the message ends after line {len(message)} of the {len(composed)} that the records give"
    rest = [one_line(line, 80) for line in message[len(composed) :] if line]
    return f"the message has more than the records give: {'; '.join(rest)}" if rest else None
