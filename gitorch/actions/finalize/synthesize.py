"""finalize for a build without a commit: verify the workers, collate SYNTHESIS.md, mark it complete.

Runs no git, and nothing but the finalization command that the person configured for `general`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gitorch.actions.changing import changing
from gitorch.actions.clearance import check_person, check_spawned, check_workers
from gitorch.actions.finalize.prepare import first_lines
from gitorch.actions.policy import policy_of
from gitorch.actions.sync import correction_notes, require_corrected
from gitorch.actions.workplace import Build
from gitorch.adapters import process
from gitorch.adapters.supervise import Ended, Job, Supervisor
from gitorch.core import hints, validation
from gitorch.core.config import General
from gitorch.core.errors import GitorchError
from gitorch.core.evidence import CODES_OF_CLAIMS
from gitorch.core.issue import Hint
from gitorch.core.meta import BuildStatus, BuildType
from gitorch.core.names import WorkerId
from gitorch.core.state import BuildState
from gitorch.core.synthesis import FILE_NAME, collate
from gitorch.core.text import typed
from gitorch.transitions.records import render

Say = Callable[[str], None]


@dataclass(frozen=True)
class Synthesized:
    """A build that is complete. `kept`: edited sections whose report says something else by now."""

    slug: str
    path: str  # of SYNTHESIS.md, from the root
    kept: tuple[WorkerId, ...]
    again: bool  # it was complete before


def synthesize(build: Build, say: Say, *, accept_config: bool = False) -> Synthesized:
    """Finalize a content, research or general build; on a complete one, bring its synthesis up to date.

    `say` is told what runs. GitorchError names each worker that keeps the build open, or shows how the
    finalization command failed; the build is open then, as before.
    """
    with changing(build) as now:
        check_person(now)
        check_spawned(now)
        policy = policy_of(now, accept=accept_config)
        policy.refuse_unaccepted()
        for line in correction_notes(now):
            say(line)
        state = now.read_state(accept_config=accept_config)
        _refuse(now, state, policy.config.general)
        again = state.meta.status is BuildStatus.COMPLETE
        for line in first_lines([issue for issue in state.issues if issue.code in CODES_OF_CLAIMS]):
            say(line if line.startswith(" ") else f"warning: {line}")
        collated = collate(state, now.folder.read_text(FILE_NAME))
        now.folder.write_rendered({FILE_NAME: collated.text})
    general = policy.config.general
    if state.meta.build_type is BuildType.GENERAL and general.finalize and not again:
        _run(build, general, say)  # with no lock held: it may run any command
    with changing(build) as now:
        for line in correction_notes(now):
            say(line)
        state = now.read_state(accept_config=accept_config)
        _refuse(now, state, general)
        render(now.folder, complete(state))
    return Synthesized(build.slug, f"{build.folder.shown}/{FILE_NAME}", collated.kept, again)


def complete(state: BuildState) -> BuildState:
    """The same state, of a build that is complete."""
    return state.closed(state.meta.model_copy(update={"status": BuildStatus.COMPLETE}))


def _refuse(build: Build, state: BuildState, general: General) -> None:
    if state.meta.status is BuildStatus.ABORTED:
        reopen = Hint("open the build again", f"gitorch reopen --project {build.slug}")
        raise GitorchError("aborted-build", f"build {build.slug} was aborted", hints=[reopen])
    require_corrected(build, state)
    check_workers(state, general.complete_when if state.meta.build_type is BuildType.GENERAL else "all")


def _run(build: Build, general: General, say: Say) -> None:
    assert general.finalize is not None  # noqa: S101 (the caller asked)
    command = general.finalize
    argv = ("sh", "-c", command) if isinstance(command, str) else tuple(command)
    shown = command if isinstance(command, str) else " ".join(command)
    say(f"running {shown}")
    env = process.clean_environment({"GITORCH_PROJECT": build.slug})
    log = build.folder.path / ".finalize.log"
    job = Job("finalize", argv, build.place.root, env, general.timeout, log)
    with Supervisor() as supervisor:
        supervisor.start(job)
        ended = _first_end(supervisor)
    why = validation.reason(ended.status, ended.problem, general.timeout if ended.timed_out else None)
    if why:
        raise GitorchError(
            "failed-finalization",
            f"the finalization command failed: {why}; build {build.slug} stays open",
            details=validation.tail_text(ended.tail).splitlines()[-20:],
            hints=[
                Hint("see the whole output", f"cat -- {typed(str(log))}"),
                hints.finalize(build.slug, "try again after a fix"),
            ],
        )
    log.unlink(missing_ok=True)


def _first_end(supervisor: Supervisor) -> Ended:
    while True:
        for event in supervisor.wait():
            if isinstance(event, Ended):
                return event
