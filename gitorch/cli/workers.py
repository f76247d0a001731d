"""A worker as the JSON documents of several commands show it (docs/json.md); prints nothing."""

from gitorch.core.state import WorkerState


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
