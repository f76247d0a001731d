"""The plan that init was handed: read, checked, and what somebody should look at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gitorch.core.errors import bad_input
from gitorch.core.issue import Hint, Issue
from gitorch.core.names import Slug, slug_problem
from gitorch.core.plan import Plan, Problem, parse_plan
from gitorch.core.plan.parse import format_of
from gitorch.core.text import typed


@dataclass(frozen=True)
class PlanSource:
    """A plan as it was handed over; `path` is where it is, None for standard input."""

    data: bytes
    path: Path | None = None
    layer: bool = False
    """The waves come from the dependencies alone."""

    @property
    def name(self) -> str:
        return self.path.name if self.path else "-"

    @property
    def is_markdown(self) -> bool:
        return format_of(self.name, self.data.decode("utf-8-sig", "replace")) == "markdown"


def read_plan(source: PlanSource, project: str | None = None) -> Plan:
    """The plan; GitorchError (exit 2) lists every problem of it, and of the name `project`."""
    wrong = slug_problem(project) if project else None
    plan = parse_plan(source.data, source.name, layer=source.layer)
    if not isinstance(plan, Plan):
        problems = [wrong] if wrong else []
        problems += [problem.located(source.name) for problem in plan]
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        text = f"the plan {source.name} has {count}; nothing was changed"
        hints = _hints(source, project, plan)
        raise bad_input("bad-plan", text, about=source.name, details=problems, hints=hints)
    if wrong:
        raise bad_input("bad-slug", wrong)
    name = plan.head.name or project or ""
    return replace(plan, head=plan.head.model_copy(update={"name": name}))


def checked(project: str, source: PlanSource) -> tuple[Slug, Plan]:
    """The build's name and its plan."""
    plan = read_plan(source, project)
    return Slug(project), plan


def _hints(source: PlanSource, project: str | None, problems: Sequence[Problem]) -> list[Hint]:
    """How to go on: the waves computed, where that helps; the plan checked again, or its schema."""
    file = typed(str(source.path)) if source.path else "-"
    name = f"--project {typed(project)} " if project else "--dry-run "
    layered = problems if source.layer else parse_plan(source.data, source.name, layer=True)
    if isinstance(layered, Plan) or len(layered) < len(problems):
        command = f"gitorch init {name}--plan-file {file} --layer"
        return [Hint("let the dependencies say the waves", command)]
    if source.is_markdown and problems:
        return [Hint("check the plan without opening a build", f"gitorch init --dry-run --plan-file {file}")]
    return [Hint("see what a plan may contain", "gitorch schema plan")]


_SEVERAL = {
    "named-worker": "workers are named by others that do not depend on them",
    "shared-output": "outputs are those of two workers",
    "left-out": "parts of the plan were left out",
}


def warnings(plan: Plan, source: PlanSource) -> list[Issue]:
    """What was remarked, one issue for each kind."""
    found: dict[str, list[str]] = {}
    for remark in plan.remarks:
        found.setdefault(remark.code, []).append(remark.problem.located(source.name))
    return [
        Issue(code, said[0], source.name)
        if len(said) == 1
        else Issue(code, f"{source.name}: {len(said)} {_SEVERAL[code]}", source.name, tuple(said))
        for code, said in found.items()
    ]
