"""finalize: verify, judge, and land a build as one commit. All of it or nothing."""

from gitorch.actions.finalize.judged import Watching
from gitorch.actions.finalize.run import Landed, finalize

__all__ = ["Landed", "Watching", "finalize"]
