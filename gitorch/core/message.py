"""The build commit's message: the same records give the same text, on any machine, at any time.

Everything that a worker or a plan says stands quoted (`core/quote.py`); what a program may read back
is the subject and the trailers. Nothing here knows a clock, so no time stands in it.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from gitorch.core.changes import Verdict
from gitorch.core.completion import LISTS, Listed
from gitorch.core.config import MessagePolicy
from gitorch.core.quote import WIDTH, fit, neutral, quote
from gitorch.core.state import BuildState, WorkerState
from gitorch.core.template import fill
from gitorch.core.text import one_line

SUBJECT_LIMIT = 72
TEXT_LIMIT = 2000
"""Characters of one worker's text that the message repeats; the whole stands in its completion."""
ITEM_LIMIT = 30
"""Entries of one list of one worker, for the same reason."""
NO_VALIDATORS = "No validators configured."


def compose(
    state: BuildState,
    *,
    verdicts: Sequence[Verdict],
    base: str,
    policy: MessagePolicy | None = None,
    authors: Sequence[str] = (),
) -> str:
    """The whole message, one line end at its end. `base` is the full id of the commit it builds on.

    `authors` (`Name <mail>`, as commits have it) are credited beside those of `policy`.
    `git interpret-trailers --parse` gives exactly the last paragraph. GitorchError (exit 2) when
    `message.template` cannot be filled.
    """
    policy = policy or MessagePolicy()
    first, text = subject(state, policy), _body(state, verdicts)
    if policy.template is not None:
        filled = fill(policy.template, state, verdicts, {"subject": first, "body": text, "base": base})
        return f"{filled.rstrip()}\n\n" + "\n".join(trailers(state, base, policy, authors)) + "\n"
    return f"{first}\n\n{text}\n\n" + "\n".join(trailers(state, base, policy, authors)) + "\n"


def _body(state: BuildState, verdicts: Sequence[Verdict]) -> str:
    """What stands between the subject and the trailers."""
    paragraphs = [
        quote(state.meta.plan.objective or state.meta.plan.description, limit=TEXT_LIMIT),
        *_waves(state),
        *(_section(listed.message, state, listed) for listed in LISTS if listed.message),
        validation(verdicts),
    ]
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def subject(state: BuildState, policy: MessagePolicy) -> str:
    """The first line, from `message.subject`; a long slug gives way to the name, which is cut last."""
    slug = state.meta.slug
    name = _name(state)
    frame = policy.subject.replace("{slug}", slug)
    if len(frame.replace("{name}", "")) > SUBJECT_LIMIT // 2:  # the slug stands in a trailer too
        frame = policy.subject.replace("({slug})", "").replace("{slug}", slug[:16])
    room = SUBJECT_LIMIT - len(frame.replace("{name}", ""))
    name = neutral(name, max(room, 1)).rstrip(".")
    return frame.replace("{name}", name)[:SUBJECT_LIMIT].rstrip()


def _name(state: BuildState) -> str:
    """What the build is called; a name that only repeats the slug tells nothing."""
    plan = state.meta.plan
    waves = ", ".join(plan.wave_names[wave] for wave in sorted(plan.wave_names))
    # A subject that begins with '#' is a comment to git, once a person has edited the message.
    names = (neutral(text).lstrip("# ") for text in (plan.name, plan.objective, plan.description, waves))
    return next((name for name in names if name and name != state.meta.slug), state.meta.slug)


def trailers(state: BuildState, base: str, policy: MessagePolicy, authors: Sequence[str] = ()) -> list[str]:
    """The last paragraph, the only one that a program should read (git-interpret-trailers(1))."""
    return [
        f"Gitorch-Build: {state.meta.slug}",
        f"Gitorch-Base: {base}",
        *(f"Gitorch-Worker: {worker.id}" for worker in state.workers),
        *(
            f"Co-authored-by: {person}"
            for person in dict.fromkeys((*policy.co_authored_by, *map(credit, authors)))
        ),
    ]


