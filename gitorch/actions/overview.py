"""One build with how it stands in git and what needs the person. Records new reports; else only looks."""

from pathlib import Path
from typing import NamedTuple

from gitorch.actions.recording import look_at
from gitorch.actions.standing import elsewhere, standing
from gitorch.actions.workplace import Build, find_build
from gitorch.adapters.guard import refusals
from gitorch.core.issue import Issue
from gitorch.core.names import branch_name
from gitorch.core.needs import Standing, foreign_branch, needs
from gitorch.core.refused import Refused
from gitorch.core.state import BuildState


class Overview(NamedTuple):
    """One build as it stands now, and the issues that need the person."""

    build: Build
    state: BuildState
    standing: Standing | None
    issues: tuple[Issue, ...]
    refused: tuple[Refused, ...]
    """What the guard refused since the build was opened, oldest first."""


def overview(start: Path, project: str | None) -> Overview:
    """The build that is meant, read afresh; GitorchError when there is none."""
    build = find_build(start, project, to_look=True)
    state = look_at(build)
    stands = standing(build, state)
    remotes = (foreign_branch(branch_name(build.slug), other) for other in elsewhere(build, state))
    issues = (*needs(state, stands), *remotes, *build.edited())
    refused = refusals.read(build.place.repo, build.opened) if build.place.repo and build.opened else ()
    return Overview(build, state, stands, issues, refused)
