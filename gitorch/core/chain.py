"""The chain of snapshots of a build as values: why each was taken, what it changed, what was lost. Pure.

What a tree has at a path is `MODE ID`, as git stores it, and None where it has nothing.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from gitorch.core.names import CommitId
from gitorch.core.text import one_line, shown_path

SHOWN = 200
"""So many paths that were left out are named in a message."""

_EMPTY = (  # the blob without a byte, in SHA-1 and SHA-256
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)
_GITLINK = "160000 "


class Message(NamedTuple):
    """What the message of a snapshot says."""

    why: str
    reports: tuple[tuple[str, str], ...] = ()
    """Worker and digest of each report that it is the evidence of."""
    left_out: frozenset[str] = frozenset()
    """The paths that it does not have as they were."""
    unnamed: int = 0
    """How many more there were."""
    restored_from: tuple[str, ...] = ()
    """The snapshots from which a restore took what this one changed."""


class Snapshot(NamedTuple):
    """One snapshot, and what it changed since `parent`, the one before; the working tree itself has no id."""

    commit: CommitId
    parent: CommitId
    at: datetime
    message: Message
    changes: Mapping[str, tuple[str | None, str | None]]


class Target(NamedTuple):
    """What a path is to become, and the snapshot that has it so; None: it is deleted."""

    entry: str | None
    source: CommitId


def write_message(
    why: str,
    reports: Sequence[str] = (),
    left_out: Mapping[str, str] | None = None,
    restored_from: Sequence[str] = (),
) -> str:
    """The message of a snapshot; `reports` are lines `WORKER DIGEST`, `left_out` says why of each path."""
    lines = [f"Report: {report}" for report in reports]
    lines += [f"Restored-from: {commit}" for commit in restored_from]
    left_out = left_out or {}
    lines += [f"Left-out: {shown_path(path)} ({reason})" for path, reason in list(left_out.items())[:SHOWN]]
    if (more := len(left_out) - SHOWN) > 0:
        lines.append(f"Left-out: {more} more")
    return "\n".join([one_line(why, 120), *(["", *lines] if lines else [])]) + "\n"


def parse_message(text: str) -> Message:
    """The inverse of `write_message`; what it does not write is passed over."""
    why, _, rest = text.partition("\n")
    reports, restored, left_out, unnamed = [], [], set(), 0
    for key, _, value in (line.partition(": ") for line in rest.splitlines()):
        if key == "Report":
            worker, _, digest = value.partition(" ")
            reports.append((worker, digest))
        elif key == "Restored-from":
            restored.append(value)
        elif key == "Left-out" and value.endswith(")"):
            left_out.add(_path(value.rpartition(" (")[0]))
        elif key == "Left-out":
            unnamed += int(value.partition(" ")[0])
    return Message(why, tuple(reports), frozenset(left_out), unnamed, tuple(restored))


def _path(shown: str) -> str:
    return str(json.loads(shown)) if shown.startswith('"') else shown


def find_lost(
    line: Sequence[Snapshot],
    claims: Mapping[CommitId, Collection[str]],
    elsewhere: Mapping[str, str | None],
    accepted: Collection[tuple[str, str | None]] = (),
) -> dict[str, Target]:
    """Every path that a snapshot has with content of its own and that was lost since, and what it was.

    Lost is what is missing, empty, back at the base, or as in `elsewhere`, where HEAD was led away to: what
    that commit has at each path at which it differs from the base. `line` is the chain, newest first. A later
    restore explains a loss, and so does a later report that claims a path that is missing: `claims` has the
    paths, folders with a slash, that the reports of a snapshot claim. So does what a person `accepted`: a
    path, and what it has now. What a loss took along that had no content of its own comes back, too.
    """
    found: dict[str, Target] = {}
    losing: set[int] = set()
    whole = {p: changes for p, changes in _by_path(line).items() if (p, changes[0].after) not in accepted}
    for path, changes in whole.items():
        now, base = changes[0].after, changes[-1].before
        if (loss := _last_own(line, changes)) is None or _is_explained(line, claims, path, loss.number, now):
            continue
        gone = now is None or now == base or (path in elsewhere and now == elsewhere[path])
        if (gone and now != loss.before) or (_is_empty(now) and not _is_empty(loss.before)):
            found[path] = Target(loss.before, line[loss.number].parent)
            losing.add(loss.number)
    for path, changes in whole.items():
        last = changes[0]
        left = path in elsewhere and last.after == elsewhere[path]
        taken_along = last.number in losing and last.before is not None and _is_blank(last.after)
        if path in found or not (left or taken_along) or _is_submodule(last):
            continue
        if not _is_explained(line, claims, path, last.number, last.after):
            found[path] = Target(last.before, line[last.number].parent)
    return found


class _Change(NamedTuple):
    number: int  # of the snapshot in the line
    before: str | None
    after: str | None


def _by_path(line: Sequence[Snapshot]) -> dict[str, list[_Change]]:
    found: dict[str, list[_Change]] = {}
    for number, snapshot in enumerate(line):
        for path, (before, after) in snapshot.changes.items():
            found.setdefault(path, []).append(_Change(number, before, after))
    return found


def _last_own(line: Sequence[Snapshot], changes: Sequence[_Change]) -> _Change | None:
    """The change by which a path lost its newest content, rather such as has a byte; None without one."""
    base, empty = changes[-1].before, None
    for change in changes:
        if line[change.number].message.restored_from:
            break  # a person chose
        if change.before in (None, base) or _is_submodule(change):
            continue
        if not _is_empty(change.before):
            return change
        empty = empty or change
    return empty


def _is_explained(
    line: Sequence[Snapshot],
    claims: Mapping[CommitId, Collection[str]],
    path: str,
    number: int,
    now: str | None,
) -> bool:
    """Whether the person chose this, or a report behind it claims the path as deleted."""
    if line[number].message.restored_from:
        return True
    later = (snapshot.commit for snapshot in line[: number + 1])
    return now is None and any(is_covered(path, claims.get(commit, ())) for commit in later)


def is_covered(path: str, places: Collection[str]) -> bool:
    """Whether `path` is one of `places`, or below one that ends with a slash."""
    return path in places or any(f"{above}/" in places for above in _above(path))


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _is_empty(entry: str | None) -> bool:
    return entry is not None and entry.endswith(_EMPTY)


def _is_blank(entry: str | None) -> bool:
    return entry is None or _is_empty(entry)


def _is_submodule(change: _Change) -> bool:
    return any(entry and entry.startswith(_GITLINK) for entry in (change.before, change.after))
