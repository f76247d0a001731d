"""The person's own message (`message.template`, jinja2), filled with a build's facts.

What a worker or a plan said arrives on one line and without force (`core/quote.py`), and is quoted where
it begins a line, so that no template turns it into a trailer or a comment. Reads no file, starts nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from gitorch.core.changes import Verdict
from gitorch.core.errors import bad_input
from gitorch.core.quote import neutral, quote
from gitorch.core.state import BuildState, WorkerState
from gitorch.core.text import one_line

_FOREIGN = "\0"
"""Stands before foreign text while a template is filled; no text that is passed in can hold it."""

LISTS = ("decisions", "concerns", "follow_up", "learnings", "artifacts")


def fill(template: str, state: BuildState, verdicts: Sequence[Verdict], own: Mapping[str, str]) -> str:
    """The text that `template` gives, without trailers; `own` are gitorch's words for the template.

    GitorchError (exit 2) when it is no template, names what there is not, or gives an empty subject.
    """
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    try:
        text = environment.from_string(template).render({**own, **_facts(state, verdicts)})
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise bad_input(f"message.template cannot be filled: {one_line(str(error), 200)}") from error
    first, *rest = text.strip("\n").split("\n")
    subject = one_line(first.replace(_FOREIGN, "").lstrip("# "), 72)
    if not subject:
        raise bad_input("message.template gives a message without a subject")
    return "\n".join([subject, *_quoted(rest)])


def _quoted(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        plain = line.replace(_FOREIGN, "")
        if line.lstrip().startswith(_FOREIGN):
            yield from quote(plain)
        else:
            yield plain.rstrip()


def _facts(state: BuildState, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    plan = state.meta.plan
    workers = [_worker(worker) for worker in state.workers]
    names = {wave: _foreign(plan.wave_names.get(wave, "")) for wave in {w.id.wave for w in state.workers}}
    return {
        "slug": state.meta.slug,
        "name": _foreign(plan.name),
        "objective": _foreign(plan.objective or plan.description),
        "workers": workers,
        "waves": [
            {"number": wave, "name": names[wave], "workers": list(members)}
            for wave, members in groupby(workers, key=lambda worker: worker["wave"])
        ],
        "validators": [
            {
                "name": _foreign(v.name),
                "outcome": "not run" if v.skipped else "passed" if v.passed else "failed",
            }
            for v in verdicts
        ],
    }


def _worker(worker: WorkerState) -> dict[str, Any]:
    report = worker.completion
    said = {name: [_foreign(text) for text in getattr(report, name)] if report else [] for name in LISTS}
    return {
        "id": str(worker.id),
        "wave": worker.id.wave,
        "title": _foreign(worker.brief.title),
        "summary": _foreign(report.summary if report else ""),
        **said,
    }


def _foreign(text: str) -> str:
    line = neutral(text)
    return line and _FOREIGN + line
