"""Validators as real processes: they fail, hang, flood, fork and are interrupted."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitorch.actions.validate import judge
from gitorch.adapters.git.repository import Repository
from gitorch.core.changes import Verdict
from gitorch.core.config import Validator
from gitorch.core.validation import Progress, Step
from tests.scene import Scene, git


def judged(root: Path, *validators: Validator, seen: list[Progress] | None = None) -> tuple[Verdict, ...]:
    repo = Repository.discover(root)
    assert repo
    head = git(root, "rev-parse", "HEAD")
    return judge(repo, head, head, validators, (), (seen if seen is not None else []).append)


def one(root: Path, command: str | tuple[str, ...], timeout: float = 60) -> Verdict:
    (verdict,) = judged(root, Validator(name="check", command=command, timeout=timeout))
    return verdict


def gone(pid: int) -> bool:
    """Whether the process has ended; one that only waits to be reaped has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for `condition`, and fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        threading.Event().wait(0.01)


def test_a_string_is_run_by_sh_and_a_list_as_it_stands(scene: Scene) -> None:
    assert one(scene.root, "test -f README && cd . | true").passed
    verdict = one(scene.root, ("test", "-f", "no such; true"))
    assert (verdict.passed, verdict.reason) == (False, "ended with exit status 1")
    assert verdict.command == "test -f 'no such; true'"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("exit 3", "ended with exit status 3"),
        ("no-such-program-here", "ended with exit status 127: the command was not found"),
        (("no-such-program-here",), "the program no-such-program-here was not found"),
        (("./README",), "./README is not executable"),
        ("kill -KILL $$", "was ended by SIGKILL"),
        ("kill -TERM $$", "was ended by SIGTERM"),
    ],
)
def test_a_validator_that_fails_says_why(scene: Scene, command: str | tuple[str, ...], reason: str) -> None:
    verdict = one(scene.root, command)
    assert (verdict.passed, verdict.reason) == (False, reason)


@pytest.mark.slow
def test_a_hanging_validator_is_ended_with_its_children_though_they_ignore_sigterm(
    scene: Scene, tmp_path: Path
) -> None:
    pids = tmp_path / "pids"
    script = f"trap '' TERM; echo $$ >> {pids}; sh -c \"trap '' TERM; echo \\$\\$ >> {pids}; while :; do sleep 60; done\" & while :; do sleep 60; done"
    verdict = one(scene.root, script, timeout=1)
    assert verdict.reason == "took longer than its 1 s"
    found = [int(line) for line in pids.read_text().split()]
    assert len(found) == 2
    assert all(gone(pid) for pid in found)


