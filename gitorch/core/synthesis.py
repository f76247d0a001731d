"""SYNTHESIS.md: what every worker of a build without a commit found out, section by section. Pure text.

A section that still is what gitorch wrote is written afresh; one that the person edited is theirs, and
so is one that they deleted, and everything between and around the sections: all byte for byte.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from gitorch.core.completion import LISTS
from gitorch.core.names import WorkerId
from gitorch.core.state import BuildState, WorkerState
from gitorch.core.text import clean, markdown_line

FILE_NAME = "SYNTHESIS.md"

_SECTION = re.compile(
    r"^<!-- gitorch:section (?P<worker>W[0-9]+\.[0-9]+) (?P<digest>[0-9a-f]{12}) -->\r?\n"
    r"(?P<text>(?:(?!^<!-- gitorch:section).*\n)*?)"
    r"^<!-- gitorch:section-end (?P=worker) -->(?=\r?$)",
    re.MULTILINE,
)
_COLLATED = re.compile(r"^<!-- gitorch:collated ([W0-9. ]*)-->\r?\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The file's text. `kept` are sections that the person edited and whose report says else now."""

    text: str
    kept: tuple[WorkerId, ...]


def collate(state: BuildState, existing: str | None) -> Synthesis:
    """Bring `existing` (None: there is none) up to date with the reports that count."""
    reported = {str(worker.id): worker for worker in state.workers if worker.completion}
    text = _head(state) if existing is None else existing
    known = {name for match in _COLLATED.finditer(text) for name in match[1].split()}
    known |= {match["worker"] for match in _SECTION.finditer(text)}
    kept = []

    def fresh(match: re.Match[str]) -> str:
        worker = reported.get(match["worker"])
        if worker is None or _digest(match["text"]) != match["digest"]:
            if worker and _digest(_body(worker)) != match["digest"]:
                kept.append(worker.id)
            return match[0]
        return _section(worker)

    marker = _COLLATED.search(text)
    before, after = (text[: marker.start()], text[marker.end() :]) if marker else (text, "")
    before, after = (_SECTION.sub(fresh, _COLLATED.sub("", part)) for part in (before, after))
    added = [_section(worker) + "\n" for name, worker in reported.items() if name not in known]
    if added:
        before = "\n".join([before.rstrip("\n") + "\n", *added])
    names = " ".join(sorted(known | set(reported), key=_order))
    gap = "" if before.endswith("\n") else "\n"
    return Synthesis(f"{before}{gap}<!-- gitorch:collated {names} -->\n{after}", tuple(kept))


def _order(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.removeprefix("W").split("."))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _head(state: BuildState) -> str:
    plan = state.meta.plan
    title = f"# Synthesis: {markdown_line(plan.name) or state.meta.slug}\n"
    about = clean(plan.objective or plan.description).strip()
    return f"{title}\n{about}\n" if about else title


def _section(worker: WorkerState) -> str:
    body = _body(worker)
    return (
        f"<!-- gitorch:section {worker.id} {_digest(body)} -->\n{body}"
        f"<!-- gitorch:section-end {worker.id} -->"
    )


def _body(worker: WorkerState) -> str:
    """One worker's report as Markdown in which nothing of it is markup."""
    report = worker.completion
    assert report is not None  # noqa: S101 (only workers that reported have a section)
    lines = [f"## {worker.id}: {markdown_line(worker.brief.title)}", ""]
    if summary := markdown_line(report.summary):
        lines += [summary, ""]
    for listed in LISTS:
        lines += _list(listed.title, listed.of(report))
    lines += _list("Artifacts", report.artifacts)
    return "\n".join(lines)


def _list(title: str, entries: Iterable[str]) -> list[str]:
    points = [f"- {line}" for entry in entries if (line := markdown_line(entry))]
    return [f"**{title}**", "", *points, ""] if points else []
