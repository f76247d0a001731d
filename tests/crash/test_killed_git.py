"""The git that moves the branch is killed inside of its transaction: its locks are found and taken away."""

import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitorch.actions.install import install
from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import Repository
from gitorch.core.errors import Busy
from tests.crash.checks import picture
from tests.scene import PLAN, SLUG, Scene, git, orch, process, run, write
from tests.scene.killed import git_that
from tests.scene.picture import LOGS

BRANCH = f"refs/heads/build/{SLUG}"


def found(root: Path) -> Repository:
    repo = Repository.discover(root)
    assert repo
    return repo


POINTS = [
    pytest.param(call, file, gitorch_too, marks=[] if quick else [pytest.mark.slow])
    for call, file in (
        ("openat", f"{BRANCH}.lock"),
        ("write", f"{BRANCH}.lock"),
        ("close", f"{BRANCH}.lock"),
        ("openat", "HEAD.lock"),
        ("rename", f"{BRANCH}.lock"),
        ("unlink", "HEAD.lock"),
    )
    for gitorch_too in (False, True)
    for quick in [(call, gitorch_too) == ("write", False)]
]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace kills git at a chosen system call")
@pytest.mark.parametrize(("call", "file", "gitorch_too"), POINTS)
def test_a_kill_inside_of_gits_transaction_leaves_before_or_after(
    scene: Scene, call: str, file: str, gitorch_too: bool
) -> None:
    base = scene.open_build()
    scene.deliver_all()
    logs = (".git/logs", *LOGS)
    before = scene.picture(without=logs)
    trace = scene.root.with_name("trace")
    strace = (
        f"strace -o {trace} -P {scene.root}/.git/{file} -e trace={call} -e inject={call}:signal=KILL:when=1"
    )
    kill = "kill -KILL $PPID; " if gitorch_too else ""
    ran = scene.process("finalize", env=git_that(scene.root, f'{kill}exec {strace} "$real" "$@"'))
    until(lambda: "killed by SIGKILL" in (trace.read_text() if trace.exists() else ""))
    assert scene.gitorch("list").status == 0
    assert not list((scene / ".git").rglob("*.lock"))
    assert scene.git("fsck", "--strict", "--no-dangling") == ""
    if scene.git("rev-parse", BRANCH) == base:
        assert ran.status != 0
        assert scene.picture(without=logs) == before
        assert scene.gitorch("finalize").status == 0
    assert scene.git("rev-list", "--count", f"{base}..{BRANCH}") == "1"
    assert scene.git("status", "--porcelain") == ""


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        threading.Event().wait(0.01)


