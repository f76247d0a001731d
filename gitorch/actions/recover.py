"""What the next command does after one was killed: complete it or take it back, and say so.

Runs before every command; costs one look for what is left. Never touches what a living command is doing.
"""

import contextlib
import importlib
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gitorch.adapters import files, journal
from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import Repository
from gitorch.core.errors import Busy, GitorchError
from gitorch.core.names import Slug, branch_name, branch_ref

RECOVERIES: dict[str, str] = {
    "init": "gitorch.actions.init.opening:take_back",
    "finalize": "gitorch.actions.finalize.land:recover",
    "abort": "gitorch.actions.abort:recover",
    "reopen": "gitorch.actions.reopen:recover",
}
"""Action → `module:function`; the function takes (repository, record) and returns what to tell."""


def recover(start: Path) -> list[str]:
    """Finish what was interrupted in this worktree; the lines to tell the person, mostly none."""
    repo = Repository.discover(start)
    if repo is None:
        return []
    files.sweep(repo.private)
    half_written = files.half_written({repo.private, repo.shared})
    if not half_written and not (repo.private / "journal.json").exists():
        return []
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(journal.exclusive(repo))
        except Busy:  # that command is alive
            return []
        for left in half_written:
            with contextlib.suppress(OSError):  # of another user of the repository
                left.unlink()
        record = journal.read(repo)
        if record is None:
            return []
        told = _function(repo, record)(repo, record)
        journal.clear(repo)
        return told


def check_head(repo: Repository, slug: Slug, command: str) -> None:
    """What `command` has still to do to index and files, it does on the branch of its build, and on no other.

    GitorchError, with nothing changed, where the person has left that branch since the kill.
    """
    if refs.head_ref(repo) != branch_ref(slug):
        name = branch_name(slug)
        raise GitorchError(
            f"{command} of build {slug} was interrupted half way, and {repo.root} is not on {name} any more",
            hints=[
                f"git -C {shlex.quote(str(repo.root))} switch {name}   (there the next command completes it)"
            ],
        )


def _function(repo: Repository, record: dict[str, Any]) -> Callable[[Repository, dict[str, Any]], list[str]]:
    action = record.get("action")
    if not isinstance(action, str) or action not in RECOVERIES:
        raise journal.foreign(repo, f"this version knows no action {action!r}")
    module, name = RECOVERIES[action].split(":")
    function: Callable[[Repository, dict[str, Any]], list[str]] = getattr(
        importlib.import_module(module), name
    )
    return function
