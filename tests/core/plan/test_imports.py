"""Plans of spec-kit, task-master and beads as they are: ids kept as keys, order kept as dependencies."""

import json
from pathlib import Path

import pytest

from gitorch.core.plan import Plan
from gitorch.core.plan.speckit import FORM
from tests.core.plan.test_forms import edges
from tests.core.plan.test_parse import check, plan_of

IMPORTS = Path(__file__).parents[2] / "data" / "imports"


def imported(name: str) -> Plan:
    return plan_of((IMPORTS / name).read_text(), name)


def remarks(plan: Plan) -> list[str]:
    return [remark.problem.message for remark in plan.remarks]


def test_spec_kits_tasks_run_phase_by_phase_and_those_marked_p_beside_each_other() -> None:
    plan = imported("tasks.md")

    assert edges(plan).split(",") == [
        "T002", "T003<T002", "T004<T003", "T005<T004", "T006<T004", "T007<T005<T006",
        "T010<T007", "T011<T007", "T012<T007", "T014<T010<T011<T012", "T016<T014",
    ]  # fmt: skip
    assert remarks(plan) == ["the task T001 is done already and was left out"]


def test_spec_kits_phases_and_stories_are_context_of_their_tasks() -> None:
    plan = imported("tasks.md")

    worker = plan.find("T014")
    assert worker is not None
    assert worker.title == "Implement [Service] in src/services/[service].py"
    assert worker.component == "US1"
    assert "**Goal**: [Brief description of what this story delivers]" in worker.context
    assert plan.head.name == "[FEATURE NAME]"
    assert plan.head.sections == {
        "Path Conventions": "- **Single project**: `src/`, `tests/` at repository root"
    }


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("- [ ] T016", "- [ ] T014", "line 65: the id T014 is given twice, first on line 64"),
        ("T012, T010", "T012, T099", "line 64: T014 depends on T099, which is not in the plan"),
        (
            "- [ ] T016 [US1] Add",
            "- T016 [US1] Add",
            f'line 65: "T016 [US1] Add validation and error handling" is not {FORM}',
        ),
        (
            "## Notes\n",
            "## Notes\n\n- [ ] T090 Lost\n",
            'line 76: the task in "- [ ] T090 Lost" is below no phase; a phase is \'## Phase 1: Name\'',
        ),
    ],
)  # fmt: skip
def test_a_task_of_spec_kit_that_is_not_understood_is_refused_with_its_line(
    old: str, new: str, expected: str
) -> None:
    text = (IMPORTS / "tasks.md").read_text()
    assert old in text

    check(text.replace(old, new), expected, name="tasks.md")


def test_spec_kits_section_of_dependencies_adds_to_the_order_of_the_phases() -> None:
    text = (IMPORTS / "tasks.md").read_text()
    said = "### Within Each User Story\n\n- T011 depends on T010\n- mind T012, then also T014\n\n## Notes\n"

    plan = plan_of(text.replace("## Notes\n", said), "tasks.md")

    assert "T011<T007<T010" in edges(plan)
    assert remarks(plan)[0] == (
        'the dependency in "- mind T012, then also T014" is not understood, and was left out'
    )


def test_task_masters_tasks_keep_their_ids_and_dependencies() -> None:
    plan = imported("tasks.json")

    assert edges(plan) == "3,4<3,5<4"
    assert remarks(plan) == [
        "only the list master was read, and these were left out: tdd-test",
        "the task 1 is done already and was left out",
    ]


def test_task_masters_subtasks_details_and_test_strategy_are_in_the_worker() -> None:
    worker = imported("tasks.json").find("4")

    assert worker is not None
    assert worker.context == "**Details:**\n\nBuild the task file generation system."
    assert worker.success_criteria[0].startswith("Generate task files from sample")
    assert [point.partition(" — ")[0] for point in worker.requirements] == [
        "done already: Design Task File Template Structure",
        "Implement Task File Generation Logic",
    ]


def test_a_list_of_task_master_without_a_tag_is_read_as_well() -> None:
    tasks = json.loads((IMPORTS / "tasks.json").read_text())["master"]["tasks"]

    plan = plan_of(json.dumps({"meta": {"projectName": "shop"}, "tasks": tasks}), "tasks.json")

    assert (edges(plan), plan.head.name) == ("3,4<3,5<4", "shop")


def test_beads_issues_wait_for_what_blocks_them_or_their_epic() -> None:
    plan = imported("issues.jsonl")

    assert edges(plan) == "bd-pbh.16,bd-9usz,bd-pbh.21<bd-pbh.16,bd-hlsw.4<bd-pbh.16<bd-pbh.21"
    assert remarks(plan) == ["2 tasks are done already and were left out: bd-lsv4, bd-pbh.7"]
    worker = plan.find("bd-hlsw.4")
    assert worker is not None
    assert worker.context.startswith("Part of bd-hlsw: Add sync resilience guardrails")


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ('{"a": {"tasks": []}, "b": {"tasks": []}}', "tasks.json", "has 2 lists of tasks and none of them is master: a, b"),
        ('{"tasks": [{"id": 1, "title": "x", "status": "done"}]}', "tasks.json", "line 1: all 1 tasks are done already"),
        ('{"tasks": [{"id": 1, "title": "x", "dependencies": [9]}]}', "tasks.json",
         "line 1: 1 depends on 9, which is not in the plan"),
        ('{"id": "a"', "issues.jsonl", "line 1: is not JSON: Expecting ',' delimiter"),
        ('{"id": "a", "title": "x"}\n{"title": "y"}', "issues.jsonl", "line 2: is not an issue with an id"),
        ('{"id": "a", "title": "x"}\n{"id": "b", "title": "y", "issue_type": "epic"}', "issues.jsonl",
         "line 2: the epic b has no open issue below it"),
        ('{"id": "a", "title": "x", "dependencies": [{"depends_on_id": "z", "type": "blocks"}]}', "issues.jsonl",
         "line 1: a depends on z, which is not in the plan"),
    ],
)  # fmt: skip
def test_an_import_that_does_not_fit_is_refused_with_its_line(text: str, name: str, expected: str) -> None:
    check(text, expected, name=name)
