"""BUILD.md: the living orchestrator document. gitorch owns one block between two markers.

Everything outside the block is the person's and comes back byte for byte, whatever became of the markers.
"""

import re

from gitorch.core.render.status_md import finding_line, summary_line, worker_line
from gitorch.core.state import BuildState, WorkerStatus
from gitorch.core.text import clean, markdown_line

BEGIN = "<!-- gitorch:begin (gitorch writes what stands from here down to gitorch:end) -->"
END = "<!-- gitorch:end -->"
_MARKER = re.compile(r"^[ \t]*<!-- gitorch:(begin|end)\b[^\n]*?-->[ \t]*\r?(?:\n|\Z)", re.MULTILINE)


def render_build_md(state: BuildState, existing: str | None) -> str:
    """The whole file: `existing` with a fresh block, or the template where there is none.

    With markers that are damaged or doubled nobody can tell whose text stands between them: then
    only the marker lines go, every other line stays, and a fresh block follows at the end.
    """
    block = f"{BEGIN}\n{_block(state)}{END}\n"
    if existing is None:
        return _template(state, block)
    markers = list(_MARKER.finditer(existing))
    if [marker[1] for marker in markers] == ["begin", "end"]:
        first, last = markers
        return existing[: first.start()] + block + existing[last.end() :]
    kept = _MARKER.sub("", existing)
    gap = "" if not kept or kept.endswith("\n\n") else "\n" if kept.endswith("\n") else "\n\n"
    return kept + gap + block


def _template(state: BuildState, block: str) -> str:
    plan = state.meta.plan
    title = f"# Build: {markdown_line(plan.name) or state.meta.slug}"
    about = clean(plan.objective or plan.description).strip()
    return "\n".join([f"{title}\n", *([f"{about}\n"] if about else []), block, "## Notes\n"])


def _block(state: BuildState) -> str:
    parts = ["## Progress\n\n" + "".join(_wave(state, wave) for wave in _waves(state))]
    wanted = [f"- {worker_line(w)} is {w.status}: {summary_line(w)}\n" for w in state.having(*_STUCK)]
    wanted += [finding_line(finding) + "\n" for finding in state.findings]
    if wanted:
        parts.append("## Needs you\n\n" + "".join(wanted))
    return "\n".join(parts)


_STUCK = (WorkerStatus.FAILED, WorkerStatus.BLOCKED)


def _waves(state: BuildState) -> list[int]:
    return sorted({worker.id.wave for worker in state.workers})


def _wave(state: BuildState, wave: int) -> str:
    workers = [worker for worker in state.workers if worker.id.wave == wave]
    done = sum(worker.status is WorkerStatus.COMPLETE for worker in workers)
    name = state.meta.plan.wave_names.get(wave)
    title = f"Wave {wave}: {markdown_line(name)}" if name else f"Wave {wave}"
    return f"- {title}: {done} of {len(workers)} complete\n"