def test_a_child_that_is_left_behind_does_not_outlive_the_verdict(scene: Scene, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    verdict = one(scene.root, f"sleep 600 & echo $! > {pid}; echo done")
    assert verdict.passed
    assert verdict.seconds < 30
    until(lambda: gone(int(pid.read_text())))


def test_a_child_that_left_the_group_and_holds_the_output_does_not_hold_up_the_verdict(
    scene: Scene, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    leave = f"import os; os.setsid(); open({str(pid)!r}, 'w').write(str(os.getpid())); os.execvp('sleep', ['sleep', '600'])"
    command = f'"{sys.executable}" -c "{leave}" & while ! test -s {pid}; do sleep 0.01; done'
    verdict = one(scene.root, command)
    try:
        assert verdict.passed
        assert verdict.seconds < 60
    finally:
        os.kill(int(pid.read_text()), signal.SIGKILL)


def test_a_hundred_megabytes_of_output_pass_in_bounded_memory(scene: Scene) -> None:
    flood = "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1"
    scene.write(".gitorch.yaml", f"validators:\n- name: flood\n  command: {flood!r}\n")
    code = (
        "import resource, sys; from gitorch.cli.main import run\n"
        "status = run(['validate'])\n"
        "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
        "sys.exit(status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=scene.root, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1, done.stderr
    assert "| the end" in done.stderr
    assert len(done.stderr) < 20_000
    assert int(done.stdout.split("peak ")[1]) < 150  # MiB, Python and its imports included
    (log,) = (scene / ".git/gitorch/logs/unbound").iterdir()
    assert 64 << 20 < log.stat().st_size < 65 << 20
    assert log.read_bytes().endswith(b"x\nthe end\n")


def test_output_is_kept_raw_in_the_log_and_shown_clean(scene: Scene) -> None:
    raw = r"printf 'caf\351 \033[31mred\033[0m \033]0;title\007 10%%\r100%%\n\001bell\007\n'; exit 1"
    verdict = one(scene.root, raw)
    assert verdict.output_tail == "100%\n\N{REPLACEMENT CHARACTER}bell\N{REPLACEMENT CHARACTER}"
    assert verdict.log
    assert (
        Path(verdict.log).read_bytes()
        == b"caf\xe9 \x1b[31mred\x1b[0m \x1b]0;title\x07 10%\r100%\n\x01bell\x07\n"
    )


def test_neither_gits_location_nor_the_worker_reaches_a_validator(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    monkeypatch.setenv("GITORCH_WORKER", "W1.1")
    assert one(scene.root, 'test -z "$GIT_INDEX_FILE$GITORCH_WORKER"').passed


def test_validators_run_side_by_side(scene: Scene, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # each end opens only when the other is there
    seen: list[Progress] = []
    write, read = judged(
        scene.root,
        Validator(name="write", command=f"echo met > {pipe}", timeout=20),
        Validator(name="read", command=f'test "$(cat {pipe})" = met', timeout=20),
        seen=seen,
    )
    assert write.passed
    assert read.passed
    assert [(p.name, p.step) for p in seen[:2]] == [("write", Step.STARTED), ("read", Step.STARTED)]
    assert {p.name for p in seen if p.step is Step.FINISHED} == {"write", "read"}


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, 128 + 15, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, 128 + 1, marks=pytest.mark.slow),
    ],
)
def test_an_interrupt_ends_every_group_before_it_passes(
    scene: Scene, tmp_path: Path, number: int, status: int
) -> None:
    script = "echo $$ > $0.pid; trap '' TERM; while :; do sleep 60 & wait; done"
    checks = "".join(
        f"- name: {name}\n  command: [sh, -c, {script!r}, {str(tmp_path / name)!r}]\n" for name in "ab"
    )
    scene.write(".gitorch.yaml", f"validators:\n{checks}")
    process = subprocess.Popen(
        [sys.executable, "-m", "gitorch", "validate"],
        cwd=scene.root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    files = [tmp_path / "a.pid", tmp_path / "b.pid"]
    until(lambda: all(file.exists() and file.read_text().strip() for file in files))
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == status
    assert all(gone(int(file.read_text())) for file in files)


def test_validate_prints_the_verdicts_and_exits_1_on_failure(scene: Scene) -> None:
    checks = "validators:\n- {name: good, command: 'true'}\n- {name: bad, command: 'echo oh no; exit 4'}\n"
    scene.write(".gitorch.yaml", checks)
    ran = scene.gitorch("validate")
    assert ran.status == 1
    assert "1 of 2 validators failed: bad" in ran.out
    assert "good: passed" in ran.err
    assert "  $ echo oh no; exit 4\n  | oh no\n  log: " in ran.err
    assert scene.gitorch("validate", "good").status == 0
    assert scene.gitorch("validate", "other").status == 2
    document = scene.gitorch("validate", "--json")
    assert document.status == 1
    assert '"kind": "validate"' in document.out
    assert '"reason": "ended with exit status 4"' in document.out


def test_that_nothing_is_configured_is_said_plainly(scene: Scene) -> None:
    ran = scene.gitorch("validate")
    assert (ran.status, ran.out) == (0, "no validators are configured: nothing was checked\n")
