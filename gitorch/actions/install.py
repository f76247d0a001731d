"""install, uninstall: the guard in this repository. Opens and closes no build."""

from pathlib import Path

from gitorch.actions.changing import changing_repository
from gitorch.actions.workplace import find_workplace
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import install as guard
from gitorch.adapters.guard import registry, server
from gitorch.adapters.guard.install import Report
from gitorch.core.errors import GitorchError, bad_input


def install(start: Path) -> Report:
    """Put the guard into the repository around `start`; GitorchError when it cannot stand there."""
    repo = find_workplace(start).need_repo()
    with changing_repository(repo):
        return guard.install(repo)


def uninstall(start: Path) -> Report:
    """Take the guard away; GitorchError while a build is open, whose only wall it is."""
    repo = find_workplace(start).need_repo()
    with changing_repository(repo):
        if builds := registry.open_builds(repo):
            hints = [f"gitorch {what} --project {slug}" for slug in builds for what in ("finalize", "abort")]
            raise GitorchError(f"the guard stays while a build is open: {', '.join(builds)}", hints=hints)
        return guard.uninstall(repo)


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
        hints = ["gitorch install   (for a repository with a working tree)", "git init --bare PATH"]
        raise bad_input(f"{path} is no bare repository", hints=hints)
    return repo
