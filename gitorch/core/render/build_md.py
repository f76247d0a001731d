"""BUILD.md: the living orchestrator document. gitorch owns one block between two markers.

Everything outside the block is the person's and comes back byte for byte, whatever became of the markers.
"""

import re

from gitorch.core.render.digest import digest
from gitorch.core.state import BuildState
from gitorch.core.text import clean, markdown_line

BEGIN = "<!-- gitorch:begin (gitorch writes what stands from here down to gitorch:end) -->"
END = "<!-- gitorch:end -->"
_MARKER = re.compile(r"^[ \t]*<!-- gitorch:(begin|end)\b[^\n]*?-->[ \t]*\r?(?:\n|\Z)", re.MULTILINE)


def render_build_md(state: BuildState, existing: str | None) -> str:
    """The whole file: `existing` with a fresh block, or the template where there is none.

    With markers that are damaged or doubled nobody can tell whose text stands between them: then
    only the marker lines go, every other line stays, and a fresh block follows at the end.
    """
    block = f"{BEGIN}\n{digest(state)}{END}\n"
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


def person_s_part(existing: str) -> str:
    """The text of BUILD.md outside the managed block."""
    markers = list(_MARKER.finditer(existing))
    if [marker[1] for marker in markers] == ["begin", "end"]:
        return existing[: markers[0].start()] + existing[markers[1].end() :]
    return _MARKER.sub("", existing)
