"""Another name of `tests.scene.shell`, for the tests that have not moved to the scene."""

from tests.scene.shell import NO_HOOKS, Ran, git, isolate, orch, process, run, write

__all__ = ["NO_HOOKS", "Ran", "git", "isolate", "orch", "process", "run", "write"]
