"""A bare repository with the guard, pushed to by real git over a local path."""

import json
import shutil
from pathlib import Path

import pytest

from gitorch.adapters.guard.scripts import VERSION
from tests.scene import BRANCH, FOLDER, Ran, Scene, git, orch, run, write
from tests.scene.landed import amend, copy, land
from tests.scene.picture import files_of

pytestmark = pytest.mark.slow  # each test pushes to a server of its own


@pytest.fixture
def work(landed: Path, tmp_path: Path) -> Path:
    """The repository with the landed build; its remote `origin` has the default branch and the guard."""
    root = copy(landed, tmp_path / "work")
    bare = tmp_path / "a server.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    ran = orch(tmp_path, "install", "--server", str(bare))
    assert ran.status == 0, ran.err
    git(root, "remote", "add", "origin", str(bare))
    git(root, "push", "-q", "origin", "main")
    return root


def push(root: Path, *refspecs: str) -> Ran:
    return run("git", "push", "-q", "origin", *refspecs, cwd=root)


def refused(root: Path, says: str, *refspecs: str) -> None:
    before = git(root, "ls-remote", "origin")
    ran = push(root, *refspecs)
    assert (ran.status, says in ran.err) == (1, True), ran.err
    assert git(root, "ls-remote", "origin") == before


def accepted(root: Path, *refspecs: str) -> None:
    ran = push(root, *refspecs)
    assert ran.status == 0, ran.err


def commit(root: Path, name: str) -> str:
    write(root / name, "x\n")
    git(root, "add", name)
    git(root, "commit", "-q", "-m", name)
    return git(root, "rev-parse", "HEAD")


def test_the_build_commit_is_accepted_then_nothing_on_top_of_it(work: Path) -> None:
    accepted(work, BRANCH)
    commit(work, "late")
    refused(work, f"finalize did not make the commit on {BRANCH}: late", BRANCH)
    refused(work, f"refused: {BRANCH}", f"+HEAD:{BRANCH}")
    accepted(work, "HEAD:refs/heads/side")  # everybody else is left in peace
    accepted(work, f":{BRANCH}")
    refused(
        work, "finalize did not make the commit on build/calendar-v2: late", BRANCH
    )  # the side branch is no excuse
    assert "refs/heads/build" not in git(work, "ls-remote", "origin")


def test_a_forged_build_commit_is_refused_on_every_branch(work: Path) -> None:
    write(work / ".env", "x\n")
    amend(work)
    for ref in (BRANCH, "side", "main"):
        refused(work, ".env changed, no worker claims it", f"HEAD:refs/heads/{ref}")


def test_a_build_landed_by_another_version_of_gitorch_is_judged_by_its_facts(work: Path) -> None:
    meta, status, plan = (work / FOLDER / name for name in ("meta.json", "STATUS.md", "plan.json"))
    ours = meta.read_text()
    meta.write_text(ours.replace('"schema_version": 2', '"schema_version": 3'))
    amend(work)
    refused(work, "hint: to get a newer gitorch, run: python -m pip install --upgrade gitorch", BRANCH)
    meta.write_text(ours.replace('"schema_version": 2', '"schema_version": 1'))
    status.write_text("as an older gitorch put it\n")
    told = plan.read_text()
    plan.write_text(told.replace('"status": "complete"', '"status": "blocked"'))
    amend(work)
    refused(work, "plan.json differs from what the build's sources render, at workers[0].status", BRANCH)
    plan.write_text(told)
    amend(work)
    ran = push(work, BRANCH)
    assert (ran.status, "rendered by an older gitorch and were not compared" in ran.err) == (0, True), ran.err


def test_a_push_is_all_or_nothing(work: Path) -> None:
    git(work, "branch", "good", "main")
    commit(work, "late")
    refused(work, "finalize did not make the commit on build/calendar-v2: late", "good", BRANCH)


def test_force_pushes_are_judged_by_what_they_add(work: Path) -> None:
    accepted(work, BRANCH)
    first = git(work, "rev-parse", "HEAD")
    text = git(work, "log", "-1", "--format=%B")
    amend(work, f"Landed again\n{text.partition(chr(10))[2]}\n")
    assert push(work, BRANCH).status == 1  # no fast-forward
    accepted(work, f"+{BRANCH}")
    assert git(work, "rev-parse", "HEAD") != first
    git(work, "reset", "-q", "--soft", "main")
    git(work, "commit", "-q", "-m", "by hand")
    refused(work, "finalize did not make the commit", f"+{BRANCH}")
    accepted(work, f"+main:{BRANCH}")


