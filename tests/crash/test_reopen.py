"""reopen ended at every step: the build is closed as it was, or open again with all of its work."""

import pytest

from tests.crash.ended import ended
from tests.scene import SLUG, Scene

BOTH = pytest.mark.parametrize("mode", ["kill", "full"])
COMMAND = ("reopen", "--project", SLUG)
BEHIND = f"build {SLUG} is being reopened"


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize(
    "closed_by", [("finalize", "--unclaimed", "include"), ("abort",), ("abort", "--discard-files")]
)
def test_a_reopening_that_is_ended_at_any_step_is_before_or_after(
    scene: Scene, mode: str, closed_by: tuple[str, ...]
) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.write("mine", "staged\n")
    scene.git("add", "mine")
    scene.write("mine", "edited since\n")
    assert scene.gitorch("seal", "on").status == 0
    assert scene.gitorch(*closed_by).status == 0
    found = ended(scene.root, mode, *COMMAND, behind=BEHIND)
    assert found.both
    assert (found.before["open"], found.after["open"]) == ("", f"open/{SLUG} bound")
    assert (found.before["sealed"], found.after["sealed"]) == ("False", "True")
    if "--discard-files" not in closed_by:
        assert found.before["work"] == found.after["work"]
    else:
        assert scene.git("show", ":mine") == "staged"
    assert scene.gitorch("finalize", "--unclaimed", "include").status == 0
    assert (scene / "src/schema.py").read_text() == "TABLES = 5\n"
