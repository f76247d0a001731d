"""A build's rendered records: brought up to date in its folder, and staged. Decides nothing of the build."""

from collections.abc import Iterable

from gitorch.adapters.build_folder import RENDERED, BuildFolder
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.staging import Staged, stage
from gitorch.core.errors import unwritable
from gitorch.core.render import records
from gitorch.core.state import BuildState


def render(folder: BuildFolder, state: BuildState) -> list[str]:
    """Write what differs from the state; the names written. meta.json, which says how it ended, is last.

    Call it with the folder's lock held. GitorchError where a file cannot be written.
    """
    try:
        folder.sweep()
        texts = records(state, folder.read_text("BUILD.md"))
        meta = texts.pop("meta.json")
        return folder.write_rendered(texts) + folder.write_rendered({"meta.json": meta})
    except OSError as error:
        name = error.filename2 or error.filename or folder.shown
        raise unwritable(name, error) from error


def rendered(folder: BuildFolder, state: BuildState) -> dict[str, bytes]:
    """What `render` would leave of each record, by its path from the root."""
    texts = records(state, folder.read_text("BUILD.md"))
    return {f"{folder.shown}/{name}": text.encode("utf-8", "surrogateescape") for name, text in texts.items()}


def stage_records(
    repo: Repository, folder: BuildFolder, state: BuildState, wrote: Iterable[str] = ()
) -> Staged:
    """Stage the records of an open code build, its reports, and the files that `wrote` names."""
    reports = [worker.report for worker in state.workers if worker.report]
    return stage(
        repo,
        folder.path,
        refresh=[*RENDERED, *reports, *wrote],
        add=["PLAN.md", *(worker.brief.path for worker in state.workers)],  # as init wrote them
        drop_below="completions/",
    )
