"""A build that has landed, made once for a file of tests, and forgeries of its commit."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.scene.remembered import remembered
from tests.scene.scene import BRANCH, Scene
from tests.scene.shell import first_commit, git, isolate, write


def land(root: Path, home: Path, env: Mapping[str, str] | None = None) -> None:
    """Make the repository `root` and land a build in it; HOME is `home` meanwhile."""
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, home)
        for name, value in (env or {}).items():
            patch.setenv(name, value)
        _land(root)


@remembered
def _land(root: Path) -> str:
    scene = Scene(root)
    first_commit(root)
    scene.ready_build()
    scene.do("finalize")
    return scene.git("rev-parse", "HEAD")


def copy(landed: Path, to: Path) -> Path:
    """A repository of its own, in the state in which finalize left it."""
    shutil.copytree(landed, to, symlinks=True)
    return to


def amend(root: Path, message: str | None = None) -> str:
    """Put the working tree as it stands, and `message`, into the commit of the build; its id."""
    text = git(root, "log", "-1", "--format=%B") if message is None else message
    git(root, "add", "--all")
    git(root, "commit", "-q", "--amend", "--no-verify", "--cleanup=verbatim", "-F", "-", stdin=text)
    return git(root, "rev-parse", "HEAD")


def sneak(root: Path, message: str, branch: str = BRANCH) -> str:
    """Commit the index to `branch` past every guard, by writing the ref's file; the commit's id."""
    commit = git(root, "commit-tree", "-p", "HEAD", "-m", message, git(root, "write-tree"))
    write(root / ".git" / "refs" / "heads" / branch, f"{commit}\n")
    return commit
