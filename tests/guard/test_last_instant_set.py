"""`core.fsmonitor` is the guard's in the worktree of an open build alone, and never where the person has one."""

import os
from pathlib import Path

import pytest

from gitorch.adapters.guard import install, instant, registry
from gitorch.adapters.guard.scripts import LAST_INSTANT
from gitorch.core.names import Slug
from gitorch.core.opened import Decided
from tests.builds import identity
from tests.scene import Scene, git, run, write
from tests.scene.guarded import discover, open_guarded
from tests.scene.picture import files_of, picture

ASKED = ("config", "--get-all", "core.fsmonitor")
HOLDS = "git takes a snapshot before it overwrites files in"
NOT = "git takes no snapshot before it overwrites files in"


def is_set(root: Path) -> bool:
    """Whether git in `root` has an fsmonitor of the guard's."""
    return LAST_INSTANT in git(root, *ASKED, check=False)


def test_it_is_there_while_a_build_is_open_and_nowhere_at_any_other_time(
    scene: Scene, tmp_path: Path
) -> None:
    scene.gitorch("install")
    before, config = picture(scene.root), (scene / ".git/config").read_bytes()
    scene.run("git", "status", env={"GIT_TRACE": str(tmp_path / "trace")})
    assert "run_command" not in (tmp_path / "trace").read_text()
    assert not is_set(scene.root)

    guarded = open_guarded(scene.root)
    assert is_set(scene.root)
    assert (scene / ".git/config").read_bytes() == config
    registry.close_build(guarded.repo, Slug("x"))

    assert not is_set(scene.root)
    left = picture(scene.root).keys() - before.keys() - {"N5/"}
    assert not [name for name in left if "instant" in name or "watched" in name]
    assert scene.gitorch("uninstall").status == 0
    assert "instant" not in str(files_of(scene / ".git").keys())


def test_other_worktrees_are_undisturbed(scene: Scene, tmp_path: Path) -> None:
    linked, other = tmp_path / "linked", tmp_path / "other"
    for place in (linked, other):
        scene.git("worktree", "add", "-q", "--detach", str(place))
    git(linked, "checkout", "-q", "-b", "build/y")
    scene.gitorch("install")

    registry.open_build(discover(linked), identity("y"), Decided())

    assert [is_set(place) for place in (scene.root, linked, other)] == [False, True, False]
    guarded = open_guarded(scene.root)
    assert [is_set(place) for place in (scene.root, linked, other)] == [True, True, False]
    registry.close_build(discover(linked), Slug("y"))
    assert [is_set(place) for place in (scene.root, linked, other)] == [True, False, False]
    registry.close_build(guarded.repo, Slug("x"))
    assert not is_set(scene.root)


