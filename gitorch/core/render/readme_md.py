"""README.md, the overview of a build that is generated whole; nothing in it is kept."""

from gitorch.core.render.status_md import worker_line
from gitorch.core.state import BuildState, WorkerState, WorkerStatus
from gitorch.core.text import clean, markdown_line


def render_readme_md(state: BuildState) -> str:
    """The whole file."""
    plan, slug = state.meta.plan, state.meta.slug
    done = len(state.having(WorkerStatus.COMPLETE))
    parts = [f"# {markdown_line(plan.name) or slug}\n"]
    if plan.description:
        parts.append(f"{clean(plan.description).strip()}\n")
    parts.append(
        f"Build `{slug}` ({state.meta.build_type}), {state.meta.status}: "
        f"{done} of {len(state.workers)} workers complete.\n"
    )
    if plan.objective:
        parts.append(f"## Objective\n\n{clean(plan.objective).strip()}\n")
    parts += _list("Key decisions", plan.key_decisions)
    parts += _list("Relevant files", plan.relevant_files)
    rows = "".join(map(_row, state.workers))
    parts.append(f"## Workers\n\n| Worker | Depends on | Status |\n|---|---|---|\n{rows}")
    parts.append(f"## Commands\n\n{_commands(slug)}")
    parts.append("This file is generated; write your own notes into `BUILD.md`.\n")
    return "\n".join(parts)


def _list(title: str, items: tuple[str, ...]) -> list[str]:
    lines = "".join(f"- {' '.join(clean(item).split())}\n" for item in items)
    return [f"## {title}\n\n{lines}"] if items else []


def _row(worker: WorkerState) -> str:
    needs = ", ".join(map(str, worker.brief.depends_on))
    return f"| {worker_line(worker)} | {needs} | {worker.status} |\n"


def _commands(slug: str) -> str:
    lines = (
        ("status", "every worker and its status"),
        ("ready", "what can be started now"),
        ("brief WORKER", "what to paste into a new thread"),
        ("launch WORKER", "say that it was started"),
        ("complete WORKER", "say that it is done, for a worker that does not write its report"),
        ("watch", "keep these files up to date"),
    )
    return "".join(f"- `gitorch {words} --project {slug}`: {meaning}\n" for words, meaning in lines)
