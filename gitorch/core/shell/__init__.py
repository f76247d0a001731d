"""What a shell command would do to a build, judged before it runs: parsed as a shell reads it, never run."""

from gitorch.core.shell.judge import Place, judge, judge_words
from gitorch.core.shell.verdicts import Refusal

__all__ = ["Place", "Refusal", "judge", "judge_words"]
