"""The person's own message (`message.template`, jinja2), filled with a build's facts.

What a worker or a plan said arrives on one line and without force (`core/quote.py`), as a plain string. A
line of the result that begins with anything but the template's own words, or gitorch's, is quoted, so that
nothing which is done to foreign text makes a trailer or a comment of it. Reads no file, starts nothing.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from gitorch.core.changes import Verdict
from gitorch.core.completion import LISTS
from gitorch.core.config import SCHEMA
from gitorch.core.errors import bad_input
from gitorch.core.quote import disarm, neutral, quote
from gitorch.core.state import BuildState, WorkerState
from gitorch.core.text import clean, one_line

_OWN = "\0"
"""Stands before the first word of every line of the template's own text, or gitorch's, while it is filled.

No foreign text can hold it.
"""

_FAILURES = (
    *(TypeError, ValueError, ArithmeticError, LookupError, AttributeError),
    *(RecursionError, SyntaxError),  # a macro without end; loops nested more deeply than Python allows
)
"""What else comes of a template that cannot be filled: jinja2 makes Python of it and runs that."""

REPORTED = (*(listed.name for listed in LISTS), "artifacts")
"""What a template knows of each worker's report, beside its summary."""


def fill(template: str, state: BuildState, verdicts: Sequence[Verdict], own: Mapping[str, str]) -> str:
    """The text that `template` gives, without trailers; `own` are gitorch's words for the template.

    GitorchError (exit 2) when it is no template, names what there is not, or gives an empty subject.
    """
    from jinja2 import StrictUndefined, TemplateError, nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    facts = _facts(state, verdicts)
    ours = {*own.values(), facts["slug"], *(worker["id"] for worker in facts["workers"])}
    ours.update(validator["outcome"] for validator in facts["validators"])
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: _written(value, ours),
    )
    try:
        parsed = environment.parse(template)
        ours.update(node.value for node in parsed.find_all(nodes.Const) if isinstance(node.value, str))
        for literal in parsed.find_all(nodes.TemplateData):
            literal.data = _marked(literal.data)
        text = environment.from_string(parsed).render({**own, **facts})
    except (TemplateError, *_FAILURES) as error:
        text = f"message.template cannot be filled: {one_line(str(error), 200)}"
        raise bad_input("bad-config", text, hints=[SCHEMA]) from error
    first, *rest = text.strip("\n").split("\n")
    subject = one_line(first.replace(_OWN, "").lstrip("# "), 72)
    if not subject:
        raise bad_input("bad-config", "message.template makes a message without a subject", hints=[SCHEMA])
    return "\n".join([subject, *_quoted(rest)])


def _marked(text: str) -> str:
    return re.sub(r"(?m)^([^\S\n]*)(?=\S)", rf"\1{_OWN}", text)


def _written(value: object, ours: Collection[str]) -> str:
    """What an expression of the template becomes in the text."""
    text = str(value)
    if text in ours or isinstance(value, int | float):
        return _marked(text)
    if _OWN in text:  # a block or a macro, whose parts have been here
        return text
    return "\n".join(map(disarm, clean(text).split("\n")))


def _quoted(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        plain = line.replace(_OWN, "")
        if not plain.strip() or line.lstrip().startswith(_OWN):
            yield plain.rstrip()
        else:
            yield from quote(plain)


def _facts(state: BuildState, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    plan = state.meta.plan
    workers = [_worker(worker) for worker in state.workers]
    names = {wave: neutral(plan.wave_names.get(wave, "")) for wave in {w.id.wave for w in state.workers}}
    return {
        "slug": state.meta.slug,
        "name": neutral(plan.name),
        "objective": neutral(plan.objective or plan.description),
        "workers": workers,
        "waves": [
            {"number": wave, "name": names[wave], "workers": list(members)}
            for wave, members in groupby(workers, key=lambda worker: worker["wave"])
        ],
        "validators": [
            {
                "name": neutral(v.name),
                "outcome": "not run" if v.skipped else "passed" if v.passed else "failed",
            }
            for v in verdicts
        ],
    }


def _worker(worker: WorkerState) -> dict[str, Any]:
    report = worker.completion
    said = {name: [neutral(text) for text in getattr(report, name)] if report else [] for name in REPORTED}
    return {
        "id": str(worker.id),
        "wave": worker.id.wave,
        "title": neutral(worker.brief.title),
        "summary": neutral(report.summary if report else ""),
        **said,
    }
