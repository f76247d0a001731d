"""Hooks in the settings of an agent's client: put there, and taken away so that the file is as it was.

    <home>/<client>.json    what each file was before and is since: {"files": [[path, before, after], …]}

A file that nobody has changed since gets its bytes back; from another one our entries alone are removed.
"""

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gitorch.adapters import files
from gitorch.core.agents.clients import Client, plugin
from gitorch.core.agents.settings import with_hooks, without_hooks
from gitorch.core.errors import bad_input
from gitorch.core.issue import Hint
from gitorch.core.render.skill import render_skill
from gitorch.core.text import typed

_MAX_BYTES = 4 << 20


class Place(NamedTuple):
    """Where a client's hooks go: its settings and skill below `root`, what was before below `home`."""

    settings: Path
    skill: Path | None
    home: Path
    front: Path


def in_tree(client: Client, root: Path, shared: Path) -> Place:
    """For the sessions in one working tree; `shared` is gitorch's folder of the repository."""
    settings = root / client.project
    return Place(settings, _skill(client, settings), shared / "agents", shared / "guard" / "agent")


def of_user(client: Client, environment: Mapping[str, str]) -> Place:
    """For every session of the person."""
    home = Path(environment.get("HOME") or Path.home())
    path = home / client.user
    if client.home and (folder := environment.get(client.home)):
        first = client.user.removeprefix(".config/").partition("/")[2]
        path = Path(folder) / first
    state = Path(environment.get("XDG_STATE_HOME") or home / ".local/state") / "gitorch"
    return Place(path, _skill(client, path), state / "agents", state / "agent")


def _skill(client: Client, settings: Path) -> Path | None:
    return settings.parent / client.skill / "gitorch" / "SKILL.md" if client.skill else None


def put(client: Client, place: Place) -> list[Path]:
    """Put the hooks there; the files that changed. GitorchError for settings that cannot be read.

    Nothing is changed before it is written down how it was.
    """
    recorded = {path: before for path, before, _ in _read_record(client, place)}
    wanted = {place.settings: _with(client, place)}
    if place.skill:
        wanted[place.skill] = render_skill()
    rows = []
    for path, text in wanted.items():
        now = _text(path)
        rows.append((path, recorded.get(path, now), text))
    changed = [path for path, text in wanted.items() if _text(path) != text]
    if not changed:
        return []
    _write_record(client, place, rows)
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_atomically(path, _bytes(wanted[path]))
    return changed


def take_away(client: Client, place: Place) -> list[Path]:
    """Remove what `put` has put there; the files that changed."""
    changed = []
    for path, before, after in _read_record(client, place):
        now = _text(path)
        if now is None or now == before:
            continue
        left = before if now == after else _without(client, place, path, now)
        if left == now:
            continue
        changed.append(path)
        if left is None:
            path.unlink()
            _remove_empty(path.parent)
        else:
            files.write_atomically(path, _bytes(left))
    with contextlib.suppress(FileNotFoundError):
        _record(client, place).unlink()
    return changed


def _with(client: Client, place: Place) -> str:
    """The settings with our entries, in which older ones of ours are replaced."""
    if not client.moments:
        return plugin(str(place.front))
    text = _text(place.settings)
    before = [old for path, old, new in _read_record(client, place) if new == text and path == place.settings]
    try:
        if text and str(place.front) in text:  # as it was, else without what an older gitorch has put there
            text = before[0] if before else without_hooks(text, str(place.front))
        text = text or ""
        return with_hooks(text, client.hooks(str(place.front)))
    except ValueError as error:
        where = typed(str(place.settings))
        raise bad_input(
            "bad-settings",
            f"{place.settings} {error}: the settings of {client.name}",
            about=str(place.settings),
            hints=[Hint("see the file", f"cat -- {where}")],
        ) from error


def _without(client: Client, place: Place, path: Path, text: str) -> str | None:
    """What somebody has changed since, less our entries; a file that is ours alone goes."""
    if path != place.settings or not client.moments:
        return None if path != place.settings or str(place.front) in text else text
    try:
        return without_hooks(text, str(place.front))
    except ValueError:
        return text


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):  # something else is in it
        while True:
            folder.rmdir()
            folder = folder.parent


def _text(path: Path) -> str | None:
    try:
        return files.read_regular(path, _MAX_BYTES)[0].decode("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        text = f"{path} cannot be read: {error.strerror or error}"
        raise bad_input("bad-settings", text, about=str(path), hints=[_look(path)]) from error


def _look(path: Path) -> Hint:
    return Hint("see what it is", f"ls -ld -- {typed(str(path))}")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _record(client: Client, place: Place) -> Path:
    return place.home / f"{client.name}.json"


def _read_record(client: Client, place: Place) -> list[tuple[Path, str | None, str]]:
    try:
        rows = json.loads(_record(client, place).read_bytes())["files"]
        return [(Path(os.fsdecode(path)), before, after) for path, before, after in rows]
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []


def _write_record(client: Client, place: Place, rows: Sequence[tuple[Path, str | None, str]]) -> None:
    place.home.mkdir(parents=True, exist_ok=True)
    data = json.dumps({"files": [[str(path), before, after] for path, before, after in rows]})
    files.write_atomically(_record(client, place), data.encode(), durable=True)
