"""What is rendered: the spec's own example, every section, and whose text survives."""

import json
from pathlib import Path

import pytest

from gitorch.core.build_files import RawFile, parse_files
from gitorch.core.managed import BEGIN, END
from gitorch.core.meta import PlanHead
from gitorch.core.render import records
from gitorch.core.render.build_md import render_build_md
from gitorch.core.render.status_md import render_status_md
from gitorch.core.render.threads import render_orchestrator, render_reviewer
from gitorch.core.state import BuildState, derive
from gitorch.core.text import first_sentence
from tests.builds import CALENDAR, brief_text, meta, report, state

SPEC_STATUS = (Path(__file__).parents[1] / "data" / "calendar-v2-STATUS.md").read_text("utf-8")
MID_BUILD = {"W1.1": "5 tables, soft-delete pattern", "W1.2": "12 endpoints stubbed. Tests follow."}


def mid_build() -> BuildState:
    return state(meta(launched=["W2.1", "W2.2"]), reports=MID_BUILD)


def test_status_is_the_spec_s_own_example() -> None:
    assert render_status_md(mid_build()) == SPEC_STATUS


def test_failed_workers_and_findings_have_sections_only_when_there_are_some() -> None:
    text = render_status_md(
        state(
            meta(launched=["W1.2"]),
            reports={
                "W1.1": report("W1.1", "The disk is full.", status="failed"),
                "W1.2": report("W1.2", "No key.", status="blocked"),
                "W9.9": "x",
            },
        )
    )
    assert "## Blocked\n- [ ] W1.2: API Routes — ✗ No key\n" in text
    assert "## Failed\n- [ ] W1.1: Database Schema — ✗ The disk is full\n" in text
    assert "(waiting for W1.1, W1.2)" in text
    assert text.endswith("## Issues\n- completions/W9.9.json has no brief\n")


def test_a_closed_build_renders_as_final() -> None:
    text = render_status_md(state(meta(status="complete"), reports=dict.fromkeys(["W1.1", "W1.2"], "ok")))
    assert "## Current Wave: 2 (build complete)\n" in text


HOSTILE = "ok\n\n## Completed\n- [x] W9.9 <script>[a](b) `x` | \x1b[31m \u202e *b* _c_ ~~d~~"


def test_a_worker_s_text_stays_on_its_line_and_is_no_markdown() -> None:
    for name, text in records(state(reports={"W1.1": HOSTILE}), None).items():
        assert not {"\x1b", "\u202e"} & set(text), name
        if name == "STATUS.md":
            assert text.count("## Completed") == 2  # the heading, and once inside a line
            assert r"\<script\>\[a\](b) \`x\` \|" in text
            assert not [line for line in text.splitlines() if line.startswith("- [x] W9.9")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 tables, soft-delete pattern", "5 tables, soft-delete pattern"),
        ("Done. More.", "Done"),
        ("Created a schema with 5 tables...", "Created a schema with 5 tables..."),
        ("Uses v1.2 of e.g. click. Then more", "Uses v1.2 of e.g. click"),
        ("Why? Because.", "Why?"),
        ("", ""),
        (".", "."),
        ("two\nlines. Rest", "two lines"),
    ],
)
def test_the_first_sentence_of_a_summary(text: str, expected: str) -> None:
    assert first_sentence(text) == expected


def test_plan_json_has_the_spec_s_shape_with_status_wave_id_and_key() -> None:
    head = meta(plan=PlanHead(name="Calendar", objective="plan days", key_decisions=("SQLite",)))
    plan = json.loads(records(state(head, reports=MID_BUILD), None)["plan.json"])
    assert {k: plan[k] for k in ("name", "objective", "key_decisions", "relevant_files")} == {
        "name": "Calendar",
        "objective": "plan days",
        "key_decisions": ["SQLite"],
        "relevant_files": [],
    }
    assert plan["workers"][2] == {
        "id": "W2.1",
        "title": "Event CRUD",
        "description": "Do Event CRUD",
        "dependencies": ["W1.1", "W1.2"],
        "wave": 2,
        "status": "ready",
    }


