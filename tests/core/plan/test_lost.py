"""What looks like a worker, a wave or a dependency and is written in an unusual hand is read, or refused by line."""

import pytest

from gitorch.core.plan import Plan, parse_plan
from tests.core.plan.test_forms import edges
from tests.core.plan.test_parse import plan_of

WAVE = "# x\n\n## Wave 1\n\n- schema: A\n"
SPECKIT = "# Tasks: x\n\n## Phase 1: A\n\n- [ ] T001 one\n\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (SPECKIT + "## Phase 2: B\n\n- [ ] no id\n", 9, "no id"),
        (SPECKIT + "### Tests\n\n- [ ] a test\n", 9, "a test"),
        (SPECKIT + "* [ ] another bullet\n", 7, "another bullet"),
        (SPECKIT + "* [-] T005 odd\n", 7, "T005"),
        (WAVE + "\n## Waves 2 & 3\n\n- cart: B (depends on schema)\n", 7, "Waves 2 & 3"),
        (WAVE + "\n## Final wave\n\n- cart: B (depends on schema)\n", 7, "Final wave"),
        (WAVE + "\n## Later\n\n- cart: B (depends on schema)\n", 9, "cart"),
        ("# x\n\n## Wave 1\n\n- W1.1: A\n– W1.2: B\n", 6, "W1.2"),
        ("# x\n\n## Wave 1\n\n- W1.1: A\n\n— W1.2: B\n", 7, "W1.2"),
        ("# x\n\n## Wave 1\n\n- Worker 1: A\n\n**Worker 2: API** (depends on Worker 1)\n", 7, "Worker 2"),
        ("# x\n\n## Wave 1\n\n- T1: A\n\n| T2 | API | T1 |\n", 7, "T2"),
        (WAVE + "\n**api: API** depends on schema\n", 7, "api"),
        (WAVE + "\n| api | API | depends on schema |\n", 7, "api"),
        (WAVE + "\n## More tasks\n\n| id | task | depends on |\n|---|---|---|\n| api | B | schema |\n", 11, "api"),
        (WAVE + "\n<!-- open\n\n- cart: B\n", 7, "the comment is not closed"),
        (WAVE + "\n```\ncode\n\n- cart: B\n", 7, "is not closed"),
        (WAVE + "\n  ~~~\n  code\n\n- cart: B\n", 7, "is not closed"),
        (WAVE + "\n<pre>\n\n- cart: B\n", 7, "the <pre> is not closed"),
        (WAVE + "\n    ## Wave 2\n    - ui: C\n", 7, "## Wave 2"),
        ("# x\n\n## Sprint 1\n- schema: A\n\n## Sprint 2\n- ui: B\n", 6, "Sprint 2"),
        ("# x\n\n## Welle 1\n- schema: A\n\n## Welle 2: Z\n- ui: B\n", 6, "Welle 2: Z"),
        ("# x\n\n### Agent A: Schema\n\nDo it\n", 3, "Agent A"),
        ("# x\n\n### 1.1 Schema\n\nDo it\n", 3, "1.1 Schema"),
        ("# x\n\n1. Set up the database\n", 3, "Set up the database"),
        ("# x\n\n| id | task |\n|---|---|\n| api | API |\n", 5, "api"),
    ],
)  # fmt: skip
def test_d1_a_worker_or_a_wave_in_an_unusual_hand_is_refused_with_its_line(
    text: str, line: int, said: str
) -> None:
    problems = parse_plan(text.encode(), "plan.md")

    assert not isinstance(problems, Plan)
    assert any(problem.line == line and said in problem.message for problem in problems)


@pytest.mark.parametrize(
    "text",
    [
        WAVE + "• cart: B\n",
        WAVE + "\n▪ cart: B\n",
        WAVE + "-\u00a0cart: B\n",
        WAVE + "\n##Wave 2\n\n- cart: B\n",
        WAVE + "\n##\u00a0Wave 2\n\n- cart: B\n",
    ],
)
def test_d1_marks_that_people_take_for_markdown_are_read_as_markdown(text: str) -> None:
    plan = plan_of(text, "plan.md")

    assert [worker.key for worker in plan.workers] == ["schema", "cart"]
    assert edges(plan) == "schema,cart"
    assert max(plan.waves) == (2 if "Wave 2" in text.replace("\u00a0", " ") else 1)


def test_d1_marks_in_code_stay_as_they_are() -> None:
    plan = plan_of("# x\n\n## Notes\n\n```\n• one\n##Wave 1\n```\n\n## Wave 1\n\n- schema: A\n", "plan.md")

    assert plan.head.sections["Notes"] == "```\n• one\n##Wave 1\n```"


def test_d1_boxes_to_tick_below_another_heading_of_tasks_are_a_warning() -> None:
    plan = plan_of(WAVE + "\n## Additional tasks\n\n- [ ] Build the login page\n", "plan.md")

    assert [(remark.code, remark.problem.line) for remark in plan.remarks] == [("like-a-worker", 9)]


