"""`gitorch spawn` with local commands: real processes that work, fail, hang, fork, flood and are killed."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gitorch.adapters.spawn_store import SpawnStore
from gitorch.core.meta import BuildType
from gitorch.core.spawning import Record
from tests.builds import make_build, meta
from tests.scene import Scene, orch, write
from tests.scene.spawned import completion, open_build, results, spawn, spawns, statuses, until

WORK = """
cat > "$GITORCH_WORKER.brief"
printf '%s|%s|%s' "$GITORCH_PROJECT" "$GITORCH_PARENT" "$PWD" > "$GITORCH_WORKER.env"
cat > N5/builds/calendar-v2/completions/"$GITORCH_WORKER".json <<EOF
{"worker_id": "$GITORCH_WORKER", "status": "complete", "timestamp": "2026-01-18T18:30:00Z",
 "summary": "Did it.", "artifacts": ["$GITORCH_WORKER.env"]}
EOF
echo done $GITORCH_WORKER
"""


def processes_below(folder: Path) -> list[int]:
    """The process groups of this build that somebody of lives."""
    groups = [int(path.read_text()) for path in folder.glob("*/group")]
    return [group for group in groups if _lives(group)]


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    listed = subprocess.run(
        ["ps", "-o", "stat=", "-g", str(group)], capture_output=True, text=True, check=False
    )
    return any(not state.startswith("Z") for state in listed.stdout.split())


def spawner_of(root: Path) -> int:
    """The process id of the one spawner of this build."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"gitorch.actions.spawn" in words and os.fsencode(root) in words:
                found.append(int(entry.name))
    assert len(found) == 1, found
    return found[0]


