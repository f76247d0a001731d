"""What a watcher says: the difference of two states, told in lines."""

import pytest

from gitorch.core.events import greeting, happenings
from gitorch.core.meta import Meta
from gitorch.core.needs import Standing, needs
from gitorch.core.state import BuildState
from tests.builds import CALENDAR, meta, report, state

DONE = {"W1.1": "5 tables", "W1.2": "12 endpoints. Stubs."}


def launched(*workers: str) -> Meta:
    return meta(launched=workers)


FAILED = report("W1.1", "No\x1b disk. Sorry.", status="failed")


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (state(), state(), []),
        (state(), state(launched("W1.1")), ["W1.1 launched"]),
        (state(launched("W1.1")), state(), ["W1.1 is ready again"]),
        (state(), state(reports={"W1.1": "5 tables. And more"}), ["W1.1 complete: 5 tables → ready: W2.2"]),
        (
            state(),
            state(reports=DONE),
            ["W1.1 complete: 5 tables → ready: W2.2", "W1.2 complete: 12 endpoints → ready: W2.1"],
        ),
        (state(reports=DONE), state(reports={"W1.2": "12 endpoints. Stubs."}), [
            "W1.1 is ready again", "W2.1 is waiting again", "W2.2 is waiting again"]),
        (state(), state(reports={"W1.1": FAILED}), ["W1.1 failed: No\N{REPLACEMENT CHARACTER} disk"]),
        (state(reports={"W1.1": "one"}), state(reports={"W1.1": "two"}), ["W1.1 complete again: two"]),
        (state(reports={"W1.1": FAILED}), state(reports={"W1.1": "one"}), [
            "W1.1 complete: one → ready: W2.2"]),
        (state(), state(workers=[*CALENDAR, ("W4.1", "New", ())]), ["W4.1 added: New", "ready: W4.1"]),
        (state(), state(workers=CALENDAR[:-1]), ["W3.1 dropped"]),
        (
            state(reports={"W1.2": "x"}),
            state(reports={"W1.1": "5 tables", "W1.2": report("W1.2", "Lost it.", status="failed")}),
            ["W1.1 complete: 5 tables → ready: W2.2", "W1.2 failed: Lost it"],
        ),
        (
            state(),
            state(reports={"W9.9": "x"}),
            ["completions/W9.9.json has no brief"],
        ),
        (state(reports={"W9.9": "x"}), state(), ["fixed: completions/W9.9.json has no brief"]),
        (
            state(workers=CALENDAR[:1]),
            state(workers=CALENDAR[:1], reports={"W1.1": "x"}),
            [
                "W1.1 complete: x",
                "every worker is complete",
                "next: gitorch finalize --project calendar-v2",
            ],
        ),
        (state(), state(meta(status="complete")), ["build calendar-v2 is complete"]),
    ],
)  # fmt: skip
def test_a_difference_is_told_in_lines(before: BuildState, after: BuildState, lines: list[str]) -> None:
    assert happenings(before, after, needs(before), needs(after)) == lines


def test_a_rogue_commit_is_told_with_its_name() -> None:
    clean = Standing("build/x", "a" * 40, "a" * 40, worktree="/w", head="build/x")
    moved = Standing("build/x", "a" * 40, "b" * 40, ("bbbb sneaked in",), worktree="/w", head="build/x")
    assert needs(state(), clean) == ()
    assert happenings(state(), state(), needs(state(), clean), needs(state(), moved)) == [
        "build/x has 1 commit that finalize did not make",
        "  bbbb sneaked in",
        "hint: to fold them into the build's one commit, run: gitorch finalize --project calendar-v2 --absorb",
    ]


def test_the_greeting_says_how_the_build_stands() -> None:
    now = state(reports={"W1.1": "x", "W1.2": report("W1.2", "Why. So.", status="blocked")})
    assert greeting(now, needs(now)) == [
        "calendar-v2: wave 1, 1 of 5 complete; ready: W2.2",
        "W1.2 (API Routes) is blocked: Why",
        "hint: to start W1.2 again, run: gitorch launch W1.2 --project calendar-v2",
    ]
