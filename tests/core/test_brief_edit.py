"""Editing a brief: each way in which a person may have written its front matter, and what is left to them."""

import pytest

from gitorch.core.brief import parse_brief
from gitorch.core.brief_edit import edited
from gitorch.core.build_files import RawFile, parse_files
from gitorch.core.errors import GitorchError
from gitorch.core.names import WorkerId
from gitorch.core.plan import Plan
from gitorch.core.plan.change import free_id, plan_of, values_of
from gitorch.core.render.brief import render_brief
from gitorch.core.state import BuildState, derive
from tests.builds import CALENDAR, meta, state


def plans(built: BuildState, worker: str, **changes: object) -> tuple[Plan, Plan]:
    """The plan as it is, and with `changes` to one worker."""
    values = [values_of(other.brief) for other in built.workers]
    new = [{**each, **changes} if each["id"] == worker else each for each in values]
    return plan_of(built, values), plan_of(built, new)


def edit(head: str, body: str = "**Your Mission:** do it\n", **changes: object) -> str | None:
    """The text of W2.1's brief, written so, with `changes`."""
    text = f"---\nworker_id: W2.1\n{head}---\n{body}"
    first = RawFile("W1.1-x.md", b"---\nworker_id: W1.1\ntitle: A\n---\n")
    built = derive(meta(), parse_files("x", [first, RawFile("W2.1-x.md", text.encode())], []))
    worker = built.find("W2.1")
    assert worker, built.issues
    done = edited(text, worker.brief, *plans(built, "W2.1", **changes), "calendar-v2")
    return done and done.removeprefix("---\nworker_id: W2.1\n")


@pytest.mark.parametrize(
    ("head", "needs", "expected"),
    [
        ("title: B\ndepends_on: [W1.1]  # why\n", [], "title: B\ndepends_on: []  # why\n"),
        ("title: B\ndepends_on:\n- W1.1\n# mine\n", [], "title: B\ndepends_on: []\n# mine\n"),
        ("title: B\ndepends_on:\n  - W1.1\nx: 1\n", [], "title: B\ndepends_on: []\nx: 1\n"),
        ("title: B\n", ["W1.1"], "title: B\ndepends_on: [W1.1]\n"),
        ("title: B\ndepends_on:\n  []\n", ["W1.1"], "title: B\ndepends_on: [W1.1]\n"),
        ("depends_on: [\n  W1.1,\n]\ntitle: B\n", [], "depends_on: []\ntitle: B\n"),
    ],
)
def test_dependencies_are_changed_in_their_place(head: str, needs: list[str], expected: str) -> None:
    assert edit(head, dependencies=needs) == f"{expected}---\n**Your Mission:** do it\n"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            "title: B  # mine\nwave: 2\n",
            'title: "[calendar-v2] W2.1: C"  # mine\nwave: 2\n',
        ),
        ("title: 'it''s'\nthread_title: old\n", "title: {}\nthread_title: {}\n"),
        ("title: >\n  a long\n  title\nwave: 2\n", "title: {}\nwave: 2\n"),
    ],
)
def test_a_title_is_changed_however_it_is_quoted(head: str, expected: str) -> None:
    told = expected.replace("{}", '"[calendar-v2] W2.1: C"')
    assert edit(head, title="C") == f"{told}---\n**Your Mission:** do it\n"


@pytest.mark.parametrize(
    ("head", "body", "changes"),
    [
        ("title: B\n", "no mission\n", {"description": "new"}),
        ("title: &a B\nx: *a\n", "", {"title": "C"}),
    ],
)
def test_what_is_not_written_as_gitorch_writes_it_is_left_to_the_person(
    head: str, body: str, changes: dict[str, object]
) -> None:
    assert edit(head, body, **changes) is None


def test_an_edited_brief_is_the_one_that_init_would_have_written() -> None:
    built = state()
    before, after = plans(
        built, "W2.1", title="Events", description="Do all", dependencies=["W1.2"], estimated_hours=None
    )
    old, new = before.find("W2.1"), after.find("W2.1")
    assert old
    assert new
    text = render_brief(before, old, "calendar-v2", "N5/builds")
    brief = parse_brief("x", text.encode())
    assert not isinstance(brief, str)
    assert edited(text, brief, before, after, "calendar-v2") == render_brief(
        after, new, "calendar-v2", "N5/builds"
    )


def test_the_plan_reads_back_from_the_briefs() -> None:
    built = state()
    plan = plan_of(built, [values_of(worker.brief) for worker in built.workers])
    assert [(str(w.id), w.title, tuple(map(str, w.depends_on))) for w in plan.workers] == list(CALENDAR)
    with pytest.raises(GitorchError) as refused:
        plan_of(built, [])
    assert refused.value.details == ("the plan has no workers",)


def test_the_next_id_of_a_wave_is_behind_the_last_one_ever_used() -> None:
    used = [WorkerId(1, 1), WorkerId(1, 12), WorkerId(2, 1)]
    assert [str(free_id(used, wave)) for wave in (1, 2, 3)] == ["W1.13", "W2.2", "W3.1"]
