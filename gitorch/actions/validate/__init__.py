"""Judge a candidate by the configured validators; for finalize, and alone. Moves no ref."""

from gitorch.actions.validate.alone import Validated, validate
from gitorch.actions.validate.judging import Report, judge

__all__ = ["Report", "Validated", "judge", "validate"]