@pytest.mark.parametrize("name", ["a 'build'", "[x] *?", 'ü\\"\n', "tail "])
def test_it_is_found_under_every_kind_of_path(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    git(tmp_path, "init", "-q", str(root))
    git(root, "commit", "-q", "--allow-empty", "-m", "first")
    git(root, "worktree", "add", "-q", "-b", "build/y", str(tmp_path / f"of {name}"))
    (tmp_path / "link").symlink_to(root)
    twin = tmp_path / name.replace("x", "?").replace("*", "s")

    open_guarded(root)
    registry.open_build(discover(tmp_path / f"of {name}"), identity("y"), Decided())

    for place in (root, tmp_path / "link", tmp_path / f"of {name}"):
        assert instant.problem(discover(place)) is None
    if twin != root:
        git(tmp_path, "init", "-q", str(twin))
        assert not is_set(twin)


def test_a_submodule_is_watched_by_itself(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    outer = tmp_path / "outer"
    git(tmp_path, "init", "-q", str(outer))
    git(outer, "submodule", "--quiet", "add", str(scene.root), "inner")

    open_guarded(outer / "inner")

    assert instant.problem(discover(outer / "inner")) is None
    assert not is_set(outer)


@pytest.mark.parametrize("scope", ["--global", "--local", "--worktree"])
def test_an_fsmonitor_of_the_persons_own_is_left_alone_and_that_is_said(scene: Scene, scope: str) -> None:
    scene.git("config", "extensions.worktreeConfig", "true")
    scene.git("config", scope, "core.fsmonitor", "theirs")
    scene.gitorch("install")
    scene.write("plan.md", "# Build Plan: x\n\n## Wave 1: w\n- W1.1: One — do it\n")

    opened = scene.gitorch("init", "--project", "x", "--plan-file", "plan.md")
    seen = scene.gitorch("doctor")

    assert scene.git(*ASKED) == "theirs"
    told = f"{NOT} {scene.root}: core.fsmonitor is theirs (set in "
    assert (opened.status, seen.status) == (0, 0)
    assert f"warning: {told}" in opened.err
    assert f"warning: {told}" in seen.err
    assert HOLDS not in seen.out


def test_one_that_is_set_while_a_build_is_open_is_told_and_doctor_makes_room_for_it(scene: Scene) -> None:
    open_guarded(scene.root)
    scene.git("config", "core.fsmonitor", "theirs")

    seen = scene.gitorch("doctor", "--fix")

    assert f"{NOT} {scene.root}: core.fsmonitor is theirs (set in .git/config)" in seen.err
    assert scene.git("config", "--get", "core.fsmonitor") == "theirs"
    scene.git("config", "--unset", "core.fsmonitor")
    assert "git takes a snapshot again before it overwrites files" in scene.gitorch("doctor", "--fix").err
    assert is_set(scene.root)


def test_one_that_the_person_has_switched_off_is_no_fsmonitor(scene: Scene) -> None:
    scene.git("config", "--global", "core.fsmonitor", "false")

    open_guarded(scene.root)

    assert instant.problem(discover(scene.root)) is None


def test_doctor_tries_it_and_leaves_nothing(scene: Scene) -> None:
    install.install(open_guarded(scene.root).repo)
    before, index = picture(scene.root), (scene / ".git/index").read_bytes()

    ran = scene.gitorch("doctor")

    assert f"{HOLDS} {scene.root}" in ran.out
    assert picture(scene.root) == before
    assert (scene / ".git/index").read_bytes() == index


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        ("rm .git/gitorch/last-instant", "does not exist, or is not as gitorch wrote it"),
        ("rm .git/gitorch/guard/watched", "git does not start"),
        ("git config includeIf.gitdir:/.path nowhere", "git does not start"),
        ("echo exit >.git/gitorch/guard/last-instant", "git does not start"),
        ("echo /none >.git/gitorch/guard/program", "by sh alone: no gitorch starts"),
    ],
)
def test_doctor_says_where_it_does_not_hold_and_fixes_it(scene: Scene, break_it: str, why: str) -> None:
    open_guarded(scene.root)
    scene.run("sh", "-ec", break_it)

    seen = scene.gitorch("doctor")
    fixed = scene.gitorch("doctor", "--fix")

    assert f"{NOT} {scene.root}: " in seen.out
    assert why in seen.out
    assert f"{HOLDS} {scene.root}" in fixed.out


def test_doctor_says_that_the_environment_switches_it_off(scene: Scene) -> None:
    open_guarded(scene.root)
    off = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": ""}

    ran = scene.gitorch("doctor", env=off)

    assert f"{NOT} {scene.root}: git does not start" in ran.out


def test_a_repository_that_was_moved_is_watched_again_by_doctor(scene: Scene, tmp_path: Path) -> None:
    open_guarded(scene.root)
    moved = Scene(scene.root.rename(tmp_path / "moved"))

    assert f"{NOT} {moved.root}" in moved.gitorch("doctor").out
    moved.gitorch("doctor", "--fix")

    assert instant.problem(discover(moved.root)) is None


def test_gitorchs_own_gits_and_what_they_start_for_the_person(scene: Scene, tmp_path: Path) -> None:
    """Ours do not start the program; a hook of the person's that a git of ours runs has the settings it knows."""
    guarded = open_guarded(scene.root)
    trace = tmp_path / "trace"

    guarded.repo.run("status", env={"GIT_TRACE": str(trace)})

    assert "run_command" not in trace.read_text()
    said = guarded.repo.run("-c", "alias.x=!git config --get core.fsmonitor", "x", for_person=True)
    assert LAST_INSTANT in said.text


def test_no_edit_is_missed(scene: Scene) -> None:
    """Of the same size, in the same second, behind a git that has just looked at all files."""
    for name in ("a", "b", "c"):
        scene.write(name, "0000\n")
    scene.git("add", ".")
    open_guarded(scene.root)

    for number in range(1, 31):
        for name in ("a", "b", "c"):
            scene.write(name, f"{number:04}\n")
            os.utime(scene / name, (1_800_000_000, 1_800_000_000))
        scene.git("status", "--short")
        scene.write("a", f"{number:04}!"[-5:])
        assert scene.git("diff", "--name-only").split() == ["a", "b", "c"]
        scene.git("add", ".")
        assert scene.git("show", ":a") == f"{number:04}!"[-5:]


def test_an_edit_of_a_file_that_git_took_for_unchanged_is_seen(scene: Scene) -> None:
    open_guarded(scene.root)
    for _ in range(2):
        scene.git("status")

    scene.write("README", "a projecT\n")

    assert scene.git("status", "--short", "README") == " M README"
    assert write(scene / "new", "").exists()
    assert "?? new" in run("git", "status", "--short", cwd=scene.root).out
