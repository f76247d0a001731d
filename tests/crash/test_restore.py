"""restore ended at every step: every file as it was, or every one restored."""

import shutil

import pytest

from tests.crash.ended import ended
from tests.scene import Scene

BEHIND = "what the files were is kept in"


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["kill", "full"])
def test_a_restore_that_is_ended_at_any_step_is_before_or_after(scene: Scene, mode: str) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.do("sync")
    scene.do("snapshot")
    scene.write("README", "")
    shutil.rmtree(scene / "src")
    shutil.rmtree(scene / "N5")
    scene.git("rm", "-rq", "--cached", "N5")
    scene.do("snapshot")

    found = ended(scene.root, mode, "restore", "--lost", behind=BEHIND)

    assert found.both
    assert (scene / "src/schema.py").read_text() == "TABLES = 5\n"


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["kill", "full"])
def test_a_restore_that_returns_head_is_before_or_after_whenever_it_is_ended(scene: Scene, mode: str) -> None:
    scene.git("switch", "-qc", "other")
    scene.commit({"README": "other\n", "there": "x\n"})
    scene.git("switch", "-q", "main")
    scene.open_build()
    scene.deliver_all()
    scene.do("sync")
    scene.do("snapshot")
    scene.git("-c", "core.hooksPath=", "checkout", "-qf", "other")
    scene.do("snapshot")

    found = ended(scene.root, mode, "restore", "--lost", behind=BEHIND)

    assert found.both
    assert (scene / "README").read_text() == "a project with a calendar\n"
