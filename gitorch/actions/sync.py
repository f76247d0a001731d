"""sync: read → derive → record → render → write what differs → stage. Running it twice changes nothing.

Never touches a closed build, or anything else in the person's index; of a worker's report only the form.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gitorch.actions.changing import changing
from gitorch.actions.recording import record_reports
from gitorch.actions.workplace import Build
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint, Issue, lines
from gitorch.core.state import BuildState
from gitorch.core.text import typed
from gitorch.transitions.records import render, rewrite_reports, stage_records


@dataclass(frozen=True)
class Synced:
    """The state that was rendered, the files written (names in the folder), and what was staged."""

    state: BuildState
    written: tuple[str, ...] = ()
    staged: tuple[str, ...] = ()  # from the repository's root
    not_staged: str | None = None  # why; the files are written, the next sync stages them
    edited: bool = False  # whether meta.json was, so that it was restored
    corrected: tuple[Issue, ...] = ()  # reports that were rewritten in the spec's form
    unrecorded: Issue | None = None  # why a report is not recorded; the next sync tries again
    told: tuple[str, ...] = ()  # what the command before the sync has to tell

    @property
    def restored(self) -> str | None:
        """What is told where a record was edited."""
        text = "meta.json: differed from what gitorch recorded when the build was opened, and was restored"
        return text if self.edited else None

    @property
    def notes(self) -> list[str]:
        """What is told of the reports that were corrected."""
        return list(self.told) + _notes(self.corrected)

    @property
    def problem(self) -> str | None:
        """What could not be done now, and the next sync tries again."""
        if self.not_staged:
            return f"nothing is staged: {self.not_staged}"
        return self.unrecorded.message if self.unrecorded else None


def sync(build: Build, *, wrote: Iterable[str] = ()) -> Synced:
    """Bring the records of `build` up to date, and the index with them for a code build.

    `wrote` names further files of the folder that the calling command has just written. GitorchError
    when meta.json is missing or damaged, or a file cannot be written; a held index.lock is no error.
    """
    with changing(build) as build:
        return sync_locked(build, wrote=wrote)


def sync_locked(build: Build, *, wrote: Iterable[str] = ()) -> Synced:
    """The same for a command that holds the locks already."""
    state = build.read_state()
    if not state.is_open:
        return Synced(state)
    corrected = correct_reports(build, state)
    if corrected:
        state = build.read_state()
    recorded, unrecorded = record_reports(build, state)
    if recorded:
        state = build.read_state()
    edited = bool(build.edited())
    written = tuple(sorted(render(build.folder, state)))
    if build.opened is None or build.place.repo is None:
        return Synced(state, written, corrected=corrected)
    staged = stage_records(build.place.repo, build.folder, state, wrote)
    return Synced(state, written, staged.paths, staged.problem, edited, corrected, unrecorded)


def correct_reports(build: Build, state: BuildState | None = None) -> tuple[Issue, ...]:
    """Rewrite the reports of an open build that are not in the spec's form; what was corrected.

    Call it with the locks held. `state` is what the caller has read already.
    """
    state = state or build.read_state()
    return rewrite_reports(build.place.repo, build.folder, state) if state.is_open else ()


def require_corrected(build: Build, state: BuildState) -> None:
    """GitorchError where a report that was read for landing is still not in the spec's form."""
    for report in state.corrected[:1]:
        path = f"{build.folder.shown}/{report.path}"
        look = Hint("see who may write the file and its folder", f"ls -la -- {typed(str(Path(path).parent))}")
        text = f"{path} could not be rewritten in the spec's form; nothing was committed"
        raise GitorchError("unwritable-file", text, about=path, details=report.issue.details, hints=[look])


def correction_notes(build: Build) -> list[str]:
    """The same, for a command that tells lines."""
    return _notes(correct_reports(build))


def _notes(corrected: Iterable[Issue]) -> list[str]:
    told = (line for issue in corrected for line in lines(issue))
    return [line if line.startswith(" ") else f"warning: {line}" for line in told]
