"""Seeing that files changed in a folder and beside it, also when the folder is deleted and made again.

Knows nothing of what the files mean. An event may be missed by the system; a caller looks by itself as well.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event

from gitorch.adapters.files import TEMPORARY_PREFIX

TICK = 5.0
"""Seconds after which a round without a change ends, so that the caller can look around."""

_STEP = 480
"""Milliseconds between two looks at what the system has told: each costs CPU, also where nothing happens. Two
looks with the same events make a round."""

EVERYTHING = "."
"""Is in a change set for: a new watch began, anything may have changed before it."""

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
            stop.wait(_STEP / 1000)
            yield set()
            continue
        fresh = {BESIDE} if begun == _identity(folder) else {EVERYTHING}
        begun = _identity(folder)
        inside = [Path(place) for place, _, _ in os.walk(folder)]
        try:
            others = list(beside())
        except OSError:
            others = []
        yield from _while_it_is_there(folder, sorted({*inside, *others}), fresh, stop)


def _while_it_is_there(folder: Path, places: list[Path], fresh: set[str], stop: Event) -> Iterator[set[str]]:
    """Until the folder is another one, or a folder that is not watched has come."""
    import watchfiles

    begun = _identity(folder)
    for polling in (False, True):  # the system's watches may be used up; looking again and again works
        try:
            rounds = watchfiles.watch(
                *(places if not polling else [folder]),
                watch_filter=lambda _, path: not Path(path).name.startswith(TEMPORARY_PREFIX),
                debounce=200,
                step=_STEP,
                rust_timeout=int(TICK * 1000),
                yield_on_timeout=True,
                stop_event=stop,
                force_polling=polling or None,
                recursive=polling,
            )
            for found in rounds:
                if not found and not fresh:
                    yield set()
                    if _identity(folder) != begun:
                        return
                    continue
                paths = [path for _, path in found]
                yield {os.path.relpath(path, folder) for path in paths} | fresh
                fresh = set()
                beside_git = (path for path in paths if ".git" not in path.split("/"))
                new = (path for path in beside_git if os.path.isdir(path))  # noqa: PTH112 (there may be many)
                if _identity(folder) != begun or any(Path(path) not in places for path in new):
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
