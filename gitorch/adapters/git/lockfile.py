"""Git's lock files (`NAME.lock`), taken so that whoever finds one knows whether it is ours, after a kill too.

Ours is a hard link of a file of ours. Where the file system has no hard links it is a folder, renamed into
place, that holds a file of that name: git refuses a name that exists, whatever it is, and no moment leaves a
lock that is nobody's.
"""

import errno
import os
from pathlib import Path

from gitorch.adapters import files

_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK)


def take(lock: Path, file: Path) -> None:
    """Make `lock`, with the content of `file`; FileExistsError while anybody holds it."""
    try:
        os.link(file, lock)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _take_without_links(lock, file)


def _take_without_links(lock: Path, file: Path) -> None:
    with files.temporary_folder(file.parent) as folder:
        made = folder / "lock"
        made.mkdir()
        (made / file.name).touch()
        try:
            made.rename(lock)
        except (FileExistsError, NotADirectoryError) as error:  # EEXIST; a file is there
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(lock)) from error
        except OSError as error:
            if error.errno == errno.ENOTEMPTY:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(lock)) from error
            raise


def is_ours(lock: Path, file: Path) -> bool:
    """Whether `take` made `lock` from `file`."""
    if is_folder_of(lock, file):
        return True
    try:
        return lock.samefile(file)
    except (FileNotFoundError, NotADirectoryError):
        return False


def is_folder_of(lock: Path, file: Path) -> bool:
    """Whether `take` made `lock` from `file`, which may be gone since, where there are no hard links."""
    return (lock / file.name).is_file()


def remove(lock: Path, file: Path) -> None:
    """Delete `lock`, which `take` made from `file`; harmless when that was done."""
    if not is_folder_of(lock, file):
        lock.unlink(missing_ok=True)
        return
    with files.temporary_folder(file.parent) as folder:
        lock.rename(folder / "lock")


def become(lock: Path, file: Path, target: Path) -> None:
    """Put `file` at `target` in one rename and end `lock`, which `take` made from it; once more does no harm.

    Git's own way: who holds the lock of a file may replace that file.
    """
    if is_folder_of(lock, file):
        if file.exists():
            file.replace(target)
        remove(lock, file)
        return
    if is_ours(lock, file):
        lock.replace(target)
    file.unlink(missing_ok=True)  # killed between the rename and this: `file` is `target`
