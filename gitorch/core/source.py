"""What reading JSON, YAML or a Markdown plan gives: values, the line of each, and the problems so far.

Reads nothing itself. A place is a tuple such as `("workers", 0, "id")`, written `workers[0].id`.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

Place = tuple[str | int, ...]


class Problem(NamedTuple):
    """One thing that is wrong with a text, and where; lines and columns count from 1, 0 is unknown."""

    line: int
    message: str
    place: str = ""
    column: int = 0

    def located(self, name: str) -> str:
        """`NAME:LINE:COLUMN: what is wrong`; `name` is the text's file."""
        where = [name, *(str(number) for number in (self.line, self.column) if number)]
        return f"{':'.join(where)}: {self.place}{': ' if self.place else ''}{self.message}"

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line else []
        where += [f"column {self.column}"] if self.column else []
        where += [self.place] if self.place else []
        return f"{', '.join(where)}: {self.message}" if where else self.message


class Remark(NamedTuple):
    """A problem that does not stop, with its code."""

    code: str
    problem: Problem


class Source(NamedTuple):
    """A text as it was written: `value` is unchecked, and None where nothing of it can be read."""

    value: object
    lines: Mapping[Place, int]
    problems: tuple[Problem, ...] = ()
    remarks: tuple[Remark, ...] = ()

    def line(self, place: Place) -> int:
        """The line of `place`, or of the nearest thing around it; 0 when none is known."""
        while place not in self.lines and place:
            place = place[:-1]
        return self.lines.get(place, 0)

    def problem(self, place: Place, message: str) -> Problem:
        """`message`, which is about the value at `place`, and where it belongs."""
        return Problem(self.line(place), message, shown(place))

    def whole(self, place: Place, message: str) -> Problem:
        """`message`, which names its subject itself, with the line of `place`."""
        return Problem(self.line(place), message)


def shown(place: Place) -> str:
    """`workers[0].id`."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def broken(message: str, line: int = 0, column: int = 0) -> Source:
    """The source of which nothing can be read."""
    return Source(None, {}, (Problem(line, message, "", column),))


Values = dict[str, Any]