def test_workers_get_their_brief_and_come_back_complete(scene: Scene) -> None:
    folder = open_build(scene.root, {"command": WORK})
    ran = spawn(scene.root, "--ready", "--parent", "con_1")
    assert ran.out == "spawned W1.1 W1.2\n"
    assert "undo: gitorch stop W1.1 --project calendar-v2" in ran.err
    until(lambda: set(results(folder)) == {"W1.1", "W1.2"})
    assert statuses(scene.root)["W1.1"] == statuses(scene.root)["W1.2"] == "complete"
    line = results(folder)["W1.1"]
    assert (line["status"], line["exit_status"], line["output_preview"]) == ("completed", 0, "done W1.1\n")
    assert line["started_at"] <= line["ended_at"]
    assert (scene / "W1.1.brief").read_text() == (folder / "workers/W1.1-x.md").read_text()
    assert (scene / "W1.1.env").read_text() == f"calendar-v2|con_1|{scene.root}"
    assert spawns(scene.root)["W1.2"]["state"] == "completed"
    assert scene.gitorch("spawns", "--follow", "W1.2").out == "done W1.2\n"
    assert "exit status 0" in scene.gitorch("spawns").out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "status", "error", "exit_status"),
    [
        pytest.param("echo oops; exit 3", "error", "ended with exit status 3", 3, marks=pytest.mark.slow),
        pytest.param(
            "echo oops; kill -KILL $$", "error", "was ended by SIGKILL", 137, marks=pytest.mark.slow
        ),
        ("echo oops", "completed", None, 0),
        (
            "echo oops; no-such-agent -p",
            "error",
            "ended with exit status 127: the command was not found",
            127,
        ),
        pytest.param("echo oops; kill -KILL 0", "error", "was ended by SIGKILL", -9, marks=pytest.mark.slow),
        pytest.param(
            "echo oops; trap '' TERM; while :; do sleep 60; done",
            *("timeout", "took longer than its 1 s", None),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_worker_that_ends_without_a_report_is_reported_as_failed(
    scene: Scene, command: str, status: str, error: str | None, exit_status: int | None
) -> None:
    folder = open_build(scene.root, {"command": command, "timeout": 1 if status == "timeout" else 60})
    spawn(scene.root, "W1.1")
    until(lambda: completion(folder, "W1.1").get("status") == "failed")
    line = results(folder)["W1.1"]
    assert line["status"] == status
    assert (error or "") in line.get("error", "")
    if exit_status is not None:
        assert line["exit_status"] == exit_status
    report = completion(folder, "W1.1")
    assert report["summary"].startswith(f"No valid report: {error or 'the worker ended without one'}")
    assert "Its last output:\n\noops" in report["summary"]
    assert report["artifacts"] == []
    private = scene / ".git/gitorch/spawns/calendar-v2"
    until(lambda: not processes_below(private))
    spawn(scene.root, "W1.1")  # a failed worker can be started again


def test_b8_a_spawned_worker_s_report_with_one_wrong_word_is_named_in_status_and_in_its_next_brief(
    scene: Scene,
) -> None:
    folder = open_build(scene.root, {"command": WORK.replace('"complete"', '"finished"')})
    spawn(scene.root, "W1.1")
    until(lambda: completion(folder, "W1.1").get("status") == "failed")
    until(lambda: not processes_below(scene / ".git/gitorch/spawns/calendar-v2"))
    first = (scene / "W1.1.brief").read_text()

    told = scene.gitorch("status").out
    spawn(scene.root, "W1.1")
    until(lambda: (scene / "W1.1.brief").read_text() not in ("", first))

    wrong = "completions/W1.1.json: status: input should be 'complete', 'blocked' or 'failed'"
    assert f"failed: No valid report: the worker ended without one; {wrong}\n" in told
    assert wrong in (scene / "W1.1.brief").read_text().replace("\\", "")
    assert (folder / "dropped/W1.1.json").exists()


def test_b8_a_spawned_worker_that_says_completed_is_complete(scene: Scene) -> None:
    folder = open_build(scene.root, {"command": WORK.replace('"complete"', '"completed"')})

    spawn(scene.root, "W1.1")
    until(lambda: "W1.1" in results(folder))
    until(lambda: completion(folder, "W1.1").get("status") == "complete")

    assert statuses(scene.root)["W1.1"] == "complete"
    assert (scene / ".git/gitorch/originals/calendar-v2/W1.1.json").exists()


@pytest.mark.slow
def test_a_child_that_is_left_behind_is_ended_with_the_worker(scene: Scene) -> None:
    folder = open_build(scene.root, {"command": "sleep 600 & echo $! > pid; exit 0"})
    spawn(scene.root, "W1.1")
    until(lambda: "W1.1" in results(folder))
    until(lambda: not processes_below(scene / ".git/gitorch/spawns/calendar-v2"))
    assert results(folder)["W1.1"]["status"] == "completed"


def test_a_flood_of_output_is_in_the_log_whole_and_in_the_result_in_part(scene: Scene) -> None:
    folder = open_build(
        scene.root, {"command": "head -c 50000000 /dev/zero | tr '\\0' x; printf '\\001\\nthe end'"}
    )
    spawn(scene.root, "W1.1")
    until(lambda: completion(folder, "W1.1").get("status") == "failed")
    line = results(folder)["W1.1"]
    log = scene / ".git/gitorch/spawns/calendar-v2/W1.1/log"
    assert log.stat().st_size == 50_000_009
    assert line["output_preview"] == "x" * 500
    assert completion(folder, "W1.1")["summary"].endswith("the end")
    assert (folder / "completions/W1.1.json").stat().st_size < 4000


def test_at_most_so_many_run_at_a_time_and_the_rest_waits_its_turn(scene: Scene, tmp_path: Path) -> None:
    command = (
        f"test $(ls {tmp_path}/on | wc -l) -lt 2 || touch {tmp_path}/too-many; "
        f"touch {tmp_path}/on/$GITORCH_WORKER; cat {tmp_path}/go-$GITORCH_WORKER; "
        f"rm {tmp_path}/on/$GITORCH_WORKER"
    )
    (tmp_path / "on").mkdir()
    for number in range(1, 5):
        os.mkfifo(tmp_path / f"go-W1.{number}")
    workers = [(f"W1.{n}", "x", ()) for n in range(1, 5)]
    folder = open_build(scene.root, {"command": command}, workers=workers)
    spawn(scene.root, "--ready", "--jobs", "2")
    running = {"W1.1", "W1.2"}
    until(lambda: {path.name for path in (tmp_path / "on").iterdir()} == running)
    states = [entry["state"] for entry in spawns(scene.root).values()]
    assert states == ["running", "running", "queued", "queued"]
    for number in range(1, 5):
        until((tmp_path / f"on/W1.{number}").exists)
        (tmp_path / f"go-W1.{number}").write_text("")
    until(lambda: len(results(folder)) == 4)
    assert not (tmp_path / "too-many").exists()


@pytest.mark.slow
def test_what_cannot_be_started_is_refused_and_nothing_is_marked(scene: Scene) -> None:
    open_build(scene.root, {"command": "sleep 600"})
    before = (scene / "N5/builds/calendar-v2/meta.json").read_bytes()
    waiting = scene.process("spawn", "W1.1", "W2.1")
    assert (waiting.status, "W2.1 cannot be started: W2.1 waits for" in waiting.err) == (1, True)
    assert (scene / "N5/builds/calendar-v2/meta.json").read_bytes() == before
    assert scene.process("spawn").status == 2
    assert scene.process("spawn", "W1.1", "--ready").status == 2
    assert spawns(scene.root) == {}
    spawn(scene.root, "W1.1")
    twice = scene.process("spawn", "W1.1")
    assert (twice.status, "W1.1 has been running since" in twice.err, "gitorch stop W1.1" in twice.err) == (
        1,
        True,
        True,
    )
    undone = scene.gitorch("launch", "--undo", "W1.1")
    assert (
        undone.status,
        "hint: to end W1.1, run: gitorch stop W1.1 --project calendar-v2\n" in undone.err,
    ) == (1, True)
    assert scene.gitorch("stop", "W1.1").status == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "handed"),
    [("env; exit 3", False), ('echo "$ZO_CLIENT_IDENTITY_TOKEN"; exit 3', True)],
)
def test_a_worker_gets_the_services_token_only_by_name_and_no_record_holds_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, command: str, handed: bool
) -> None:
    monkeypatch.setenv("ZO_CLIENT_IDENTITY_TOKEN", "zo_sk_secret-12345")
    folder = open_build(scene.root, {"command": command})
    spawn(scene.root, "W1.1")
    until(lambda: completion(folder, "W1.1").get("status") == "failed")
    log = (scene / ".git/gitorch/spawns/calendar-v2/W1.1/log").read_text()
    assert ("zo_sk_secret-12345" in log) is handed
    assert ("[the token]" in completion(folder, "W1.1")["summary"]) is handed
    for path in folder.rglob("*"):
        assert path.is_dir() or b"zo_sk_secret-12345" not in path.read_bytes()
    assert "zo_sk_secret-12345" not in scene.gitorch("status").out + scene.gitorch("spawns").out


