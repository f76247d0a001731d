"""Was a transition interrupted here? Every command asks this first, so it imports no more than that takes.

<common dir>/gitorch/journal.json     there from before the move until all that follows from it is done
"""

from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import arming


def journal_path(repo: Repository) -> Path:
    """Where the journal of this repository is while a command is in the middle of a transition."""
    return repo.shared / "journal.json"


def is_interrupted(repo: Repository) -> bool:
    """Whether a command is in the middle of a transition, or was killed in it."""
    return journal_path(repo).exists()


def recover(start: Path) -> list[str]:
    """Finish what was interrupted in this repository; the lines to tell the person, mostly none.

    Never touches what a living command is doing. GitorchError, with the journal kept, where the worktree was
    led away from its build since, or is missing.
    """
    repo = Repository.discover(start)
    if repo is None:
        return []
    files.sweep(repo.private)
    half_written, unguarded = files.half_written({repo.private, repo.shared}), arming.is_missing(repo)
    if not half_written and not unguarded and not is_interrupted(repo):
        return []
    from gitorch.transitions.run import clean_up  # a command that finds nothing to do needs it not

    return clean_up(repo, half_written, unguarded=unguarded)
