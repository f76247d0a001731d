"""Seeing that files below a folder changed, also when the folder is deleted and made again.

Knows nothing of what the files mean. An event may be missed by the system; a caller looks by itself as well.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from gitorch.adapters.files import TEMPORARY_PREFIX

TICK = 0.4
"""Seconds after which a round without a change ends, so that the caller can look around."""

EVERYTHING = "."
"""Stands in a change set for: a new watch began, anything may have changed before it."""


def changes(folder: Path, stop: Event) -> Iterator[set[str]]:
    """The names below `folder` that changed, as sets; an empty one after each `TICK` without any.

    Ends when `stop` is set. Half-written files of our own are no change. While there is no folder
    it yields empty sets, and `EVERYTHING` once there is one again.
    """
    while not stop.is_set():
        if folder.is_dir():
            yield from _while_it_is_there(folder, stop)
        else:
            stop.wait(TICK)
            yield set()


def _while_it_is_there(folder: Path, stop: Event) -> Iterator[set[str]]:
    import watchfiles

    begun = _identity(folder)
    fresh = {EVERYTHING}
    for polling in (False, True):  # the system's watches may be used up; looking again and again works
        try:
            rounds = watchfiles.watch(
                folder,
                watch_filter=lambda _, path: not Path(path).name.startswith(TEMPORARY_PREFIX),
                debounce=200,
                step=50,
                rust_timeout=int(TICK * 1000),
                yield_on_timeout=True,
                stop_event=stop,
                force_polling=polling or None,
            )
            for found in rounds:
                yield {os.path.relpath(path, folder) for _, path in found} | fresh
                fresh = set()
                if _identity(folder) != begun:
                    return
        except OSError:
            if polling or _identity(folder) != begun:
                return
        else:
            return


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        info = path.stat()
    except OSError:
        return None
    return (info.st_dev, info.st_ino)