def test_the_build_reaches_the_default_branch_by_fast_forward_or_merge_alone(work: Path) -> None:
    tip = git(work, "rev-parse", "HEAD")
    git(work, "switch", "-q", "main")
    commit(work, "meanwhile")
    accepted(work, "main")
    git(work, "cherry-pick", "--allow-empty", tip)
    refused(work, "a squash, rebase or cherry-pick makes another commit", "main")
    git(work, "reset", "-q", "--hard", "HEAD~1")
    git(work, "merge", "-q", "--no-ff", "-m", "the build", BRANCH)
    accepted(work, "main")
    accepted(work, BRANCH)


def test_a_build_may_open_on_a_branch_that_is_not_the_default(work: Path, tmp_path: Path) -> None:
    topic = tmp_path / "topic.git"
    git(tmp_path, "init", "-q", "--bare", "-b", "trunk", str(topic))
    assert orch(topic, "install", "--server").status == 0
    git(work, "remote", "set-url", "origin", str(topic))
    git(work, "checkout", "-q", "--orphan", "trunk")
    git(work, "read-tree", "--empty")  # a root that held the landed build's records would bring them
    git(work, "commit", "-q", "--allow-empty", "-m", "another root")
    refused(work, "cannot be verified before the default branch was pushed", BRANCH)
    accepted(work, "trunk")
    refused(work, "finalize did not make the commit on build/calendar-v2: first", BRANCH)
    accepted(work, BRANCH, "main")  # its base comes along


def test_a_build_may_open_on_another_that_has_landed(work: Path) -> None:
    plan = {"name": "Next", "workers": [{"id": "one", "component": "one", "description": "Go on"}]}
    ran = orch(work, "init", "--project", "next", "--plan-file", "-", stdin=json.dumps(plan))
    assert ran.status == 0, ran.err
    write(work / "next", "x\n")
    report = orch(work, "complete", "W1.1", "--summary", "Done.", "--output", "next")
    assert report.status == 0, report.err
    ran = orch(work, "finalize")
    assert ran.status == 0, ran.err
    refused(work, "finalize did not make the commit on build/next: ", "build/next")
    accepted(work, BRANCH, "build/next")


def test_a_broken_server_keeps_builds_out_and_nobody_else(work: Path) -> None:
    bare = Path(git(work, "remote", "get-url", "origin"))
    hook = bare / "hooks" / "pre-receive"
    for broken in ("python=/nowhere/python", "python=false"):
        lines = hook.read_text().splitlines()
        hook.write_text("\n".join(broken if line.startswith("python=") else line for line in lines) + "\n")
        refused(work, "hint: to repair the server, run: PYTHON -m pip install gitorch", BRANCH)
    commit(work, "late")
    accepted(work, "HEAD:refs/heads/side")
    assert orch(bare, "install", "--server").err == "undo: gitorch uninstall --server .\n"
    accepted(work, f"HEAD~1:refs/heads/{BRANCH}")


@pytest.mark.parametrize("end", ["exit 2", "exit 3", "kill -9 $$"])
def test_what_the_judge_dies_of_lets_nothing_through(work: Path, tmp_path: Path, end: str) -> None:
    hook = Path(git(work, "remote", "get-url", "origin")) / "hooks" / "pre-receive"
    python = write(tmp_path / "python", f"#!/bin/sh\ncase $* in *import*) exit 0 ;; esac\n{end}\n")
    python.chmod(0o755)
    hook.write_text(hook.read_text().replace("\npython=", f"\npython={python} # "))
    for ref in ("main", "side"):
        refused(work, "gitorch: refused: the push cannot be judged", f"HEAD:refs/heads/{ref}")


def test_a_name_that_holds_a_line_separator_is_a_name_and_saves_no_forgery(work: Path) -> None:
    write(work / ".env", "x\n")
    amend(work)
    odd = "main:refs/heads/one\u2028two\x85three"
    refused(work, ".env changed, no worker claims it", odd, "HEAD:refs/heads/side")
    accepted(work, odd)


def test_a_deletion_passes_a_broken_server(work: Path) -> None:
    accepted(work, BRANCH)
    hook = Path(git(work, "remote", "get-url", "origin")) / "hooks" / "pre-receive"
    hook.write_text(hook.read_text().replace("\npython=", "\npython=false # "))
    accepted(work, f":{BRANCH}")


