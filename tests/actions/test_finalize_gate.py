"""finalize's gate: where its validators run, what they remember, and which policy they obey."""

import json
import os
import sys
from pathlib import Path

import pytest

from gitorch.actions.policy import policy_at
from gitorch.adapters.git.repository import Repository
from gitorch.core.errors import GitorchError
from tests.scene import FOLDER, SLUG, Scene, git, run, write

CLEAN = """
validators:
- name: tree
  command: >-
    test ! -e stray && test -z "$(git status --porcelain)" && test -f src/schema.py
    && grep -q '"status": "complete"' N5/builds/calendar-v2/meta.json
- {name: docs, command: 'false', paths: [docs/]}
workspace: {kind: clean}
"""


def test_a_clean_workspace_holds_exactly_what_lands_final_records_included(scene: Scene) -> None:
    base = scene.open_build(CLEAN)
    scene.deliver_all()
    scene.write("stray", "x\n")
    ran = scene.gitorch("finalize", "--unclaimed", "leave")
    assert ran.status == 0, ran.err
    assert "tree: passed (0." in ran.err
    assert scene.git("rev-list", "--count", f"{base}..HEAD") == "1"
    message = scene.git("log", "-1", "--format=%B")
    assert "> tree\n> docs (not run: the change touches none of its paths)" in message


def test_what_is_left_uncommitted_helps_no_validator(scene: Scene) -> None:
    base = scene.open_build("validators: [{name: a, command: test -e helper}]\n")
    scene.deliver_all()
    scene.write("helper", "x\n")
    ran = scene.gitorch("finalize", "--unclaimed", "leave")
    assert ran.status == 1
    assert "the validators run in a clean checkout: the worktree has files that stay uncommitted" in ran.err
    assert "a: failed (" in ran.err
    assert scene.git("rev-parse", "HEAD") == base
    assert scene.gitorch("finalize", "--unclaimed", "include").status == 0


@pytest.mark.parametrize("key", ["base", "build_type"])
def test_what_decides_how_a_build_is_judged_is_as_it_was_at_its_opening(scene: Scene, key: str) -> None:
    base = scene.open_build("validators: [{name: a, command: 'false'}]\n")
    scene.deliver_all()
    other = scene.git("commit-tree", "-p", base, "-m", "no policy", scene.git("mktree", stdin=""))
    path = scene / FOLDER / "meta.json"
    meta = json.loads(path.read_text())
    path.write_text(json.dumps({**meta, key: {"base": other, "build_type": "content"}[key]}))

    assert "meta.json: differs from what gitorch recorded" in scene.gitorch("status").out
    for command in ("finalize", "validate"):
        assert "a: failed" in scene.gitorch(command).err
    assert scene.gitorch("sync").status == 0

    assert json.loads(path.read_text()) == {**meta, "current_wave": 2}
    assert scene.git("rev-parse", f"build/{SLUG}") == base


def test_an_object_that_was_replaced_judges_nothing(scene: Scene) -> None:
    base = scene.open_build("validators: [{name: a, command: 'false'}]\n")
    scene.deliver_all()
    other = scene.git("hash-object", "-w", "--stdin", stdin="# none\n")
    scene.git("replace", scene.git("rev-parse", "HEAD:.gitorch.yaml"), other)
    scene.write(".gitorch.yaml", "# none\n")
    scene.deliver("W1.1", ["src/schema.py", ".gitorch.yaml"])
    for command in (("finalize",), ("validate",)):
        ran = scene.gitorch(*command)
        assert (ran.status, "-validators: [{name: a" in ran.err + ran.out or "failed" in ran.err) == (1, True)
    assert scene.git("rev-parse", "HEAD") == base