@pytest.mark.parametrize(
    ("itself", "spawner"),
    [
        pytest.param("", "lives", marks=pytest.mark.slow),
        pytest.param("", "is killed", marks=pytest.mark.slow),
        pytest.param("trap '' TERM; ", "lives", marks=pytest.mark.slow),
        ("trap '' TERM; ", "is killed"),
    ],
)
def test_stop_ends_a_worker_and_all_that_it_started(scene: Scene, itself: str, spawner: str) -> None:
    child = "sh -c \"trap '' TERM; echo up; while :; do sleep 60; done\""
    folder = open_build(scene.root, {"command": f"{itself}{child} & wait; wait"})
    spawn(scene.root, "W1.1")
    private = scene / ".git/gitorch/spawns/calendar-v2"
    log = private / "W1.1/log"
    until(lambda: log.exists() and log.read_text() == "up\n")
    if spawner == "is killed":
        os.kill(spawner_of(scene.root), signal.SIGKILL)
    ran = scene.gitorch("stop", "W1.1")
    assert ran.status == 0, ran.err
    assert ran.out == "W1.1 is stopped\n"
    assert results(folder)["W1.1"]["error"] == "stopped by gitorch stop"
    assert not processes_below(private)
    until(lambda: completion(folder, "W1.1").get("status") == "failed")
    again = scene.gitorch("stop", "W1.1")
    assert (again.status, "error: W1.1 ended at " in again.err) == (1, True)


