"""A13: in a repository's own hooks folder the wall is there only while a build is open."""

import errno
import os
from pathlib import Path

import pytest

from gitorch.adapters.guard import arming, install, registry
from gitorch.adapters.guard.scripts import EVENTS, marker
from gitorch.core.names import Slug
from gitorch.core.opened import Decided
from tests.builds import identity
from tests.scene import Scene
from tests.scene.guarded import discover, open_guarded
from tests.scene.picture import files_of

WALL = EVENTS[0]
OTHERS = set(EVENTS[1:])
THEIRS = "#!/bin/sh\necho theirs >&2\n"


def ours(folder: Path) -> set[str]:
    """The names in a hooks folder that are hooks of the guard."""
    return {name for name, (_, data) in files_of(folder).items() if marker(data)}


def test_a13_the_wall_is_there_from_the_first_build_that_opens_to_the_last_that_closes(
    scene: Scene, tmp_path: Path
) -> None:
    hooks = scene / ".git/hooks"
    scene.git("worktree", "add", "-q", "-b", "build/y", str(tmp_path / "linked"))
    assert scene.gitorch("install").status == 0
    assert ours(hooks) == OTHERS

    guarded, linked = open_guarded(scene.root), discover(tmp_path / "linked")
    registry.open_build(linked, identity("y", guarded.base), Decided())
    assert ours(hooks) == {WALL, *OTHERS}
    registry.close_build(guarded.repo, Slug("x"))
    assert ours(hooks) == {WALL, *OTHERS}
    registry.close_build(linked, Slug("y"))

    assert ours(hooks) == OTHERS


def test_a13_packing_refs_starts_no_program_where_no_build_is_open(scene: Scene, tmp_path: Path) -> None:
    assert scene.gitorch("install").status == 0
    scene.git("tag", "one")

    scene.run("git", "pack-refs", "--all", env={"GIT_TRACE": str(tmp_path / "trace")})

    assert "run_command" not in (tmp_path / "trace").read_text()


def test_a13_before_another_programs_hook_the_wall_is_there_at_all_times(scene: Scene) -> None:
    hooks = scene / ".git/hooks"
    scene.hook(WALL, THEIRS)
    assert scene.gitorch("install").status == 0
    assert ours(hooks) == {WALL, *OTHERS}

    registry.close_build(open_guarded(scene.root).repo, Slug("x"))

    assert ours(hooks) == {WALL, *OTHERS}
    assert "theirs" in scene.run("git", "tag", "one").err


def test_a13_a_hook_that_came_after_the_guard_is_behind_the_wall_when_a_build_opens(scene: Scene) -> None:
    assert scene.gitorch("install").status == 0
    hook = scene.hook(WALL, THEIRS)

    guarded = open_guarded(scene.root)
    refused = scene.run("git", "update-ref", "refs/heads/build/x", "HEAD^{tree}")
    registry.close_build(guarded.repo, Slug("x"))

    assert refused.status != 0
    assert "theirs" in scene.run("git", "tag", "one").err
    assert scene.gitorch("uninstall").status == 0
    assert hook.read_text() == THEIRS
    assert ours(hook.parent) == set()


@pytest.mark.parametrize("place", ["my hooks", ".git/../hooks"])
def test_a13_in_any_other_folder_the_hooks_are_there_at_all_times(scene: Scene, place: str) -> None:
    scene.git("config", "core.hooksPath", place)
    assert scene.gitorch("install").status == 0
    assert ours(scene / place) == set(EVENTS)

    registry.close_build(open_guarded(scene.root).repo, Slug("x"))

    assert ours(scene / place) == set(EVENTS)
    assert ours(scene / ".git/hooks") == set()


def test_a13_a_wall_that_is_missing_while_a_build_is_open_is_restored_by_the_next_command(
    scene: Scene,
) -> None:
    guarded = open_guarded(scene.root)
    wall = scene / ".git/hooks" / WALL
    wall.unlink()

    ran = scene.gitorch("status")

    assert ran.err == f"{wall} was missing while a build is open, and was restored\n"
    assert "not guarded" not in ran.out + ran.err
    assert scene.run("git", "commit", "-n", "--allow-empty", "-m", "x").status != 0
    assert guarded.tip() == guarded.base
    assert scene.gitorch("status").err.splitlines() == [
        "a process of no worker was refused 1 time (last: git commit)"
    ]


def test_a13_where_it_cannot_be_restored_status_and_doctor_say_not_guarded(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_guarded(scene.root)
    scene.git("config", "--unset", "includeIf.gitdir:/.path")  # on git 2.54 and newer that alone would hold
    wall = scene / ".git/hooks" / WALL
    wall.unlink()

    def refuse(_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(arming, "arm", refuse)

    assert f"{scene.root} is not guarded: {wall} does not exist" in scene.gitorch("status").out
    assert f"{scene.root} is not guarded: {wall} does not exist" in scene.gitorch("doctor").out


def test_a13_a_wall_that_a_kill_has_left_behind_does_nothing_and_goes_with_the_next_install(
    scene: Scene,
) -> None:
    wall = scene / ".git/hooks" / WALL
    guarded = open_guarded(scene.root)
    left = wall.read_bytes()
    registry.close_build(guarded.repo, Slug("x"))
    wall.write_bytes(left)
    wall.chmod(0o755)

    committed = scene.run("git", "commit", "-q", "--allow-empty", "-m", "x")

    assert (committed.status, committed.err) == (0, "")
    assert install.install(discover(scene.root)).changed
    assert ours(scene / ".git/hooks") == OTHERS


def test_a13_a_hook_that_was_half_kept_when_a_kill_came_is_kept_by_the_next(scene: Scene) -> None:
    """As a kill leaves it between the second name of the hook that was there and ours."""
    assert scene.gitorch("install").status == 0
    hook = scene.hook(WALL, THEIRS)
    kept = hook.with_name(f"{WALL}.gitorch-kept")
    os.link(hook, kept)

    open_guarded(scene.root)

    assert kept.read_text() == THEIRS
    assert ours(hook.parent) == {WALL, *OTHERS}
