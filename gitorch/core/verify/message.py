"""A build commit's message against its records: trailers and verdicts must hold, the text is compared.

The text may be the person's own, so a difference is a warning.
"""

from collections.abc import Iterator, Sequence

from gitorch.core.changes import Verdict
from gitorch.core.issue import Issue, Severity
from gitorch.core.message import NO_VALIDATORS, compose, own_trailers, trailers, validation
from gitorch.core.names import POLICY_FILE
from gitorch.core.proof import FILE_NAME, result_of
from gitorch.core.state import BuildState
from gitorch.core.text import one_line
from gitorch.core.verify.model import Evidence, of_commit, remake
from gitorch.core.verify.verdicts import recorded_verdicts


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
    recorded = recorded_verdicts(evidence)
    if isinstance(recorded, Issue):
        yield recorded
        return
    verdicts = _told(evidence, recorded)
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


def _told(evidence: Evidence, recorded: tuple[Verdict, ...]) -> tuple[Verdict, ...] | str | None:
    """The recorded verdicts where the message tells them, None where it tells none, or what is wrong."""
    heading = "Validated by"
    told = [
        lines
        for paragraph in evidence.message.split("\n\n")
        if (lines := paragraph.strip("\n").split("\n"))[0] in (heading, NO_VALIDATORS)
    ]
    if not told:
        return None
    if len(told) > 1:
        return "the message names the validators twice"
    first, *lines = told[0]
    if first == NO_VALIDATORS:
        if recorded:
            names = ", ".join(one_line(verdict.name) for verdict in recorded)
            return f"the message says that no validators are configured; {POLICY_FILE} has {names}"
        return ()
    for verdict in recorded:
        wanted = validation([verdict])[1:]
        if lines[: len(wanted)] != wanted:
            name, result = one_line(verdict.name), result_of(verdict)
            return f"the message does not say of the validator {name} what {FILE_NAME} says: {result}"
        del lines[: len(wanted)]
    if lines:
        return f"the message names what is no validator of {POLICY_FILE}: {one_line(lines[0], 80)}"
    return recorded


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
