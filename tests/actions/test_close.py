"""close: a report that counts is accepted, a missing one is asked for, a failure is told, never a success."""

import json
import os
from pathlib import Path

import pytest

from tests.builds import bind, make_build, meta, report
from tests.scene import Scene, write

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(scene: Scene) -> Path:
    """A build in which W1.1 and W1.2 were launched."""
    made = make_build(scene.root, meta(base=scene.git("rev-parse", "HEAD"), launched=["W1.1", "W1.2"]))
    scene.git("switch", "-q", "-c", "build/calendar-v2")
    bind(scene.root)
    assert scene.gitorch("sync").status == 0
    return made


@pytest.mark.parametrize("status", ["complete", "blocked", "failed"])
def test_a_valid_report_is_accepted_and_the_records_follow(scene: Scene, folder: Path, status: str) -> None:
    write(folder / "completions/W1.1.json", report("W1.1", status=status))
    ran = scene.gitorch("close", "W1.1")
    assert (ran.status, ran.out) == (0, f"W1.1 has reported: {status}\n")
    assert "W1.1" in (folder / "STATUS.md").read_text().split("## Remaining")[0]
    kept = (folder / "completions/W1.1.json").read_bytes()
    assert scene.gitorch("close", "W1.1", "--gone", "too late").status == 0
    assert (folder / "completions/W1.1.json").read_bytes() == kept


def test_a_worker_without_a_report_is_told_exactly_what_to_write_and_where(
    scene: Scene, folder: Path
) -> None:
    write(folder / "completions/W1.2.json", report("W1.2", artifacts=["theirs", "lib/"]))
    for path in ("mine", "theirs", "lib/a", "with space/ü"):
        scene.write(path, "x\n")
    ran = scene.gitorch("close", env={"GITORCH_WORKER": "W1.1"})
    assert (ran.status, ran.out) == (1, "")
    assert "error: W1.1 has not reported" in ran.err
    assert "expected in N5/builds/calendar-v2/completions/W1.1.json, " in ran.err
    document = json.loads(ran.err[ran.err.index("{") : ran.err.rindex("}") + 1])
    assert document["worker_id"] == "W1.1"
    assert document["artifacts"] == ["mine", "with space/ü"]
    assert not (folder / "completions/W1.1.json").exists()
    document["status"] = "complete"  # what it was asked for is accepted
    write(folder / "completions/W1.1.json", json.dumps(document))
    assert scene.gitorch("close", "W1.1").status == 0


def test_an_invalid_report_is_named_with_what_is_wrong(scene: Scene, folder: Path) -> None:
    path = write(folder / "completions/W1.1.json", '{"worker_id": "W1.1"')
    os.utime(path, (0, 0))
    ran = scene.gitorch("close", "W1.1")
    assert ran.status == 1
    assert "error: W1.1 has no valid report" in ran.err
    assert "completions/W1.1.json: is not JSON" in ran.err


def test_one_that_is_gone_is_reported_as_failed_with_the_reason_and_nothing_is_thrown_away(
    scene: Scene, folder: Path
) -> None:
    path = write(folder / "completions/W1.1.json", '{"worker_id": "W1.1"')
    ran = scene.gitorch("close", "W1.1", "--gone", "the machine \x1b[31mdied")
    assert (ran.status, ran.out) == (0, "W1.1 is reported as failed\n")
    assert f"undo: rm -- {path}\n" in ran.err  # from any folder
    written = json.loads(path.read_text())
    assert (written["status"], written["artifacts"]) == ("failed", [])
    assert written["summary"].startswith("No valid report: the machine")
    assert (folder / "dropped/W1.1.json").read_text() == '{"worker_id": "W1.1"'
    assert "W1.1" in scene.gitorch("status").out


def test_a_report_before_its_dependencies_is_not_accepted(scene: Scene, folder: Path) -> None:
    write(folder / "completions/W2.1.json", report("W2.1"))
    ran = scene.gitorch("close", "W2.1")
    assert ran.status == 1
    assert "completions/W2.1.json reports complete before W1.1, W1.2 are complete" in ran.err


def test_b8_a_report_before_its_dependencies_is_kept_when_its_worker_is_gone(
    scene: Scene, folder: Path
) -> None:
    early = report("W2.1", "Too early.")
    write(folder / "completions/W2.1.json", early)

    scene.do("close", "W2.1", "--gone", "it crashed")

    assert (folder / "dropped/W2.1.json").read_text() == early
    written = json.loads((folder / "completions/W2.1.json").read_text())
    assert "reports complete before W1.1, W1.2 are complete" in written["summary"]


def test_json_on_both_ways_out(scene: Scene, folder: Path) -> None:
    refused = scene.gitorch("close", "W1.1", "--json")
    assert (refused.status, json.loads(refused.out)["kind"]) == (1, "error")
    done = json.loads(scene.gitorch("close", "W1.1", "--gone", "x", "--json").out)
    assert (done["kind"], done["written"], done["worker"]["status"]) == ("close", True, "failed")


def test_a_report_that_was_written_a_moment_ago_is_told_what_is_wrong_with_it(
    scene: Scene, folder: Path
) -> None:
    write(folder / "completions/W1.1.json", '{"worker_id": "W1.1", "status": "finished", "summary": 5}')
    ran = scene.gitorch("close", "W1.1")
    assert ran.status == 1
    assert "W1.1 has no valid report" in ran.err
    assert "status: input should be 'complete', 'blocked' or 'failed'" in ran.err
