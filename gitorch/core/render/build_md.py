"""BUILD.md: the living orchestrator document, in which gitorch owns one managed block and nothing else."""

from gitorch.core import managed
from gitorch.core.render.digest import digest
from gitorch.core.state import BuildState
from gitorch.core.text import clean, markdown_line


def render_build_md(state: BuildState, existing: str | None) -> str:
    """The whole file: `existing` with a fresh block, or the template where there is none."""
    content = digest(state)
    return _template(state, managed.block(content)) if existing is None else managed.put(existing, content)


def _template(state: BuildState, block: str) -> str:
    plan = state.meta.plan
    title = f"# Build: {markdown_line(plan.name) or state.meta.slug}"
    about = clean(plan.objective or plan.description).strip()
    return "\n".join([f"{title}\n", *([f"{about}\n"] if about else []), block, "## Notes\n"])
