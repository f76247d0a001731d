"""Recording a report: what its claims hold is kept in a snapshot before anybody is told of the report."""

import json
from pathlib import Path

import pytest

from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core.names import Slug
from gitorch.core.opened import Decided
from tests.scene import FOLDER, SLUG, Scene

REF = f"refs/gitorch/snapshots/{SLUG}"


def decided(scene: Scene) -> Decided:
    repo = Repository.discover(scene.root)
    assert repo
    return registry.read_decided(repo, Slug(SLUG))


def test_a_new_report_is_recorded_with_what_its_claims_hold(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/schema.py", "TABLES = 5\n")
    (scene / "README").unlink()
    scene.deliver("W1.1", ["src/", "README"])

    scene.do("sync")

    (report,) = decided(scene).reports
    blob = scene.git("hash-object", "src/schema.py")
    assert report.worker == "W1.1"
    assert report.held == {"README": None, "src/schema.py": f"100644 {blob}"}
    assert report.snapshot == scene.git("rev-parse", REF)
    assert scene.git("log", "-1", "--format=%s", REF) == "W1.1 reported complete"
    assert scene.git("show", f"{REF}:src/schema.py") == "TABLES = 5"


def test_several_new_reports_take_one_snapshot_and_nothing_new_takes_none(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()

    scene.do("sync")
    scene.do("sync")

    line = scene.git("rev-list", "--first-parent", f"main..{REF}").split()
    said = scene.git("log", "-1", "--format=%(trailers:key=Report,valueonly)", REF).split("\n")
    assert len(line) == 1
    assert [report.split()[0] for report in said if report] == ["W1.1", "W2.1"]
    assert [report.worker for report in decided(scene).reports] == ["W1.1", "W2.1"]


def test_another_report_of_the_same_worker_takes_the_place_of_the_first(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/a", "1\n")
    scene.deliver("W1.1", ["src/a"], status="blocked")
    scene.do("sync")
    scene.do("launch", "W1.1")
    scene.write("src/a", "2\n")
    scene.deliver("W1.1", ["src/a"])

    scene.do("sync")

    (report,) = decided(scene).reports
    assert report.held["src/a"] == f"100644 {scene.git('hash-object', 'src/a')}"
    assert len(decided(scene).launches) == 1


@pytest.mark.parametrize("command", ["status", "ready", "list", "review"])
def test_a_command_that_looks_records_what_is_due_and_stages_nothing(scene: Scene, command: str) -> None:
    scene.open_build()
    scene.write("src/a", "1\n")
    scene.deliver("W1.1", ["src/a"])
    index = scene.git("ls-files", "--stage")

    scene.gitorch(command)

    assert [report.worker for report in decided(scene).reports] == ["W1.1"]
    assert scene.git("ls-files", "--stage") == index


def test_what_cannot_be_recorded_is_said_and_comes_at_the_next_time(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/a", "1\n")
    scene.deliver("W1.1", ["src/a"])
    scene.deliver("W2.1", [])
    blocking = scene.write(".git/gitorch/snapshots", "not a folder\n")
    ran = scene.do("status", "--json")
    synced, refused = scene.do("sync"), scene.gitorch("finalize")
    blocking.unlink()

    scene.do("status")

    assert "warning: 2 reports are not recorded yet: " in synced.err
    assert "error: " in refused.err
    codes = [issue["code"] for issue in json.loads(ran.out)["issues"]]
    assert "unrecorded-report" in codes
    assert [report.worker for report in decided(scene).reports] == ["W1.1", "W2.1"]


def test_a_build_without_git_records_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.write("plan.json", json.dumps({"name": "N", "workers": [{"id": "a", "description": "b"}]}))
    scene.do("init", "--project", SLUG, "--type", "content", "--plan-file", "plan.json")
    scene.write(f"{FOLDER}/completions/W1.1.json", "{}")

    assert "unrecorded" not in scene.do("status").out


def test_reopen_keeps_what_was_recorded(scene: Scene) -> None:
    base = scene.ready_build()
    scene.do("sync")
    before = decided(scene).reports
    scene.land(base)

    scene.do("reopen")

    assert decided(scene).reports == before
    assert decided(scene).landed is None
