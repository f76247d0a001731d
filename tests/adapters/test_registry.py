"""Which builds are open, as gitorch and the guard see it; linked worktrees have their own binding."""

from pathlib import Path

import pytest

from gitorch.adapters.files import TEMPORARY_PREFIX
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core.names import Slug
from gitorch.core.opened import Decided
from tests.builds import identity
from tests.scene import Scene, git


def discover(root: Path) -> Repository:
    found = Repository.discover(root)
    assert found is not None
    return found


def test_nothing_is_left_when_the_last_build_closes(scene: Scene) -> None:
    here = discover(scene.root)
    registry.open_build(here, identity("a"), Decided())
    registry.open_build(here, identity("b"), Decided())
    registry.close_build(here, Slug("a"))
    assert (here.shared / "open").is_dir()
    assert registry.bound_slug(here) == "b"
    registry.close_build(here, Slug("b"))
    assert not (here.shared / "open").exists()
    assert registry.bound_slug(here) is None
    registry.close_build(here, Slug("b"))  # once more is harmless


def test_what_a_killed_command_left_beside_the_decisions_goes_with_the_next_one(scene: Scene) -> None:
    here = discover(scene.root)
    left = scene.write(f".git/gitorch/decided/{TEMPORARY_PREFIX}x", "half")

    registry.write_decided(here, Slug("a"), Decided())

    assert not left.exists()
    assert registry.read_decided(here, Slug("a")) == Decided()


def test_a_linked_worktree_has_its_own_binding_and_sees_every_build(scene: Scene, tmp_path: Path) -> None:
    linked = tmp_path / "linked tree"
    scene.git("worktree", "add", "-q", "--detach", str(linked))
    here, there = discover(scene.root), discover(linked)
    registry.open_build(there, identity("x"), Decided())
    assert registry.bound_slug(here) is None
    assert registry.bound_slug(there) == "x"
    assert registry.open_builds(here) == {"x": linked}


@pytest.mark.parametrize("name", ["deadbeef" * 5, "new\nline"])
def test_the_base_is_recorded_beside_the_worktree_whatever_that_is_called(tmp_path: Path, name: str) -> None:
    git(tmp_path, "init", "-q", name)
    here = discover(tmp_path / name)
    registry.open_build(here, identity("x"), Decided())
    assert registry.find_opened(here, Slug("x")) == identity("x").model_copy(
        update={"worktree": str(tmp_path / name)}
    )
    assert registry.recorded_roots(here) == {"x": tmp_path / name}
    assert registry.find_opened(here, Slug("y")) is None


@pytest.mark.parametrize("name", ["with space", "übung", "new\nline"])
def test_discover_knows_roots_with_odd_names(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    root.mkdir()
    git(root, "init", "-q")
    (root / "sub").mkdir()
    assert discover(root / "sub").root == root


def test_discover_is_not_misled_by_an_inherited_git_dir(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert discover(scene.root).git_dir == scene / ".git"


def test_outside_and_in_a_bare_repository_there_is_none(tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    bare.mkdir()
    git(bare, "init", "-q", "--bare")
    assert Repository.discover(tmp_path) is None
    assert Repository.discover(bare) is None
