"""Which paths a repository can hold: what reports, plans and configurations say is looked at nowhere else."""

import posixpath
import re

from gitorch.core.text import LONGEST_PATH

# What git's verify_path asks with core.protectNTFS and core.protectHFS: there, these names open `.git`.
_NTFS_DOTGIT = re.compile(r"(\.git|git~1)[. ]*(:.*)?", re.IGNORECASE | re.ASCII | re.DOTALL)
_HFS_IGNORES = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")


def repository_path(text: str) -> str | None:
    """A path from the root as git names it: `./a//b/` becomes `a/b`; None where no repository has a file.

    So it is for an absolute path, one that leaves the repository, the repository as a whole, anything in a
    `.git` on whatever system, and what no system takes (a NUL, half a surrogate pair, more than
    `LONGEST_PATH` bytes).
    """
    path = posixpath.normpath(text) if text else "."
    try:
        if len(path.encode("utf-8", "surrogateescape")) > LONGEST_PATH:
            return None
    except UnicodeEncodeError:
        return None
    parts = path.split("/")
    if path == "." or path.startswith("/") or parts[0] == ".." or "\0" in path:
        return None
    return None if any(map(is_git_folder, parts)) else path


def is_git_folder(name: str) -> bool:
    """Whether some file system opens `.git` by this part of a path; a backslash separates parts as well."""
    return any(_NTFS_DOTGIT.fullmatch(part) for part in _HFS_IGNORES.sub("", name).split("\\"))
