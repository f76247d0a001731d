"""Reports as agents write them: what is corrected, and what is not guessed. Tables and one property."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitorch.core.completion import Completion, dump_completion
from gitorch.core.reading import Reading, read_report

WRITTEN = datetime(2026, 1, 18, 13, 30, tzinfo=timezone(timedelta(hours=-5)))
FILE_TIME = "2026-01-18T18:30:00+00:00"
PLAIN: dict[str, Any] = {
    "worker_id": "W1.1",
    "status": "complete",
    "timestamp": "2026-01-18T18:30:00-05:00",
    "summary": "Did it, [all,] of {it,}.",
    "artifacts": ["src/a.py"],
    "learnings": [],
    "concerns": [],
    "decisions": [],
    "follow_up": [],
}
TEXT = json.dumps(PLAIN)


def without(*names: str, **fields: object) -> str:
    return json.dumps({name: value for name, value in PLAIN.items() if name not in names} | fields)


def understood(text: str | bytes, written: datetime | None = WRITTEN) -> Reading:
    found = read_report(text.encode() if isinstance(text, str) else text, written)
    assert isinstance(found, Reading), found
    return found


def test_a_report_in_the_form_of_the_spec_is_not_corrected() -> None:
    assert understood(TEXT) == Reading(Completion.model_validate(PLAIN))


@pytest.mark.parametrize(
    ("text", "corrections"),
    [
        (f"```json\n{TEXT}\n```", ["a code fence around the JSON was removed"]),
        (f"\n ```\r\n{TEXT}\r\n  ```  \n\n", ["a code fence around the JSON was removed"]),
        (f"~~~ JSON \n{TEXT}\n~~~", ["a code fence around the JSON was removed"]),
        (f"\ufeff{TEXT}", ["a byte order mark was removed"]),
        (TEXT[:-1] + ",}", ["trailing commas were removed"]),
        (TEXT.replace('"src/a.py"]', '"src/a.py" ,\n ]'), ["trailing commas were removed"]),
        (without(status="completed"), ["the status was completed: complete"]),
        (without(status="done"), ["the status was done: complete"]),
        (without(status="success"), ["the status was success: complete"]),
        (without(artifacts="src/a.py"), ["artifacts was one text: a list of that text"]),
        (without(concerns=None), ["concerns was null: an empty list"]),
        (
            f"\ufeff```json\n{without(status='done', follow_up=None)[:-1]},}}\n```\n",
            [
                "a byte order mark was removed",
                "a code fence around the JSON was removed",
                "trailing commas were removed",
                "the status was done: complete",
                "follow_up was null: an empty list",
            ],
        ),
    ],
)
def test_b8_a_slip_that_leaves_no_doubt_is_corrected(text: str, corrections: list[str]) -> None:
    reading = understood(text)

    assert reading.corrections == tuple(corrections)
    assert reading.completion == Completion.model_validate(PLAIN)
    assert json.loads(reading.text) == PLAIN
    assert understood(reading.text) == Reading(reading.completion)


@pytest.mark.parametrize(
    "key",
    [
        "files",
        "outputs",
        "changed_files",
        "filesChanged",
        "file_paths",
        "Artifacts",
        "artefacts",
        "new-files",
    ],
)
def test_b5_a_claim_under_another_name_is_an_artifact(key: str) -> None:
    alone = understood(without("artifacts", **{key: ["src/a.py"]}))
    one = understood(without("artifacts", **{key: "src/a.py"}))
    beside = understood(without(**{key: ["src/b.py", "src/a.py"]}))

    assert alone.completion == one.completion == Completion.model_validate(PLAIN)
    assert alone.corrections == one.corrections == (f"the artifacts were in {key}",)
    assert json.loads(alone.text) == json.loads(one.text) == PLAIN
    assert beside.completion.artifacts == ("src/a.py", "src/b.py")
    assert understood(beside.text) == Reading(beside.completion)


def test_b5_an_empty_claim_under_another_name_is_none() -> None:
    assert understood(without(files=[], outputs=None)) == Reading(Completion.model_validate(PLAIN))


@pytest.mark.parametrize(
    ("text", "correction"),
    [
        (without("timestamp"), "the timestamp was missing: the time of the file"),
        (without(timestamp=None), "the timestamp was missing: the time of the file"),
        (
            without(timestamp="2025-05-05T05:05:05"),
            "the timestamp had no time zone: the time of the file",
        ),
        (without(timestamp="2025-05-05"), "the timestamp had no time zone: the time of the file"),
    ],
)
def test_b8_a_timestamp_that_says_no_moment_is_the_time_of_the_file(text: str, correction: str) -> None:
    reading = understood(text)

    assert reading.corrections == (correction,)
    assert reading.completion.timestamp == WRITTEN
    assert json.loads(reading.text) == PLAIN | {"timestamp": FILE_TIME}


def test_b8_without_the_time_of_the_file_a_missing_timestamp_is_a_problem() -> None:
    assert read_report(without("timestamp").encode()) == "timestamp: field required"


def test_b8_what_a_corrected_report_has_beyond_the_fields_is_kept_behind_them() -> None:
    reading = understood(json.dumps({"extra": {"a": [None]}, "status": "done"} | PLAIN | {"status": "done"}))

    assert list(json.loads(reading.text)) == [*PLAIN, "extra"]
    assert json.loads(reading.text)["extra"] == {"a": [None]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"Here it is:\n```json\n{TEXT}\n```", "is not JSON: Expecting value at line 1"),
        (f"```json\n{TEXT}\n```\nDone!", "is not JSON: Expecting value at line 1"),
        (f"```json\n{TEXT}", "is not JSON: Expecting value at line 1"),
        (f"````\n{TEXT}\n```", "is not JSON: Expecting value at line 1"),
        ("```json\n\n{\n  nonsense\n}\n```", "is not JSON: Expecting property name enclosed in double quotes at line 4"),
        (f"{TEXT},", "is not JSON: Extra data"),
        (TEXT.replace("[]", "[,]", 1), "is not JSON: Expecting value"),
        (TEXT.replace('"src/a.py"', '"src/a.py",,'), "is not JSON: "),
        (TEXT.replace('"complete"', ","), "is not JSON: Expecting value"),
        (TEXT.replace('"', "'"), "is not JSON: Expecting property name"),
        (TEXT[:-1], "is not JSON: Expecting ',' delimiter"),
        (TEXT + "// done", "is not JSON: Extra data"),
        (f"[{TEXT}]", "the document: input should be"),
        ("null", "the document: input should be"),
        (without(status="Complete"), "status: input should be 'complete', 'blocked' or 'failed'"),
        (without(status="finished"), "status: input should be 'complete', 'blocked' or 'failed'"),
        (without(status="done "), "status: input should be 'complete', 'blocked' or 'failed'"),
        (without(status=None), "status: input should be 'complete', 'blocked' or 'failed'"),
        (without("status"), "status: field required"),
        (without(timestamp=""), "timestamp: input should be a valid datetime"),
        (without(timestamp="yesterday"), "timestamp: input should be a valid datetime"),
        (without(summary=None), "summary: input should be a valid string"),
        (without(summary=["Did it."]), "summary: input should be a valid string"),
        (without(worker_id=None), "worker_id: input should be a valid string"),
        (without(concerns=[None]), "concerns[0]: input should be a valid string"),
        (without(concerns=" "), "concerns: input should be a list"),
        (without(concerns={"a": "b"}), "concerns: input should be a list"),
        (without(artifacts=5), "artifacts: input should be a list"),
        (without(files={"created": ["a"]}), "cannot be read: files is no field of a report; artifacts is, a list of paths"),
        (without(files=[{"path": "a"}]), "cannot be read: files is no field of a report"),
        (without(artifacts=5, files=["a"]), "artifacts: input should be a list"),
    ],
)  # fmt: skip
def test_b8_nothing_else_is_guessed(text: str, problem: str) -> None:
    found = read_report(text.encode(), WRITTEN)

    assert isinstance(found, str)
    assert found.startswith(problem)


def test_d9_null_for_a_list_is_no_problem_and_no_tuple_is_asked_for() -> None:
    assert understood(without(artifacts=None)).completion.artifacts == ()
    assert read_report(without(artifacts=7).encode()) == "artifacts: input should be a list"


@pytest.mark.parametrize(
    "text",
    ["```" + " " * 500_000 + "x", "```\n{}\n```" + " " * 500_000 + "x", '"' + '\\"' * 250_000, "[" + " ," * 250_000],
    ids=["spaces in a fence", "spaces behind a fence", "quotes", "commas"],
)  # fmt: skip
@pytest.mark.timeout(20)
def test_b8_a_hostile_report_is_refused_in_a_time_that_grows_with_its_length(text: str) -> None:
    assert isinstance(read_report(text.encode(), WRITTEN), str)


def test_b8_a_report_that_would_be_too_large_in_the_form_of_the_spec_is_refused() -> None:
    wide = json.dumps(PLAIN | {"status": "done", "extra": [0] * 300_000}, separators=(",", ":"))

    assert read_report(wide.encode(), WRITTEN) == "is larger than 1024 KiB"


words = st.text(max_size=30).filter(lambda text: "\r" not in text)
texts = st.lists(words, max_size=3)
reports = st.builds(
    Completion,
    worker_id=words,
    status=st.sampled_from(["complete", "blocked", "failed"]),
    timestamp=st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0)),
    summary=words,
    artifacts=texts.map(tuple),
    learnings=texts.map(tuple),
    concerns=texts.map(tuple),
    decisions=texts.map(tuple),
    follow_up=texts.map(tuple),
)


@given(reports, st.sets(st.sampled_from(["fence", "mark", "comma", "status", "lists"])))
def test_b8_a_valid_report_in_any_tolerated_form_is_the_same_report(
    report: Completion, slips: set[str]
) -> None:
    document = json.loads(dump_completion(report))
    if "status" in slips and report.status == "complete":
        document["status"] = "success"
    for name, value in list(document.items()):
        if "lists" in slips and isinstance(value, list) and len(value) <= 1:
            document[name] = (value[0] if value[0].strip() else value) if value else None
    text = json.dumps(document, indent=1)
    if "comma" in slips:
        text = text.removesuffix("\n}") + ",\n}"
    if "fence" in slips:
        text = f"```json\n{text}\n```\n"
    if "mark" in slips:
        text = "\ufeff" + text

    reading = understood(text, None)

    assert reading.completion == report
    if reading.corrections:
        assert understood(reading.text) == Reading(report)
