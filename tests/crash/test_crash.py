"""finalize ended at every step: the repository is whole, the work is there, and it is before or after."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.actions.opened import delivered, opened
from tests.crash.checks import files, picture
from tests.support import git, run, write

ROOT = Path(__file__).parents[2]


def template(repo: Path) -> tuple[Path, str]:
    """A build that is ready to land, its records a sync behind and a change of the person's staged."""
    base = opened(repo, "unclaimed: leave\nvalidators:\n- {name: there, command: test -e README}\n")
    delivered(repo)
    write(repo / "mine", "staged\n")
    git(repo, "add", "mine")
    copy = repo.with_name("template")
    shutil.copytree(repo, copy, symlinks=True)
    return copy, base


def ended_at(repo: Path, mode: str, first: int, stride: int) -> list[dict[str, object]]:
    """What was left of the build each time that finalize was ended."""
    copy, base = template(repo)
    before, work = picture(repo), files(repo, records=False)
    ran = run(
        *(sys.executable, "-m", "tests.crash.injector", str(copy), str(repo), mode, str(first), str(stride)),
        "finalize",
        cwd=repo.parent,
        env={
            "CRASH_BASE": base,
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        },
        timeout=900,
    )
    assert ran.status == 0, ran.err
    outcomes: list[dict[str, object]] = [json.loads(line) for line in ran.out.splitlines()]
    tree = outcomes[-1]["tree"]
    assert [outcome["reached"] for outcome in outcomes] == [True] * (len(outcomes) - 1) + [False]
    for outcome in outcomes:
        ends = {"kill": (0, -9), "full": (0, 1)}[mode]  # 0: a step that may fail, or none was left
        assert outcome["exit"] in ends, outcome
        assert outcome["left"] == [], outcome
        assert outcome["fsck"] == "", outcome
        assert outcome["work"] == work, outcome
        if outcome["open"]:
            assert {name: outcome[name] for name in before} == before, outcome
            assert outcome["again"] == [0, outcome["again"][1]], outcome  # type: ignore[index]
        else:
            assert outcome["closed"], outcome
            assert outcome["dirty"] == "A  mine", outcome
        assert outcome["count"] == "1", outcome
        assert outcome["tree"] == tree, outcome
        assert outcome["clean"] == "A  mine", outcome
    return outcomes


@pytest.mark.parametrize("mode", ["kill", "full"])
def test_a_finalize_that_is_ended_now_and_then_is_before_or_after(repo: Path, mode: str) -> None:
    outcomes = ended_at(repo, mode, 66, 9)
    assert len(outcomes) > 3


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["kill", "full"])
def test_a_finalize_that_is_ended_at_any_step_is_before_or_after(repo: Path, mode: str) -> None:
    outcomes = ended_at(repo, mode, 1, 1)
    assert len(outcomes) > 80
    assert {outcome["open"] for outcome in outcomes} == {True, False}
    if mode == "kill":
        told = " ".join(str(outcome["told"]) for outcome in outcomes)
        assert "was interrupted before its commit: nothing has changed" in told
        assert "was interrupted after its commit" in told
