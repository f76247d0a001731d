"""hook: what an agent's client asks before a command, at a prompt and at the end of a session.

Every question ends in None, which means go on, or in words for the agent. Where no build is open, and in a
session that has nothing to do with it, nothing is said and nothing is written.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gitorch.adapters import files, sessions
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import refusals, registry
from gitorch.core.agents.event import Event, begins_with, first_prompt
from gitorch.core.errors import GitorchError
from gitorch.core.names import Slug, slug_problem
from gitorch.core.shell import Place, Refusal, judge, judge_words
from gitorch.core.shell.git import read_git
from gitorch.core.text import one_line

if TYPE_CHECKING:  # what a build is, is loaded where a question is about that: each command of an agent waits
    from gitorch.actions.workplace import Build
    from gitorch.core.state import BuildState, WorkerStatus

ASKED = 3
"""So often a session is held at its end; then its worker is recorded as failed."""

_TRANSCRIPT_BYTES = 8 << 20


class Told(NamedTuple):
    """What a session hears at a prompt: `agent` goes to the model, `person` to who reads along."""

    agent: str
    person: str


class _Here(NamedTuple):
    """The open build that a session's folder belongs to; `worker` where the environment names one."""

    repo: Repository
    slug: Slug
    worker: str | None

    @property
    def build(self) -> "Build":
        from gitorch.actions.workplace import build_of, find_workplace

        return build_of(find_workplace(self.repo.root), self.slug)


def _here(event: Event) -> _Here | None:
    """None where no build is open that this is about."""
    start = Path(event.cwd) if event.cwd and Path(event.cwd).is_dir() else Path.cwd()
    repo = Repository.discover_usable(start)
    if repo is None:
        return None
    worker = os.environ.get("GITORCH_WORKER") or None
    named = os.environ.get("GITORCH_PROJECT", "") if worker else ""
    slug = Slug(named) if named and slug_problem(named) is None else registry.bound_slug(repo)
    return _Here(repo, slug, worker) if slug and registry.is_open(repo, slug) else None


def before_shell(event: Event) -> str | None:
    """Why a command may not run in a worker, or in the worktree of an open build, and the right way."""
    here = _here(event)
    if here is None:
        return None
    if event.command is None:
        if event.handed and not here.worker:  # a session hands a brief to a subagent
            _begin(here, event.handed, thread=f"subagent of {event.session}")
        return None
    root = str(here.repo.root)
    place = Place(root, _folder(here, event), _aliases(here, event.command), _others(here, event))
    refused = judge(event.command, place)
    return _refusal(here, refused, _worker_of(here, event)) if refused else None


def before_git(words: Sequence[str]) -> str | None:
    """The same for a git that a process of a worker is about to run; `words` are those behind `git`."""
    cwd, line = str(Path.cwd()), read_git(words)
    sets = {"GIT_DIR": os.environ["GIT_DIR"]} if "GIT_DIR" in os.environ else {}
    work = os.path.join(cwd, *line.folders, line.elsewhere or sets.get("GIT_DIR", ""))  # noqa: PTH118
    here = _here(Event(cwd=work.rstrip("/").removesuffix("/.git")))
    if here is None:
        return None
    place = Place(str(here.repo.root), os.path.realpath(cwd), _aliases(here, "git"))
    refused = judge_words(["git", *words], place, sets)
    return _refusal(here, refused, here.worker) if refused else None


def _refusal(here: _Here, refused: Refusal, worker: str | None) -> str:
    refusals.remember(here.repo, here.slug, worker, refused.what)
    what = one_line(refused.what, 120)
    lines = [f"gitorch: refused: {what}", f"  {refused.reason}", f"  instead: {refused.instead}"]
    return "\n".join([*lines, "  your files are safe as they are: undo nothing, and go on with your work"])


def _folder(here: _Here, event: Event) -> str:
    return os.path.realpath(event.cwd) if event.cwd else str(here.repo.root)


