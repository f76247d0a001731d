"""install, uninstall: the guard in this repository. Opens and closes no build."""

from pathlib import Path

from gitorch.actions.changing import changing_repository
from gitorch.actions.workplace import find_workplace
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import install as guard
from gitorch.adapters.guard import registry, server
from gitorch.adapters.guard.install import Report
from gitorch.core import hints
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint


def install(start: Path) -> Report:
    """Put the guard into the repository around `start`; GitorchError when it cannot stand there."""
    repo = find_workplace(start).need_repo()
    with changing_repository(repo):
        report = guard.install(repo)
        registry.rearm(repo)
        return report


def uninstall(start: Path) -> Report:
    """Take the guard away; GitorchError while a build is open, whose only wall it is."""
    repo = find_workplace(start).need_repo()
    with changing_repository(repo):
        if builds := registry.open_builds(repo):
            text = f"the guard stays installed while a build is open: {', '.join(builds)}"
            close = [
                hint
                for slug in builds
                for hint in (hints.finalize(slug, f"land {slug}"), hints.abort(slug, f"close {slug}"))
            ]
            raise GitorchError("open-build", text, hints=close)
        from gitorch.actions.agents import take_away
        from gitorch.core.agents.clients import CLIENTS

        agents = [path for client in CLIENTS.values() for path in take_away(repo, client)]
        report = guard.uninstall(repo)
        report.notes += [f"the hooks of agents were removed from {path}" for path in agents]
        report.changed |= bool(agents)
        return report


def install_server(path: Path) -> Report:
    """Let the bare repository at `path` judge what is pushed to it; GitorchError when it is none."""
    repo = _bare(path)
    with changing_repository(repo):
        return server.install(repo)


def uninstall_server(path: Path) -> Report:
    """Take that away again."""
    repo = _bare(path)
    with changing_repository(repo):
        return server.uninstall(repo)


def _bare(path: Path) -> Repository:
    repo = Repository.discover_bare(path) if path.is_dir() else None
    if repo is None:
        guard_it = Hint("guard a repository with a working tree", "gitorch install")
        make = Hint("make a bare repository", "git init --bare PATH")
        raise bad_input("not-bare", f"{path} is not a bare repository", hints=[guard_it, make])
    return repo
