"""Seeing that files changed in a folder and beside it, also when the folder is deleted and made again.

Knows nothing of what the files mean. An event may be missed by the system; a caller looks by itself as well.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event

from gitorch.adapters.files import TEMPORARY_PREFIX

TICK, QUICK_TICK = 5.0, 0.4
"""Seconds after which a round without a change ends, so that the caller can look around; the second where
something has happened lately."""

_STEP, _QUICK_STEP = 480, 50
"""Milliseconds between two looks at what the system has told: each costs CPU, also where nothing happens. Two
looks with the same events make a round. The second where something has happened lately."""

_POLL_TICK = 2.0
"""Seconds, at most, where the system watches nothing."""

_LATELY = 3.0
"""Seconds."""

EVERYTHING = "."
"""Is in a change set for: a new watch began, anything may have changed before it."""

POLLING = "\0"
"""Is in every change set where the system's watches are used up: anything beside may have changed."""

BESIDE = ".."
"""The same of what is beside the folder, where that is the same one as before."""


def changes(folder: Path, stop: Event, beside: Callable[[], Iterable[Path]] = tuple) -> Iterator[set[str]]:
    """The paths that changed, relative to `folder`, as sets; an empty one after each `TICK` without any.

    Those in the folders that `beside` names begin with `..`; it is asked again when a folder has come there.
    Ends when `stop` is set. Half-written files of our own are no change. While there is no folder
    it yields empty sets, and `EVERYTHING` once there is one again.
    """
    begun = None
    while not stop.is_set():
        if not folder.is_dir():
            begun = None
            stop.wait(QUICK_TICK)
            yield set()
            continue
        fresh = {BESIDE} if begun == _identity(folder) else {EVERYTHING}
        begun = _identity(folder)

        def list_places() -> set[Path]:
            return {Path(place) for place, _, _ in os.walk(folder)} | set(beside())

        yield from _while_it_is_there(folder, list_places, fresh, stop)


def _while_it_is_there(
    folder: Path, list_places: Callable[[], set[Path]], fresh: set[str], stop: Event
) -> Iterator[set[str]]:
    """Until the folder is another one, or a folder that is not watched has come."""
    places = list_places()
    begun = _identity(folder)
    for polling in (False, True):  # the system's watches may be used up; looking again and again works
        try:
            for paths in _rounds([folder] if polling else places, stop, polling=polling):
                unwatched = {POLLING} if polling else set()
                yield {os.path.relpath(path, folder) for path in paths} | fresh | unwatched
                if fresh and not polling and list_places() - places:  # it came before the system watched
                    return
                fresh = set()
                beside_git = (path for path in paths if ".git" not in path.split("/"))
                new = (path for path in beside_git if os.path.isdir(path))  # noqa: PTH112 (there may be many)
                if _identity(folder) != begun or any(Path(path) not in places for path in new):
                    return
        except FileNotFoundError:  # a folder was deleted since it was listed
            return
        except OSError:
            if polling or _identity(folder) != begun:
                return
        else:
            return


def _rounds(places: Iterable[Path], stop: Event, *, polling: bool) -> Iterator[set[str]]:
    """The paths of events in `places`, and with polling below them, in rounds; OSError where that fails."""
    from watchfiles._rust_notify import RustNotify

    quick_until = time.monotonic() + _LATELY
    with RustNotify([str(place) for place in places], False, polling, 300, polling, True) as notify:  # noqa: FBT003
        while True:
            quick = time.monotonic() < quick_until
            step, tick = (_QUICK_STEP, QUICK_TICK) if quick else (_STEP, TICK)
            tick = min(tick, _POLL_TICK) if polling else tick
            found = notify.watch(200, step, int(tick * 1000), stop)
            if found == "stop":
                return
            if found == "signal":
                raise KeyboardInterrupt
            paths = set() if found == "timeout" else {path for _, path in found}
            paths = {path for path in paths if TEMPORARY_PREFIX not in path.rpartition("/")[2]}
            if paths:
                quick_until = time.monotonic() + _LATELY
            yield paths


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        info = path.stat()
    except OSError:
        return None
    return (info.st_dev, info.st_ino)
