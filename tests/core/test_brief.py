"""A brief: what init renders, and that it reads back whatever a plan's texts hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitorch.core.brief import Brief, parse_brief, success_criteria
from gitorch.core.meta import PlanHead
from gitorch.core.names import WorkerId
from gitorch.core.plan import Plan, Worker
from gitorch.core.render.brief import brief_name, render_brief

FULL = Worker(
    id=WorkerId(2, 1),
    title="Event CRUD",
    description="Implement create and delete\n\nDelete is soft.",
    key="worker_crud",
    component="events",
    depends_on=(WorkerId(1, 1),),
    estimated_hours=1.5,
    outputs=("src/events.ts",),
    context="Why this exists.",
    requirements=("Use the schema.",),
    success_criteria=("Tests pass",),
    report_back=("What you decided",),
)
FIRST = Worker(id=WorkerId(1, 1), title="Schema")
PLAN = Plan(
    PlanHead(
        name="Calendar",
        objective="One place for dates.",
        key_decisions=("UUIDs",),
        relevant_files=("docs/a.md",),
        wave_names={2: "Core"},
    ),
    (FIRST, FULL),
)


def test_a_brief_holds_all_that_a_worker_needs() -> None:
    text = render_brief(PLAN, FULL, "calendar-v2", "N5/builds")
    for part in (
        "worker_id: W2.1\n",
        'title: "[calendar-v2] W2.1: Event CRUD"\n',
        "build_slug: calendar-v2\n",
        "wave: 2\n",
        "depends_on: [W1.1]\n",
        'thread_title: "[calendar-v2] W2.1: Event CRUD"\n',
        "# Worker Brief: Event CRUD\n",
        "**Your Mission:** Implement create and delete\n",
        "**Output:** `src/events.ts`\n",
        "Delete is soft.\n",
        "Why this exists.\n",
        "**Objective:** One place for dates.\n",
        "- UUIDs\n",
        "- `docs/a.md`\n",
        "- It builds on: W1.1 (Schema)\n",
        "## Requirements\n\n- Use the schema.\n",
        "## Success Criteria\n\n- [ ] Tests pass\n",
        "## Report Back\n\nWhen closing this worker, include:\n- What you decided\n",
        "**DO NOT COMMIT.** Write completion to `N5/builds/calendar-v2/completions/W2.1.json`\n",
    ):
        assert part in text


@pytest.mark.parametrize("worker", [FIRST, FULL], ids=["no requirements", "its own requirements"])
def test_d4_the_safety_rules_are_in_every_brief_whatever_the_plan_requires(worker: Worker) -> None:
    text = render_brief(PLAN, worker, "calendar-v2", "N5/builds")

    requirements = text.partition("## Requirements\n\n")[2].partition("\n\n## Success Criteria\n")[0]
    assert requirements.split("\n") == [
        f"- {(worker.requirements or ('Do what the mission says, and nothing beyond it.',))[0]}",
        "- Others write here at the same time: touch no file of theirs; restore, stash and discard nothing.",
        "- No git command is needed: leave refused commands alone; your files are safe as they are.",
    ]


def test_d4_a_plan_that_requires_a_safety_rule_itself_has_it_once() -> None:
    rule = "No git command is needed: leave refused commands alone; your files are safe as they are."

    text = render_brief(PLAN, replace(FIRST, requirements=(rule,)), "calendar-v2", "N5/builds")

    assert text.count(rule) == 1


def test_it_reads_back_as_it_was_meant() -> None:
    brief = parse_brief("workers/x.md", render_brief(PLAN, FULL, "calendar-v2", "N5/builds").encode())
    assert isinstance(brief, Brief)
    assert (brief.id, brief.key, brief.title, brief.component) == (
        FULL.id,
        FULL.key,
        FULL.title,
        FULL.component,
    )
    assert (brief.depends_on, brief.estimated_hours) == (FULL.depends_on, 1.5)
    assert brief.mission == "Implement create and delete"
    assert brief.thread_title == "[calendar-v2] W2.1: Event CRUD"


def test_a_checkbox_with_a_megabyte_of_spaces_is_read() -> None:
    front = "---\nworker_id: W1.1\ntitle: x\n---\n"
    boxes = f"## Success Criteria\n\n- [ ] a{' ' * 1_000_000}b  \n- [x] c\r\n* [ ]  \n"
    brief = parse_brief("workers/x.md", f"{front}{boxes}".encode())
    assert isinstance(brief, Brief)
    assert success_criteria(brief) == (f"a{' ' * 1_000_000}b", "c")


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 15))


@pytest.mark.parametrize(
    ("front", "says"),
    [
        ("worker_id: W1.1\ntitle: a: b\n", "front matter: line 3, column 9: is not YAML"),
        ("a: " + "[" * 30_000 + "\n", "front matter: line 2, column 23: is nested too deeply"),
        (BOMB, "front matter: unfolds to more than 200000 values"),
        ("- W1.1\n", "front matter: the document: input should be a valid dictionary"),
        ("# nothing\n", "front matter: the document: input should be a valid dictionary"),
        ("worker_id: W1.1\n", "front matter: title: field required"),
    ],
)
def test_front_matter_that_cannot_be_read_is_one_sentence(front: str, says: str) -> None:
    problem = parse_brief("workers/x.md", f"---\n{front}---\ntext\n".encode())
    assert isinstance(problem, str)
    assert problem.startswith(says)


line = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cf"]), min_size=1, max_size=60).map(
    lambda text: " ".join(text.split()) or "x"
)


@given(title=line, key=line, component=line, mission=line)
def test_whatever_a_title_holds_the_brief_reads_back(
    title: str, key: str, component: str, mission: str
) -> None:
    worker = Worker(WorkerId(1, 1), title, mission, key, component)
    assert "/" not in brief_name(worker)
    text = render_brief(Plan(PlanHead(name="x"), (worker,)), worker, "x", "N5/builds")
    brief = parse_brief("workers/x.md", text.encode())
    assert isinstance(brief, Brief), brief
    assert (brief.title, brief.key, brief.component, brief.mission) == (title, key, component, mission)
