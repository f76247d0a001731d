"""install --agent, uninstall --agent: gitorch's hooks in the settings that an agent's client reads."""

import os
from dataclasses import dataclass
from pathlib import Path

from gitorch.actions.changing import changing_repository
from gitorch.actions.workplace import find_workplace
from gitorch.adapters import agent_settings, files
from gitorch.adapters.agent_settings import Place
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import exclude
from gitorch.adapters.guard import install as guard
from gitorch.adapters.guard.scripts import called
from gitorch.core.agents.clients import CLIENTS, Client
from gitorch.core.errors import bad_input
from gitorch.core.issue import Hint
from gitorch.core.text import typed


@dataclass(frozen=True)
class Placed:
    """The files that changed, and what the person should know."""

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def install_agent(start: Path, name: str, *, user: bool) -> Placed:
    """Put the hooks where sessions of the client `name` in this working tree read them.

    With `user` where all of the person's do. In a working tree the guard is installed as well. GitorchError
    (exit 2) for settings that cannot be read or that git tracks.
    """
    client = CLIENTS[name]
    if user:
        place = agent_settings.of_user(client, os.environ)
        place.front.parent.mkdir(parents=True, exist_ok=True)
        files.write_if_different(place.front, called()["agent"])
        place.front.chmod(files.folder_mode())
        return Placed(tuple(agent_settings.put(client, place)))
    repo = find_workplace(start).need_repo()
    place = agent_settings.in_tree(client, repo.root, repo.shared)
    _refuse_tracked(repo, place, name)
    with changing_repository(repo):
        notes = [] if guard.is_installed(repo) else _guarded(repo)
        new = [repo.relative(path) for path in _files_of(place) if not os.path.lexists(path)]
        changed = agent_settings.put(client, place)
        exclude.hide(repo, [path for path in new if os.path.lexists(repo.root / path)])
    return Placed(tuple(changed), tuple(notes))


def uninstall_agent(start: Path, name: str, *, user: bool) -> Placed:
    """Take exactly that away again."""
    client = CLIENTS[name]
    if user:
        return Placed(tuple(agent_settings.take_away(client, agent_settings.of_user(client, os.environ))))
    repo = find_workplace(start).need_repo()
    with changing_repository(repo):
        return Placed(tuple(take_away(repo, client)))


def take_away(repo: Repository, client: Client) -> list[Path]:
    """The same of one working tree, with the locks held."""
    place = agent_settings.in_tree(client, repo.root, repo.shared)
    changed = agent_settings.take_away(client, place)
    exclude.remove(repo, [repo.relative(path) for path in _files_of(place) if not os.path.lexists(path)])
    return changed


def _files_of(place: Place) -> list[Path]:
    return [path for path in (place.settings, place.skill) if path]


def _guarded(repo: Repository) -> list[str]:
    report = guard.install(repo)
    return [*(f"the guard is installed in {folder}" for folder in report.folders), *report.notes]


def _refuse_tracked(repo: Repository, place: Place, name: str) -> None:
    paths = [repo.relative(path) for path in _files_of(place)]
    tracked = repo.run("--literal-pathspecs", "ls-files", "--", *paths).lines
    if tracked:
        text = f"{tracked[0]} is tracked by git, and gitorch changes no tracked file"
        hint = Hint("put the hooks into your own settings", f"gitorch install --agent {typed(name)} --user")
        raise bad_input("bad-settings", text, about=tracked[0], hints=[hint])
