"""Files and folders below a git directory, for whom `core.sharedRepository` says, as git's own are.

Without that setting the umask alone decides (git-config(1); git's path.c). Never takes from a file what its
mode grants, unless the setting is a mode itself.
"""

import contextlib
import stat
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.git.repository import Repository

_GROUP, _EVERYBODY = 0o660, 0o664
_NAMED = {
    **dict.fromkeys(("group", "true", "yes", "on", "1"), _GROUP),
    **dict.fromkeys(("all", "world", "everybody", "2"), _EVERYBODY),
}


def write(repo: Repository, path: Path, data: bytes, *, durable: bool = False) -> None:
    """`files.write_atomically`, with that mode from the first moment."""
    files.write_atomically(path, data, durable=durable, adjust=lambda mode: shared(repo, mode))


def write_if_different(repo: Repository, path: Path, data: bytes) -> bool:
    """Write unless `path` already holds exactly `data`, in that mode; whether anything changed."""
    if files.holds(path, data):
        return adjust(repo, path)
    write(repo, path, data)
    return True


def make_folder(repo: Repository, path: Path) -> None:
    """Make a folder, and those above it, where there is none; one below the git directory is adjusted."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in {*missing, path}:
        if folder in missing or folder.is_relative_to(repo.common_dir):
            adjust(repo, folder)


def adjust(repo: Repository, path: Path) -> bool:
    """Give `path` that mode; whether it changed. Leaves what only another user may change."""
    before = path.stat().st_mode
    after = shared(repo, before)
    if before == after:
        return False
    with contextlib.suppress(OSError):  # not ours, or read-only
        path.chmod(stat.S_IMODE(after))
        return True
    return False


def shared(repo: Repository, mode: int) -> int:
    """What becomes of the `st_mode` of a file or a folder; the same without the setting."""
    setting = repo.sharing
    granted, exact = _NAMED.get(setting, 0), False
    if setting not in _NAMED:
        with contextlib.suppress(ValueError):
            granted, exact = int(setting, 8) & 0o666, True
    if granted & 0o600 != 0o600:  # `umask` and `false`; git itself refuses any other such
        return mode
    if not mode & stat.S_IWUSR:
        granted &= ~0o222
    if mode & stat.S_IXUSR:
        granted |= (granted & 0o444) >> 2
    mode = mode & ~0o777 | granted if exact else mode | granted
    if stat.S_ISDIR(mode) and mode & 0o060:
        mode |= stat.S_ISGID
    return mode
