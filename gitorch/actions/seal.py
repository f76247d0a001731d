"""seal on, seal off: git's own lock on the branch of an open build. Moves no ref."""

from dataclasses import dataclass
from pathlib import Path

from gitorch.actions.changing import changing_repository
from gitorch.actions.workplace import Build, find_build
from gitorch.adapters.guard import registry, seal
from gitorch.core import hints
from gitorch.core.errors import GitorchError


@dataclass(frozen=True)
class Sealed:
    """The build, whether its branch is locked now, and whether that is new."""

    build: Build
    on: bool
    changed: bool
    costs: tuple[str, ...]


def set_seal(start: Path, project: str | None, *, on: bool) -> Sealed:
    """Lock or unlock the branch of an open build; GitorchError when it cannot be."""
    build = find_build(start, project)
    repo = build.place.need_repo()
    with changing_repository(repo):
        if on and not registry.is_open(repo, build.slug):
            text = f"build {build.slug} is not open, and only the branch of an open build is sealed"
            raise GitorchError("closed-build", text, about=build.slug, hints=[hints.status(build.slug)])
        changed = seal.put(repo, build.slug) if on else seal.lift(repo, build.slug)
    return Sealed(build, on, changed, seal.costs(build.slug) if on else ())
