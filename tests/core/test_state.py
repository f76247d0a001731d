"""derive: briefs + completions + launches → states and findings. Pure tables."""

import hashlib
import json
from datetime import UTC, datetime

import pytest

from gitorch.core.build_files import RawFile, parse_files
from gitorch.core.meta import BuildType, Launch, Meta, PlanHead
from gitorch.core.state import BuildState, derive

NOON = datetime(2026, 1, 18, 12, tzinfo=UTC)


def brief(worker: str, *needs: str, key: str | None = None) -> RawFile:
    head = f"worker_id: {worker}\ntitle: '[x] {worker}: Task'\ndepends_on: [{', '.join(needs)}]\n"
    head += f"key: {key}\n" if key else ""
    return RawFile(f"{worker}-task.md", f"---\n{head}---\n\n**Your Mission:** do it\n".encode())


def report(worker: str, status: str = "complete", *, file: str | None = None) -> RawFile:
    value = {"worker_id": worker, "status": status, "timestamp": "2026-01-18T18:30:00-05:00", "summary": "s"}
    return RawFile(f"{file or worker}.json", json.dumps(value).encode())


def build(briefs: list[RawFile], reports: list[RawFile], *launches: Launch) -> BuildState:
    meta = Meta(
        build_type=BuildType.CODE, slug="x", opened_at=NOON, plan=PlanHead(name="X"), launches=launches
    )
    return derive(meta, parse_files("x", briefs, reports))


def statuses(state: BuildState) -> dict[str, str]:
    return {str(worker.id): worker.status.value for worker in state.workers}


def kinds(state: BuildState) -> list[str]:
    return [issue.code for issue in state.issues]


PLAN = [
    brief("W1.1"),
    brief("W1.2"),
    brief("W2.1", "W1.1", "W1.2"),
    brief("W2.2", "W1.1"),
    brief("W3.1", "W2.1"),
]


@pytest.mark.parametrize(
    ("reports", "expected"),
    [
        ([], "ready ready waiting waiting waiting"),
        (["W1.1"], "complete ready waiting ready waiting"),
        (["W1.1", "W1.2"], "complete complete ready ready waiting"),
        (["W1.1", "W1.2", "W2.1", "W2.2", "W3.1"], "complete complete complete complete complete"),
    ],
)
def test_workers_become_ready_when_what_they_need_is_complete(reports: list[str], expected: str) -> None:
    state = build(PLAN, [report(worker) for worker in reports])
    assert " ".join(statuses(state).values()) == expected
    assert state.issues == ()


def test_the_current_wave_is_the_first_with_work_left() -> None:
    assert build(PLAN, []).current_wave == 1
    assert build(PLAN, [report("W1.1"), report("W1.2")]).current_wave == 2
    done = build(PLAN, [report(w) for w in ("W1.1", "W1.2", "W2.1", "W2.2", "W3.1")])
    assert (done.current_wave, done.all_complete) == (3, True)


@pytest.mark.parametrize("status", ["blocked", "failed"])
def test_a_worker_that_did_not_succeed_holds_up_those_that_need_it(status: str) -> None:
    state = build(PLAN, [report("W1.1", status)])
    assert statuses(state)["W1.1"] == status
    assert statuses(state)["W2.2"] == "waiting"
    assert state.meta_now().blocked_workers == (("W1.1",) if status == "blocked" else ())


