"""A build's rendered records: brought up to date in its folder, and staged. Decides nothing of the build."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.build_folder import RENDERED, BuildFolder
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.staging import Staged, stage
from gitorch.core.build_files import Corrected
from gitorch.core.errors import GitorchError, unwritable
from gitorch.core.folder import ORIGINAL
from gitorch.core.issue import Issue
from gitorch.core.render import records
from gitorch.core.state import BuildState


def rewrite_reports(repo: Repository | None, folder: BuildFolder, state: BuildState) -> tuple[Issue, ...]:
    """Write the reports that `state` corrects in the spec's form, each original kept first; what was done.

    Call it with the folder's lock held; the state's digests hold for the new files. A report that cannot be
    kept or written now (a read-only git directory) is left for the next time.
    """
    done = []
    for report in state.corrected:
        with suppress(OSError, GitorchError):
            kept = _keep(repo, folder, report)
            if folder.replace_report(report.path, report.data, report.text):
                details = (*report.issue.details, f"the original is kept as {kept}")
                done.append(replace(report.issue, details=details, hints=()))
    return tuple(done)


def _keep(repo: Repository | None, folder: BuildFolder, report: Corrected) -> Path:
    """Keep a report as the worker wrote it; where it is. One that is kept already is not kept again."""
    beside = folder.path / f"{report.path}{ORIGINAL}"
    first = repo.shared / "originals" / folder.slug / Path(report.path).name if repo else beside
    further = (first.with_name(f"{first.stem}.{number}{first.suffix}") for number in count(2))
    place = next(p for p in chain([first], further) if files.holds(p, report.data) or not p.exists())
    if repo is None:
        files.write_if_different(place, report.data)
    else:
        sharing.make_folder(repo, place.parent)
        sharing.write_if_different(repo, place, report.data)
    return place


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
