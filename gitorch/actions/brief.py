"""brief: what to paste into a thread, complete in itself. Changes nothing."""

from pathlib import Path

from gitorch.actions.spawn.book import store_of
from gitorch.actions.surroundings import look_around
from gitorch.actions.workplace import Build, find_worker, find_workplace
from gitorch.core import managed
from gitorch.core.errors import bad_input
from gitorch.core.names import slug_problem
from gitorch.core.render.architect import render_architect
from gitorch.core.render.build_md import render_build_md
from gitorch.core.render.handover import render_handover
from gitorch.core.render.threads import ORCHESTRATOR, REVIEWER, render_orchestrator, render_reviewer


def brief(build: Build, name: str | None) -> str:
    """A worker's brief as it stands on disk, with what its dependencies reported appended.

    `ORCH` and `REVIEW` give the briefs of the orchestrator's and the final review thread.
    """
    state = build.read_state()
    if name == ORCHESTRATOR and not state.find(name):
        notes = managed.outside(build.folder.read_text("BUILD.md") or "")
        untouched = notes == managed.outside(render_build_md(state, None))
        return render_orchestrator(state, build.folder.shown, "" if untouched else notes)
    if name == REVIEWER and not state.find(name):
        return render_reviewer(state, build.folder.shown)
    worker = find_worker(state, name)
    return render_handover(state, worker, store_of(build).correction(str(worker.id)))


def brief_architect(start: Path, goal: str | None, project: str | None) -> str:
    """The brief of who writes the plan for the repository or folder around `start`; needs no build.

    GitorchError (exit 2) for an empty goal and for a name that no build can have.
    """
    if goal is not None and not goal.strip():
        raise bad_input("bad-usage", "the goal is empty")
    if project and (wrong := slug_problem(project)):
        raise bad_input("bad-slug", wrong)
    return render_architect(look_around(find_workplace(start)), goal, project)
