"""The plan of an open build, read back from its briefs, so that a change to it meets init's checks.

Pure; a change that does not pass is a GitorchError, and nothing was changed.
"""

import re
from collections.abc import Iterable, Sequence

from gitorch.core import hints
from gitorch.core.brief import Brief
from gitorch.core.errors import bad_input
from gitorch.core.names import WorkerId
from gitorch.core.plan.model import Plan
from gitorch.core.plan.parse import checked
from gitorch.core.source import Source, Values
from gitorch.core.state import BuildState


def values_of(brief: Brief) -> Values:
    """A brief as a worker of a plan document."""
    return {
        "id": str(brief.id),
        "key": brief.key,
        "title": brief.title,
        "description": brief.mission,
        "component": brief.component,
        "dependencies": [str(need) for need in brief.depends_on],
        "estimated_hours": brief.estimated_hours,
    }


def plan_of(state: BuildState, workers: Sequence[Values]) -> Plan:
    """The build's plan with these workers; GitorchError (exit 2) lists every problem of it."""
    head = state.meta.plan.model_dump()
    names = {str(wave): name for wave, name in state.meta.plan.wave_names.items()}
    values = {**head, "wave_names": names, "build_type": state.meta.build_type, "workers": list(workers)}
    plan = checked(Source(values, {}))
    if isinstance(plan, Plan):
        return plan
    raise bad_input(
        "bad-plan",
        "the change does not fit the plan; nothing was changed",
        details=[_named(str(problem), workers) for problem in plan],
        hints=[hints.status(state.meta.slug)],
    )


def _named(problem: str, workers: Sequence[Values]) -> str:
    """A problem with the worker's id in the place of its index."""
    return re.sub(r"\Aworkers\[(\d+)\]", lambda match: str(workers[int(match[1])]["id"]), problem)


def free_id(used: Iterable[WorkerId], wave: int) -> WorkerId:
    """The id behind the last one of a wave that was ever used."""
    return WorkerId(wave, 1 + max((worker.seq for worker in used if worker.wave == wave), default=0))