def _aliases(here: _Here, command: str) -> dict[str, str]:
    if "git" not in command:
        return {}
    listed = here.repo.run("config", "-z", "--get-regexp", r"^alias\.", check=False).text
    pairs = (entry.partition("\n") for entry in listed.split("\0") if entry)
    return {name.removeprefix("alias.").lower(): value for name, _, value in pairs}


def _others(here: _Here, event: Event) -> frozenset[str]:
    """The paths that other workers claim or are to write, and the build's own folder."""
    if not any(word in (event.command or "") for word in ("rm", "find", "unlink", "shred")):
        return frozenset()
    build = here.build
    mine = _worker_of(here, event)
    claimed = {f"{build.folder.shown}/meta.json"}
    for worker in build.read_state().workers:
        if str(worker.id) != mine and worker.completion:
            claimed |= {path.rstrip("/") for path in worker.completion.artifacts}
    return frozenset(claimed)


def _worker_of(here: _Here, event: Event) -> str | None:
    """Which worker a session is: by the environment, by what it was told, or by what its subagent was."""
    ids = (event.session, event.agent)
    return here.worker or sessions.read(here.repo, here.slug, *ids).worker


def prompt(event: Event) -> Told | None:
    """A prompt that begins with the brief of a worker that is ready makes the session that worker."""
    here = _here(event)
    if here is None or here.worker:
        return None
    worker = _begin(here, event.prompt, thread=event.session)
    if worker is None:
        return None
    sessions.write(here.repo, here.slug, sessions.Session(worker=worker), event.session, event.agent)
    undo = f"gitorch launch {worker} --project {here.slug} --undo"
    return Told(
        f"gitorch: this session is worker {worker} of build {here.slug}, and ends with its report.",
        f"gitorch noted that {worker} was launched; undo: {undo}",
    )


def _begin(here: _Here, text: str, thread: str) -> str | None:
    """Note the launch of the worker whose brief `text` begins with; its id, None where there is none."""
    from gitorch.actions.launch import launch
    from gitorch.core.state import WorkerStatus

    build = here.build
    worker = _told(build.read_state(), text, WorkerStatus.READY)
    if worker is None:
        return None
    launch(build, worker, thread)
    return worker


def _told(state: "BuildState", text: str, *statuses: "WorkerStatus") -> str | None:
    """The worker at one of `statuses` whose brief a text begins with."""
    found = (str(w.id) for w in state.having(*statuses) if begins_with(text, w.brief.text))
    return next(found, None)


def stop(event: Event) -> str | None:
    """What a worker's session has still to write before it ends; None where it may end.

    After `ASKED` times it may, and the worker is recorded as failed.
    """
    here = _here(event)
    if here is None:
        return None
    if here.worker and event.agent:  # a helper of the worker's, which reports to it
        return None
    worker = _worker_of(here, event) or _of_subagent(here, event)
    if worker is None:
        return None
    from gitorch.actions.close import close

    build = here.build
    try:
        close(build, worker)
    except GitorchError as error:
        if error.code != "missing-report":
            return None
        return _hold(here, event, worker, error)
    return None


def _of_subagent(here: _Here, event: Event) -> str | None:
    if not event.transcript:
        return None
    try:
        told = first_prompt(files.read_regular(Path(event.transcript), _TRANSCRIPT_BYTES)[0])
    except OSError:
        return None
    from gitorch.core.state import WorkerStatus

    return _told(here.build.read_state(), told, WorkerStatus.IN_PROGRESS)


def _hold(here: _Here, event: Event, worker: str, error: GitorchError) -> str | None:
    ids = (event.session, event.agent)
    known = sessions.read(here.repo, here.slug, *ids)
    if known.asked >= ASKED:
        from gitorch.actions.close import close

        reason = f"it was asked {ASKED} times for its report and ended without one"
        close(here.build, worker, gone=reason)
        return None
    try:
        held = sessions.Session(worker, known.asked + 1)
        sessions.write(here.repo, here.slug, held, *ids)
    except OSError:  # a sandbox: the client itself has to say that it was held before
        if event.blocked_before:
            return None
    return "\n".join([f"gitorch: {error.message}", *(f"  {line}" for line in error.details)])
