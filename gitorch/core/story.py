"""A build's story: what happened, when, one line each. Pure values."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from gitorch.core.chain import Snapshot
from gitorch.core.opened import Accepted, Decided, Opened
from gitorch.core.refused import Refused
from gitorch.core.text import counted, one_line, shown_path


class Event(NamedTuple):
    """One thing that happened; `commit` is the snapshot or commit that has it, if there is one."""

    at: datetime
    kind: str
    """`opened`, `launched`, `reported`, `snapshot`, `restored`, `accepted`, `refused`, `attempt`, `landed`
    or `aborted`."""
    text: str
    commit: str | None = None


def newest_first(*sources: Iterable[Event]) -> list[Event]:
    """All of it in git's own order; of two at the same second, the later source is the newer."""
    events = [event for source in sources for event in source]
    events.reverse()
    return sorted(events, key=lambda event: event.at.timestamp(), reverse=True)


def of_registry(opened: Opened, decided: Decided) -> Iterator[Event]:
    """What the registry knows: the opening, launches, acceptances."""
    yield Event(opened.opened_at, "opened", f"build {opened.slug} was opened at {opened.base[:12]}")
    for launch in decided.launches:
        yield Event(launch.at, "launched", f"{launch.worker_id} was launched")
    for accepted in decided.accepted:
        yield Event(accepted.at, "accepted", _accepted(accepted))


def of_refusals(refused: Iterable[Refused]) -> Iterator[Event]:
    """Each command that the guard refused, and whose process it was."""
    for one in refused:
        yield Event(one.at, "refused", f"{one.who} was refused: {one.command}")


def _accepted(accepted: Accepted) -> str:
    return f"{shown_path(accepted.path)} was accepted as it is, for {accepted.worker}"


def of_chain(line: Sequence[Snapshot]) -> Iterator[Event]:
    """Each snapshot, oldest first: why it was taken and how many paths it changed."""
    for snapshot in reversed(line):
        why, paths = one_line(snapshot.message.why), counted(len(snapshot.changes), "path")
        kind = "snapshot"
        if snapshot.message.reports:
            kind = "reported"
        elif snapshot.message.restored_from:
            kind = "restored"
        text = why if kind == "restored" else f"{why} ({paths} changed)"
        yield Event(snapshot.at, kind, text, snapshot.commit)
