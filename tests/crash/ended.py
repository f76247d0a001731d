"""A gitorch command ended at its first step, its second, …, and what has to hold each time."""

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.crash.checks import picture
from tests.scene import run

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ending:
    """How things stood before, after an undisturbed run, and each time that the command was ended."""

    before: dict[str, str]
    after: dict[str, str]
    outcomes: list[dict[str, Any]]

    @property
    def steps(self) -> int:
        """How many steps the undisturbed run has; a kill that would leave the same as another is not made."""
        steps: int = self.outcomes[-1]["step"] - 1
        return steps

    @property
    def both(self) -> bool:
        """Whether the command was ended before its point of no return, and behind it."""
        return {outcome["now"] == self.after for outcome in self.outcomes} == {True, False}

    @property
    def told(self) -> str:
        """All that the next command said."""
        return " ".join(outcome["told"][1] for outcome in self.outcomes)


def ended(
    repo: Path,
    mode: str,
    *command: str,
    behind: str,
    first: int = 1,
    stride: int = 1,
) -> Ending:
    """End `command` in `repo` at each step, and hold what is left against before and after.

    A command that fails behind its point of no return says `behind`.
    """
    before, outcomes = endings(repo, mode, *command, first=first, stride=stride)
    after = outcomes[-1]["now"]
    wrong = [
        (outcome["step"], outcome["name"], why)
        for outcome in outcomes
        for why in _wrong(outcome, mode, before, after, behind)
    ]
    assert not wrong, json.dumps([wrong, outcomes], indent=1)
    return Ending(before, after, outcomes)


def endings(
    repo: Path, mode: str, *command: str, first: int = 1, stride: int = 1
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """How things stood before, and what the judge says of each ending; the last one is undisturbed."""
    template = repo.with_name("template")
    shutil.copytree(repo, template, symlinks=True)
    before = picture(repo)
    ran = run(
        *(sys.executable, "-m", "tests.crash.injector", str(template), str(repo), mode),
        *(str(first), str(stride), *command),
        cwd=repo.parent,
        env={"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
        timeout=900,
    )
    assert ran.status == 0, ran.err
    outcomes: list[dict[str, Any]] = [json.loads(line) for line in ran.out.splitlines()]
    assert [outcome["name"] is None for outcome in outcomes] == [False] * (len(outcomes) - 1) + [True]
    assert outcomes[-1]["exit"] == 0, outcomes[-1]
    return before, outcomes


def _wrong(
    outcome: dict[str, Any], mode: str, before: dict[str, str], after: dict[str, str], behind: str
) -> list[str]:
    """What does not hold after the command was ended at one step."""
    is_before = outcome["now"] == before
    ends = {"kill": (0, -9), "full": (0, 1)}[mode]  # 0: a step that may fail, or none was left
    holds = {
        "it ends as it should": outcome["exit"] in ends,
        "nothing is left behind": outcome["left"] == [],
        "git fsck passes": outcome["fsck"] == "",
        "the next command ends well": outcome["told"][0] == 0,
        "it says what was interrupted": ("interrupted" in outcome["told"][1]) == outcome["midway"],
        "it is before or after": outcome["now"] in (before, after),
        "who says that it is done has done it": not is_before or outcome["exit"] != 0,
        "who failed behind the move says so": is_before or outcome["exit"] != 1 or behind in outcome["said"],
        "the command can be typed again": not is_before or outcome["again"][0] == 0,
        "and ends as an undisturbed one": outcome["then"] == after,
    }
    return [claim for claim, true in holds.items() if not true]
