"""init ended at every step: no build is there, or it is open with all of its records."""

import json
from typing import Any

import pytest

from gitorch.actions.install import install
from tests.crash.ended import endings
from tests.scene import PLAN, SLUG, Scene, write


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["kill", "full"])
@pytest.mark.parametrize("options", [(), ("--seal",)], ids=["plain", "sealed"])
def test_an_init_that_is_ended_at_any_step_opened_the_build_or_did_nothing(
    scene: Scene, mode: str, options: tuple[str, ...]
) -> None:
    """What is staged comes last, and may wait for the next sync."""
    install(scene.root)
    plan = write(scene.root.parent / "plan.json", json.dumps(PLAN))
    command = ("init", "--project", SLUG, "--plan-file", str(plan), *options)
    before, outcomes = endings(scene.root, mode, *command)
    after = outcomes[-1]["now"]
    assert {_unstaged(outcome["now"]) == _unstaged(after) for outcome in outcomes} == {True, False}
    for outcome in outcomes:
        is_before = outcome["now"] == before
        assert is_before or _unstaged(outcome["now"]) == _unstaged(after), outcome
        assert (outcome["fsck"], outcome["left"], outcome["told"][0]) == ("", [], 0), outcome
        assert ("interrupted" in outcome["told"][1]) == outcome["midway"], outcome
        assert outcome["exit"] in {"kill": (0, -9), "full": (0, 1)}[mode], outcome
        if is_before:
            assert (outcome["exit"] == 0, outcome["again"][0], outcome["then"]) == (False, 0, after), outcome
    assert scene.gitorch("sync").status == 0
    assert (after["open"], after["sealed"]) == (f"open/{SLUG} bound", str(bool(options)))


def _unstaged(picture: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in picture.items() if name != "index"}
