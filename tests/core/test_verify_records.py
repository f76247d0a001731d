"""The records of a commit against their sources, as values: which differences count, and who may differ."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from gitorch.core.build_files import RawFile
from gitorch.core.config import Config
from gitorch.core.errors import GitorchError
from gitorch.core.meta import SCHEMA_VERSION, NewerRecords, dump_meta, parse_meta
from gitorch.core.render import records
from gitorch.core.state import BuildState
from gitorch.core.verify.model import Evidence
from gitorch.core.verify.records import judge_records, not_compared
from tests.builds import CALENDAR, meta, report, state

DONE = {worker: report(worker, f"Did {worker}.", decisions=["One."]) for worker, _, _ in CALENDAR}


def complete(number: int = SCHEMA_VERSION) -> BuildState:
    return state(meta(status="complete", current_wave=3, schema_version=number), reports=DONE)


def reasons(now: BuildState, files: dict[str, str]) -> list[str]:
    evidence = evidence_of(files)
    return [issue.message for issue in (*judge_records(evidence, now), *not_compared(evidence, now.meta))]


def evidence_of(files: dict[str, str]) -> Evidence:
    return Evidence(
        commit="c" * 40,
        subject="",
        parents=(),
        message="",
        trailers=(),
        slug="calendar-v2",
        folder="b",
        files={name: RawFile(name, text.encode()) for name, text in files.items()},
        changes=(),
        present=frozenset(),
        config=Config(),
        judged="7" * 40,
    )


def rendered(now: BuildState) -> dict[str, str]:
    return {"PLAN.md": "the plan\n", **records(now, None)}


Change = Callable[[dict[str, Any]], object]
SAYS = "b/plan.json differs from what the build's sources render, at "
OLDER = ["STATUS.md, README.md and BUILD.md were rendered by an older gitorch and were not compared"]
PLANS: list[tuple[Change, str, str]] = [
    (lambda plan: plan["workers"][1].update(wave=3), "workers[1].wave", "workers[1].wave"),
    (lambda plan: plan["workers"][1].update(wave=True), "workers[1].wave", "workers[1].wave"),
    (lambda plan: plan["workers"][0].update(status="ready"), "workers[0].status", "workers[0].status"),
    (lambda plan: plan["workers"][2]["dependencies"].pop(), "workers[2].dependencies", "workers[2].dependencies"),
    (lambda plan: plan["workers"].pop(), "workers", "workers"),
    (lambda plan: plan.update(workers={}), "workers", "workers"),
    (lambda plan: plan.update(more=1), "more", ""),
    (lambda plan: plan.pop("description"), "description", ""),
]  # fmt: skip
"""What is done to plan.json; where it then differs, for our own number and for an older one."""


@pytest.mark.parametrize(("change", "ours", "older"), PLANS)
def test_plan_json_is_compared_by_what_it_says(change: Change, ours: str, older: str) -> None:
    for number, place in ((SCHEMA_VERSION, ours), (SCHEMA_VERSION - 1, older)):
        files = rendered(complete(number))
        plan = json.loads(files["plan.json"])
        change(plan)
        files["plan.json"] = json.dumps(plan)
        differs = [SAYS + place] if place else []
        assert reasons(complete(number), files) == differs + (OLDER if number < SCHEMA_VERSION else [])


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "[1, 2]", "9" * 5000])
def test_a_plan_json_that_is_none_is_told(text: str) -> None:
    for number in (SCHEMA_VERSION, SCHEMA_VERSION - 1):
        said, *_ = reasons(complete(number), rendered(complete(number)) | {"plan.json": text})
        assert said.startswith("b/plan.json differs from what the build's sources render, ")


@pytest.mark.parametrize("name", ["STATUS.md", "README.md", "BUILD.md"])
def test_text_is_compared_byte_for_byte_unless_an_older_gitorch_wrote_it(name: str) -> None:
    for now in (complete(), complete(SCHEMA_VERSION - 1)):
        files = rendered(now)
        files[name] = files[name].replace("W1.1", "W1.0")
        older = OLDER if now.meta.schema_version < SCHEMA_VERSION else []
        [said] = reasons(now, files)
        differs = f"b/{name} differs from what the build's sources render, from line"
        assert said.startswith(older[0] if older else differs)
        del files[name]
        assert reasons(now, files) == [f"b/{name} is not in the commit", *older]


def test_what_meta_json_has_not_of_its_own_has_to_follow_from_the_sources() -> None:
    for number in (SCHEMA_VERSION, SCHEMA_VERSION - 1):
        head = meta(status="complete", current_wave=1, blocked_workers=("W1.1",), schema_version=number)
        now = state(head, reports=DONE)
        assert reasons(now, rendered(now)) == [
            "b/meta.json has current_wave 1, expected 3",
            "b/meta.json has blocked_workers W1.1, expected none",
            *(OLDER if number < SCHEMA_VERSION else []),
        ]


def test_gitorch_writes_its_own_number_and_reads_no_newer_one() -> None:
    text = dump_meta(meta(schema_version=1))
    assert json.loads(text)["schema_version"] == SCHEMA_VERSION
    newer = {**json.loads(text), "schema_version": SCHEMA_VERSION + 1, "more": 1}
    with pytest.raises(
        NewerRecords, match=f"schema_version {SCHEMA_VERSION + 1}, and this gitorch knows up to"
    ) as told:
        parse_meta(json.dumps(newer).encode(), "meta.json")
    assert told.value.hints[0].command == "python -m pip install --upgrade gitorch"
    for number in (0, -1, "2", 1.5, None, True):
        with pytest.raises(GitorchError, match="is damaged"):
            parse_meta(json.dumps({**newer, "schema_version": number}).encode(), "meta.json")


def test_records_that_look_otherwise_have_another_number() -> None:
    """Whoever changes a released rendering, or a field of meta.json, raises SCHEMA_VERSION beside it.

    A gitorch elsewhere holds the text byte for byte against its own only where the number is the same.
    """
    look = hashlib.sha256()
    launched = meta(launched=["W2.1", "W1.1"])
    mixed = {
        "W1.1": report("W1.1", "Did it. Well.", learnings=["L"], concerns=["C"], decisions=["D"], follow_up=["F"]),
        "W1.2": report("W1.2", "No.", status="failed"),
        "W2.2": report("W2.2", "No key.", status="blocked"),
        "W9.9": "{}",
    }  # fmt: skip
    for now in (complete(), state(launched, reports=mixed), state()):
        for name, text in sorted(records(now, None).items()):
            look.update(f"{name}\0{text}\0".encode())
    assert (SCHEMA_VERSION, look.hexdigest()) == (
        2,
        "3ff9406e4f9bcccc8abde3157963c2feb827938e3d8fef81485f213181d023a3",
    )


def test_b8_a_report_in_a_commit_that_is_read_with_corrections_is_a_warning() -> None:
    reports = DONE | {"W1.1": report("W1.1", status="done")}
    now = state(meta(status="complete", current_wave=3), reports=reports)

    found = list(judge_records(evidence_of(rendered(now)), now))

    told = [(issue.code, issue.severity.value) for issue in found]
    assert told == [("corrected-report", "warning")]
