"""Files, so that a reader sees the old content or the new and never a part. Never follows a link to read."""

import contextlib
import errno
import fcntl
import math
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from gitorch.core.errors import Busy, bad_input
from gitorch.core.issue import Hint
from gitorch.core.text import named

_FS_IOC_GETFLAGS = 0x80086601  # linux/fs.h
_IMMUTABLE = 0x10 | 0x20  # FS_IMMUTABLE_FL, FS_APPEND_FL

TEMPORARY_PREFIX = ".gitorch-tmp-"
"""Names that begin so are ours, half-written, and may be deleted whenever no gitorch runs."""


def write_atomically(
    path: Path, data: bytes, *, durable: bool = False, adjust: Callable[[int], int] = lambda mode: mode
) -> None:
    """Put `data` at `path` in one rename; with `durable`, on the disk before this returns.

    A new file gets the mode that the umask gives, an existing one keeps its own; `adjust` has the last word.
    """
    descriptor, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), adjust(_mode_for(path)))
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(name, path)  # noqa: PTH105 (the name is mkstemp's string)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108
        raise
    if durable:
        sync(path.parent)


def _mode_for(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):  # a link that is replaced has a mode of its own, 777
            return stat.S_IMODE(mode)
    return 0o666 & ~_umask()


def folder_mode() -> int:
    """The mode that a new folder, or a program, gets by the umask."""
    return 0o777 & ~_umask()


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


@contextlib.contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, deleted at the end, or by `sweep` when this process was killed."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=parent))
        with contextlib.suppress(FileNotFoundError):  # swept between its making and our lock
            held = _hold(folder)
            if held is not None and folder.exists():
                break
            if held is not None:
                os.close(held)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # else it is swept later; what was done in it counts
        os.close(held)


def sweep(parent: Path) -> None:
    """Delete the temporary folders in `parent` whose process has ended without doing so."""
    for folder in parent.glob(f"{TEMPORARY_PREFIX}*/"):
        with contextlib.suppress(OSError):  # somebody else has swept it
            held = _hold(folder)
            if held is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(held)


def half_written(folders: Iterable[Path]) -> list[Path]:
    """The files in `folders` that a `write_atomically` began an hour ago or longer, and never put in place.

    It needs a moment, unless it is stopped in it (Ctrl-Z): delete them with the lock held that it may hold.
    """
    latest = time.time() - 3600
    found = []
    for folder in folders:
        for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
            with contextlib.suppress(FileNotFoundError):  # put in place since
                info = path.lstat()
                if stat.S_ISREG(info.st_mode) and info.st_mtime <= latest:
                    found.append(path)
    return found


def _hold(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock until it is closed; None while another process does."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_below(path: Path, root: Path) -> bool:
    """Whether `path` is in the folder `root` once every link is followed."""
    return path.resolve().is_relative_to(root.resolve())


def sync(path: Path) -> None:
    """Make a file's content, or the renames and deletions in a folder, last through a power loss."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_if_different(path: Path, data: bytes) -> bool:
    """Write atomically unless `path` already holds exactly `data`; whether it wrote."""
    if holds(path, data):
        return False
    write_atomically(path, data)
    return True


def holds(path: Path, data: bytes) -> bool:
    """Whether a regular file is at `path`, and holds exactly `data`."""
    with contextlib.suppress(FileNotFoundError, NotRegular):
        return read_regular(path, len(data))[0] == data
    return False


def is_immutable(path: Path) -> bool:
    """Whether a file or folder has an attribute by which Linux refuses changes (chattr(1), `i` or `a`)."""
    with contextlib.suppress(OSError):  # another system, or a file system without attributes
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            flags = fcntl.ioctl(descriptor, _FS_IOC_GETFLAGS, b"\0" * 8)
        finally:
            os.close(descriptor)
        return bool(int.from_bytes(flags, sys.byteorder) & _IMMUTABLE)
    return False


class NotRegular(OSError):  # noqa: N818 (it is a state, and reads as one)
    """Something else stands where a file is read; `strerror` says what, as in `is a symbolic link`."""


def kind(mode: int) -> str:
    """What a person calls a thing of this `st_mode`."""
    names = {stat.S_IFREG: "a file", stat.S_IFDIR: "a folder", stat.S_IFLNK: "a symbolic link"}
    return names.get(stat.S_IFMT(mode), "a FIFO" if stat.S_ISFIFO(mode) else "a device or a socket")


def read_regular(path: Path, limit: int) -> tuple[bytes, float]:
    """At most `limit` + 1 bytes of a regular file, and its age in seconds.

    Raises OSError, and NotRegular for a link, a FIFO, a folder or a device; never blocks.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:  # its number for a link or a socket differs from system to system
        _need_regular(path, os.lstat(path))
        raise
    try:
        info = os.fstat(descriptor)
        _need_regular(path, info)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(min(info.st_size, limit) + 1)  # no buffer of `limit` bytes for a small file
    finally:
        os.close(descriptor)
    return data, max(0.0, time.time() - info.st_mtime)


def _need_regular(path: Path, info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise NotRegular(errno.EINVAL, f"is {kind(info.st_mode)}", str(path))


def patience(default: float) -> float:
    """The seconds to wait for another command: `GITORCH_LOCK_WAIT`, or `default` where that is not set.

    GitorchError (exit 2) when it is no number of seconds.
    """
    text = os.environ.get("GITORCH_LOCK_WAIT", "")
    try:
        seconds = float(text or default)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < math.inf:
        raise bad_input(
            "bad-usage",
            f"GITORCH_LOCK_WAIT is {named(text, 40)}, expected a number of seconds, such as 10",
            hints=[Hint("wait as long as usual", "unset GITORCH_LOCK_WAIT")],
        )
    return seconds


@contextlib.contextmanager
def lock(path: Path, what: str, *, wait: float | None = None) -> Iterator[None]:
    """Hold the advisory lock of an existing file or folder; it ends with the process at the latest.

    Waits up to `wait` seconds (without it: `patience`), then raises Busy, which names `what`.
    """
    deadline = time.monotonic() + (patience(10) if wait is None else wait)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        for pause in _pauses():
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                left = deadline - time.monotonic()
                if left <= 0:
                    longer = Hint("wait longer for the other command", "export GITORCH_LOCK_WAIT=60")
                    text = f"another gitorch command is at work on {what}; nothing was changed"
                    raise Busy("busy", text, about=what, hints=[longer]) from None
                time.sleep(min(pause, left))
        yield
    finally:
        os.close(descriptor)


def _pauses() -> Iterator[float]:
    """Seconds between two looks: a short lock is met soon, a long one costs no CPU."""
    pause = 0.005
    while True:
        yield pause
        pause = min(pause * 1.5, 0.1)
