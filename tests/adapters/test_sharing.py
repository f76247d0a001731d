"""What lies below the git directory is for the same people as git's own files there, by every setting."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitorch.adapters import verdicts
from gitorch.adapters.git import sharing
from gitorch.adapters.guard import install, registry, seal
from gitorch.adapters.guard.scripts import EVENTS
from gitorch.core.names import Slug
from gitorch.core.opened import Decided
from tests.builds import identity
from tests.scene import git
from tests.scene.guarded import discover

SETTINGS = ["umask", "false", "group", "true", "1", "all", "world", "everybody", "2", "0640", "0660", "0600"]


@pytest.fixture(params=[0o022, 0o077], ids=["umask 022", "umask 077"])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_file_and_a_folder_get_the_modes_that_git_gives_its_own(tmp_path: Path, setting: str) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "core.sharedRepository", setting)
    git(tmp_path, "update-ref", "refs/theirs/a/b", git(tmp_path, "hash-object", "-w", "--stdin", stdin="x"))
    theirs, repo = tmp_path / ".git" / "refs" / "theirs", discover(tmp_path)
    ours = repo.shared / "a"
    sharing.make_folder(repo, ours)
    sharing.write(repo, ours / "b", b"x")
    assert {mode(ours), mode(repo.shared)} == {mode(theirs / "a")}
    assert mode(ours / "b") == mode(theirs / "a" / "b")
    assert not sharing.write_if_different(repo, ours / "b", b"x")


def test_of_a_shared_repository_everybody_in_the_group_reads_what_gitorch_goes_by(
    repo: Path, umask: int
) -> None:
    git(repo, "config", "core.sharedRepository", "group")
    git(repo, "checkout", "-q", "-b", "build/x")
    there = discover(repo)
    assert install.install(there).changed
    registry.open_build(there, identity("x"), Decided())
    registry.write_permit(there, "a", "b", "c")
    seal.put(there, Slug("x"))
    verdicts.keep(there, "green", 1.5)
    assert verdicts.recall(there, "green") == 1.5
    ours = [there.shared, *there.shared.rglob("*"), repo / ".git" / "refs" / "heads" / "build" / "x.lock"]
    hooks = [repo / ".git" / "hooks" / event for event in EVENTS]
    assert len(ours) > len(hooks)
    for path in (*ours, *hooks):
        wanted = 0o2070 if path.is_dir() else 0o070 if path in hooks else 0o060
        assert mode(path) & wanted == wanted, path
        assert umask == 0o022 or not mode(path) & 0o007, path
    assert not install.install(there).changed


@pytest.mark.usefixtures("umask")
def test_an_installation_from_before_the_setting_is_brought_up_to_it(repo: Path) -> None:
    (repo / ".git" / "gitorch" / "open").mkdir(parents=True)  # the hooks are there while a build is open
    install.install(discover(repo))
    git(repo, "config", "core.sharedRepository", "0640")
    there = discover(repo)
    report = install.install(there)
    assert (report.changed, mode(there.shared / "guard" / "judge"), mode(there.shared)) == (
        True,
        0o640,
        0o2750,
    )
    assert all(mode(repo / ".git" / "hooks" / event) & 0o750 == 0o750 for event in EVENTS)
    assert not install.install(there).changed
