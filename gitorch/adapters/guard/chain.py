"""One hooks folder: put ours before what is there, and give back what was there, byte for byte.

    <event>                 ours
    <event>.gitorch-kept    the hook that was there, itself: links and modes survive
    <event>.legacy          ours, where pre-commit or prek was installed on top; they run it

Never changes the content of a hook that is not ours, and never loses one.
"""

import os
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.guard.scripts import KEPT, marker, shim

_RUN_BY_OTHERS = ".legacy"  # pre-commit's and prek's name for the hook that they displaced and run


def ours(folder: Path, event: str) -> list[Path]:
    """Every file of `folder` that is our hook for `event`, the one at its own name first."""
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 (names, not paths)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [folder / name for name in names if name.startswith(event) and _is_ours(folder / name, event)]


def is_live(folder: Path, event: str) -> bool:
    """Whether git, running the hook for `event`, comes to ours; it passes over one that may not be run."""
    place = _place(folder, event)
    return place is not None and os.access(place, os.X_OK)


def is_current(folder: Path, event: str, mode: int) -> bool:
    """Whether git comes to ours, in the version that this gitorch has, for everybody whom `mode` lets."""
    place = _place(folder, event)
    return place is not None and _may_be_run(place, mode) and place.read_bytes() == shim(event)


def is_alone(folder: Path, event: str) -> bool:
    """Whether ours is at its own name, and no hook is kept behind it."""
    return _is_ours(folder / event, event) and not os.path.lexists(folder / f"{event}{KEPT}")


def install(folder: Path, event: str, mode: int, *, durable: bool = False) -> str | None:
    """Put ours before what is there, or bring ours up to date in its place; a new one gets this `mode`.

    What is there runs at every moment, behind ours or without it. Gives a sentence when a hook that was kept
    before had to be put aside for good, or ours could not be run.
    """
    place = _place(folder, event)
    if place:
        runs = _may_be_run(place, mode)
        if not runs or place.read_bytes() != shim(event):
            files.write_atomically(place, shim(event), adjust=lambda own: own if runs else mode)
        return None if runs else f"{place} was not executable, and is again"
    told = None
    if ours(folder, event):  # displaced by a manager that does not run what it displaced
        uninstall(folder, event)
    hook, kept = folder / event, folder / f"{event}{KEPT}"
    if os.path.lexists(hook):
        if os.path.lexists(kept) and not _same(kept, hook):
            aside = next(p for n in range(1, 1000) if not os.path.lexists(p := folder / f"{event}{KEPT}-{n}"))
            kept.rename(aside)
            told = f"{aside} is a hook that another program displaced; it is not run"
        _keep(hook, kept)
    files.write_atomically(hook, shim(event), durable=durable, adjust=lambda _: mode)
    return told


def uninstall(folder: Path, event: str) -> str | None:
    """Take ours away and put the kept hook in its place; harmless when nothing of ours is there.

    Gives a sentence when the kept hook could not go back, as another program took its place.
    """
    mine = ours(folder, event)
    hook, kept = folder / event, folder / f"{event}{KEPT}"
    if os.path.lexists(kept):
        if hook not in mine and os.path.lexists(hook) and _same(kept, hook):
            kept.unlink()  # its manager has put it there once more
        elif mine:
            place = mine.pop(0)
            if kept.is_dir() and not kept.is_symlink():  # no hook, and no rename puts it over a file
                place.unlink()
            kept.replace(place)
        elif not os.path.lexists(hook):
            kept.rename(hook)
        else:
            return f"{kept} stays: another program has put its own hook at {hook}"
    for path in mine:
        path.unlink()
    return None


def _place(folder: Path, event: str) -> Path | None:
    """Our hook where git looks for it, or where the hook in front of it does, when git runs that."""
    hook = folder / event
    if _is_ours(hook, event):
        return hook
    legacy = folder / f"{event}{_RUN_BY_OTHERS}"
    return legacy if os.access(hook, os.X_OK) and _is_ours(legacy, event) else None


def _is_ours(path: Path, event: str) -> bool:
    try:
        data, _ = files.read_regular(path, 4096)
    except OSError:
        return False
    found = marker(data)
    return found is not None and found.event == event


def _keep(hook: Path, kept: Path) -> None:
    """Give a hook a second name; or another, where it is a folder or the file system knows no second ones."""
    try:
        os.link(hook, kept, follow_symlinks=False)
    except FileExistsError:  # the very same
        return
    except OSError:
        hook.rename(kept)


def _same(one: Path, other: Path) -> bool:
    if one.is_symlink() or other.is_symlink():
        return one.is_symlink() and other.is_symlink() and one.readlink() == other.readlink()
    return one.read_bytes() == other.read_bytes() and one.stat().st_mode == other.stat().st_mode


def _may_be_run(path: Path, mode: int) -> bool:
    """Whether everybody may whom `mode` lets: sh reads it."""
    wanted = 0o555 & mode
    return path.stat().st_mode & wanted == wanted
