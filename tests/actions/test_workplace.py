"""Which build and which worker a command means, from everywhere a person may type it."""

import os
from pathlib import Path

import pytest

from gitorch.actions.workplace import find_build, find_worker
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core.errors import GitorchError
from gitorch.core.opened import Decided
from tests.builds import brief_text, identity, make_build, meta, report
from tests.scene import Scene, run, write


def refusal(start: Path, project: str | None = None) -> GitorchError:
    with pytest.raises(GitorchError) as caught:
        find_build(start, project)
    return caught.value


def bind(root: Path, slug: str) -> None:
    here = Repository.discover(root)
    assert here is not None
    registry.open_build(here, identity(slug), Decided())


def test_a_single_open_build_needs_no_name_even_from_a_folder_deep_inside(scene: Scene) -> None:
    make_build(scene.root)
    make_build(scene.root, meta("old", status="complete"))
    (scene / "a/b").mkdir(parents=True)
    assert find_build(scene / "a/b", None).slug == "calendar-v2"


def test_where_none_is_open_the_only_build_is_meant(scene: Scene) -> None:
    make_build(scene.root, meta("old", status="complete"))
    assert find_build(scene.root, None).slug == "old"
    make_build(scene.root, meta("older", status="complete"))
    assert refusal(scene.root).message == "no build is open"


def test_the_bound_worktree_says_which_of_several(scene: Scene) -> None:
    make_build(scene.root, meta("one"))
    make_build(scene.root, meta("two"))
    assert "2 builds are open: one, two" in refusal(scene.root).message
    bind(scene.root, "two")
    assert find_build(scene.root, None).slug == "two"
    assert find_build(scene.root, "one").slug == "one"


def test_the_environment_names_the_project_and_the_option_beats_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_build(scene.root, meta("one"))
    make_build(scene.root, meta("two"))
    monkeypatch.setenv("GITORCH_PROJECT", "one")
    assert find_build(scene.root, None).slug == "one"
    assert find_build(scene.root, "two").slug == "two"


def test_an_open_build_is_found_from_another_worktree(scene: Scene, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    scene.git("worktree", "add", "-q", "--detach", str(linked))
    folder = make_build(linked)
    bind(linked, "calendar-v2")
    found = find_build(scene.root, None)
    assert (found.folder.path, found.place.root) == (folder, linked)


def test_without_git_a_build_is_found_by_its_folder_or_its_policy(tmp_path: Path) -> None:
    make_build(tmp_path / "plain")
    (tmp_path / "plain" / "deep").mkdir()
    assert find_build(tmp_path / "plain" / "deep", None).slug == "calendar-v2"
    write(tmp_path / "other" / ".gitorch.yaml", "builds_dir: b\n")
    make_build(tmp_path / "other" / "x")
    (tmp_path / "other" / "x" / "N5" / "builds").rename(tmp_path / "other" / "b")
    assert find_build(tmp_path / "other" / "x", None).place.root == tmp_path / "other"


def test_a_build_that_is_not_there_is_refused_with_what_to_type(scene: Scene) -> None:
    assert refusal(scene.root).message == "no build is open"
    wrong = refusal(scene.root, "nope")
    assert (wrong.status, wrong.hints[0].command) == (1, "gitorch list")
    assert refusal(scene.root, "a/../b").status == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("builds_dir: /abs", "not a folder inside"),
        ("builds_dir: a/../../b", "not a folder inside"),
        ("builds_dir: .git/x", "not a folder inside"),
        ("buildsdir: x", "buildsdir"),
        ("validators: [{name: a, command: x}, {name: a, command: y}]", "two validators are named a"),
        ("[", ".gitorch.yaml:2:1: is not YAML"),
        ("- a", "dictionary"),
    ],
)
def test_a_policy_with_a_mistake_is_bad_input_that_says_where(scene: Scene, text: str, problem: str) -> None:
    scene.write(".gitorch.yaml", text)
    error = refusal(scene.root)
    assert error.status == 2
    assert problem in "\n".join([error.message, *error.details])


def test_a_worker_goes_by_id_key_or_environment(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_build(scene.root)
    write(folder / "workers" / "W1.1-x.md", brief_text("W1.1", "Schema", (), key="worker_schema"))
    write(folder / "completions" / "worker_schema.json", report("worker_schema"))
    state = find_build(scene.root, None).read_state()
    assert find_worker(state, "worker_schema").id == find_worker(state, "W1.1").id
    assert find_worker(state, "W1.1").status == "complete"
    with pytest.raises(GitorchError, match="expected the name of a worker"):
        find_worker(state, None)
    monkeypatch.setenv("GITORCH_WORKER", "W1.2")
    assert str(find_worker(state, None).id) == "W1.2"
    with pytest.raises(GitorchError, match="has no worker") as caught:
        find_worker(state, "W9.9")
    assert "W1.1 (worker_schema)" in caught.value.details[0]


@pytest.mark.parametrize("damage", ["does not exist", "is damaged"])
def test_the_command_that_brings_meta_json_back_does_so_from_any_folder(scene: Scene, damage: str) -> None:
    folder = make_build(scene.root)
    scene.git("add", "N5")
    deep = scene / "a b"
    deep.mkdir()
    if damage == "does not exist":
        (folder / "meta.json").unlink()
    else:
        write(folder / "meta.json", "{}")
    with pytest.raises(GitorchError, match=f"meta.json {damage}") as caught:
        find_build(deep, "calendar-v2").read_meta()
    command = caught.value.hints[-1].command
    assert run("sh", "-c", command, cwd=deep).status == 0
    assert find_build(deep, "calendar-v2").folder.read_meta().slug == "calendar-v2"


def test_the_command_that_takes_a_link_from_the_policys_place_does_so_from_any_folder(scene: Scene) -> None:
    (scene / ".gitorch.yaml").symlink_to("elsewhere")
    deep = scene / "a b"
    deep.mkdir()
    command = refusal(deep).hints[0].command
    assert run("sh", "-c", command, cwd=deep).status == 0
    assert not os.path.lexists(scene / ".gitorch.yaml")
    assert (scene / ".gitorch.yaml.old").is_symlink()