@pytest.mark.parametrize(
    "said",
    [
        "  - Output: `a.py`, depends on W1.1", "  - Output: `a.py`; Depends on: W1.1", "  - Files: `a.py` (depends on W1.1)",
        "  - **Files:** a.py **Depends on:** W1.1", "  - outputs:\n    - a.py (depends on W1.1)",
        "  - component: x, depends on W1.1", "  - _Depends on W1.1_", "\n_Depends on W1.1_", "  - Depends on: #W1.1",
        "  - Depends on: W1.1 ✅", "  - Depends on: Schema (W1.1)", "  - Blocked until W1.1 completes", "  - blockedBy: W1.1",
        "  - Do not start until W1.1 is done", "\n## Critical path\n\nW1.1 → W2.1", "\n## Dependencies\n\n- UI depends on Schema",
        "\n## Dependencies\n\n- Schema blocks UI", "  - Pre-requisites: W1.1", "\n  > Depends on: W1.1", "\n  | Depends on | W1.1 |",
    ],
)  # fmt: skip
def test_d2_a_dependency_in_an_unusual_place_or_hand_is_read(said: str) -> None:
    plan = plan_of(f"# x\n\n## Wave 1\n\n- W1.1: Schema\n\n## Wave 2\n\n- W2.1: UI\n{said}\n", "plan.md")

    assert edges(plan) == "W1.1,W2.1<W1.1"
    assert plan.workers[1].outputs in ((), ("a.py",))
    assert plan.workers[1].component in (None, "x")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("W1.1 (and W1.2)", "<W1.1<W1.2"), ("W1.1 (needs W1.2 too)", "<W1.1<W1.2"), ("W1.1 – schema; after W1.2", "<W1.1<W1.2"),
        ("both W1.1 and W1.2", "<W1.1<W1.2"), ("W1.1-3", "<W1.1<W1.2<W1.3"), ("W1.1 (Schema)", "<W1.1"),
    ],
)  # fmt: skip
def test_d2_the_second_worker_of_a_dependency_is_not_lost(said: str, expected: str) -> None:
    first = "".join(f"- W1.{n}: Part\n" for n in (1, 2, 3))

    plan = plan_of(
        f"# x\n\n## Wave 1\n\n{first}\n## Wave 2\n\n- W2.1: Last\n  - Depends on: {said}\n", "plan.md"
    )

    assert edges(plan) == f"W1.1,W1.2,W1.3,W2.1{expected}"


@pytest.mark.parametrize(
    "said",
    [
        " (blockedBy: schema)", " (dependsOn: schema)", "\n  - blockedBy: schema", "\n  - Must wait for schema",
        "\n  - Run after schema", "\n  - Can start after schema", "\n  - Pre-requisites: schema", "\n  - Predecessor: schema",
        "\n\n  > Depends on: schema", "\n\n  | Depends on | schema |",
    ],
)  # fmt: skip
def test_d2_a_dependency_on_an_id_that_is_a_plain_word_is_read(said: str) -> None:
    assert edges(plan_of(f"# x\n\n- schema: Schema\n- ui: UI{said}\n")) == "schema,ui<schema"


def test_d2_a_plain_word_behind_a_word_of_dependency_is_a_warning() -> None:
    plan = plan_of("# x\n\n- schema: Schema\n- ui: UI\n\n  ```yaml\n  depends_on: [schema]\n  ```\n")

    assert [(remark.code, remark.problem.line) for remark in plan.remarks] == [("named-worker", 4)]


@pytest.mark.parametrize("said", ["Depends on T1.", "**Blocked by** T1"])
def test_d2_a_dependency_of_nobody_is_refused_with_its_line(said: str) -> None:
    problems = parse_plan(f"# x\n\n- T1: A\n- T2: B\n\n{said}\n".encode(), "plan.md")

    assert not isinstance(problems, Plan)
    assert problems[0].line == 6


def test_d2_an_issue_that_blocks_itself_is_refused() -> None:
    link = '{"issue_id":"b","depends_on_id":"b","type":"blocks"}'

    problems = parse_plan(f'{{"id":"b","title":"B","dependencies":[{link}]}}\n'.encode(), "issues.jsonl")

    assert not isinstance(problems, Plan)
    assert "cycle: b -> b" in problems[0].message


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("a.py (new)", ["a.py"]), ("`a.py` and `b.py`", ["a.py", "b.py"]), ("`a.py` — why", ["a.py"]), ("none", []),
        ("new file `a.py`", ["a.py"]), ("`a.py`; `b.py`", ["a.py", "b.py"]), ("`a.py` (lines 1-3, 5)", ["a.py"]),
        ("`{a,b}.py`", ["{a,b}.py"]), ("{a,b}.py, c.py", ["{a,b}.py", "c.py"]), ("deps.txt", ["deps.txt"]),
        ("the schema, a `flag` in the settings", ["the schema", "a `flag` in the settings"]),
    ],
)  # fmt: skip
def test_d1_what_is_written_around_an_output_is_no_part_of_its_path(said: str, expected: list[str]) -> None:
    plan = plan_of(f"# x\n\n- schema: Schema\n  - outputs: {said}\n")

    assert list(plan.workers[0].outputs) == expected
    assert ("why" in plan.workers[0].context) == ("why" in said)