def test_meta_json_has_the_derived_fields_as_the_state_has_them() -> None:
    blocked = report("W2.1", "stuck", status="blocked")
    text = records(state(reports={**MID_BUILD, "W2.1": blocked}), None)["meta.json"]
    assert json.loads(text)["current_wave"] == 2
    assert json.loads(text)["blocked_workers"] == ["W2.1"]


def test_the_readme_shows_the_plan_and_every_worker() -> None:
    head = meta(plan=PlanHead(name="Calendar", objective="plan days", key_decisions=("SQLite",)))
    text = records(state(head, reports=MID_BUILD), None)["README.md"]
    assert text.startswith("# Calendar\n\nBuild `calendar-v2` (code_build), in_progress: 2 of 5 workers")
    assert "## Objective\n\nplan days\n\n## Key decisions\n\n- SQLite\n" in text
    assert "| W2.1: Event CRUD | W1.1, W1.2 | ready |\n" in text


def test_d3_the_sections_of_the_plan_are_in_the_briefs_of_the_other_threads() -> None:
    build = state(meta(plan=PlanHead(name="Calendar", sections={"Goal": "Ship.\n\n### When\n\nSoon."})))

    for brief in (render_orchestrator(build, "N5/builds/x", ""), render_reviewer(build, "N5/builds/x")):
        assert "### Goal\n\nShip.\n\n#### When\n\nSoon.\n" in brief


def test_the_same_state_renders_the_same_bytes() -> None:
    first = records(mid_build(), None)
    assert records(mid_build(), first["BUILD.md"]) == first == records(mid_build(), None)


BLOCK = f"{BEGIN}\nold\n{END}\n"


@pytest.mark.parametrize(
    ("existing", "kept"),
    [
        ("", ""),
        ("mine\n", "mine\n"),
        ("mine without a line end", "mine without a line end"),
        (f"above\r\n{BLOCK}below \udcff\n", "above\r\nbelow \udcff\n"),
        (f"above\n{BLOCK}", "above\n"),
        (f"a\n{BEGIN}\nmine\n", "a\nmine\n"),
        (f"a\n{END}\nmine\n", "a\nmine\n"),
        (f"a\n{END}\nmine\n{BEGIN}\nb\n", "a\nmine\nb\n"),
        (f"{BLOCK}mine\n{BLOCK}", "old\nmine\nold\n"),
        (f"{BEGIN}\n{BLOCK}mine\n", "old\nmine\n"),
        ("quoted <!-- gitorch:begin --> inside a line\n", "quoted <!-- gitorch:begin --> inside a line\n"),
        ("x\n<!-- gitorch:begin -->\nold\n<!-- gitorch:end -->", "x\n"),
    ],
)
def test_text_outside_the_block_survives_whatever_became_of_the_markers(existing: str, kept: str) -> None:
    once = render_build_md(mid_build(), existing)
    assert once.count(BEGIN) == once.count(END) == 1
    outside = once.split(BEGIN + "\n")[0] + once.split(END + "\n")[1]
    assert outside.rstrip("\n") == kept.rstrip("\n")
    assert render_build_md(mid_build(), once) == once


def test_a_missing_build_md_comes_from_the_template() -> None:
    text = render_build_md(state(meta(plan=PlanHead(name="{Calendar}", objective="plan {days}"))), None)
    assert text.startswith(f"# Build: {{Calendar}}\n\nplan {{days}}\n\n{BEGIN}\n## Progress\n\n")
    assert "- Wave 1: 0 of 2 complete\n" in text
    assert text.endswith(f"{END}\n\n## Notes\n")


