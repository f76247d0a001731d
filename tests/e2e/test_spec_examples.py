"""Both spec examples, verbatim, from init to the build commit: real git, hooks and watcher."""

import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support import git, orch, write

DATA = Path(__file__).parents[1] / "data"
PATIENCE = 30.0


@contextmanager
def watching(repo: Path, log: Path) -> Iterator[None]:
    """A real `gitorch watch` while the block runs; it must end cleanly on SIGTERM."""
    with log.open("wb") as file:
        watcher = subprocess.Popen(
            [sys.executable, "-m", "gitorch", "watch"], cwd=repo, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield
    finally:
        watcher.terminate()
        assert watcher.wait(PATIENCE) == 0, log.read_text()


def staged_status(repo: Path, slug: str) -> str:
    return git(repo, "show", f":N5/builds/{slug}/STATUS.md", check=False)


def until_staged(repo: Path, slug: str, line: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while line not in staged_status(repo, slug):
        assert time.monotonic() < deadline, staged_status(repo, slug)
        time.sleep(0.05)


def deliver(repo: Path, slug: str, worker: str, summary: str = "did it") -> str:
    """What a worker does that cannot run gitorch: a file, and the JSON."""
    artifact = f"Sites/{slug}/{worker}.txt"
    write(repo / artifact, f"the work of {worker}\n")
    report = {
        "worker_id": worker,
        "status": "complete",
        "timestamp": "2026-01-18T18:30:00-05:00",
        "summary": summary,
        "artifacts": [artifact],
        "learnings": [],
        "concerns": [],
        "decisions": [],
        "follow_up": [],
    }
    write(repo / f"N5/builds/{slug}/completions/{worker}.json", json.dumps(report, indent=2))
    return artifact


def the_one_commit(repo: Path, slug: str, base: str) -> str:
    """Asserts what the design promises of the end; the build commit's message."""
    assert git(repo, "rev-list", "--count", f"{base}..build/{slug}") == "1"
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "rev-parse", "HEAD^") == base
    meta = json.loads(git(repo, "show", f"HEAD:N5/builds/{slug}/meta.json"))
    assert (meta["status"], meta["build_type"], meta["slug"]) == ("complete", "code_build", slug)
    git(repo, "fsck", "--strict")
    return git(repo, "log", "-1", "--format=%B")


@pytest.fixture
def ready_repo(repo: Path) -> Path:
    """A repository with a validator in its policy and the guard installed."""
    check = shlex.join([sys.executable, "-c", "import pathlib; assert pathlib.Path('README').read_text()"])
    write(repo / ".gitorch.yaml", f"validators:\n  - name: smoke\n    command: {json.dumps(check)}\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "policy")
    ran = orch(repo, "install")
    assert ran.status == 0, ran.err
    return repo


def test_calendar_v2_from_plan_to_commit(ready_repo: Path, tmp_path: Path) -> None:
    repo, slug = ready_repo, "calendar-v2"
    base = git(repo, "rev-parse", "HEAD")
    ran = orch(repo, "init", "--project", slug, "--plan-file", str(DATA / "calendar-v2.md"))
    assert ran.status == 0, ran.err
    assert git(repo, "symbolic-ref", "HEAD") == f"refs/heads/build/{slug}"

    with watching(repo, tmp_path / "watch.log"):
        for worker, summary in (("W1.1", "5 tables, soft-delete pattern"), ("W1.2", "12 endpoints stubbed")):
            assert orch(repo, "launch", worker).status == 0
            deliver(repo, slug, worker, summary)
        until_staged(repo, slug, "- [x] W1.2: ")
        for worker in ("W2.1", "W2.2"):
            assert orch(repo, "launch", worker).status == 0
        expected = (DATA / "calendar-v2-STATUS.md").read_text()
        until_staged(repo, slug, "- [ ] W2.2: Calendar Views — Worker launched")
        assert staged_status(repo, slug) + "\n" == expected

        for options in ([], ["--no-verify"]):
            refused = subprocess.run(
                ["git", "commit", "-am", "wip", *options],
                cwd=repo,
                capture_output=True,
                text=True,
                check=False,
            )
            assert refused.returncode != 0
            assert slug in refused.stderr
            assert "commit" in refused.stderr
        assert git(repo, "rev-parse", "HEAD") == base

        early = orch(repo, "finalize")
        assert early.status == 1
        for worker in ("W2.1", "W2.2", "W3.1"):
            assert worker in early.err

        for worker in ("W2.1", "W2.2"):
            deliver(repo, slug, worker)
        until_staged(repo, slug, "- [x] W2.2: ")
        deliver(repo, slug, "W3.1")
        until_staged(repo, slug, "- [x] W3.1: ")

    ran = orch(repo, "finalize")
    assert ran.status == 0, ran.err
    message = the_one_commit(repo, slug, base)
    for worker, title in (
        ("W1.1", "Database Schema"),
        ("W1.2", "API Routes"),
        ("W2.1", "Event CRUD"),
        ("W2.2", "Calendar Views"),
        ("W3.1", "Recurring Events"),
    ):
        assert worker in message
        assert title in message
    assert git(repo, "show", "HEAD:Sites/calendar-v2/W3.1.txt") == "the work of W3.1"


@pytest.mark.slow
def test_auth_system_by_the_specs_commands_reference(ready_repo: Path, tmp_path: Path) -> None:
    repo, slug = ready_repo, "auth-system"
    base = git(repo, "rev-parse", "HEAD")
    plan = write(tmp_path / "plan.json", (DATA / "auth-system.json").read_text())

    def did(*arguments: str) -> str:
        ran = orch(repo, *arguments)
        assert ran.status == 0, ran.err
        return ran.out

    did("init", "--project", slug, "--plan-file", str(plan))
    assert "worker_schema" in did("ready", "--project", slug)
    command = did("spawn-cmd", "--project", slug, "--worker", "worker_schema", "--parent", "con_XXXXX")
    assert len(command.splitlines()) == 1
    write(repo / "N5/services/auth/schema.sql", "CREATE TABLE users (id TEXT);\n")
    output = "N5/services/auth/schema.sql"
    did("complete", "--project", slug, "--worker", "worker_schema", "--output", output)
    for worker in ("worker_oauth", "worker_jwt", "worker_providers"):
        assert worker in did("ready", "--project", slug)
        artifact = f"N5/services/auth/{worker}.py"
        write(repo / artifact, "pass\n")
        did("complete", "--project", slug, "--worker", worker, "--output", artifact)
    assert "worker_providers" in did("status", "--project", slug)
    assert slug in did("list")
    did("finalize", "--project", slug)
    message = the_one_commit(repo, slug, base)
    for worker in ("W1.1", "W2.1", "W2.2", "W3.1"):
        assert worker in message
