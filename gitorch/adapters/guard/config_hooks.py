"""The guard as hooks from git's configuration (git ≥ 2.54), which hold beside any hooks folder.

    <common dir>/config                 includeIf.gitdir:/.path = gitorch/open/../guard/config
    <common dir>/gitorch/guard/config   the hooks

The condition holds everywhere (git-config(1): `/` stands for `/**`); it makes a key of our own, which
`git config include.path FILE` neither replaces nor stumbles over.

The path leads through the folder `open`, which is there only while a build is open: git skips an
include that it does not find, so at all other times not even a shell is started. Older git ignores
the keys. Never touches another setting.
"""

import os
import shlex
from pathlib import Path

from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard.scripts import EVENTS, VERSION, quoted

SINCE = (2, 54, 0)
_KEY, _PATH = "includeIf.gitdir:/.path", "gitorch/open/../guard/config"


def text(guard: Path) -> bytes:
    """The section for each event; its command is the hook of that name in the folder `guard`."""
    lines = [
        b"# gitorch-guard: version=%d\n" % VERSION,
        b"# Put here by `gitorch install`, taken away by `gitorch uninstall`.\n",
    ]
    for event in EVENTS:
        hook = shlex.quote(str(guard / event))
        command = f"GITORCH_GUARD_PARENT=$PPID; test ! -r {hook} || . {hook}"  # git adds ` "$@"`
        lines.append(
            f'[hook "gitorch-{event}"]\n\tevent = {event}\n\tcommand = {quoted(command)}\n'.encode(
                "utf-8", "surrogateescape"
            )
        )
    return b"".join([*lines, b"[include]\n\tpath = watched\n"])  # see `instant`


def is_installed(repo: Repository) -> bool:
    """Whether git's configuration leads to the hooks, and would lead to them where this repository is."""
    guard = repo.shared / "guard"
    path = guard / "config"
    leads = _included(repo) and path.is_file() and path.read_bytes() == text(guard)
    return leads and all(os.access(guard / event, os.R_OK) for event in EVENTS)  # sh reads them, runs none


def install(repo: Repository) -> None:
    """Add the one line to the repository's configuration; twice is harmless."""
    if not _included(repo):
        repo.run("config", "--local", "--add", _KEY, _PATH)


def uninstall(repo: Repository) -> None:
    """Take the line away; harmless when it is not there."""
    if _included(repo):
        repo.run("config", "--local", "--fixed-value", "--unset-all", _KEY, _PATH)


def _included(repo: Repository) -> bool:
    done = repo.run("config", "--local", "--no-includes", "-z", "--get-all", _KEY, check=False)
    return os.fsencode(_PATH) in done.stdout.split(b"\0")