def digest_state() -> BuildState:
    first = report(
        "W1.1", "5 tables.", concerns=["slow #1"], decisions=["UUID"], learnings=["ORM"], follow_up=["more"]
    )
    return state(
        meta(launched=["W2.2"], base="a" * 40, plan=PlanHead(name="x", wave_names={1: "Foundation"})),
        reports={"W1.1": first, "W1.2": report("W1.2", "No key. Ask *them*.", status="blocked")},
    )


def test_the_managed_block_shows_what_a_person_returns_for() -> None:
    text = render_build_md(digest_state(), "mine\n")
    assert text.split(BEGIN + "\n")[1] == (
        "## Progress\n\n"
        "- Wave 1: Foundation: 1 of 2 complete\n"
        "- Wave 2: 0 of 2 complete, W2.2 in progress\n"
        "- Wave 3: 0 of 1 complete\n\n"
        "## Needs you\n\n"
        "- W1.2 (API Routes) is blocked: No key\n"
        "  - to start W1.2 again, run: `gitorch launch W1.2 --project calendar-v2`\n\n"
        "## Blockers\n\n"
        "- W1.2: API Routes (blocked): No key. Ask \\*them\\*. Blocks W2.1.\n\n"
        "## Open concerns\n\n- W1.1: slow #1\n\n"
        "## Decisions so far\n\n- W1.1: UUID\n\n"
        "## Learnings so far\n\n- W1.1: ORM\n\n"
        "## Follow-ups suggested\n\n- W1.1: more\n\n"
        "## Next\n\n```sh\ngitorch watch --project calendar-v2   # wait for the workers that run\n```\n"
        f"{END}\n"
    )


def test_a_finished_build_says_how_to_land_it_and_a_closed_one_says_nothing_more() -> None:
    reports = {worker: "ok" for worker, _, _ in CALENDAR}
    text = render_build_md(state(reports=reports), None)
    assert "gitorch review --project calendar-v2" in text
    assert "gitorch finalize --project calendar-v2" in text
    text = render_build_md(state(meta(build_type="content"), reports=reports), None)
    assert "gitorch review" not in text
    assert "gitorch brief REVIEW --project calendar-v2" in text
    assert "## Next" not in render_build_md(state(meta(status="complete"), reports=reports), None)


def test_the_orchestrator_s_brief_carries_the_whole_build() -> None:
    text = render_orchestrator(digest_state(), "N5/builds/calendar-v2", "my note\n## mine\n")
    assert text.startswith('---\ntitle: "[calendar-v2] ORCH: Orchestrator"\n')
    for part in (
        "- Wave 1: Foundation: 1 of 2 complete",
        "| W2.1: Event CRUD | W1.1, W1.2 | waiting | `N5/builds/calendar-v2/workers/W2.1-x.md` |",
        "### W1.1: Database Schema\n\n> 5 tables.\n",
        "> my note\n> ## mine\n",
        f"opened at `{'a' * 40}`",
        "gitorch ready --project calendar-v2",
    ):
        assert part in text, part


def test_the_reviewer_s_brief_sets_what_was_asked_for_beside_what_came_back() -> None:
    asked = "## Success Criteria\n\n- [ ] It runs\n- [x] It is `fast`\n\n---\n\n- [ ] not this\n"
    brief = brief_text("W1.1", "Schema", ()) + asked
    built = derive(meta(base="a" * 40), parse_files("x", [RawFile("W1.1-x.md", brief.encode())], []))
    text = render_reviewer(built, "N5/builds/calendar-v2")
    assert text.startswith('---\ntitle: "[calendar-v2] REVIEW: Final Review"\n')
    assert (
        "### W1.1: Schema\n\nAsked for: Do Schema\n\n- [ ] It runs\n- [ ] It is `fast`\n\nReported:\n\n"
        "Has not reported yet (ready).\n"
    ) in text
    assert "not this" not in text
    assert f"git diff {'a' * 40}" in text
    assert "git diff" not in render_reviewer(state(meta(build_type="content")), "N5/builds/calendar-v2")
