"""A worker as documents (docs/json.md) and tables of several commands show it; prints nothing."""

from gitorch.core.state import WorkerState
from gitorch.core.text import one_line


def as_entry(worker: WorkerState) -> dict[str, object]:
    """The brief's head, where the worker stands, and its completion where it counts."""
    brief, launch = worker.brief, worker.launch
    return {
        "id": str(worker.id),
        "key": brief.key,
        "title": brief.title,
        "wave": worker.id.wave,
        "status": worker.status,
        "depends_on": [str(need) for need in brief.depends_on],
        "waiting_for": [str(need) for need in worker.waiting_for],
        "brief": brief.path,
        "thread_title": brief.thread_title,
        "launched_at": launch and launch.at.isoformat(),
        "thread": launch and launch.thread,
        "completion": worker.completion and worker.completion.model_dump(mode="json"),
    }


def shown(worker: WorkerState) -> str:
    """A worker in a table: its id, and the person's own name for it where the plan gave one."""
    return f"{worker.id} {one_line(worker.brief.key)}" if worker.brief.key else str(worker.id)
