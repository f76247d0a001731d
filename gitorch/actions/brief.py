"""brief: what to paste into a worker's thread, complete in itself. Changes nothing."""

from gitorch.actions.workplace import Build, find_worker
from gitorch.core.render.handover import render_handover


def brief(build: Build, name: str | None) -> str:
    """The worker's brief as it stands on disk, with what its dependencies reported appended."""
    state = build.folder.read_state()
    return render_handover(state, find_worker(state, name))
