"""abort ended at every step: the build is open with all of its work, or closed with all of it kept."""

import pytest

from tests.crash.ended import ended
from tests.scene import NO_HOOKS, SLUG, Scene

KEPT = f"refs/gitorch/aborted/{SLUG}/1"
BOTH = pytest.mark.parametrize("mode", ["kill", "full"])


def open_build(scene: Scene) -> None:
    """A build with its work, a sync behind, and a change of the person's staged."""
    scene.open_build()
    scene.deliver_all()
    scene.write("mine", "staged\n")
    scene.git("add", "mine")


@pytest.mark.slow
@BOTH
def test_an_abort_that_is_ended_at_any_step_is_before_or_after(scene: Scene, mode: str) -> None:
    open_build(scene)
    found = ended(scene.root, mode, "abort", behind=f"the work of build {SLUG} is kept in {KEPT}")
    assert found.both
    assert found.before["work"] == found.after["work"]
    assert scene.git("show", f"{KEPT}:src/schema.py") == "TABLES = 5"


@pytest.mark.slow
@BOTH
def test_an_abort_that_gives_back_the_files_is_before_or_after_with_the_work_kept(
    scene: Scene, mode: str
) -> None:
    """With a commit on the branch that went past the guard, and the branch sealed: both come off too."""
    open_build(scene)
    scene.git(*NO_HOOKS, "commit", "-q", "-m", "sneaked in")
    assert scene.gitorch("seal", "on").status == 0
    work = scene.git("status", "--porcelain", "-uall").split("\n")
    found = ended(
        scene.root, mode, "abort", "--discard-files", behind=f"the work of build {SLUG} is kept in {KEPT}"
    )
    assert found.both
    assert (found.before["sealed"], found.after["sealed"]) == ("True", "False")
    assert scene.git("status", "--porcelain") == ""
    for line in work:
        assert scene.git("cat-file", "-e", f"{KEPT}:{line[3:]}", check=False) == "", line
    assert scene.git("show", f"{KEPT}:mine") == "staged"
