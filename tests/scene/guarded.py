"""A repository with an open build, as `init` leaves it, for tests of the guard alone."""

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import install, registry
from gitorch.core.meta import BuildType, Meta, PlanHead, dump_meta
from gitorch.core.opened import Decided
from tests.builds import identity
from tests.scene.remembered import remembered
from tests.scene.shell import git, write

PROGRAM = Path(__file__).with_name("gitorch")
"""Stands for gitorch."""

BRANCH = "refs/heads/build/x"


def discover(root: Path) -> Repository:
    """The repository around `root`, which has to be there."""
    found = Repository.discover(root)
    assert found is not None
    return found


@dataclass(frozen=True)
class Guarded:
    """A worktree that is bound to the open build `x`, and its base."""

    root: Path
    repo: Repository
    base: str

    def tip(self) -> str:
        return git(self.root, "rev-parse", BRANCH)


def open_guarded(root: Path) -> Guarded:
    """Install the guard and open build `x` at the current commit; another `install` has it take snapshots."""
    base = _open_guarded(root)
    return Guarded(root, discover(root), base)


@remembered
def _open_guarded(root: Path) -> str:
    repo = discover(root)
    install.install(repo)
    write(repo.shared / "guard" / "program", f"{PROGRAM}\n{shlex.quote(str(PROGRAM))}\n")
    base = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "-q", "-b", "build/x")
    registry.open_build(repo, identity("x", base), Decided())
    write_meta(root, base)
    return base


def write_meta(root: Path, base: str) -> None:
    """The build's record, kept out of `git status` for tests that look at it."""
    opened = datetime(2026, 1, 18, tzinfo=UTC)
    meta = Meta(
        build_type=BuildType.CODE,
        slug="x",
        branch="build/x",
        base=base,
        opened_at=opened,
        plan=PlanHead(name="x"),
    )
    write(root / "N5" / "builds" / "x" / "meta.json", dump_meta(meta))
    write(root / "N5" / ".gitignore", "*\n")