def test_what_validate_found_green_is_remembered_by_finalize(scene: Scene, tmp_path: Path) -> None:
    count = tmp_path / "count"
    scene.open_build(f"validators: [{{name: a, command: 'echo >> {count}'}}]\n")
    scene.deliver_all()
    assert scene.gitorch("sync").status == 0
    assert scene.gitorch("validate").status == 0
    ran = scene.gitorch("finalize")
    assert ran.status == 0, ran.err
    assert "a: passed (remembered)" in ran.err
    assert count.read_text() == "\n"


def test_a_green_run_that_cannot_be_remembered_lands_all_the_same(scene: Scene) -> None:
    base = scene.open_build("validators: [{name: a, command: 'true'}]\n")
    scene.deliver_all()
    in_the_way = scene.write(".git/gitorch/verdicts", "")
    ran = scene.land(base)
    assert "1 of 1 validators passed" in ran.err
    assert in_the_way.read_text() == ""


def test_no_cache_makes_finalize_run_everything(scene: Scene, tmp_path: Path) -> None:
    count = tmp_path / "count"
    scene.open_build(f"validators: [{{name: a, command: 'echo >> {count}'}}]\n")
    scene.deliver_all()
    assert scene.gitorch("validate").status == 0
    assert scene.gitorch("finalize", "--no-cache").status == 0
    assert count.read_text() == "\n\n"


HOOKS = """
repos:
- repo: local
  hooks:
  - {id: strict, name: refuses, language: system, entry: 'false', types: [python]}
"""


@pytest.mark.slow
def test_a_worker_cannot_take_a_pre_commit_hook_out_of_its_judge(scene: Scene) -> None:
    scene.write(".pre-commit-config.yaml", HOOKS)
    scene.git("add", ".pre-commit-config.yaml")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    scene.open_build(f"validators: [{{name: hooks, pre-commit: true, env: {{PATH: '{programs}'}}}}]\n")
    scene.deliver_all()
    assert "refuses" in scene.gitorch("finalize").err
    scene.write(".pre-commit-config.yaml", "repos: []\n")
    scene.deliver("W2.1", ["README", ".pre-commit-config.yaml"])
    ran = scene.gitorch("finalize")
    assert ran.status == 1
    assert "the build changes .pre-commit-config.yaml, by which it is judged" in ran.err
    assert "-  - {id: strict, name: refuses" in ran.err
    undo = next(line.partition("run: ")[2] for line in ran.err.splitlines() if "to undo the change" in line)
    (scene / "below").mkdir()
    assert run("sh", "-c", undo, cwd=scene / "below").status == 0
    assert (scene / ".pre-commit-config.yaml").read_text() == HOOKS
    scene.write(".pre-commit-config.yaml", "repos: []\n")
    accepted = scene.gitorch("finalize", "--accept-config")
    assert accepted.status == 0, accepted.err


@pytest.mark.slow
def test_a_changed_policy_is_shown_by_validate_and_needs_a_word_to_land(scene: Scene) -> None:
    scene.open_build("validators: [{name: judge, command: 'exit 1'}]\n")
    scene.deliver_all()
    scene.write(".gitorch.yaml", "validators: [{name: friend, command: 'true'}]\n")
    ran = scene.gitorch("validate")
    assert (ran.status, "judge: failed" in ran.err) == (1, True)
    assert ".gitorch.yaml differs from the base" in ran.err
    assert scene.gitorch("validate", "--accept-config").status == 0
    refused = scene.gitorch("finalize")
    assert refused.status == 1
    assert "-validators: [{name: judge, command: 'exit 1'}]" in refused.err
    assert "+validators: [{name: friend, command: 'true'}]" in refused.err
    assert scene.gitorch("finalize", "--accept-config").status == 0
    assert "friend" in scene.git("show", f"build/{SLUG}:.gitorch.yaml")
    assert scene.git("ls-tree", "--name-only", f"build/{SLUG}", f"{FOLDER}/meta.json")


