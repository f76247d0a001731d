"""finalize ended at every step: the repository is whole, the work is there, and it is before or after."""

import os

import pytest

from tests.crash.ended import Ending, ended
from tests.no_links import no_link
from tests.scene import SLUG, Scene

BOTH = pytest.mark.parametrize("mode", ["kill", "full"])


def landing(scene: Scene, mode: str, first: int, stride: int) -> Ending:
    """A build that is ready to land, its records a sync behind and a change of the person's staged."""
    scene.open_build("unclaimed: leave\nvalidators:\n- {name: there, command: test -e README}\n")
    scene.deliver_all()
    scene.write("mine", "staged\n")
    scene.git("add", "mine")
    behind = f"build {SLUG} has landed as"
    found = ended(scene.root, mode, "finalize", behind=behind, first=first, stride=stride)
    assert found.before["work"] == found.after["work"]
    return found


@pytest.mark.parametrize("mode", ["kill", pytest.param("full", marks=pytest.mark.slow)])
def test_a_finalize_that_is_ended_now_and_then_is_before_or_after(scene: Scene, mode: str) -> None:
    assert len(landing(scene, mode, 4, 9).outcomes) > 3


@pytest.mark.slow
@BOTH
def test_a_finalize_that_is_ended_at_any_step_is_before_or_after(scene: Scene, mode: str) -> None:
    found = landing(scene, mode, 1, 1)
    assert found.steps > 80
    assert found.both
    if mode == "kill":
        assert "was interrupted before its commit: nothing was changed" in found.told
        assert "was interrupted after its commit" in found.told


@pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.slow)])
def test_a7_a_finalize_that_is_ended_where_there_are_no_hard_links_is_before_or_after(
    scene: Scene, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_LINKS", "")
    monkeypatch.setattr(os, "link", no_link)
    scene.open_build()
    scene.deliver_all()
    assert scene.gitorch("seal", "on").status == 0

    found = ended(scene.root, "kill", "finalize", stride=stride, behind=f"build {SLUG} has landed as")

    assert found.both
    assert scene.git("status", "--porcelain") == ""


@pytest.mark.slow
@BOTH
def test_a_finalize_of_a_sealed_build_is_before_with_its_seal_or_after_without(
    scene: Scene, mode: str
) -> None:
    scene.open_build()
    scene.deliver_all()
    assert scene.gitorch("seal", "on").status == 0
    found = ended(scene.root, mode, "finalize", behind=f"build {SLUG} has landed as")
    assert found.both
    assert (found.before["sealed"], found.after["sealed"]) == ("True", "False")
    assert scene.git("status", "--porcelain") == ""
