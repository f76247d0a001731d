"""abort ended at every step: the build is open with all of its work, or closed with all of it kept."""

from pathlib import Path

import pytest

from tests.actions.opened import SLUG, delivered, opened
from tests.crash.ended import ended
from tests.support import NO_HOOKS, git, orch, write

KEPT = f"refs/gitorch/aborted/{SLUG}/1"
BOTH = pytest.mark.parametrize("mode", ["kill", "full"])


def open_build(repo: Path) -> None:
    """A build with its work, a sync behind, and a change of the person's staged."""
    opened(repo)
    delivered(repo)
    write(repo / "mine", "staged\n")
    git(repo, "add", "mine")


@pytest.mark.slow
@BOTH
def test_an_abort_that_is_ended_at_any_step_is_before_or_after(repo: Path, mode: str) -> None:
    open_build(repo)
    found = ended(repo, mode, "abort", behind=f"the work is kept in {KEPT}")
    assert found.both
    assert found.before["work"] == found.after["work"]
    assert git(repo, "show", f"{KEPT}:src/schema.py") == "TABLES = 5"


@pytest.mark.slow
@BOTH
def test_an_abort_that_gives_back_the_files_is_before_or_after_with_the_work_kept(
    repo: Path, mode: str
) -> None:
    """With a commit on the branch that went past the guard, and the branch sealed: both come off too."""
    open_build(repo)
    git(repo, *NO_HOOKS, "commit", "-q", "-m", "sneaked in")
    assert orch(repo, "seal", "on").status == 0
    work = git(repo, "status", "--porcelain", "-uall").split("\n")
    found = ended(repo, mode, "abort", "--discard-files", behind=f"the work is kept in {KEPT}")
    assert found.both
    assert (found.before["sealed"], found.after["sealed"]) == ("True", "False")
    assert git(repo, "status", "--porcelain") == ""
    for line in work:
        assert git(repo, "cat-file", "-e", f"{KEPT}:{line[3:]}", check=False) == "", line
    assert git(repo, "show", f"{KEPT}:mine") == "staged"
