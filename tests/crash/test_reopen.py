"""reopen ended at every step: the build is closed as it was, or open again with all of its work."""

from pathlib import Path

import pytest

from tests.actions.opened import SLUG, delivered, opened
from tests.crash.ended import ended
from tests.support import git, orch, write

BOTH = pytest.mark.parametrize("mode", ["kill", "full"])
COMMAND = ("reopen", "--project", SLUG)
BEHIND = f"build {SLUG} is being reopened"


@pytest.mark.slow
@BOTH
@pytest.mark.parametrize(
    "closed_by", [("finalize", "--unclaimed", "include"), ("abort",), ("abort", "--discard-files")]
)
def test_a_reopening_that_is_ended_at_any_step_is_before_or_after(
    repo: Path, mode: str, closed_by: tuple[str, ...]
) -> None:
    opened(repo)
    delivered(repo)
    write(repo / "mine", "staged\n")
    git(repo, "add", "mine")
    write(repo / "mine", "edited since\n")
    assert orch(repo, "seal", "on").status == 0
    assert orch(repo, *closed_by).status == 0
    found = ended(repo, mode, *COMMAND, behind=BEHIND)
    assert found.both
    assert (found.before["open"], found.after["open"]) == ("", f"open/{SLUG} bound")
    assert (found.before["sealed"], found.after["sealed"]) == ("False", "True")
    if "--discard-files" not in closed_by:
        assert found.before["work"] == found.after["work"]
    else:
        assert git(repo, "show", ":mine") == "staged"
    assert orch(repo, "finalize", "--unclaimed", "include").status == 0
    assert (repo / "src" / "schema.py").read_text() == "TABLES = 5\n"
