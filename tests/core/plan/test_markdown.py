"""What can be wrong with a plan in Markdown, with the line on which it stands."""

import pytest

from gitorch.core.plan import Plan, parse_plan
from gitorch.core.plan.outline import WORKER_FORM as FORM
from tests.core.plan.test_parse import check


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "# Build Plan: x\n\nDo it all.\n",
            [
                f"line 1: the plan has no workers; a worker begins with {FORM}, below '## Wave N: Name', N from 1"
            ],
        ),
        (
            "## Wave two\n- a: b",
            [
                "line 1: the heading \"Wave two\" is not '## Wave N: Name', N from 1",
            ],
        ),
        (
            "## Wave 1\n- a: b\n- no colon here",
            [f'line 3: "no colon here" is not {FORM}'],
        ),
        (
            "## Wave 1\nW1.1: lost\n\n- a: b\n\n    c: d\n\n<!-- fine -->\n\n> W1.2: quoted",
            [
                f'line 2: W1.1 in "W1.1: lost" is no worker of the plan; a worker begins with {FORM}',
                f'line 10: W1.2 in "> W1.2: quoted" is no worker of the plan; a worker begins with {FORM}',
            ],
        ),
        ("## Wave 1\n- W2.1: b", ["line 2: W2.1 is below the heading of wave 1"]),
        ("## Wave 1\n- W1.1: b (depends: W1.1)", ["line 2: the dependencies form a cycle: W1.1 -> W1.1"]),
        *(
            (
                f"## Wave 1\n- W1.1: b\n- W1.2: c\n\n## Dependencies\n\n- {line}",
                ["line 7: the dependencies form a cycle: W1.2 -> W1.2"],
            )
            for line in ("W1.2 depends on W1.2", "W1.2: W1.2", "W1.2 → W1.2", "| W1.2 | W1.2 |")
        ),
        ("## Wave 2\n- a: b (depends: c)\n- c: d", ["line 2: a depends on c of the same wave"]),
        (
            "## Wave 1\n- a: b\n  - outptus: x",
            ["line 3: outptus of a is not a field of a worker; did you mean outputs?"],
        ),
        (
            "## Wave 1\n- a: b (depends: c) — d\n- c: d",
            ["line 2: a depends on c of the same wave"],
        ),
        (
            "## Wave 1\n- a: b\n  - component: x\n  - component: y",
            ["line 4: component of a is given twice"],
        ),
        (
            "## Wave 1\n- a: b\n  - estimated hours: soon",
            ["line 3, workers[0].estimated_hours: must be a number"],
        ),
    ],
)
def test_markdown_has_its_own_ways_to_be_wrong(text: str, expected: list[str]) -> None:
    check(text, *expected, name="plan.md")


def test_what_a_label_stands_for_is_in_every_brief_and_comments_are_not() -> None:
    text = "## Wave 1\n- W1.1: See [the docs][D]\n\n[//]: # (mine)\n\n## Goal\n\nAs in [x].\n\n[x]: <a b>\n[d]: /d\n  'D'\n"

    plan = parse_plan(text.encode(), "plan.md")

    assert isinstance(plan, Plan)
    assert plan.head.sections == {"Goal": "As in [x].", "Links": "[x]: <a b>\n[d]: /d 'D'"}


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("## More work\n\n- T1: Search\n- T2: Filter", ["T1 looks like a worker with an id of another kind"]),
        ("## More work\n\n- T1: Search\n- and so on", []),
        ("## More work\n\n- 2026-01-18: Begin", []),
        ("## Risks\n\n- R1: Late", []),
    ],
)
def test_a_list_of_ids_of_another_kind_in_an_unknown_section_is_a_warning(
    section: str, told: list[str]
) -> None:
    plan = parse_plan(f"## Wave 1\n- W1.1: b\n\n{section}\n".encode(), "plan.md")

    assert isinstance(plan, Plan)
    assert [remark.problem.message.split(";")[0] for remark in plan.remarks] == told
    assert {remark.code for remark in plan.remarks} <= {"like-a-worker"}