def test_a_git_that_comes_late_finds_the_move_taken_back_and_is_refused(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    go, done = scene.root.with_name("go"), scene.root.with_name("done")
    late = f'kill -KILL $PPID; n=0; while [ ! -e {go} ] && [ $((n += 1)) -lt 2000 ]; do sleep 0.01; done; "$real" "$@" 2> {done}.err; echo $? > {done}; exit'
    assert scene.process("finalize", env=git_that(scene.root, late)).status != 0
    assert "interrupted before its commit: nothing was changed" in scene.gitorch("list").err
    go.touch()
    until(lambda: done.exists() and done.read_text().strip() != "")
    assert done.read_text().strip() == "128"
    assert "gitorch: refused" in done.with_name("done.err").read_text()
    assert scene.git("rev-parse", BRANCH) == base
    assert scene.gitorch("finalize").status == 0


def killed_init(scene: Scene, step: str, name: str, content: str) -> tuple[str, ...]:
    """The words of an init that was killed with its git at `step`, which left the lock `name`."""
    install(scene.root)
    plan = write(scene.root.parent / "plan.json", json.dumps(PLAN))
    command = ("init", "--project", SLUG, "--plan-file", str(plan))
    leave = f'mkdir -p .git/refs/heads/build; echo "{content}" > .git/{name}; kill -KILL $PPID; exit 1'
    assert scene.process(*command, env=git_that(scene.root, leave, step)).status != 0
    assert (scene / ".git" / name).exists()
    return command


@pytest.mark.slow
def test_the_lock_of_a_git_that_was_killed_before_a_build_was_opened_goes_with_it(scene: Scene) -> None:
    install(scene.root)
    before = scene.picture(without=(".git/logs",))
    lock = f"{BRANCH}.lock"
    command = killed_init(scene, "update-ref --no-deref -m gitorch: init", lock, "$(git rev-parse HEAD)")

    told = scene.gitorch("list").err

    assert "was interrupted before the build was opened; nothing was changed" in told
    after = scene.picture(without=(".git/logs",))
    assert after.pop(".git/refs/heads/build/", None) in (None, ("0o40755", b""))
    assert (after, list((scene / ".git").rglob("*.lock"))) == (before, [])
    assert scene.gitorch(*command).status == 0


@pytest.mark.slow
def test_the_lock_of_a_git_that_was_killed_while_a_build_was_opened_goes_with_it(scene: Scene) -> None:
    killed_init(scene, "symbolic-ref -m gitorch: open build", "HEAD.lock", f"ref: {BRANCH}")

    told = scene.gitorch("list").err

    assert f"init of build {SLUG} was interrupted; the build is open now" in told
    assert scene.git("symbolic-ref", "HEAD") == BRANCH
    assert list((scene / ".git").rglob("*.lock")) == []


@pytest.mark.parametrize("moved", [False, True])
def test_a_killed_finalize_is_completed_or_taken_back_with_reftable(tmp_path: Path, *, moved: bool) -> None:
    repo = tmp_path / "repo"
    if run("git", "init", "-q", "--ref-format=reftable", "repo", cwd=tmp_path).status:
        pytest.skip("this git has no reftable")
    write(repo / "README", "a project\n")
    git(repo, "add", "README")
    git(repo, "commit", "-q", "-m", "first")
    base = Scene(repo).open_build()
    Scene(repo).deliver_all()
    before = picture(repo)
    first = '"$real" "$@"; ' if moved else ""
    assert process(repo, "finalize", env=git_that(repo, f"{first}kill -KILL $PPID; exit 1")).status != 0
    ran = orch(repo, "list")
    assert (ran.status, "completed" in ran.err) == (0, moved), ran.err
    if not moved:
        assert picture(repo) == before
        assert orch(repo, "finalize").status == 0
    assert git(repo, "rev-list", "--count", f"{base}..{BRANCH}") == "1"
    assert git(repo, "status", "--porcelain") == ""
    assert not list((repo / ".git").rglob("*.lock"))


def test_the_lock_of_a_reftable_is_left_alone_and_told(scene: Scene) -> None:
    began = time.time() - 1
    (scene / ".git/reftable").mkdir()
    held = lock(scene, "reftable/tables.list.lock", "")
    with pytest.raises(Busy, match=r"another git process holds .*tables\.list\.lock"):
        refs.settle(found(scene.root), "refs/heads/main", "2" * 40, began)
    os.utime(held, (began - 60, began - 60))
    assert not refs.settle(found(scene.root), "refs/heads/main", "2" * 40, began)
    assert held.exists()


def lock(scene: Scene, name: str, content: str) -> Path:
    path = scene / ".git" / name
    path.write_text(content)
    return path


@pytest.mark.slow
def test_locks_that_a_killed_move_left_are_taken_away(scene: Scene) -> None:
    began = time.time() - 1
    new = scene.git("rev-parse", "HEAD")
    left = [lock(scene, "refs/heads/main.lock", f"{new}\n"), lock(scene, "HEAD.lock", "")]
    assert refs.settle(found(scene.root), "refs/heads/main", new, began)
    assert not any(path.exists() for path in left)


@pytest.mark.parametrize(("content", "age"), [("", 60), ("gitorch seal\n", 0), (f"{'1' * 40}\n", 0)])
def test_another_programs_lock_is_left_alone(scene: Scene, content: str, age: float) -> None:
    began = time.time() - 1
    foreign = lock(scene, "refs/heads/main.lock", content)
    os.utime(foreign, (began - age, began - age) if age else None)
    refs.settle(found(scene.root), "refs/heads/main", "2" * 40, began)
    assert foreign.read_text() == content


def test_a_git_that_is_still_at_work_is_waited_for(scene: Scene) -> None:
    new = scene.git("commit-tree", "-m", "next", "-p", "HEAD", "HEAD^{tree}")
    at_work = lock(scene, "refs/heads/main.lock", f"{new}\n")
    timer = threading.Timer(0.3, lambda: at_work.rename(at_work.with_suffix("")))
    timer.start()
    assert refs.settle(found(scene.root), "refs/heads/main", new, time.time() - 1)
    timer.join()
