"""A file system without hard links, inside of this process."""

import errno
import os


def no_link(*_: object, **__: object) -> None:
    """What `os.link` does there."""
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))
