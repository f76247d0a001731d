"""STATUS.md, in the sections and line shapes of the spec's §10, with failed workers and issues added.

Holds nothing that the sources do not say.
"""

from collections.abc import Iterable

from gitorch.core.issue import Issue
from gitorch.core.meta import BuildStatus
from gitorch.core.state import BuildState, WorkerState, WorkerStatus
from gitorch.core.text import code_span, first_sentence, markdown_line

SUMMARY_LENGTH = 120
"""How much of a summary's first sentence a line shows, in characters."""


def render_status_md(state: BuildState) -> str:
    """The whole file. `Failed` and `Issues` are left out where there are none."""
    closed = "" if state.meta.status is BuildStatus.IN_PROGRESS else f" (build {state.meta.status})"
    parts = [
        f"# Build Status: {state.meta.slug}\n",
        f"## Current Wave: {state.current_wave}{closed}\n",
        _section("Completed", map(_completed, state.having(WorkerStatus.COMPLETE))),
        _section("In Progress", map(_launched, state.having(WorkerStatus.IN_PROGRESS))),
        _section("Blocked", map(_reported, state.having(WorkerStatus.BLOCKED))),
    ]
    if failed := state.having(WorkerStatus.FAILED):
        parts.append(_section("Failed", map(_reported, failed)))
    parts.append(
        _section("Remaining", map(_remaining, state.having(WorkerStatus.READY, WorkerStatus.WAITING)))
    )
    if state.issues:
        parts.append(_section("Issues", (f"- {issue_item(issue)}" for issue in state.issues)))
    return "\n".join(parts)


def _section(title: str, lines: Iterable[str]) -> str:
    return f"## {title}\n" + ("\n".join(lines) or "(none)") + "\n"


def worker_line(worker: WorkerState) -> str:
    """`W1.1: Database Schema`, as every line about a worker begins."""
    return f"{worker.id}: {markdown_line(worker.brief.title)}"


def summary_line(worker: WorkerState) -> str:
    """The first sentence of what the worker reported, safe in Markdown; may be empty."""
    text = first_sentence(worker.completion.summary) if worker.completion else ""
    return markdown_line(text, SUMMARY_LENGTH)


def _completed(worker: WorkerState) -> str:
    return f"- [x] {worker_line(worker)} — ✓ {summary_line(worker)}".rstrip()


def _launched(worker: WorkerState) -> str:
    return f"- [ ] {worker_line(worker)} — Worker launched"


def _reported(worker: WorkerState) -> str:
    return f"- [ ] {worker_line(worker)} — ✗ {summary_line(worker)}".rstrip()


def _remaining(worker: WorkerState) -> str:
    needs = ", ".join(map(str, worker.waiting_for))
    return f"- [ ] {worker_line(worker)} ({f'waiting for {needs}' if needs else 'ready'})"


def issue_item(issue: Issue) -> str:
    """One issue as a list item without its mark: what is wrong, and below that facts and commands."""
    below = [*map(markdown_line, issue.details)]
    below += [f"to {markdown_line(hint.purpose)}, run: {code_span(hint.command)}" for hint in issue.hints]
    return "\n".join([markdown_line(issue.message), *(f"  - {line}" for line in below)])
