"""brief: what to paste into a thread, complete in itself. Changes nothing."""

from gitorch.actions.workplace import Build, find_worker
from gitorch.core import managed
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
    return render_handover(state, find_worker(state, name))
