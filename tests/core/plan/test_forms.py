"""Plans as people and agents write them: every worker, dependency and section is read, or its line is refused."""

from pathlib import Path

import pytest

from gitorch.core.plan import Plan, parse_plan
from gitorch.core.plan.markdown import EDGE_FORM
from gitorch.core.plan.outline import WAVE_FORM
from gitorch.core.plan.outline import WORKER_FORM as FORM
from gitorch.core.render.brief import render_brief
from tests.core.plan.test_parse import check, plan_of

PLANS = Path(__file__).parents[2] / "data" / "plans"


def edges(plan: Plan) -> str:
    """`W1.1,W2.1<W1.1`: each worker, and those that it depends on behind `<`."""
    return ",".join(
        f"{worker.key or worker.id}"
        + "".join(f"<{plan.by_id[need].key or need}" for need in worker.depends_on)
        for worker in plan.workers
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nested-workers", "W1.1,W1.2,W1.3"),
        ("mixed-headings", "W1.1,W1.2,W2.1<W1.1"),
        ("workers-as-headings", "T01,T02,T03"),
        ("groups", "W1.1,W1.2,W1.3,W2.1"),
        ("emoji", "W1.1,W2.1"),
        ("second-h1", "W1.1,W2.1"),
        ("before-the-first-wave", "W1.1,W0,W2.1"),
        ("continuation-lines", "W1.1,W1.2,W2.1<W1.1<W1.2"),
        ("fields-with-bold", "W1.1,W2.1<W1.1"),
        ("speckit-phases", "T001,T002,T003<T001<T002,T004<T003"),
        ("dependency-phrases", "W1.1,W1.2," + ",".join(
            f"W2.{n}<W1.1<W1.2" if n == 6 else f"W2.{n}<W1.1" for n in range(1, 14)
        )),
    ],
)  # fmt: skip
def test_d1_plans_in_other_hands_keep_every_worker_and_dependency(name: str, expected: str) -> None:
    plan = plan_of((PLANS / f"{name}.md").read_text(), f"{name}.md")

    assert edges(plan) == expected


@pytest.mark.parametrize(
    "heading",
    [
        "## Wave 1: Base", "## 🌊 Wave 1: Base", "## **Wave 1: Base**", "## 1. Wave 1 — Base", "## 1️⃣ Wave 1: Base",
        "# Wave 1: Base", "### Wave 1: Base", "## Phase 1: Base", "## Step 1 - Base", "## Milestone 1: Base",
        "## 🚀 Stage 1. Base", "## Wave 1 (Base)", "## `Wave 1`: Base", "Wave 1: Base\n---",
    ],
)  # fmt: skip
def test_d1_a_wave_may_be_decorated_and_called_otherwise(heading: str) -> None:
    plan = plan_of(f"# Build Plan: x\n\n{heading}\n\n- W1.1: Schema\n", "plan.md")

    assert (plan.head.wave_names, plan.workers[0].title) == ({1: "Base"}, "Schema")


