"""Hints that several refusals give, each worded once. `slug` and `worker` may be foreign text."""

from gitorch.core.issue import Hint
from gitorch.core.text import typed

LIST = Hint("see every build", "gitorch list")
FIX = Hint("restore the guard and the branch", "gitorch doctor --fix")
INSTALL = Hint("install the guard", "gitorch install")
FIRST_COMMIT = Hint("make a first commit", "git commit --allow-empty --message Begin")
UPGRADE = Hint("get a newer gitorch", "python -m pip install --upgrade gitorch")


def remove_lock(path: object) -> Hint:
    """For a lock that a killed process left."""
    return Hint("remove the lock if no git process is running", f"rm -- {typed(str(path))}")


def status(slug: str) -> Hint:
    """Look at the build."""
    return Hint("see every worker of the build", f"gitorch status --project {typed(slug)}")


def review(slug: str) -> Hint:
    """Look at the claims."""
    return Hint("see every claim", f"gitorch review --project {typed(slug)}")


def finalize(slug: str, purpose: str = "try again") -> Hint:
    """Land the build."""
    return Hint(purpose, f"gitorch finalize --project {typed(slug)}")


def abort(slug: str, purpose: str = "close the build and keep every file") -> Hint:
    """Close the build."""
    return Hint(purpose, f"gitorch abort --project {typed(slug)}")


def restore_lost(slug: str, purpose: str = "restore what was lost") -> Hint:
    """Restore from snapshots."""
    return Hint(purpose, f"gitorch restore --lost --project {typed(slug)}")


def launch(slug: str, worker: object) -> Hint:
    """Start a worker once more."""
    return Hint(f"start {worker} again", f"gitorch launch {typed(str(worker))} --project {typed(slug)}")


def replace_report(slug: str, worker: object) -> Hint:
    """Correct what a worker reported."""
    name = typed(str(worker))
    command = f"gitorch complete --worker {name} --project {typed(slug)} --force --from FILE"
    return Hint(f"replace the report of {worker}", command)
