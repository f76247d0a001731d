"""What claimed files hold now, as git would store them, with their stat data as memory. Writes no object.

    <git dir>/gitorch/claims.json    path → mode, inode, size, mtime and ctime in ns, `MODE ID`

Whatever did not change since it was read costs one stat; what did is read by one git for all of them.
"""

import contextlib
import hashlib
import json
import os
import stat
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository, split_paths

_RACY_NS = 100_000_000
"""A file that changed so shortly before it was read may change once more without a sign of it."""

_TRIES = 3
LINK, SUBMODULE = "120000", "160000"
_FILES = ("100644", "100755")

_Known = dict[str, list[int | str]]


def entries_now(repo: Repository, expected: Mapping[str, Collection[str]]) -> dict[str, str | None]:
    """`MODE ID` of what is at each path of `expected`; None where git could store nothing.

    `expected` says what somebody takes to be there: a file that git would store in two ways, or cannot tell
    the mode of, is taken for that. What nobody can read now is left out.
    """
    memory = repo.private / "claims.json"
    known, begun = _remembered(memory), time.time_ns()
    now: dict[str, str | None] = {}
    stats: _Known = {}
    for path, info in _infos(repo.root, expected).items():
        mode = info.st_mode if info else 0
        if info is None or not (stat.S_ISREG(mode) or stat.S_ISLNK(mode)):
            submodule = next((entry for entry in expected[path] if entry.startswith(SUBMODULE)), None)
            now[path] = submodule if stat.S_ISDIR(mode) else None
            continue
        stats[path] = _signature(info)
        if known.get(path, [])[:-1] == stats[path]:
            now[path] = str(known[path][-1])
    now |= _read(repo, {path: expected[path] for path in stats.keys() - now.keys()}, stats)
    steady = {
        path: [*signature, entry]
        for path, signature in stats.items()
        if (entry := now.get(path)) and max(int(t) for t in signature[-2:]) < begun - _RACY_NS
    }
    if steady != known:
        with contextlib.suppress(OSError):  # a read-only git directory: it is read again the next time
            sharing.write(repo, memory, json.dumps(steady).encode())
    return now


def _remembered(memory: Path) -> _Known:
    with contextlib.suppress(OSError, ValueError):
        known = json.loads(memory.read_bytes())
        return known if isinstance(known, dict) else {}
    return {}


def _signature(info: os.stat_result) -> list[int | str]:
    return [info.st_mode, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns]


def _infos(root: Path, paths: Iterable[str]) -> dict[str, os.stat_result | None]:
    """What is at each path; None behind a link, where git has nothing."""
    folders: dict[str, bool] = {"": True}

    def is_folder(folder: str) -> bool:
        if folder not in folders:
            above = is_folder(folder.rpartition("/")[0])
            info = _lstat(f"{root}/{folder}") if above else None
            folders[folder] = info is not None and stat.S_ISDIR(info.st_mode)
        return folders[folder]

    return {path: _lstat(f"{root}/{path}") if is_folder(path.rpartition("/")[0]) else None for path in paths}


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None


def _read(repo: Repository, expected: Mapping[str, Collection[str]], stats: _Known) -> dict[str, str]:
    """The same, read anew. A file that changes while git reads it keeps no stat data in `stats`."""
    left = dict(expected)
    found: dict[str, str] = {}
    if not left:
        return {}
    exact = repo.config("core.fileMode") != "false"
    for _ in range(_TRIES):
        found |= _as_stored(repo, left, stats, exact=exact)
        infos = _infos(repo.root, left)
        changed = {path for path, info in infos.items() if info and _signature(info) != stats[path]}
        left = {path: left[path] for path in changed | (left.keys() - found.keys()) if infos[path]}
        if not left:
            break
        stats |= {path: _signature(info) for path in left if (info := infos[path])}
    for path in left:
        stats.pop(path)
    return found


def _as_stored(
    repo: Repository, expected: Mapping[str, Collection[str]], stats: _Known, *, exact: bool
) -> dict[str, str]:
    kept = {} if exact else _modes_in_index(repo, expected)
    modes = {path: _mode(int(stats[path][0]), kept.get(path)) for path in expected}
    files = [path for path, mode in modes.items() if mode != LINK]
    ids = _hash(repo, files) | _links(repo, [path for path, mode in modes.items() if mode == LINK])
    found = {path: f"{modes[path]} {ids[path]}" for path in ids}
    # A file that was committed with other line ends than the settings ask for stays as it is in git.
    if strange := [path for path in files if path in found and found[path] not in expected[path]]:
        raw = _hash(repo, strange, "--no-filters")
        plain = {path: f"{modes[path]} {raw[path]}" for path in raw}
        found |= {path: entry for path, entry in plain.items() if entry in expected[path]}
    return found


def _modes_in_index(repo: Repository, paths: Collection[str]) -> dict[str, str]:
    """The modes of files where the file system keeps none: what the person's index says (git-config(1))."""
    listed = split_paths(repo.run("ls-files", "--stage", "-z").stdout)  # MODE ID STAGE TAB PATH
    entries = (line.partition("\t") for line in listed)
    return {path: facts[:6] for facts, _, path in entries if path in paths}


def _mode(mode: int, kept: str | None) -> str:
    if stat.S_ISLNK(mode):
        return LINK
    return kept if kept in _FILES else _FILES[bool(mode & stat.S_IXUSR)]


def _hash(repo: Repository, paths: Collection[str], *options: str) -> dict[str, str]:
    readable = [path for path in paths if os.access(repo.root / path, os.R_OK)]
    if not readable:
        return {}
    stdin = b"".join(_quoted(path) + b"\n" for path in readable)
    done = repo.run("hash-object", *options, "--stdin-paths", stdin=stdin, check=False)
    return dict(zip(readable, done.lines, strict=False))  # it ends at the first that it cannot read


def _quoted(path: str) -> bytes:
    """A path as `hash-object --stdin-paths` takes it, which reads lines and unquotes what begins so."""
    name = os.fsencode(path)
    if b"\n" not in name and not name.startswith(b'"') and not name.endswith(b"\r"):
        return name
    return b'"' + b"".join(b"\\%03o" % byte for byte in name) + b'"'


def _links(repo: Repository, paths: Collection[str]) -> dict[str, str]:
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            target = os.fsencode(os.readlink(repo.root / path))  # noqa: PTH115 (bytes)
            found[path] = target
    if not found:
        return {}
    new = hashlib.sha256 if repo.config("extensions.objectFormat") == "sha256" else hashlib.sha1
    return {path: new(b"blob %d\0" % len(target) + target).hexdigest() for path, target in found.items()}