@pytest.mark.parametrize(
    "line",
    [
        "- W1.2: Routes — CRUD", "* W1.2: Routes -- CRUD", "1. W1.2: Routes — CRUD", "- [ ] W1.2: Routes — CRUD",
        "- **W1.2**: Routes — CRUD", "- **W1.2: Routes** — CRUD", "- `W1.2`: Routes - CRUD", "- **`W1.2`** Routes – CRUD",
        "- W1.2 — Routes — CRUD", "- [ ] **W1.2** — Routes: CRUD".replace(": ", " — "), "- [W1.2] Routes — CRUD",
        "- 🔧 W1.2: Routes — CRUD", "- Task W1.2: Routes — CRUD", "- **Worker W1.2:** Routes — CRUD",
        "### W1.2: Routes\n\nCRUD", "#### 🔧 **W1.2** — Routes\n\nCRUD", "### `W1.2`: Routes\nCRUD",
        "### Group\n\n- W1.2: Routes — CRUD", "- W1.2: Routes\n  CRUD", "- W1.2: Routes\n\n  CRUD", "- __W1.2__: Routes — CRUD",
    ],
)  # fmt: skip
def test_d1_a_worker_may_be_written_in_many_ways(line: str) -> None:
    plan = plan_of(f"# x\n\n## Wave 1: Base\n\n- W1.1: Schema\n\n{line}\n", "plan.md")

    assert edges(plan) == "W1.1,W1.2"
    assert (plan.workers[1].title, plan.workers[1].description) == ("Routes", "CRUD")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# x\n- a1: A\n- a2: B (needs a1)\n", "a1,a2<a1"),
        ("# x\n## Backend\n- T1: A\n## Frontend\n- T2: B, after T1\n", "T1,T2<T1"),
        ("# x\n## Tasks\n- schema: A\n- api: B (depends: schema)\n", "schema,api<schema"),
        ("# x\n- schema: A\n- docs: write it, after schema\n", "schema,docs<schema"),
        ("# Phase 2 of x\n## Tasks\n### Task 1: A\n### Task 2: B\nDepends on Task 1.\n", "1,2<1"),
        ("- [ ] T1 A\n- [ ] T2 B (depends on T1)\n", "T1,T2<T1"),
        ("Here it is:\n\n```markdown\n# x\n- W1.1: A\n```\n", "W1.1"),
        ("---\nname: x\n---\n\n- W1.1: A\n", "W1.1"),
        (
            "# x\n## Wave 1\n- schema: A\n# Part two\n- cart: B (depends: schema)\n- docs: C\n",
            "schema,docs,cart<schema",
        ),
        ("# x\n## Wave 1\n- W1.1: A\n## Backend\n- [ ] API-1: B\n", "W1.1,API-1"),
        (f"# x\n- a1: {'long ' * 100}(needs: a2)\n- a2: B\n", "a2,a1<a2"),
    ],
)
def test_d9_a_plan_without_waves_is_layered_by_its_dependencies(text: str, expected: str) -> None:
    assert edges(plan_of(text)) == expected