def test_a_shallow_push_is_refused_clearly(work: Path, tmp_path: Path) -> None:
    bare = git(work, "remote", "get-url", "origin")
    git(work, "push", "-q", "origin", "main:refs/heads/gone")
    git(Path(bare), "config", "receive.shallowUpdate", "true")
    git(tmp_path, "clone", "-q", "--depth", "1", "-b", BRANCH, f"file://{work}", "shallow")
    git(tmp_path / "shallow", "remote", "set-url", "origin", bare)
    git(Path(bare), "update-ref", "-d", "refs/heads/main")
    git(Path(bare), "update-ref", "-d", "refs/heads/gone")
    git(Path(bare), "gc", "-q", "--prune=now")
    refused(tmp_path / "shallow", "the clone is shallow", BRANCH)


def test_the_hook_that_was_there_gets_every_line_and_can_refuse(work: Path, tmp_path: Path) -> None:
    bare = Path(git(work, "remote", "get-url", "origin"))
    assert orch(tmp_path, "uninstall", "--server", str(bare)).status == 0
    log = tmp_path / "log"
    theirs = write(bare / "hooks" / "pre-receive", f'#!/bin/bash\ncat >"{log}"\ntest ! -e "{tmp_path}/no"\n')
    theirs.chmod(0o755)
    before = files_of(bare)
    assert orch(tmp_path, "install", "--server", str(bare)).status == 0
    assert (
        orch(tmp_path, "install", "--server", str(bare)).err
        == "the guard was up to date, nothing was changed\n"
    )
    tip = git(work, "rev-parse", "HEAD")
    write(tmp_path / "no", "")
    refused(work, "pre-receive hook declined", BRANCH)
    (tmp_path / "no").unlink()
    accepted(work, BRANCH)
    assert log.read_text() == f"{'0' * 40} {tip} refs/heads/{BRANCH}\n"
    git(work, "push", "-q", "origin", f":{BRANCH}")
    assert orch(tmp_path, "uninstall", "--server", str(bare)).status == 0
    after = files_of(bare)
    assert {name: what for name, what in after.items() if name in before} == before
    assert {name for name in after if name not in before and not name.startswith("objects/")} == set()


def test_a_hooks_folder_that_was_not_there_is_gone_again(tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "init", "-q", "--bare", "--template=", str(bare))
    assert orch(tmp_path, "install", "--server", str(bare)).status == 0
    assert (bare / "hooks" / "pre-receive").is_file()
    assert orch(tmp_path, "uninstall", "--server", str(bare)).status == 0
    assert not (bare / "hooks").exists()
    assert not (bare / "gitorch").exists()


def test_a_newer_pre_receive_is_not_replaced(tmp_path: Path) -> None:
    bare = tmp_path / "a bare.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    assert orch(tmp_path, "install", "--server", str(bare)).status == 0
    hook = bare / "hooks" / "pre-receive"
    ours = hook.read_bytes()
    newer = ours.replace(b"version=%d" % VERSION, b"version=%d" % (VERSION + 1))
    hook.write_bytes(newer)
    ran = orch(tmp_path, "install", "--server", str(bare))
    assert (ran.status, hook.read_bytes()) == (1, newer)
    words = f"gitorch uninstall --server '{bare}' && gitorch install --server '{bare}'"
    assert f"run: {words}\n" in ran.err
    assert orch(tmp_path, "uninstall", "--server", str(bare)).status == 0
    assert orch(tmp_path, "install", "--server", str(bare)).status == 0
    assert hook.read_bytes() == ours


def test_only_a_bare_repository_can_be_a_server(scene: Scene) -> None:
    ran = scene.gitorch("install", "--server")
    assert (ran.status, "is not a bare repository" in ran.err) == (2, True)


@pytest.mark.parametrize("pushed", ["the build", "a forgery"])
def test_a_sha256_repository_is_judged_like_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pushed: str
) -> None:
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    land(tmp_path / "work", tmp_path / "home", env={"GIT_DEFAULT_HASH": "sha256"})
    work, bare = tmp_path / "work", tmp_path / "bare.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    assert orch(tmp_path, "install", "--server", str(bare)).status == 0
    git(work, "remote", "add", "origin", str(bare))
    assert len(git(work, "rev-parse", "HEAD")) == 64
    if pushed == "the build":
        accepted(work, "main", BRANCH)
        accepted(work, f":{BRANCH}")
    else:
        shutil.rmtree(work / FOLDER / "completions")
        amend(work)
        refused(work, "W1.1 is ready in the commit's own records", "main", BRANCH)
