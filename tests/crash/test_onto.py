"""finalize --onto ended at every step: both branches are before, or both are after."""

from pathlib import Path

import pytest

from tests.actions.opened import delivered, opened
from tests.actions.test_finalize_onto import main_moved
from tests.crash.ended import ended
from tests.scene import Scene, git, orch


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["kill", "full"])
@pytest.mark.parametrize("moved", [False, True], ids=["forward", "merge"])
def test_two_branches_are_before_or_after_together_whenever_it_is_ended(
    repo: Path, mode: str, *, moved: bool
) -> None:
    opened(repo)
    delivered(repo)
    main = main_moved(Scene(repo), "other") if moved else git(repo, "rev-parse", "main")
    assert orch(repo, "seal", "on").status == 0
    found = ended(repo, mode, "finalize", "--onto", "main", behind="the build has landed as")
    assert found.both
    assert found.before["work"] == found.after["work"]
    assert (found.before["sealed"], found.after["sealed"]) == ("True", "False")
    parents = git(repo, "rev-list", "--parents", "-1", "main").split()[1:]
    assert parents == ([main, git(repo, "rev-parse", "HEAD")] if moved else [main])
    assert git(repo, "status", "--porcelain") == ""
