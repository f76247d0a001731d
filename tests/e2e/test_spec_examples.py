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

from tests.scene import Scene, write

DATA = Path(__file__).parents[1] / "data"
PATIENCE = 30.0


@contextmanager
def watching(scene: Scene, log: Path) -> Iterator[None]:
    """A real `gitorch watch` while the block runs; it must end cleanly on SIGTERM."""
    with log.open("wb") as file:
        watcher = subprocess.Popen(
            [sys.executable, "-m", "gitorch", "watch"], cwd=scene.root, stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield
    finally:
        watcher.terminate()
        assert watcher.wait(PATIENCE) == 0, log.read_text()


def staged_status(scene: Scene, slug: str) -> str:
    return scene.git("show", f":N5/builds/{slug}/STATUS.md", check=False)


def until_staged(scene: Scene, slug: str, line: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while line not in staged_status(scene, slug):
        assert time.monotonic() < deadline, staged_status(scene, slug)
        time.sleep(0.05)


def deliver(scene: Scene, slug: str, worker: str, summary: str = "did it") -> str:
    """What a worker does that cannot run gitorch: a file, and the JSON."""
    artifact = f"Sites/{slug}/{worker}.txt"
    scene.write(artifact, f"the work of {worker}\n")
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
    scene.write(f"N5/builds/{slug}/completions/{worker}.json", json.dumps(report, indent=2))
    return artifact


def the_one_commit(scene: Scene, slug: str, base: str) -> str:
    """Asserts what the design promises of the end; the build commit's message."""
    assert scene.git("rev-list", "--count", f"{base}..build/{slug}") == "1"
    assert scene.git("status", "--porcelain") == ""
    assert scene.git("rev-parse", "HEAD^") == base
    meta = json.loads(scene.git("show", f"HEAD:N5/builds/{slug}/meta.json"))
    assert (meta["status"], meta["build_type"], meta["slug"]) == ("complete", "code_build", slug)
    scene.git("fsck", "--strict")
    return scene.git("log", "-1", "--format=%B")


@pytest.fixture
def project(scene: Scene) -> Scene:
    """A repository with a validator in its policy and the guard installed."""
    check = shlex.join([sys.executable, "-c", "import pathlib; assert pathlib.Path('README').read_text()"])
    scene.write(".gitorch.yaml", f"validators:\n  - name: smoke\n    command: {json.dumps(check)}\n")
    scene.git("add", "-A")
    scene.git("commit", "-q", "-m", "policy")
    ran = scene.gitorch("install")
    assert ran.status == 0, ran.err
    return scene


def test_calendar_v2_from_plan_to_commit(project: Scene, tmp_path: Path) -> None:
    slug = "calendar-v2"
    base = project.git("rev-parse", "HEAD")
    ran = project.gitorch("init", "--project", slug, "--plan-file", str(DATA / "calendar-v2.md"))
    assert ran.status == 0, ran.err
    assert project.git("symbolic-ref", "HEAD") == f"refs/heads/build/{slug}"

    with watching(project, tmp_path / "watch.log"):
        for worker, summary in (("W1.1", "5 tables, soft-delete pattern"), ("W1.2", "12 endpoints stubbed")):
            assert project.gitorch("launch", worker).status == 0
            deliver(project, slug, worker, summary)
        until_staged(project, slug, "- [x] W1.2: ")
        for worker in ("W2.1", "W2.2"):
            assert project.gitorch("launch", worker).status == 0
        expected = (DATA / "calendar-v2-STATUS.md").read_text()
        until_staged(project, slug, "- [ ] W2.2: Calendar Views — Worker launched")
        assert staged_status(project, slug) + "\n" == expected

        for options in ([], ["--no-verify"]):
            refused = subprocess.run(
                ["git", "commit", "-am", "wip", *options],
                cwd=project.root,
                capture_output=True,
                text=True,
                check=False,
            )
            assert refused.returncode != 0
            assert slug in refused.stderr
            assert "commit" in refused.stderr
        assert project.git("rev-parse", "HEAD") == base

        early = project.gitorch("finalize")
        assert early.status == 1
        for worker in ("W2.1", "W2.2", "W3.1"):
            assert worker in early.err

        for worker in ("W2.1", "W2.2"):
            deliver(project, slug, worker)
        until_staged(project, slug, "- [x] W2.2: ")
        deliver(project, slug, "W3.1")
        until_staged(project, slug, "- [x] W3.1: ")

    ran = project.gitorch("finalize")
    assert ran.status == 0, ran.err
    message = the_one_commit(project, slug, base)
    for worker, title in (
        ("W1.1", "Database Schema"),
        ("W1.2", "API Routes"),
        ("W2.1", "Event CRUD"),
        ("W2.2", "Calendar Views"),
        ("W3.1", "Recurring Events"),
    ):
        assert worker in message
        assert title in message
    assert project.git("show", "HEAD:Sites/calendar-v2/W3.1.txt") == "the work of W3.1"


@pytest.mark.slow
def test_auth_system_by_the_specs_commands_reference(project: Scene, tmp_path: Path) -> None:
    slug = "auth-system"
    base = project.git("rev-parse", "HEAD")
    plan = write(tmp_path / "plan.json", (DATA / "auth-system.json").read_text())

    def did(*arguments: str) -> str:
        ran = project.gitorch(*arguments)
        assert ran.status == 0, ran.err
        return ran.out

    did("init", "--project", slug, "--plan-file", str(plan))
    assert "worker_schema" in did("ready", "--project", slug)
    command = did("spawn-cmd", "--project", slug, "--worker", "worker_schema", "--parent", "con_XXXXX")
    assert len(command.splitlines()) == 1
    project.write("N5/services/auth/schema.sql", "CREATE TABLE users (id TEXT);\n")
    output = "N5/services/auth/schema.sql"
    did("complete", "--project", slug, "--worker", "worker_schema", "--output", output)
    for worker in ("worker_oauth", "worker_jwt", "worker_providers"):
        assert worker in did("ready", "--project", slug)
        artifact = f"N5/services/auth/{worker}.py"
        project.write(artifact, "pass\n")
        did("complete", "--project", slug, "--worker", worker, "--output", artifact)
    assert "worker_providers" in did("status", "--project", slug)
    assert slug in did("list")
    did("finalize", "--project", slug)
    message = the_one_commit(project, slug, base)
    for worker in ("W1.1", "W2.1", "W2.2", "W3.1"):
        assert worker in message
