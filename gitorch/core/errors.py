"""The one error that a person can see, and the exit statuses; nothing here prints.

The shape `message` / `details` / `hints` is printed in one place, `gitorch.cli.output`.
"""

from collections.abc import Iterable
from enum import IntEnum

UPGRADE = "python -m pip install --upgrade gitorch   (where this gitorch runs)"
"""The hint where a newer gitorch has been at work."""


class ExitStatus(IntEnum):
    """What the process says to its caller."""

    DONE = 0  # done, or nothing to do
    REFUSED = 1  # a rule or a check said no
    BAD_INPUT = 2  # bad usage or bad input
    BUG = 3  # a defect in gitorch
    INTERRUPTED = 130  # Ctrl-C, as a shell reports it


class GitorchError(Exception):
    """One clear sentence for the person: what is wrong and where; then what to type.

    `details` are further lines (each problem of a plan, each incomplete worker).
    `hints` are complete commands, or sentences that end in one.
    """

    def __init__(
        self,
        message: str,
        *,
        details: Iterable[str] = (),
        hints: Iterable[str] = (),
        status: ExitStatus = ExitStatus.REFUSED,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)
        self.hints = tuple(hints)
        self.status = status


def bad_input(message: str, *, details: Iterable[str] = (), hints: Iterable[str] = ()) -> GitorchError:
    """The error for what a person typed or wrote (exit status 2)."""
    return GitorchError(message, details=details, hints=hints, status=ExitStatus.BAD_INPUT)


class Busy(GitorchError):  # noqa: N818 (it is a state, and reads as one)
    """Another gitorch command holds the lock; waiting and typing it again helps."""
