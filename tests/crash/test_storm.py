"""In a storm of workers, refusals, destroyers and killed watchers no byte of a recorded report is lost."""

import pytest

from tests.crash.storm import Storm, plan
from tests.scene import SLUG, Scene

STEPS = 40


def storm(scene: Scene, seed: int) -> None:
    scene.commit({"src/base.py": "base\n", "shared-1": "base\n"})
    scene.git("branch", "other")
    scene.git("checkout", "-q", "other")
    scene.commit({"src/base.py": "other\n", "src/w1.py": "other\n"})
    scene.git("checkout", "-q", "main")
    scene.do("install")
    scene.do("init", "--project", SLUG, "--plan-file", "-", stdin=plan())
    Storm(scene, seed).run(STEPS)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_no_byte_of_a_recorded_report_is_lost(scene: Scene, seed: int) -> None:
    storm(scene, seed)


@pytest.mark.storm
@pytest.mark.parametrize("seed", range(10, 60))
def test_nor_in_many_more(scene: Scene, seed: int) -> None:
    storm(scene, seed)
