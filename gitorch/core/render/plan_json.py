"""plan.json: the spec's JSON plan (prompt §1) with each worker's id, key, wave and status.

Generated whole from meta.json's plan head, the briefs and the completions.
"""

import json
from typing import Any

from gitorch.core.state import BuildState, WorkerState
from gitorch.core.text import clean


def render_plan_json(state: BuildState) -> str:
    """The whole file; `id` and `dependencies` are the build's ids, `key` is the person's own."""
    plan = state.meta.plan
    document: dict[str, Any] = {
        "name": plan.name,
        "description": plan.description,
        "objective": plan.objective,
        "key_decisions": plan.key_decisions,
        "relevant_files": plan.relevant_files,
        **({"sections": plan.sections} if plan.sections else {}),
        **({"wave_names": plan.wave_names} if plan.wave_names else {}),
        "workers": [_worker(worker) for worker in state.workers],
    }
    return clean(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _worker(worker: WorkerState) -> dict[str, Any]:
    brief = worker.brief
    optional = {"key": brief.key, "component": brief.component, "estimated_hours": brief.estimated_hours}
    return {
        "id": str(brief.id),
        "title": brief.title,
        "description": brief.mission,
        "dependencies": [str(need) for need in brief.depends_on],
        "wave": brief.id.wave,
        "status": worker.status,
        **{name: value for name, value in optional.items() if value is not None},
    }
