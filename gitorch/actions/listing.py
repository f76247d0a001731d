"""What is read of builds without asking git how they stand: every build, or one. Records new reports,
changes nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gitorch.actions.recording import look_at
from gitorch.actions.workplace import Build, build_of, find_build, find_workplace
from gitorch.adapters.build_folder import list_builds
from gitorch.adapters.guard import registry
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Issue
from gitorch.core.names import Slug
from gitorch.core.state import BuildState
from gitorch.core.text import one_line


class Listed(NamedTuple):
    """One build of the list: its state, or the `problem` that keeps it from being read."""

    slug: Slug
    folder: Path
    state: BuildState | None
    problem: Issue | None = None


def list_all(start: Path) -> list[Listed]:
    """Every build below this workplace, and the open ones of the repository's other worktrees."""
    return sorted(map(_listed, _builds(start)), key=lambda listed: listed.slug)


def _builds(start: Path) -> Iterator[Build]:
    place = find_workplace(start)
    opened = registry.open_builds(place.repo) if place.repo else {}
    for slug in opened:
        yield build_of(place, slug, even_without_records=True)
    try:
        closed = list_builds(place.builds, place.builds_dir)
    except GitorchError:  # a broken configuration keeps nobody from an open build
        if not opened:
            raise
        closed = []
    yield from (Build(place, folder) for folder in closed if folder.slug not in opened)


def _listed(build: Build) -> Listed:
    try:
        return Listed(build.slug, build.folder.path, look_at(build_of(build.place, build.slug, to_look=True)))
    except GitorchError as error:
        return Listed(build.slug, build.folder.path, None, error.issue)


def read_build(start: Path, project: str | None) -> BuildState:
    """The build that is meant, read afresh; GitorchError when there is none."""
    return look_at(find_build(start, project, to_look=True))


def slugs(start: Path) -> list[str]:
    """The name of every build, for a shell to complete; none where something is wrong."""
    try:
        return [build.slug for build in _builds(start)]
    except (GitorchError, OSError):
        return []


def worker_names(start: Path, project: str | None) -> list[tuple[str, str]]:
    """Each worker's id and key with its title, for a shell to complete; none where something is wrong."""
    try:
        state = find_build(start, project, to_look=True).read_state()
    except (GitorchError, OSError):
        return []
    return [
        (name, one_line(worker.brief.title))
        for worker in state.workers
        for name in (str(worker.id), worker.brief.key)
        if name
    ]
