"""Two commands meet: one is busy and changes nothing, or it is as if one had ended before the other began.

The complete run: `pytest -m interleaved`. A failure names the two, the step of the first, and all that they
said; the same test fails in the same way again. `GITORCH_TEST_SEED` chooses other samples.
"""

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash.interleaved import COMMANDS, Meeting, meet
from tests.scene.shell import isolate

SEED = os.environ.get("GITORCH_TEST_SEED", "11")
TRANSITIONS = ("finalize", "abort", "discard", "reopen", "init", "init-other", "init-beside")
SCENES = {
    "ready": ("finalize", "abort", "discard"),
    "landed": ("reopen",),
    "aborted": ("reopen",),
    "discarded": ("reopen",),
    "nothing_open": ("init",),
}
"""The scenes, and which transitions can be made in each."""
MEETINGS = [
    Meeting(scene, first, second)
    for scene, possible in SCENES.items()
    for first, second in itertools.product(possible, TRANSITIONS)
]
OTHERS = sorted(COMMANDS.keys() - set(TRANSITIONS))


def some_steps(meetings: Sequence[Meeting], number: int, picks: int) -> list[Meeting]:
    """So many of the meetings, each at so many steps of the first, as the seed has it."""
    chance = random.Random(SEED)  # noqa: S311 (what it chooses is to be chosen again)
    return [
        replace(meeting, picks=[round(chance.random(), 3) for _ in range(picks)])
        for meeting in chance.sample(meetings, number)
    ]


def with_others() -> list[Meeting]:
    """Every pair of commands that are not both transitions, while a build is open."""
    names = [*OTHERS, "finalize", "abort", "discard", "reopen", "init-beside"]
    pairs = [pair for pair in itertools.product(names, repeat=2) if set(pair) & set(OTHERS)]
    scenes = ("half_way", "ready")
    return [Meeting(scene, first, second) for scene in scenes for first, second in pairs]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder for all, with a home of its own: a scene is set up in it once."""
    with pytest.MonkeyPatch.context() as patch:
        isolate(patch, tmp_path_factory.mktemp("home"))
        yield tmp_path_factory.mktemp("stage")


@pytest.mark.interleaved
@pytest.mark.parametrize("meeting", MEETINGS, ids=str)
def test_two_transitions_that_meet_at_any_step_are_as_if_one_came_first(
    stage: Path, meeting: Meeting
) -> None:
    assert meet(stage, meeting)


@pytest.mark.slow
@pytest.mark.parametrize("meeting", some_steps(MEETINGS, 12, 6), ids=str)
def test_two_transitions_that_meet_at_some_steps_are_as_if_one_came_first(
    stage: Path, meeting: Meeting
) -> None:
    assert meet(stage, meeting)


WRITING = ("complete", "launch", "add", "edit", "drop", "adapt", "followup", "close", "sync")
KILLED = [
    *(Meeting("half_way", first, "sync") for first in WRITING),
    Meeting("half_way", "seal", "doctor"),
    Meeting("empty", "install", "install"),
    Meeting("collated", "finalize", "finalize"),
    Meeting("collated", "abort", "sync"),
    Meeting("collated_and_aborted", "reopen", "reopen"),
]


@pytest.mark.slow
@pytest.mark.parametrize("meeting", KILLED, ids=str)
def test_a_command_that_is_killed_at_any_step_is_before_or_after_for_the_next_one(
    stage: Path, meeting: Meeting
) -> None:
    """A sync renders what follows from the command's own files; doctor puts the seal on that was asked for."""
    assert meet(stage, meeting, killed=True)


@pytest.mark.interleaved
@pytest.mark.parametrize("meeting", some_steps(with_others(), 150, 3), ids=str)
def test_two_commands_that_meet_at_some_steps_are_as_if_one_came_first(stage: Path, meeting: Meeting) -> None:
    assert meet(stage, meeting)


@pytest.mark.slow
@pytest.mark.parametrize("meeting", some_steps(with_others(), 12, 3), ids=str)
def test_a_few_commands_that_meet_at_some_steps_are_as_if_one_came_first(
    stage: Path, meeting: Meeting
) -> None:
    assert meet(stage, meeting)
