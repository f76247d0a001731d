"""What was pushed, judged by itself: a build commit proves that finalize made it. Reads values only."""

from gitorch.core.verify.model import TRAILER, Evidence, Proof, Reason
from gitorch.core.verify.prove import judge_branch, prove, unnamed

__all__ = ["TRAILER", "Evidence", "Proof", "Reason", "judge_branch", "prove", "unnamed"]
