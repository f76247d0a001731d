"""What a test plays in: a repository of its own, in which git and gitorch are typed as at a shell.

A set-up is made once in a run of the tests and copied from then on (`remembered`). gitorch runs inside
of the test, unless a process is what is tested (`Scene.process`).
"""

from tests.scene.scene import BRANCH, FOLDER, PLAN, SLUG, Scene
from tests.scene.shell import NO_HOOKS, Ran, git, orch, process, run, write

__all__ = [
    "BRANCH",
    "FOLDER",
    "NO_HOOKS",
    "PLAN",
    "SLUG",
    "Ran",
    "Scene",
    "git",
    "orch",
    "process",
    "run",
    "write",
]
