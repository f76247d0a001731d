"""What the guard refused while a build is open, as its hooks wrote it down, a line each. Pure.

2026-11-28T09:04:51Z W1.2 git reset --hard        `-` in place of a worker
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from gitorch.core.text import counted, one_line

_SHOWN = 60
"""So many characters of a command are shown."""

_NAME = re.compile(r"[A-Za-z0-9._-]+")

KEPT_BYTES = 65536
"""So long the file may become; then the newest half of it stays (`hooks/remember`)."""


class Refused(NamedTuple):
    """One refusal: when, of which worker's process (None: of any other), and the beginning of the command."""

    at: datetime
    worker: str | None
    command: str

    @property
    def who(self) -> str:
        """As a sentence begins."""
        return self.worker or "a process of no worker"


def parse_refused(data: bytes) -> tuple[Refused, ...]:
    """The refusals, oldest first. A line that no hook of ours writes is passed over."""
    found = []
    for line in data.decode("utf-8", "replace").split("\n"):
        at, _, rest = line.partition(" ")
        worker, _, command = rest.partition(" ")
        try:
            when = datetime.fromisoformat(at)
        except ValueError:
            continue
        if when.tzinfo and command and _NAME.fullmatch(worker):
            found.append(Refused(when, None if worker == "-" else worker, one_line(command, _SHOWN)))
    return tuple(found)


def write_refused(at: datetime, worker: str | None, command: str) -> str:
    """The inverse for one refusal, with the end of its line."""
    who = worker if worker and _NAME.fullmatch(worker) else "-"
    return f"{at:%Y-%m-%dT%H:%M:%SZ} {who} {one_line(command, 100)}\n"


def tell_refused(refused: Iterable[Refused]) -> list[str]:
    """One line for each worker, and one for all other processes, in the order of their last refusals."""
    by_worker: dict[str, list[Refused]] = {}
    for one in refused:
        by_worker.setdefault(one.who, []).append(one)
    return [
        f"{who} was refused {counted(len(mine), 'time')} (last: {mine[-1].command})"
        for who, mine in sorted(by_worker.items(), key=lambda item: item[1][-1].at)
    ]