def test_line_ends_of_a_checkout_are_no_change_of_the_policy(scene: Scene) -> None:
    base = scene.open_build("validators:\n- name: a\n  command: 'true'\n")
    place = Repository.discover(scene.root)
    assert place
    scene.write(".gitorch.yaml", "validators:\r\n- name: a\r\n  command: 'true'\r\n")
    assert policy_at(place, base).changed == ()
    scene.write(".gitorch.yaml", "validators:\r\n- name: a\r\n  command: 'false'\r\n")
    assert policy_at(place, base).changed == (".gitorch.yaml",)


def test_a_policy_that_is_a_link_out_of_the_repository_is_not_read(scene: Scene, tmp_path: Path) -> None:
    base = scene.open_build("validators: [{name: a, command: 'true'}]\n")
    scene.deliver_all()
    (scene / ".gitorch.yaml").unlink()
    (scene / ".gitorch.yaml").symlink_to(write(tmp_path / "elsewhere.yaml", "validators: []\n"))
    for words in (("finalize",), ("finalize", "--accept-config"), ("validate",)):
        ran = scene.gitorch(*words)
        assert (ran.status, "is not a regular file" in ran.err) == (2, True)
    assert scene.git("rev-parse", f"build/{SLUG}") == base


def test_a_link_as_policy_in_a_commit_is_refused_until_a_file_is_accepted(scene: Scene) -> None:
    (scene / ".gitorch.yaml").symlink_to("elsewhere.yaml")
    scene.git("add", ".gitorch.yaml")
    scene.git("commit", "-q", "-m", "a link")
    base = scene.git("rev-parse", "HEAD")
    place = Repository.discover(scene.root)
    assert place
    (scene / ".gitorch.yaml").unlink()
    scene.write(".gitorch.yaml", "validators: []\n")
    with pytest.raises(GitorchError, match="is not a regular file") as refused:
        policy_at(place, base)
    assert refused.value.hints[0].command == "gitorch finalize --accept-config"
    assert policy_at(place, base, accept=True).changed == (".gitorch.yaml",)


def test_an_option_that_a_script_left_empty_means_no_other_build_and_no_other_branch(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    for words in (("abort", "--discard-files", "-p", ""), ("finalize", "--onto", "")):
        assert scene.gitorch(*words).status == 2
    assert scene.git("rev-parse", f"build/{SLUG}") == base
    assert (scene / "src/schema.py").exists()


def test_what_a_validator_changed_is_put_back_by_the_command_that_is_printed(scene: Scene) -> None:
    names = [f"f{number}.txt" for number in range(15)]
    for name in names:
        scene.write(name, "as it was\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "many")
    scene.open_build("validators: [{name: fmt, command: 'for f in f*.txt; do echo z >> $f; done'}]\n")
    scene.deliver_all()
    printed = scene.gitorch("finalize").err
    undo = next(line.partition("undo: ")[2] for line in printed.splitlines() if "undo: git restore" in line)
    assert scene.run("sh", "-c", undo).status == 0
    assert {(scene / name).read_text() for name in names} == {"as it was\n"}


@pytest.mark.parametrize("claim", ["sub", "sub/"])
@pytest.mark.parametrize("staged", [True, False])
def test_a_claim_covers_a_submodule_that_was_added(scene: Scene, claim: str, *, staged: bool) -> None:
    git(scene.root.parent, "clone", "-q", str(scene.root), "module")
    scene.open_build()
    scene.deliver_all()
    added = ("submodule", "--quiet", "add", str(scene.root.parent / "module"), "sub")
    scene.git("-c", "protocol.file.allow=always", *added)
    if not staged:
        scene.git("reset", "-q", "--", "sub", ".gitmodules")
    scene.deliver("W1.1", ["src/schema.py", ".gitmodules", claim])
    ran = scene.gitorch("finalize")
    assert ran.status == 0, ran.err
    assert scene.git("ls-tree", "HEAD", "sub").startswith("160000 commit ")
    assert scene.git("status", "--porcelain") == ""
