"""Reads what is plain to see of a repository: for the architect, and for validators. Changes nothing."""

import os
import shlex
import stat
from pathlib import Path

from gitorch.actions.workplace import Workplace
from gitorch.adapters.files import read_regular
from gitorch.adapters.git import refs
from gitorch.core.config import Config, Validator
from gitorch.core.issue import Issue
from gitorch.core.surroundings import (
    INSTRUCTIONS,
    PRE_COMMIT,
    TELLING,
    Surroundings,
    suites_of,
    unvalidated,
)

_MOST = 1 << 20
"""Bytes of a file that is read; what is longer tells nothing."""


def look_around(place: Workplace) -> Surroundings:
    """What is plain to see at the root."""
    root = place.root
    files = _telling(root)
    return Surroundings(
        name=root.resolve().name,
        is_repository=place.repo is not None,
        top_level=tuple(_top_level(place)),
        tests=suites_of(files),
        has_pre_commit=PRE_COMMIT in files,
        validators=tuple((validator.name, _command(validator)) for validator in place.config.validators),
        instructions=tuple(name for name in INSTRUCTIONS if _is_file(root / name)),
    )


def missing_validators(place: Workplace, config: Config, slug: str | None = None) -> Issue | None:
    """The warning where `config` has no validators and something is plain to see; `slug` is an open build."""
    if config.validators:
        return None
    files = _telling(place.root)
    return unvalidated(suites_of(files), has_pre_commit=PRE_COMMIT in files, slug=slug)


def _telling(root: Path) -> dict[str, str]:
    return {name: text for name in TELLING if (text := _text(root / name)) is not None}


def _text(path: Path) -> str | None:
    try:
        data = read_regular(path, _MOST)[0]
    except OSError:
        return None
    return data.decode("utf-8-sig", "replace") if len(data) <= _MOST else ""


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _top_level(place: Workplace) -> list[str]:
    """What the last commit has at the root, which a build begins with; without one, what the folder has."""
    if place.repo and refs.resolve(place.repo, "HEAD"):
        entries = place.repo.run("ls-tree", "-z", "HEAD").stdout.decode("utf-8", "replace").split("\0")
        pairs = [entry.split("\t", 1) for entry in entries if entry]
        return [name if about.split()[1] == "blob" else f"{name}/" for about, name in pairs]
    try:
        with os.scandir(place.root) as found:
            names = [f"{e.name}/" if e.is_dir(follow_symlinks=False) else e.name for e in found]
    except OSError:
        return []
    return sorted(name for name in names if name != ".git/")


def _command(validator: Validator) -> str:
    if validator.command is None:
        return "pre-commit"
    return validator.command if isinstance(validator.command, str) else shlex.join(validator.command)
