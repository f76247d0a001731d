"""Reports that are not in the spec's form: read, rewritten when they are recorded, the original kept (B8)."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.actions.test_read_only import read_only
from tests.builds import CALENDAR, make_build, make_open_build, meta, report
from tests.crash.paused import Paused, fresh
from tests.scene import FOLDER, Scene, orch, write
from tests.scene.spawned import open_build, spawn, spawns, until

SLIPS = (
    '\ufeff```json\n{"worker_id": "W1.1", "status": "done", "summary": "Did it.", "concerns": null,}\n```\n'
)
NAME = "completions/W1.1.json"
KEPT = ".git/gitorch/originals/calendar-v2/W1.1.json"
WRITTEN = 1_768_761_000
FORM = {
    "worker_id": "W1.1",
    "status": "complete",
    "timestamp": "2026-01-18T18:30:00+00:00",
    "summary": "Did it.",
    "artifacts": [],
    "learnings": [],
    "concerns": [],
    "decisions": [],
    "follow_up": [],
}


@pytest.fixture
def folder(scene: Scene) -> Path:
    """An open code build."""
    made = make_open_build(scene.root)
    assert scene.gitorch("sync").status == 0
    return made


def slip(folder: Path) -> Path:
    path = write(folder / NAME, SLIPS)
    os.utime(path, (WRITTEN, WRITTEN))
    return path


def status_of(scene: Scene, worker: str) -> str:
    document = json.loads(scene.gitorch("status", "--json").out)
    return str({w["id"]: w["status"] for w in document["workers"]}[worker])


def test_b8_sync_rewrites_a_report_in_the_form_of_the_spec_and_keeps_the_original(
    scene: Scene, folder: Path
) -> None:
    path = slip(folder)
    before = json.loads(scene.gitorch("status", "--json").out)["issues"]

    ran = scene.gitorch("sync")

    assert "corrected-report" in [issue["code"] for issue in before]
    assert ran.err == (
        f"warning: {NAME} is read with 6 corrections\n"
        "  a byte order mark was removed\n"
        "  a code fence around the JSON was removed\n"
        "  trailing commas were removed\n"
        "  the status was done: complete\n"
        "  concerns was null: an empty list\n"
        "  the timestamp was missing: the time of the file\n"
        f"  the original is kept as {scene / KEPT}\n"
    )
    assert path.read_text() == json.dumps(FORM, indent=2) + "\n"
    assert path.stat().st_mtime == WRITTEN
    assert (scene / KEPT).read_text() == SLIPS
    assert scene.git("show", f":{path.relative_to(scene.root)}") == path.read_text().rstrip("\n")
    after = json.loads(scene.gitorch("status", "--json").out)["issues"]
    assert "corrected-report" not in [issue["code"] for issue in after]
    assert scene.gitorch("sync").err == "build calendar-v2 is up to date\n"


def test_b8_without_git_the_original_is_kept_beside_the_report(scene: Scene, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    folder = make_build(plain, meta("calendar-v2", build_type="content"), workers=CALENDAR[:1])
    path = slip(folder)

    ran = orch(plain, "sync")
    again = orch(plain, "sync")

    assert ran.status == 0, ran.err
    assert json.loads(path.read_text()) == FORM
    assert (folder / f"{NAME}.orig").read_text() == SLIPS
    assert again.err == "build calendar-v2 is up to date\n"
    assert orch(plain, "finalize").status == 0


def test_b8_a_second_original_of_a_worker_is_kept_beside_the_first(scene: Scene, folder: Path) -> None:
    slip(folder)
    scene.gitorch("sync")
    write(folder / NAME, SLIPS.replace("Did it", "Did more"))

    scene.gitorch("sync")

    assert (scene / KEPT).read_text() == SLIPS
    assert (scene / KEPT).with_name("W1.1.2.json").read_text() == SLIPS.replace("Did it", "Did more")


def test_b8_a_kill_between_keeping_and_rewriting_leaves_the_original_and_is_made_up_for(
    scene: Scene, folder: Path
) -> None:
    path = slip(folder)
    write(scene / KEPT, SLIPS)

    scene.gitorch("sync")

    assert json.loads(path.read_text()) == FORM
    assert [place.name for place in (scene / KEPT).parent.iterdir()] == ["W1.1.json"]


@pytest.mark.slow
def test_b8_a_sync_that_is_killed_at_any_step_leaves_the_original_or_the_form_of_the_spec(
    scene: Scene, folder: Path, tmp_path: Path
) -> None:
    slip(folder)
    shutil.copytree(scene.root, tmp_path / "template", symlinks=True)
    found: list[str] = []
    step: str | None = "the first"
    while step:
        fresh(tmp_path / "template", scene.root)
        running = Paused(scene.root, ["sync"])
        while running.step and running.at <= len(found):
            running.go_on()
        step = running.step
        running.kill() if step else running.end()
        found.append((folder / NAME).read_text())
        assert found[-1] == SLIPS or (scene / KEPT).read_text() == SLIPS

        scene.do("sync")

        assert json.loads((folder / NAME).read_text()) == FORM
        assert [place.name for place in (scene / KEPT).parent.glob("[!.]*")] == ["W1.1.json"]
    assert len(found) > 10
    assert set(found) == {SLIPS, json.dumps(FORM, indent=2) + "\n"}


def test_b8_the_report_for_which_a_worker_is_launched_again_stays_superseded_when_it_is_rewritten(
    scene: Scene, folder: Path
) -> None:
    path = write(folder / NAME, SLIPS.replace('"done"', '"failed"'))
    assert status_of(scene, "W1.1") == "failed"

    ran = scene.gitorch("launch", "W1.1")

    assert ran.status == 0, ran.err
    assert json.loads(path.read_text())["follow_up"] == []
    assert status_of(scene, "W1.1") == "in_progress"


def test_b8_a_report_in_a_read_only_git_directory_counts_and_is_rewritten_later(
    scene: Scene, folder: Path
) -> None:
    if sys.platform != "linux" or read_only(scene / ".git", "true").status != 0:
        pytest.skip("a private mount needs Linux with user namespaces")
    path = slip(folder)

    there = read_only(scene / ".git", sys.executable, "-m", "gitorch", "sync")

    assert "is read with" not in there.err
    assert path.read_text() == SLIPS
    assert status_of(scene, "W1.1") == "complete"
    assert scene.gitorch("sync").status == 0
    assert json.loads(path.read_text()) == FORM


def test_b8_finalize_lands_the_form_of_the_spec_and_verify_finds_it(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    path = next(iter(sorted(scene.root.glob("N5/builds/*/completions/*.json"))))
    document = json.loads(path.read_text())
    write(path, f"```json\n{json.dumps(document | {'status': 'success'})}\n```")

    ran = scene.gitorch("finalize")

    assert ran.status == 0, ran.err
    assert f"warning: completions/{path.name} is read with 2 corrections\n" in ran.err
    landed = json.loads(scene.git("show", f"HEAD:{path.relative_to(scene.root)}"))
    assert landed["status"] == "complete"
    assert scene.gitorch("verify", "HEAD").status == 0


def test_b8_finalize_lands_no_report_that_cannot_be_rewritten(scene: Scene) -> None:
    base = scene.ready_build()
    path = scene / FOLDER / "completions/W2.1.json"
    path.write_text(path.read_text().replace('"complete"', '"done"'))
    scene.write(".git/gitorch/originals", "in the place of the folder\n")

    says = f"{FOLDER}/completions/W2.1.json could not be rewritten in the spec's form; nothing was committed"
    err = scene.refused("finalize", says=says).err

    assert "the status was done: complete" in err
    (scene / ".git/gitorch/originals").unlink()
    scene.land(base)


def test_b8_what_the_spawner_corrected_reaches_the_person_and_the_next_brief(
    scene: Scene, tmp_path: Path
) -> None:
    text = '{"worker_id": "W1.1", "status": "blocked", "summary": "No key.", "learnings": null}'
    script = write(tmp_path / "worker.sh", f"cat > {FOLDER}/completions/W1.1.json <<'END'\n{text}\nEND\n")
    open_build(scene.root, {"command": f"sh {script}"})

    spawn(scene.root, "W1.1")

    until(lambda: bool(spawns(scene.root)["W1.1"]["corrections"]))
    told = scene.gitorch("spawns").err
    assert "warning: completions/W1.1.json is read with 2 corrections\n" in told
    assert "  learnings was null: an empty list\n" in told
    assert "- learnings was null: an empty list\n" in scene.do("brief", "W1.1").out


def test_b8_what_is_wrong_with_the_report_of_a_worker_that_is_gone_reaches_person_and_next_brief(
    scene: Scene, folder: Path
) -> None:
    assert scene.gitorch("launch", "W1.1").status == 0
    write(folder / NAME, report("W1.1", status="finished"))

    scene.do("close", "W1.1", "--gone", "the worker ended without one")

    wrong = f"{NAME}: status: input should be 'complete', 'blocked' or 'failed'"
    why = f"No valid report: the worker ended without one; {wrong}"
    assert f"W1.1 (Database Schema) failed: {why}\n" in scene.gitorch("status").out
    section = f"## What came of the last attempt\n\nInformation, no instructions.\n\n- {why}\n"
    assert section in scene.gitorch("brief", "W1.1").out.replace("\\", "")
    scene.do("launch", "W1.1")
    assert section in scene.gitorch("brief", "W1.1").out.replace("\\", "")


def test_b8_a_worker_in_progress_finds_in_its_brief_what_is_wrong_with_its_report(
    scene: Scene, folder: Path
) -> None:
    assert scene.gitorch("launch", "W1.1").status == 0
    path = write(folder / NAME, report("W1.1", status="finished"))
    os.utime(path, (WRITTEN, WRITTEN))

    brief = scene.gitorch("brief", "W1.1").out.replace("\\", "")

    assert f"- {NAME}: status: input should be 'complete', 'blocked' or 'failed'\n" in brief


def test_b8_complete_reads_a_document_with_the_same_slips(scene: Scene, folder: Path) -> None:
    ran = scene.gitorch("complete", "W1.1", "--from", "-", stdin=SLIPS)

    assert ran.status == 0, ran.err
    assert "note: the report was corrected: the status was done: complete\n" in ran.err
    written = json.loads((folder / NAME).read_text())
    assert written | {"timestamp": FORM["timestamp"]} == FORM
