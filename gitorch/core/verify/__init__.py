"""What was pushed, judged by itself: a build commit proves that finalize made it. Reads values only."""

from gitorch.core.verify.model import TRAILER, Evidence, Proof, of_commit, place_of
from gitorch.core.verify.prove import judge_branch, prove, unnamed

__all__ = ["TRAILER", "Evidence", "Proof", "judge_branch", "of_commit", "place_of", "prove", "unnamed"]