@pytest.mark.parametrize(
    "said",
    [
        "(depends: W1.1)", "(depends on: W1.1)", "(depends on W1.1)", "(dependencies: W1.1)", "(dependency: W1.1)",
        "(deps: W1.1)", "(dep: W1.1)", "(blocked by W1.1)", "(blocked by: `W1.1`)", "(requires W1.1)", "(needs W1.1)",
        "(needs: **W1.1**)", "(after W1.1)", "(after: W1.1)", "(waits for W1.1)", "[depends: W1.1]", "; depends: W1.1",
        ". Depends on W1.1", ". Depends on W1.1.", "← W1.1", "<- W1.1", "**Depends on:** W1.1", "**Depends on**: W1.1",
        "— depends on W1.1", ", after W1.1", "(builds on W1.1)", "(prerequisite: W1.1)", "(depends: [W1.1](#w11))",
        "(depends: Wave 1)", "(depends: w1.1)", "(depends: W1.1) and more", "(depends: W1.1)\n  more",
        "\n  - Depends on: W1.1", "\n  - **Depends on**: W1.1", "\n  - **Depends on:** W1.1", "\n  - depends_on: [W1.1]",
        "\n  - Dependencies:\n    - W1.1", "\n  - Blocked by W1.1", "\n  - Needs: W1.1 (Schema)", "\n  - After W1.1",
        "\n  - ← W1.1", "\n  - *Requires*: `W1.1`", "\n  Depends on: W1.1", "\n\n  **Dependencies:** W1.1",
        "\n  - Deps: W1.1: Schema", "\n\n## Dependencies\n\n- W2.1 depends on W1.1", "\n\n## Dependencies\n\nW1.1 → W2.1",
        "\n\n## Dependencies\n\n- **W2.1** (Last): W1.1", "\n\n## Dependency graph\n\n```\nW1.1 --> W2.1\n```",
        "\n\n## Dependencies\n\n- Wave 2 depends on Wave 1", "\n\n## Notes\n\nMind that W2.1 depends on W1.1.",
        "\n\n## Dependencies\n\n- W1.1 blocks W2.1", "\n\n## Dependencies\n\n| W2.1 | W1.1 |\n",
    ],
)  # fmt: skip
def test_d2_a_dependency_may_be_said_in_many_ways(said: str) -> None:
    text = f"# x\n\n## Wave 1\n\n- W1.1: Schema\n\n## Wave 2\n\n- W2.1: Routes — CRUD {said}\n"

    assert edges(plan_of(text, "plan.md")) == "W1.1,W2.1<W1.1"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("(depends: W1.1-W1.3)", "<W1.1<W1.2<W1.3"),
        ("(depends: W1.1 to W1.3)", "<W1.1<W1.2<W1.3"),
        ("(depends: W1.1, W1.2 and W1.3)", "<W1.1<W1.2<W1.3"),
        ("(depends: W1.1 & W1.3)", "<W1.1<W1.3"),
        ("(depends: W1.1 W1.3)", "<W1.1<W1.3"),
        ("(depends on W1.2 for the tables)", "<W1.2"),
        ("\n  - Depends on: W1.2 for the tables", "<W1.2"),
        ("(depends: all of wave 1)", "<W1.1<W1.2<W1.3"),
        ("(depends: none)", ""),
        ("(no dependencies)", ""),
        ("(depends: -)", ""),
        ("\n  - Depends on: nothing", ""),
        ("does not depend on W1.1", ""),
    ],
)
def test_d2_lists_ranges_and_nothing_at_all_are_dependencies_too(said: str, expected: str) -> None:
    first = "".join(f"- W1.{n}: Part\n" for n in (1, 2, 3))

    plan = plan_of(f"# x\n\n## Wave 1\n\n{first}\n## Wave 2\n\n- W2.1: Last — work {said}\n", "plan.md")

    assert edges(plan) == f"W1.1,W1.2,W1.3,W2.1{expected}"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("(depends on Redis)", "line 9: W2.1 depends on Redis, which is not in the plan"),
        ("(after W1.7)", "line 9: W2.1 depends on W1.7, which is not in the plan"),
        ("\n  - Depends on the tables", 'line 10: W2.1 depends on "the tables", which is not in the plan'),
        (
            "\n  - dependancies: W1.1",
            "line 10: dependancies of W2.1 is not a field of a worker; did you mean dependencies?",
        ),
        (
            "\n\n## Dependencies\n\nfirst W1.1, and then comes W2.1",
            'line 13: the dependency in "first W1.1, and then comes W2.1" is not understood; write '
            + EDGE_FORM,
        ),
        (
            "\n\n## Notes\n\nThe cart (depends: W1.1) comes last",
            'line 13: the dependency in "The cart (depends: W1.1) comes last" is not understood; write '
            + EDGE_FORM,
        ),
        (
            "\n\n## Dependencies\n\nW9.1 depends on W1.1",
            "line 13: W9.1, which depends on W1.1, is not in the plan",
        ),
    ],
)
def test_d2_a_dependency_that_is_not_understood_is_refused_with_its_line(said: str, expected: str) -> None:
    check(
        f"# x\n\n## Wave 1\n\n- W1.1: Schema\n\n## Wave 2\n\n- W2.1: Last {said}\n", expected, name="plan.md"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("| W1.2 | Routes |", f'W1.2 in "| W1.2 | Routes |" is no worker of the plan; a worker begins with {FORM}'),
        ("**W1.2: Routes**", f'W1.2 in "**W1.2: Routes**" is no worker of the plan; a worker begins with {FORM}'),
        ("```\nW1.2: Routes\n```", None),
        ("- ~~W1.2: Routes~~", f'"~~W1.2: Routes~~" is not {FORM}'),
        ("### Backend\n\nRoutes and such.", f"there is no worker below the heading Backend; a worker begins with {FORM}"),
        ("### schema: Tables\n\nText.", None),
        ("## Phase two\n\n- W2.1: x", "the heading \"Phase two\" is not '## Wave N: Name', N from 1"),
        ("### Wave 2: Nested\n\n- W2.1: x", 'the heading "Wave 2: Nested" is on another level than the other waves'),
        ("## Decisions\n\n- W1.2: Routes", f'W1.2 in "- W1.2: Routes" is no worker of the plan; a worker begins with {FORM}'),
    ],
)  # fmt: skip
def test_d1_what_looks_like_a_worker_and_is_none_is_refused_with_its_line(
    text: str, expected: str | None
) -> None:
    problems = parse_plan(f"# x\n\n## Wave 1\n\n- W1.1: Schema\n\n{text}\n".encode(), "plan.md")

    assert not isinstance(problems, Plan)
    assert all(problem.line >= 7 for problem in problems)
    assert expected is None or problems[0].message == expected