def test_a_completion_before_its_dependencies_does_not_count_and_is_seen() -> None:
    state = build(PLAN, [report("W2.1")])
    assert statuses(state)["W2.1"] == "waiting"
    assert kinds(state) == ["too-early"]
    assert "W1.1, W1.2" in state.issues[0].message
    mended = build(PLAN, [report("W2.1"), report("W1.1"), report("W1.2")])
    assert (statuses(mended)["W2.1"], mended.issues) == ("complete", ())


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        (RawFile("W1.1.json", b"{"), "unreadable-completion"),
        (RawFile("W1.1.json", b"\xff"), "unreadable-completion"),
        (RawFile("W1.1.json", b"[" * 100_000), "unreadable-completion"),
        (RawFile("W1.1.json", b" " * ((1 << 20) + 1)), "unreadable-completion"),
        (RawFile("W1.1.json", None, "cannot be read: it is a link"), "unreadable-completion"),
        (report("W1.1", "finished"), "unreadable-completion"),
        (report("W1.2", file="W1.1"), "wrong-id"),
        (report("W9.9"), "no-brief"),
        (RawFile("notes.txt", None, "is not a .json file"), "no-brief"),
    ],
)
def test_a_file_that_does_not_count_is_a_finding(file: RawFile, kind: str) -> None:
    state = build(PLAN, [file])
    assert kinds(state) == [kind]
    assert statuses(state)["W1.1"] == "ready"


def test_b8_a_report_that_is_corrected_counts_and_is_a_warning_with_its_corrections() -> None:
    state = build(PLAN, [report("W1.1", "done"), report("W1.2")])

    assert statuses(state)["W1.1"] == "complete"
    [issue] = state.issues
    assert (issue.code, issue.severity.value) == ("corrected-report", "warning")
    assert issue.message == "completions/W1.1.json is read with 1 correction"
    assert issue.details == ("the status was done: complete",)
    assert [hint.command for hint in issue.hints] == ["gitorch sync --project x"]


def test_b8_a_report_has_the_same_digest_before_and_after_it_is_rewritten() -> None:
    before = build(PLAN, [report("W1.1", "done")])

    [corrected] = before.corrected
    after = build(PLAN, [RawFile("W1.1.json", corrected.text.encode())])

    assert after.corrected == ()
    assert [worker.digest for worker in after.workers] == [worker.digest for worker in before.workers]


def test_a_file_that_was_just_touched_may_be_half_written() -> None:
    young = RawFile("W1.1.json", b'{"worker_id": "W1', None, age=0.5)
    state = build(PLAN, [young])
    assert (state.issues, state.unsettled) == ((), ("completions/W1.1.json",))


def test_a_worker_can_be_named_by_the_key_of_the_plan() -> None:
    state = build([brief("W1.1", key="worker_schema")], [report("worker_schema")])
    assert statuses(state) == {"W1.1": "complete"}
    assert state.find("worker_schema") == state.find("W1.1")
    both = build([brief("W1.1", key="worker_schema")], [report("worker_schema"), report("W1.1")])
    assert kinds(both) == ["second-completion"]


def test_a_worker_launched_again_is_in_progress_until_it_reports_anew() -> None:
    failed = report("W1.1", "failed")
    digest = hashlib.sha256(failed.data or b"").hexdigest()
    again = Launch(worker_id="W1.1", at=NOON, supersedes=digest)
    assert statuses(build(PLAN, [failed], again))["W1.1"] == "in_progress"
    assert statuses(build(PLAN, [report("W1.1")], again))["W1.1"] == "complete"


@pytest.mark.parametrize(
    ("briefs", "kind"),
    [
        ([brief("W1.1", "W1.2"), brief("W1.2", "W1.1")], "cycle"),
        ([brief("W1.1", "W7.7")], "no-dependency"),
        ([brief("W1.1"), RawFile("W1.1-twin.md", brief("W1.1").data)], "duplicate-id"),
        ([brief("W1.1"), RawFile("W1.2.md", b"no front matter")], "unreadable-brief"),
        ([brief("W1.1", key="a"), brief("W1.2", key="a")], "duplicate-key"),
        ([RawFile("W1.1.md", b"---\nworker_id: [\n---\n")], "unreadable-brief"),
    ],
)
def test_briefs_that_a_person_broke_are_findings(briefs: list[RawFile], kind: str) -> None:
    assert kind in kinds(build(briefs, []))


def test_deriving_is_independent_of_the_order_of_the_files() -> None:
    reports = [report("W1.1"), report("W9.9"), RawFile("W1.2.json", b"{")]
    assert build(PLAN, reports) == build(PLAN[::-1], reports[::-1])
