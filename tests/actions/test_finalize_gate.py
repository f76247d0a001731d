"""finalize's gate: where its validators run, what they remember, and which policy they obey."""

import json
import os
import sys
from pathlib import Path

import pytest

from gitorch.actions.policy import policy_at
from gitorch.adapters.git.repository import Repository
from gitorch.core.errors import GitorchError
from tests.actions.opened import FOLDER, SLUG, deliver, delivered, landed, opened
from tests.support import git, orch, run, write

CLEAN = """
validators:
- name: tree
  command: >-
    test ! -e stray && test -z "$(git status --porcelain)" && test -f src/schema.py
    && grep -q '"status": "complete"' N5/builds/calendar-v2/meta.json
- {name: docs, command: 'false', paths: [docs/]}
workspace: {kind: clean}
"""


def test_a_clean_workspace_holds_exactly_what_lands_final_records_included(repo: Path) -> None:
    base = opened(repo, CLEAN)
    delivered(repo)
    write(repo / "stray", "x\n")
    ran = orch(repo, "finalize", "--unclaimed", "leave")
    assert ran.status == 0, ran.err
    assert "tree: passed (0." in ran.err
    assert git(repo, "rev-list", "--count", f"{base}..HEAD") == "1"
    message = git(repo, "log", "-1", "--format=%B")
    assert "> tree\n> docs (not run: the change touches none of its paths)" in message


def test_what_is_left_uncommitted_helps_no_validator(repo: Path) -> None:
    base = opened(repo, "validators: [{name: a, command: test -e helper}]\n")
    delivered(repo)
    write(repo / "helper", "x\n")
    ran = orch(repo, "finalize", "--unclaimed", "leave")
    assert ran.status == 1
    assert "the validators run in a clean checkout: the files here hold what is left uncommitted" in ran.err
    assert "a: failed (" in ran.err
    assert git(repo, "rev-parse", "HEAD") == base
    assert orch(repo, "finalize", "--unclaimed", "include").status == 0


@pytest.mark.parametrize("key", ["base", "build_type"])
def test_what_decides_how_a_build_is_judged_is_as_it_was_at_its_opening(repo: Path, key: str) -> None:
    base = opened(repo, "validators: [{name: a, command: 'false'}]\n")
    delivered(repo)
    other = git(repo, "commit-tree", "-p", base, "-m", "no policy", git(repo, "mktree", stdin=""))
    path = repo / FOLDER / "meta.json"
    meta = json.loads(path.read_text())
    was, meta[key] = meta[key], {"base": other, "build_type": "content"}[key]
    path.write_text(json.dumps(meta))
    for command in ("finalize", "abort"):
        ran = orch(repo, command)
        assert (ran.status, f'hint: write "{key}": "{was}" in {path}' in ran.err) == (1, True), ran.err
    assert "a: failed" in orch(repo, "validate").err
    assert git(repo, "rev-parse", f"build/{SLUG}") == base


def test_an_object_that_was_replaced_judges_nothing(repo: Path) -> None:
    base = opened(repo, "validators: [{name: a, command: 'false'}]\n")
    delivered(repo)
    other = git(repo, "hash-object", "-w", "--stdin", stdin="# none\n")
    git(repo, "replace", git(repo, "rev-parse", "HEAD:.gitorch.yaml"), other)
    write(repo / ".gitorch.yaml", "# none\n")
    deliver(repo, "W1.1", ["src/schema.py", ".gitorch.yaml"])
    for command in (("finalize",), ("validate",)):
        ran = orch(repo, *command)
        assert (ran.status, "-validators: [{name: a" in ran.err + ran.out or "failed" in ran.err) == (1, True)
    assert git(repo, "rev-parse", "HEAD") == base