def credit(author: str) -> str:
    """`Name <mail>` as a commit has it, where it is anybody's words: one name and one mail, without force."""
    name, _, mail = one_line(author).removesuffix(">").rpartition("<")
    return neutral(f"{_BRACKET.sub(' ', name)} <{_BRACKET.sub(' ', mail)}>")


_BRACKET = re.compile("[<>]")
_OURS = re.compile(r"gitorch-(?:build|base|worker)[ \t]*:", re.IGNORECASE)
_TRAILER = re.compile(r"[A-Za-z0-9-]+[ \t]*:[ \t]*\S|[ \t]+\S")


def own_trailers(lines: Iterable[str]) -> list[str]:
    """Those of these trailers that only finalize writes: its commit has exactly what `trailers` gives.

    Others, such as a Change-Id, are anybody's to add.
    """
    return [line for line in lines if _OURS.match(line)]


def with_trailers(text: str, ours: Sequence[str]) -> str:
    """A person's own `text` with `ours` once in its last paragraph, beside what trailers it has.

    As it stands where they do already; else only for text that a person answers for, since its last
    paragraph is believed. Empty where `text` has nothing but our trailers.
    """
    said = own_trailers(text.split("\n"))
    above, _, last = text.rstrip("\n").rpartition("\n\n")
    block = last.split("\n")
    unfolded = re.sub(r"\n(?=\s)", " ", last).split("\n")  # git-interpret-trailers(1): a value may go on
    stand = _are_trailers(block) and [line for line in unfolded if line in ours] == list(ours)
    if above.strip() and stand and set(said) <= set(ours):
        return text
    kept = [line for line in text.split("\n") if line not in ours and not _OURS.match(line)]
    before, _, last = "\n".join(kept).strip("\n").rpartition("\n\n")
    if not last.strip():
        return ""
    joins = bool(before) and _are_trailers(last.split("\n"))
    return "\n".join([*([before, ""] if before else []), last, *([] if joins else [""]), *ours]) + "\n"


def _are_trailers(lines: Sequence[str]) -> bool:
    """Whether git reads a last paragraph of these lines as trailers: nothing else stands among them."""
    return all(map(_TRAILER.match, lines)) and not lines[0][0].isspace()


def validation(verdicts: Sequence[Verdict]) -> list[str]:
    """How the tree was judged: names and outcomes, no times, so that the text stays the same."""
    if not verdicts:
        return [NO_VALIDATORS]
    lines = ["Validated by"]
    for verdict in verdicts:
        note = "" if verdict.passed else " (failed, and is allowed to)"
        note = f" (not run: {verdict.skipped})" if verdict.skipped else note
        lines += quote(f"{verdict.name}{note}")
    return lines


def _waves(state: BuildState) -> Iterable[list[str]]:
    """A heading for each wave, then a paragraph for each of its workers."""
    for wave, workers in groupby(state.workers, key=lambda worker: worker.id.wave):
        name = neutral(state.meta.plan.wave_names.get(wave, ""))
        yield [_heading(f"Wave {wave}: {name}" if name else f"Wave {wave}")]
        for worker in workers:
            yield [_heading(f"{worker.id} {neutral(worker.brief.title)}"), *_done(worker)]


def _heading(text: str) -> str:
    """One line of our own; it never wraps, so that nothing of a title can begin a line."""
    return fit(neutral(text), WIDTH)


def _done(worker: WorkerState) -> list[str]:
    if worker.completion is None:
        return [f"({worker.status.replace('_', ' ')})"]
    return quote(worker.completion.summary, limit=TEXT_LIMIT) or ["(no summary)"]


def _section(title: str, state: BuildState, listed: Listed) -> list[str]:
    """A heading and, worker by worker, each entry of one of the completions' lists."""
    lines = []
    for worker in state.workers:
        entries = listed.of(worker.completion)
        for entry in entries[:ITEM_LIMIT]:
            lines += quote(entry, first=f"{worker.id}: ", limit=TEXT_LIMIT)
        if (left := len(entries) - ITEM_LIMIT) > 0:
            lines += quote(f"and {left} more in its completion", first=f"{worker.id}: ")
    return [title, *lines] if lines else []
