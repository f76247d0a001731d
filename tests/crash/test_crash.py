"""finalize ended at every step: the repository is whole, the work is there, and it is before or after."""

import os
from pathlib import Path

import pytest

from tests.actions.opened import delivered, opened
from tests.crash.ended import Ending, ended
from tests.no_links import no_link
from tests.support import git, orch, write

BOTH = pytest.mark.parametrize("mode", ["kill", "full"])


def landing(repo: Path, mode: str, first: int, stride: int) -> Ending:
    """A build that is ready to land, its records a sync behind and a change of the person's staged."""
    opened(repo, "unclaimed: leave\nvalidators:\n- {name: there, command: test -e README}\n")
    delivered(repo)
    write(repo / "mine", "staged\n")
    git(repo, "add", "mine")
    behind = "the build has landed as"
    found = ended(repo, mode, "finalize", behind=behind, first=first, stride=stride)
    assert found.before["work"] == found.after["work"]
    return found


@pytest.mark.parametrize("mode", ["kill", pytest.param("full", marks=pytest.mark.slow)])
def test_a_finalize_that_is_ended_now_and_then_is_before_or_after(repo: Path, mode: str) -> None:
    assert len(landing(repo, mode, 4, 9).outcomes) > 3


@pytest.mark.slow
@BOTH
def test_a_finalize_that_is_ended_at_any_step_is_before_or_after(repo: Path, mode: str) -> None:
    found = landing(repo, mode, 1, 1)
    assert found.steps > 80
    assert found.both
    if mode == "kill":
        assert "was interrupted before its commit: nothing has changed" in found.told
        assert "was interrupted after its commit" in found.told


@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_a7_a_finalize_that_is_ended_where_there_are_no_hard_links_is_before_or_after(
    repo: Path, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_LINKS", "")
    monkeypatch.setattr(os, "link", no_link)
    opened(repo)
    delivered(repo)
    assert orch(repo, "seal", "on").status == 0

    found = ended(repo, "kill", "finalize", stride=stride, behind="the build has landed as")

    assert found.both
    assert git(repo, "status", "--porcelain") == ""


@pytest.mark.slow
@BOTH
def test_a_finalize_of_a_sealed_build_is_before_with_its_seal_or_after_without(repo: Path, mode: str) -> None:
    opened(repo)
    delivered(repo)
    assert orch(repo, "seal", "on").status == 0
    found = ended(repo, mode, "finalize", behind="the build has landed as")
    assert found.both
    assert (found.before["sealed"], found.after["sealed"]) == ("True", "False")
    assert git(repo, "status", "--porcelain") == ""