def test_what_validate_found_green_is_remembered_by_finalize(repo: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    opened(repo, f"validators: [{{name: a, command: 'echo >> {count}'}}]\n")
    delivered(repo)
    assert orch(repo, "sync").status == 0
    assert orch(repo, "validate").status == 0
    ran = orch(repo, "finalize")
    assert ran.status == 0, ran.err
    assert "a: passed (remembered)" in ran.err
    assert count.read_text() == "\n"


def test_a_green_run_that_cannot_be_remembered_lands_all_the_same(repo: Path) -> None:
    base = opened(repo, "validators: [{name: a, command: 'true'}]\n")
    delivered(repo)
    in_the_way = write(repo / ".git" / "gitorch" / "verdicts", "")
    ran = landed(repo, base)
    assert "1 of 1 validators passed" in ran.err
    assert in_the_way.read_text() == ""


def test_no_cache_makes_finalize_run_everything(repo: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    opened(repo, f"validators: [{{name: a, command: 'echo >> {count}'}}]\n")
    delivered(repo)
    assert orch(repo, "validate").status == 0
    assert orch(repo, "finalize", "--no-cache").status == 0
    assert count.read_text() == "\n\n"


HOOKS = """
repos:
- repo: local
  hooks:
  - {id: strict, name: refuses, language: system, entry: 'false', types: [python]}
"""


@pytest.mark.slow
def test_a_worker_cannot_take_a_pre_commit_hook_out_of_its_judge(repo: Path) -> None:
    write(repo / ".pre-commit-config.yaml", HOOKS)
    git(repo, "add", ".pre-commit-config.yaml")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    opened(repo, f"validators: [{{name: hooks, pre-commit: true, env: {{PATH: '{programs}'}}}}]\n")
    delivered(repo)
    assert "refuses" in orch(repo, "finalize").err
    write(repo / ".pre-commit-config.yaml", "repos: []\n")
    deliver(repo, "W2.1", ["README", ".pre-commit-config.yaml"])
    ran = orch(repo, "finalize")
    assert ran.status == 1
    assert "this build changes .pre-commit-config.yaml: how it is judged" in ran.err
    assert "-  - {id: strict, name: refuses" in ran.err
    shown = next(line.partition("hint: ")[2] for line in ran.err.splitlines() if "hint: git diff" in line)
    (repo / "below").mkdir()
    assert "refuses" in run("sh", "-c", shown.partition("   (")[0], cwd=repo / "below").out
    accepted = orch(repo, "finalize", "--accept-config")
    assert accepted.status == 0, accepted.err


@pytest.mark.slow
def test_a_changed_policy_is_shown_by_validate_and_needs_a_word_to_land(repo: Path) -> None:
    opened(repo, "validators: [{name: judge, command: 'exit 1'}]\n")
    delivered(repo)
    write(repo / ".gitorch.yaml", "validators: [{name: friend, command: 'true'}]\n")
    ran = orch(repo, "validate")
    assert (ran.status, "judge: failed" in ran.err) == (1, True)
    assert ".gitorch.yaml differs from the base" in ran.err
    assert orch(repo, "validate", "--accept-config").status == 0
    refused = orch(repo, "finalize")
    assert refused.status == 1
    assert "-validators: [{name: judge, command: 'exit 1'}]" in refused.err
    assert "+validators: [{name: friend, command: 'true'}]" in refused.err
    assert orch(repo, "finalize", "--accept-config").status == 0
    assert "friend" in git(repo, "show", f"build/{SLUG}:.gitorch.yaml")
    assert git(repo, "ls-tree", "--name-only", f"build/{SLUG}", f"{FOLDER}/meta.json")


def test_line_ends_of_a_checkout_are_no_change_of_the_policy(repo: Path) -> None:
    base = opened(repo, "validators:\n- name: a\n  command: 'true'\n")
    place = Repository.discover(repo)
    assert place
    write(repo / ".gitorch.yaml", "validators:\r\n- name: a\r\n  command: 'true'\r\n")
    assert policy_at(place, base).changed == ()
    write(repo / ".gitorch.yaml", "validators:\r\n- name: a\r\n  command: 'false'\r\n")
    assert policy_at(place, base).changed == (".gitorch.yaml",)


def test_a_policy_that_is_a_link_out_of_the_repository_is_not_read(repo: Path, tmp_path: Path) -> None:
    base = opened(repo, "validators: [{name: a, command: 'true'}]\n")
    delivered(repo)
    (repo / ".gitorch.yaml").unlink()
    (repo / ".gitorch.yaml").symlink_to(write(tmp_path / "elsewhere.yaml", "validators: []\n"))
    for words in (("finalize",), ("finalize", "--accept-config"), ("validate",)):
        ran = orch(repo, *words)
        assert (ran.status, "is no regular file" in ran.err) == (2, True)
    assert git(repo, "rev-parse", f"build/{SLUG}") == base


def test_a_link_as_policy_in_a_commit_is_refused_until_a_file_is_accepted(repo: Path) -> None:
    (repo / ".gitorch.yaml").symlink_to("elsewhere.yaml")
    git(repo, "add", ".gitorch.yaml")
    git(repo, "commit", "-q", "-m", "a link")
    base = git(repo, "rev-parse", "HEAD")
    place = Repository.discover(repo)
    assert place
    (repo / ".gitorch.yaml").unlink()
    write(repo / ".gitorch.yaml", "validators: []\n")
    with pytest.raises(GitorchError, match="is no regular file") as refused:
        policy_at(place, base)
    assert "--accept-config" in refused.value.hints[0]
    assert policy_at(place, base, accept=True).changed == (".gitorch.yaml",)


def test_an_option_that_a_script_left_empty_means_no_other_build_and_no_other_branch(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    for words in (("abort", "--discard-files", "-p", ""), ("finalize", "--onto", "")):
        assert orch(repo, *words).status == 2
    assert git(repo, "rev-parse", f"build/{SLUG}") == base
    assert (repo / "src" / "schema.py").exists()


def test_what_a_validator_changed_is_put_back_by_the_command_that_is_printed(repo: Path) -> None:
    names = [f"f{number}.txt" for number in range(15)]
    for name in names:
        write(repo / name, "as it was\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "many")
    opened(repo, "validators: [{name: fmt, command: 'for f in f*.txt; do echo z >> $f; done'}]\n")
    delivered(repo)
    printed = orch(repo, "finalize").err
    undo = next(line.partition("undo: ")[2] for line in printed.splitlines() if "undo: git restore" in line)
    assert run("sh", "-c", undo, cwd=repo).status == 0
    assert {(repo / name).read_text() for name in names} == {"as it was\n"}


@pytest.mark.parametrize("claim", ["sub", "sub/"])
@pytest.mark.parametrize("staged", [True, False])
def test_a_claim_covers_a_submodule_that_was_added(repo: Path, claim: str, *, staged: bool) -> None:
    git(repo.parent, "clone", "-q", str(repo), "module")
    opened(repo)
    delivered(repo)
    added = ("submodule", "--quiet", "add", str(repo.parent / "module"), "sub")
    git(repo, "-c", "protocol.file.allow=always", *added)
    if not staged:
        git(repo, "reset", "-q", "--", "sub", ".gitmodules")
    deliver(repo, "W1.1", ["src/schema.py", ".gitmodules", claim])
    ran = orch(repo, "finalize")
    assert ran.status == 0, ran.err
    assert git(repo, "ls-tree", "HEAD", "sub").startswith("160000 commit ")
    assert git(repo, "status", "--porcelain") == ""
