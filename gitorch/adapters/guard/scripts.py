"""The guard's sh files as they are shipped, and as they look once they stand in a hooks folder.

Writes nothing; what a hook decides stands in `hooks/judge` alone.
"""

import os
import re
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

import gitorch
from gitorch.adapters import files

EVENTS = (
    "reference-transaction",
    "pre-commit",
    "pre-merge-commit",
    "pre-rebase",
    "pre-applypatch",
    "post-checkout",
    "pre-push",
)
"""The hooks of githooks(5) in which the guard stands. The first is the wall, the others spare work."""

LAST_INSTANT = "last-instant"
"""The program that git starts before it touches a file, while a build is open."""

SERVER_EVENT = "pre-receive"
"""The hook of a bare repository that judges what is pushed to it."""

CALLED = ("agent", "bin/git")
"""What agents' clients call as a hook, and the git that is first on a spawned worker's PATH."""

KEPT = ".gitorch-kept"
"""The end of the name under which the hook that was there before is kept, and run."""

VERSION = 1
"""Of all that is installed; raised whenever what was released changes, so that nobody goes back unasked."""

_VERSION = re.compile(rb"^# gitorch-guard: version=(\d+)\b", re.MULTILINE)
_MARKER = re.compile(rb"#![^\n]*\n# gitorch-guard: version=(\d+) event=([a-z-]+)\n")


class Marker(NamedTuple):
    """What an installed hook of ours says about itself in its second line."""

    version: int
    event: str


def source_folder(package: Path | None = None) -> Path:
    """Where the sh files are: `_hooks` of the installed package, or `hooks/` beside it in a checkout."""
    package = package or Path(gitorch.__file__).parent
    inside = package / "_hooks"
    return inside if inside.is_dir() else package.parent / "hooks"


def shim(event: str) -> bytes:
    """The hook for `event`, as it is installed by this Python."""
    source = source_folder()
    head = (source / (SERVER_EVENT if event == SERVER_EVENT else "shim")).read_bytes()
    python = os.fsencode(shlex.quote(sys.executable))
    head = head.replace(b"@EVENT@", event.encode()).replace(b"@PYTHON@", python)
    return _versioned(head) + (source / "kept").read_bytes()


def judge() -> bytes:
    """The rule, which every hook reads while a build is open."""
    return _remembering("judge")


def last_instant() -> bytes:
    """What git starts by `core.fsmonitor`, see `instant`."""
    return _remembering(LAST_INSTANT)


def _remembering(name: str) -> bytes:
    source = source_folder()
    remember = (source / "remember").read_bytes() + b"\n"
    return _versioned((source / name).read_bytes().replace(b"# @REMEMBER@\n", remember))


def called() -> dict[str, bytes]:
    """What others than git call, by its path in the guard's folder: executable programs."""
    from gitorch.core.shell.git import READING, VERDICTS

    source = source_folder()
    tables = {b"@READING@": READING, b"@JUDGED@": VERDICTS}
    found = {}
    for name in CALLED:
        data = _versioned((source / name.rpartition("/")[2]).read_bytes())
        for place, words in tables.items():
            data = data.replace(place, " | ".join(sorted(words)).encode())
        found[name] = data
    return found


def program() -> bytes:
    """Two lines by which messages of the guard name this gitorch; empty where it is no program of its own."""
    path = str(Path(sys.executable).with_name("gitorch"))
    return os.fsencode(f"{path}\n{shlex.quote(path)}\n") if os.access(path, os.X_OK) else b""


def quoted(value: str) -> str:
    """A value in git-config(1)'s syntax."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _versioned(data: bytes) -> bytes:
    return data.replace(b"@VERSION@", b"%d" % VERSION)


def is_newer(path: Path) -> bool:
    """Whether a newer gitorch than this has written the file; not so where there is none of ours."""
    try:
        data, _ = files.read_regular(path, 4096)
    except OSError:
        return False
    found = _VERSION.search(data)
    return found is not None and int(found[1][:9]) > VERSION


def marker(data: bytes) -> Marker | None:
    """What the hook with these first bytes says about itself; None when it is not ours."""
    match = _MARKER.match(data)
    return Marker(int(match[1]), match[2].decode()) if match else None
