"""Changes a worker's title, mission or dependencies in its brief; every other byte of it stays."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from gitorch.actions.briefs import write_briefs
from gitorch.actions.changing import changing
from gitorch.actions.sync import Synced
from gitorch.actions.workplace import Build, find_worker, need_open
from gitorch.core.brief import Brief
from gitorch.core.brief_edit import edited
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.plan.change import plan_of, values_of
from gitorch.core.state import WorkerState, WorkerStatus


@dataclass(frozen=True)
class Edited:
    """The worker as it stands now, its brief's text before and after, and the command that undoes it."""

    worker: WorkerState
    before: str
    after: str
    undo: str
    synced: Synced


def edit(
    build: Build,
    name: str,
    *,
    title: str | None = None,
    description: str | None = None,
    depends_on: Sequence[str] | None = None,
) -> Edited:
    """Change what is given. GitorchError: exit 2 lists every problem of the plan as it would be;

    exit 1 for a worker that is complete, and for a brief in which the old text cannot be found.
    """
    changes: dict[str, object] = {}
    if title is not None:
        changes["title"] = title
    if description is not None:
        changes["description"] = " ".join(description.split())
    if depends_on is not None:
        changes["dependencies"] = list(depends_on)
    with changing(build) as build:
        state = build.read_state()
        need_open(state)
        worker = find_worker(state, name)
        brief, shown = worker.brief, f"{build.folder.shown}/{worker.brief.path}"
        if not changes:
            title = f"gitorch worker edit {brief.id} --project {build.slug} --title TITLE"
            text = "expected --title, --description or --depends-on"
            raise bad_input("bad-usage", text, hints=[Hint("change the title", title)])
        if worker.status is WorkerStatus.COMPLETE:
            more = f"gitorch worker add --title TITLE --depends-on {brief.id} --project {build.slug}"
            hint = Hint("ask a new worker for more", more)
            text = f"{brief.id} is complete, and its brief is not changed any more"
            raise GitorchError("complete-worker", text, about=str(brief.id), hints=[hint])
        values = [values_of(other.brief) for other in state.workers]
        new = [{**each, **changes} if each["id"] == str(brief.id) else each for each in values]
        before = build.folder.read_text(brief.path) or ""
        after = edited(before, brief, plan_of(state, values), plan_of(state, new), build.slug)
        if after is None:
            text = f"{shown} is not in gitorch's own form and is yours to edit; nothing was changed"
            sync = Hint("render the records after your edit", f"gitorch sync --project {build.slug}")
            raise GitorchError("foreign-brief", text, about=shown, hints=[sync])
        synced = write_briefs(build, {brief.path: after})
    now = synced.state.find(str(brief.id)) or worker
    return Edited(now, before, after, _undo(build, brief, changes), synced)


def _undo(build: Build, brief: Brief, changes: dict[str, object]) -> str:
    words = ["gitorch", "worker", "edit", str(brief.id)]
    if "title" in changes:
        words += ["--title", brief.title]
    if "description" in changes:
        words += ["--description", brief.mission]
    if "dependencies" in changes:
        words += ["--depends-on", ",".join(map(str, brief.depends_on)) or "none"]
    return shlex.join([*words, "--project", build.slug])