@pytest.mark.slow
def test_a_queued_worker_is_stopped_before_it_starts(scene: Scene) -> None:
    folder = open_build(scene.root, {"command": "touch ran-$GITORCH_WORKER; sleep 600"})
    spawn(scene.root, "--ready", "--jobs", "1")
    until((scene / "ran-W1.1").exists)
    assert scene.gitorch("stop", "W1.2").status == 0
    assert scene.gitorch("stop", "W1.1").status == 0
    until(lambda: set(results(folder)) == {"W1.1", "W1.2"})
    assert not (scene / "ran-W1.2").exists()


@pytest.mark.slow
def test_nothing_is_lost_when_the_spawner_is_killed(scene: Scene, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    command = f"""case $GITORCH_WORKER in
        W1.1) exit 5;;
        W1.2) cat {tmp_path}/go;;
        W1.3) kill -KILL 0;;
    esac; exit 6"""
    workers = [(f"W1.{n}", "x", ()) for n in range(1, 6)]
    folder = open_build(scene.root, {"command": command}, workers=workers)
    private = scene / ".git/gitorch/spawns/calendar-v2"
    spawn(scene.root, "--ready", "--jobs", "1")
    until(lambda: "W1.1" in results(folder))  # ended before the kill
    until((private / "W1.2/group").exists)
    os.kill(spawner_of(scene.root), signal.SIGKILL)
    assert spawns(scene.root)["W1.2"]["state"] == "running"
    with (tmp_path / "go").open("w") as pipe:
        pipe.write("all that it had to say\n")
    until(lambda: spawns(scene.root)["W1.2"]["state"] == "error")
    lines = results(folder)
    assert (lines["W1.1"]["exit_status"], lines["W1.2"]["exit_status"]) == (5, 6)
    for never in ("W1.3", "W1.4", "W1.5"):
        assert lines[never]["error"] == "was not started: the spawner was killed before"
    assert set(statuses(scene.root).values()) == {"failed"}
    assert "all that it had to say" in completion(folder, "W1.2")["summary"]


@pytest.mark.slow
def test_a_damaged_record_does_not_end_the_spawner(scene: Scene, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    folder = open_build(scene.root, {"command": f"cat {tmp_path}/go; exit 1"})
    spawn(scene.root, "--ready", "--jobs", "1")
    until(lambda: spawns(scene.root)["W1.1"]["state"] == "running")
    status = folder / "STATUS.md"
    status.unlink()
    status.mkdir()  # no record can be written there
    (tmp_path / "go").write_text("")
    until(lambda: "W1.1" in results(folder))
    (tmp_path / "go").write_text("")  # the second one was started nevertheless
    until(lambda: "W1.2" in results(folder))
    assert status.is_dir()
    status.rmdir()
    for worker in ("W1.1", "W1.2"):
        until(lambda worker=worker: completion(folder, worker).get("status") == "failed")  # type: ignore[misc]


def test_a_parent_that_was_killed_before_anything_started_is_found_out(scene: Scene) -> None:
    folder = open_build(scene.root, {"command": WORK})
    assert scene.gitorch("launch", "W1.1").status == 0
    store = SpawnStore(scene / ".git/gitorch/spawns/calendar-v2", folder / "spawn_results.jsonl")
    queued = datetime.now(UTC)
    store.put(
        Record(worker_id="W1.1", run="killed", backend="command", brief="x", queued_at=queued), "the brief"
    )
    assert spawns(scene.root)["W1.1"]["state"] == "error"
    assert completion(folder, "W1.1")["status"] == "failed"
    spawn(scene.root, "W1.1")
    until(lambda: results(folder)["W1.1"]["run"] != "killed")
    assert completion(folder, "W1.1")["status"] == "complete"


def test_a_line_that_a_crash_cut_short_costs_no_other(scene: Scene) -> None:
    folder = open_build(scene.root, {"command": "exit 1"})
    (folder / "spawn_results.jsonl").write_text('{"worker_id": "W9')
    spawn(scene.root, "W1.1")
    until(lambda: completion(folder, "W1.1").get("status") == "failed")
    first, second = (folder / "spawn_results.jsonl").read_text().splitlines()
    assert first == '{"worker_id": "W9'
    assert json.loads(second)["worker_id"] == "W1.1"


@pytest.mark.slow
def test_follow_prints_a_log_as_it_grows_and_cleaned(scene: Scene, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "go")
    open_build(
        scene.root, {"command": f"printf 'one \\033[31mred\\033[0m\\n'; cat {tmp_path}/go; printf two"}
    )
    spawn(scene.root, "W1.1")
    process = subprocess.Popen(
        [sys.executable, "-m", "gitorch", "spawns", "--follow", "W1.1"],
        cwd=scene.root,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "one red\n"
    (tmp_path / "go").write_text("")
    assert process.communicate(timeout=40)[0] == "two\n"


def test_a_module_of_the_persons_at_the_root_is_not_taken_for_one_of_ours(scene: Scene) -> None:
    scene.write("json.py", "raise SystemExit('the wrong json')\n")
    folder = open_build(scene.root, {"command": WORK})
    ran = scene.run(sys.executable, "-P", "-m", "gitorch", "spawn", "W1.1")
    assert ran.status == 0, ran.err
    until(lambda: "W1.1" in results(folder))
    assert results(folder)["W1.1"]["status"] == "completed"


@pytest.mark.slow
def test_a_worker_cannot_name_the_next_ones_command(scene: Scene) -> None:
    folder = open_build(scene.root, {"command": "touch as-agreed"})
    scene.write(".gitorch.yaml", json.dumps({"spawn": {"command": "touch pwned"}}))
    ran = scene.process("spawn", "W1.1")
    assert (ran.status, "how workers are started" in ran.err) == (1, True)
    assert '+{"spawn": {"command": "touch pwned"}}' in ran.err
    assert spawns(scene.root) == {}
    scene.write(".gitorch.yaml", json.dumps({"unclaimed": "leave", "spawn": {"command": "touch as-agreed"}}))
    spawn(scene.root, "W1.1")
    scene.write(".gitorch.yaml", json.dumps({"spawn": {"command": "touch changed"}}))
    spawn(scene.root, "W1.2", "--accept-config")
    until(lambda: set(results(folder)) == {"W1.1", "W1.2"})
    assert (scene / "as-agreed").exists()
    assert (scene / "changed").exists()
    assert not (scene / "pwned").exists()


@pytest.mark.slow
def test_workers_of_a_build_outside_a_repository_are_spawned_too(tmp_path: Path) -> None:
    write(tmp_path / ".gitorch.yaml", json.dumps({"spawn": {"command": WORK}}))
    folder = make_build(tmp_path, meta(build_type=BuildType.RESEARCH))
    spawn(tmp_path, "--ready")
    until(lambda: set(results(folder)) == {"W1.1", "W1.2"})
    assert statuses(tmp_path)["W1.1"] == "complete"
    assert orch(tmp_path, "spawns", "--follow", "W1.1").out == "done W1.1\n"
    missing = orch(tmp_path, "close", "W2.2")
    assert (missing.status, '"artifacts": []' in missing.err) == (1, True)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["finalize", "abort"])
def test_a_build_is_not_closed_while_a_worker_that_has_reported_still_runs(
    scene: Scene, command: str
) -> None:
    folder = open_build(scene.root, {"command": WORK + "exec sleep 600"}, [("W1.1", "One", ())])
    spawn(scene.root, "W1.1")
    until((folder / "completions" / "W1.1.json").exists)
    refused = scene.gitorch(command)
    assert (refused.status, "workers of build calendar-v2 are running: W1.1" in refused.err) == (
        1,
        True,
    ), refused.err
    stop = refused.err.splitlines()[-1].partition("run: gitorch ")[2]
    assert scene.gitorch(*stop.split()).status == 0
    ended = scene.gitorch(command, *(["--unclaimed", "include"] if command == "finalize" else []))
    assert ended.status == 0, ended.err
