"""The one error that a person can see, and the exit statuses; nothing here prints.

Its issue is printed in one place, `gitorch.cli.output`.
"""

from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum

from gitorch.core.issue import Hint, Issue
from gitorch.core.text import typed


class ExitStatus(IntEnum):
    """What the process says to its caller."""

    DONE = 0  # done, or nothing to do
    REFUSED = 1  # a rule or a check said no
    BAD_INPUT = 2  # bad usage or bad input
    BUG = 3  # a defect in gitorch
    INTERRUPTED = 130  # Ctrl-C, as a shell reports it


class GitorchError(Exception):
    """An issue that stops the command, and the exit status. ValueError for an unknown code."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        about: str | None = None,
        details: Iterable[str] = (),
        hints: Iterable[Hint] = (),
        status: ExitStatus = ExitStatus.REFUSED,
    ) -> None:
        super().__init__(message)
        self.issue = Issue(code, message, about, tuple(details), tuple(hints))
        self.status = status

    @property
    def code(self) -> str:
        return self.issue.code

    @property
    def message(self) -> str:
        return self.issue.message

    @property
    def details(self) -> tuple[str, ...]:
        return self.issue.details

    @property
    def hints(self) -> tuple[Hint, ...]:
        return self.issue.hints

    def add_hints(self, *hints: Hint) -> None:
        """Say more of what to do, where more is known than where the error was made."""
        self.issue = replace(self.issue, hints=(*self.issue.hints, *hints))


def bad_input(
    code: str,
    message: str,
    *,
    about: str | None = None,
    details: Iterable[str] = (),
    hints: Iterable[Hint] = (),
) -> GitorchError:
    """The error for what a person typed or wrote (exit status 2)."""
    status = ExitStatus.BAD_INPUT
    return GitorchError(code, message, about=about, details=details, hints=hints, status=status)


class Busy(GitorchError):  # noqa: N818 (it is a state, and reads as one)
    """Another gitorch command holds the lock; waiting and typing it again helps."""


def unwritable(path: object, error: OSError) -> GitorchError:
    """The error for a file that the system did not let gitorch write."""
    look = Hint("see who may write it", f"ls -ld -- {typed(str(path))}")
    text = f"{path} could not be written: {error.strerror or error}"
    return GitorchError("unwritable-file", text, about=str(path), hints=[look])


def unreadable(path: object, error: OSError) -> GitorchError:
    """The error for a file that the system did not let gitorch read."""
    look = Hint("see who may read it", f"ls -ld -- {typed(str(path))}")
    text = f"{path} could not be read: {error.strerror or error}"
    return GitorchError("unreadable-file", text, about=str(path), hints=[look])
