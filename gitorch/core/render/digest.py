"""What a build has come to so far, as Markdown sections: for BUILD.md and for the threads beside the workers.

Everything that a worker wrote is made plain text on one line.
"""

import itertools
from collections.abc import Iterable

from gitorch.core.completion import LISTS, Listed
from gitorch.core.names import WorkerId
from gitorch.core.needs import needs, next_steps
from gitorch.core.render.status_md import issue_item, worker_line
from gitorch.core.state import BuildState, WorkerState, WorkerStatus
from gitorch.core.text import markdown_line

_STUCK = (WorkerStatus.FAILED, WorkerStatus.BLOCKED)
_SHOWN_STEPS = 10


def digest(state: BuildState) -> str:
    """Progress, and each further section that has something to say. Headings of level two."""
    parts = [
        section("Progress", _waves(state)),
        section("Needs you", map(issue_item, needs(state))),
        section("Blockers", _blockers(state)),
        *(said(listed, state.workers) for listed in sorted(LISTS, key=lambda one: not one.pressing)),
        _next(state),
    ]
    return "\n".join(filter(None, parts))


def section(title: str, items: Iterable[str]) -> str:
    """A heading of level two and a list; nothing for an empty list."""
    lines = "".join(f"- {item}\n" for item in items)
    return f"## {title}\n\n{lines}" if lines else ""


def said(listed: Listed, workers: Iterable[WorkerState]) -> str:
    """What the workers' reports say in one of their lists, each point behind the worker's id."""
    return section(
        listed.so_far,
        (
            f"{worker.id}: {markdown_line(text)}"
            for worker in workers
            for text in listed.of(worker.completion)
        ),
    )


def _waves(state: BuildState) -> Iterable[str]:
    names = state.meta.plan.wave_names
    for wave, group in itertools.groupby(state.workers, key=lambda worker: worker.id.wave):
        workers = list(group)
        done = sum(worker.status is WorkerStatus.COMPLETE for worker in workers)
        title = f"Wave {wave}: {markdown_line(names[wave])}" if names.get(wave) else f"Wave {wave}"
        running = ", ".join(str(w.id) for w in workers if w.status is WorkerStatus.IN_PROGRESS)
        yield f"{title}: {done} of {len(workers)} complete" + (f", {running} in progress" if running else "")


def _blockers(state: BuildState) -> Iterable[str]:
    held: dict[WorkerId, list[str]] = {}
    for worker in state.workers:
        for need in dict.fromkeys(worker.waiting_for):
            held.setdefault(need, []).append(str(worker.id))
    for worker in state.having(*_STUCK):
        summary = markdown_line(worker.completion.summary) if worker.completion else ""
        line = f"{worker_line(worker)} ({worker.status}): {summary or 'no reason given'}"
        yield f"{line} Blocks {', '.join(held[worker.id])}." if worker.id in held else line


def _next(state: BuildState) -> str:
    steps = next_steps(state)
    lines = [f"{step.command}   # {step.purpose}\n" for step in steps[:_SHOWN_STEPS]]
    if len(steps) > _SHOWN_STEPS:
        lines.append(f"gitorch ready --project {state.meta.slug}   # shows all {len(steps)}\n")
    return f"## Next\n\n```sh\n{''.join(lines)}```\n" if lines else ""
