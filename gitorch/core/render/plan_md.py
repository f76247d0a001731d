"""PLAN.md in the form of the spec's §10, for a plan that came as JSON or YAML. Reads as a plan again."""

from collections.abc import Iterable, Sequence

from gitorch.core.meta import BuildType
from gitorch.core.plan.model import Plan, Wave, Worker


def render_plan_md(plan: Plan, slug: str) -> str:
    """The whole file; the briefs hold what does not fit into a worker's lines."""
    head = plan.head
    parts = [f"# Build Plan: {head.name or slug}\n"]
    if head.description:
        parts.append(f"{head.description}\n")
    if plan.build_type is not BuildType.CODE:
        parts.append(f"## Build Type\n\n{plan.build_type}\n")
    if head.objective:
        parts.append(f"## Objective\n\n{head.objective}\n")
    parts += _list("Key Decisions", head.key_decisions)
    parts += _list("Relevant Files", head.relevant_files)
    parts += (f"## {title}\n\n{text}\n" for title, text in head.sections.items())
    parts += map(_wave, plan.waves.values())
    return "\n".join(parts)


def _list(title: str, items: Sequence[str]) -> list[str]:
    return [f"## {title}\n\n" + "".join(f"- {item}\n" for item in items)] if items else []


def _wave(wave: Wave) -> str:
    name = f": {wave.name}" if wave.name else ""
    return f"## Wave {wave.number}{name}\n" + "".join(map(_worker, wave.workers))


def _worker(worker: Worker) -> str:
    mission = " ".join(worker.description.partition("\n\n")[0].split())
    line = f"- {worker.id}: {worker.title}" + (f" — {mission}" if mission else "")
    if worker.depends_on:
        line += f" (depends: {', '.join(map(str, worker.depends_on))})"
    return "".join([line + "\n", *(f"  - {name}: {value}\n" for name, value in _fields(worker))])


def _fields(worker: Worker) -> Iterable[tuple[str, str]]:
    if worker.key:
        yield "key", worker.key
    if worker.component:
        yield "component", worker.component
    if worker.estimated_hours is not None:
        yield "estimated_hours", f"{worker.estimated_hours:.15g}"
    if worker.outputs:
        yield "outputs", ", ".join(worker.outputs)
