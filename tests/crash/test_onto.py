"""finalize --onto ended at every step: both branches are before, or both are after."""

import pytest

from tests.actions.test_finalize_onto import main_moved
from tests.crash.ended import ended
from tests.scene import SLUG, Scene


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["kill", "full"])
@pytest.mark.parametrize("moved", [False, True], ids=["forward", "merge"])
def test_two_branches_are_before_or_after_together_whenever_it_is_ended(
    scene: Scene, mode: str, *, moved: bool
) -> None:
    scene.open_build()
    scene.deliver_all()
    main = main_moved(Scene(scene.root), "other") if moved else scene.git("rev-parse", "main")
    assert scene.gitorch("seal", "on").status == 0
    found = ended(scene.root, mode, "finalize", "--onto", "main", behind=f"build {SLUG} has landed as")
    assert found.both
    assert found.before["work"] == found.after["work"]
    assert (found.before["sealed"], found.after["sealed"]) == ("True", "False")
    parents = scene.git("rev-list", "--parents", "-1", "main").split()[1:]
    assert parents == ([main, scene.git("rev-parse", "HEAD")] if moved else [main])
    assert scene.git("status", "--porcelain") == ""