SECTIONS = """\
# Build Plan: x

About it.

## Goal

Ship.

### By when

Soon.

## Constraints

- no network

## Wave 1: Base

Read AGENTS.md first.

- W1.1: Schema

### Backend

Written in Go.

- W1.2: Routes

### Notes

Mind the cache.

## Rollout plan

In two steps.
"""


def test_d3_every_section_reaches_every_brief_under_its_own_heading() -> None:
    plan = plan_of(SECTIONS, "plan.md")

    for worker in plan.workers:
        brief = render_brief(plan, worker, "x", "N5/builds")
        assert "### Goal\n\nShip.\n\n#### By when\n\nSoon.\n" in brief
        assert "### Constraints\n\n- no network\n" in brief
        assert "### Rollout plan\n\nIn two steps.\n" in brief
        assert "Read AGENTS.md first." in brief
        assert "**Notes**\n\nMind the cache." in brief
        assert ("Part of the plan: **Backend**\n\nWritten in Go." in brief) == (str(worker.id) == "W1.2")


@pytest.mark.parametrize(
    "heading",
    [
        "## Wave 2: Last (depends on Wave 1)", "## Wave 2: after Wave 1", "## Wave 2\n\n**Depends on:** Wave 1",
        "## Wave 2\n\nDepends on W1.1 and W1.2.", "## Wave 2\n\n### Group (needs W1.1-W1.2)",
    ],
)  # fmt: skip
def test_d2_what_a_wave_or_a_group_depends_on_holds_for_each_of_its_workers(heading: str) -> None:
    text = f"# x\n\n## Wave 1\n- W1.1: A\n- W1.2: B\n\n{heading}\n\n- W2.1: C\n- W2.2: D\n"

    assert edges(plan_of(text, "plan.md")) == "W1.1,W1.2,W2.1<W1.1<W1.2,W2.2<W1.1<W1.2"


@pytest.mark.parametrize("line", ["**Wave 2: Core**", "__Phase 2__", "**Wave 2** - Core"])
def test_d1_a_wave_that_is_no_heading_is_refused_with_its_line(line: str) -> None:
    text = f"# x\n\n## Wave 1\n- W1.1: A\n\n{line}\n"

    check(text, f'line 6: "{line}" is not {WAVE_FORM}', name="plan.md")


def test_d9_lines_below_a_worker_are_its_description_and_hide_no_dependency() -> None:
    plan = plan_of(
        "# x\n## Wave 1\n- W1.1: A\n## Wave 2\n- W2.1: B (depends: W1.1)\n  see the docs\n", "plan.md"
    )

    assert edges(plan) == "W1.1,W2.1<W1.1"
    assert (plan.workers[1].title, plan.workers[1].description) == ("B", "see the docs")


def test_a_worker_as_a_heading_has_fields_in_bold_lists_below_headings_and_code() -> None:
    plan = plan_of(
        """\
# x
## Wave 1: A
### W1.1: Schema
**Depends on:** none
**Output:** `a.py`, `b.py`

Write the tables.

```sql
create table t;
```

#### Acceptance criteria
- [ ] it works

**Report back:**

- what broke
""",
        "plan.md",
    )
    worker = plan.workers[0]

    assert worker.outputs == ("a.py", "b.py")
    assert worker.description == "Write the tables.\n\n```sql\ncreate table t;\n```"
    assert (worker.success_criteria, worker.report_back) == (("it works",), ("what broke",))
