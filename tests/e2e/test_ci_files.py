"""What others include (the manifest for pre-commit and prek, the GitHub Action, the GitLab job), and our lock."""

import json
import os
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.scene import BRANCH, Ran, git, run, write
from tests.scene.landed import copy

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"


@pytest.fixture
def work(landed: Path, tmp_path: Path) -> Path:
    """The landed build, and a remote that takes everything."""
    root = copy(landed, tmp_path / "work")
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    git(root, "remote", "add", "origin", str(tmp_path / "bare.git"))
    git(root, "push", "-q", "origin", "main")
    return root


def program(folder: Path) -> Path:
    """A `gitorch` of this checkout."""
    path = write(folder / "gitorch", f'#!/bin/sh\nexec "{sys.executable}" -m gitorch "$@"\n')
    path.chmod(0o755)
    return path


def rogue(root: Path) -> str:
    """A commit on the build branch that finalize did not make; its id."""
    git(root, "commit", "-q", "--allow-empty", "--no-verify", "-m", "rogue")
    return git(root, "rev-parse", "HEAD")


def test_a6_every_dependency_has_its_exact_version_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = (ROOT / "requirements/dev.txt").read_text().splitlines()

    locked = {line.partition("==")[0] for line in lines if re.match(r"[a-z0-9-]+==[0-9]", line)}

    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.split("[>=<]", name)[0].casefold() for name in asked} <= locked


def test_contributing_names_files_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()

    named = set(re.findall(r"`((?:gitorch|tests|docs|requirements|\.ci)/[\w./-]+)`", text))

    assert len(named) > 10
    assert [path for path in named if "NAME" not in path and not (ROOT / path).exists()] == []


def test_the_manifest_is_one_for_pre_commit(tmp_path: Path) -> None:
    ran = run("pre-commit", "validate-manifest", str(MANIFEST), cwd=tmp_path)
    assert ran.status == 0, ran.out


@pytest.mark.slow
@pytest.mark.parametrize("manager", ["pre-commit", "prek"])
def test_both_hooks_hold_where_a_manager_runs_them(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manager: str
) -> None:
    # As the manifest says but for the language: no environment is built, which needs a package index.
    hooks = [hook | {"language": "system"} for hook in yaml.safe_load(MANIFEST.read_text())]
    source = tmp_path / "source"
    write(source / MANIFEST.name, yaml.safe_dump(hooks))
    git(tmp_path, "init", "-q", str(source))
    git(source, "add", ".")
    git(source, "commit", "-q", "-m", "hooks")
    repo = {"repo": str(source), "rev": git(source, "rev-parse", "HEAD"), "hooks": [{"id": hook["id"]} for hook in hooks]}  # fmt: skip
    config = {"default_install_hook_types": ["pre-commit", "pre-push"], "repos": [repo]}
    write(work / ".git" / "info" / "exclude", "/.pre-commit-config.yaml\n")
    write(work / ".pre-commit-config.yaml", yaml.safe_dump(config))
    program(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")

    assert run(sys.executable, "-m", "gitorch", "uninstall", cwd=work).status == 0
    assert run(manager, "install", cwd=work).status == 0
    ran = run("git", "push", "-q", "origin", BRANCH, cwd=work)
    assert ran.status == 0, ran.err + ran.out
    rogue(work)
    ran = run("git", "push", "-q", "origin", f"HEAD:refs/heads/{BRANCH}", cwd=work)
    assert (
        ran.status,
        "finalize did not make the commit on build/calendar-v2: rogue" in ran.out + ran.err,
    ) == (1, True), ran.err
    assert run("git", "push", "-q", "origin", "HEAD:refs/heads/side", cwd=work).status == 0

    git(work, "switch", "-q", "main")
    write(work / "more", "x\n")
    git(work, "add", "more")
    git(work, "commit", "-q", "-m", "more")
    assert run(sys.executable, "-m", "gitorch", "doctor", cwd=work).status == 0


def step(work: Path, tmp_path: Path, before: str, after: str) -> Ran:
    """The action's last step, as a runner runs it after a push."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    assert action["runs"]["using"] == "composite"
    script = action["runs"]["steps"][-1]["run"]
    program(tmp_path / "gitorch" / "bin")
    env = {"RUNNER_TEMP": str(tmp_path), "RANGE": "", "BRANCH": BRANCH, "BASE": before, "TIP": after}
    return run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script, cwd=work, env=env)


@pytest.mark.slow
def test_the_action_passes_a_build_and_annotates_a_rogue_commit(work: Path, tmp_path: Path) -> None:
    good = git(work, "rev-parse", "HEAD")
    git(work, "checkout", "-q", "--detach")
    for before in (git(work, "rev-parse", "main"), "0" * 40, "1" * 40, ""):
        ran = step(work, tmp_path, before, good)
        assert (ran.status, ran.out) == (0, ""), ran.err
        assert "proves itself" in ran.err
    bad = rogue(work)
    ran = step(work, tmp_path, good, bad)
    assert ran.status == 1
    assert ran.out.startswith(
        f"::error title=gitorch verify::{bad[:12]}: finalize did not make the commit on {BRANCH}: rogue"
    )


def test_the_gitlab_job_writes_a_report_in_each_case(
    work: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = yaml.safe_load((ROOT / "docs" / "ci" / "gitlab.yml").read_text())["gitorch-verify"]
    report = job["artifacts"]["reports"]["codequality"]
    script = "\n".join(["set -e", *job["script"]])
    program(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    for before, after, status in (("0" * 40, git(work, "rev-parse", "HEAD"), 0), ("1" * 40, rogue(work), 1)):
        env = {"CI_COMMIT_BEFORE_SHA": before, "CI_COMMIT_SHA": after, "CI_COMMIT_REF_NAME": BRANCH}
        ran = run("bash", "-c", script, cwd=work, env=env)
        assert ran.status == status, ran.err
        assert len(json.loads((work / report).read_text())) == status
