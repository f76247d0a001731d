"""The demo is the README's first command; it must work as a stranger's first contact."""

import json
from pathlib import Path

import pytest

from tests.scene import git, orch, write


@pytest.mark.slow
def test_the_demo_ends_with_one_commit_by_five_workers(tmp_path: Path) -> None:
    place = tmp_path / "a demo"
    ran = orch(tmp_path, "demo", str(place))
    assert ran.status == 0, ran.err
    assert git(place, "rev-list", "--count", "main..build/calendar-v2") == "1"
    assert git(place, "status", "--porcelain") == ""
    for worker in ("W1.1", "W1.2", "W2.1", "W2.2", "W3.1"):
        assert f"Gitorch-Worker: {worker}" in git(place, "log", "-1", "--format=%B")
    assert json.loads(git(place, "show", "HEAD:N5/builds/calendar-v2/meta.json"))["status"] == "complete"
    assert "W1.2 tried to commit" in ran.out
    assert str(place) in ran.out


def test_the_demo_leaves_a_folder_alone_that_holds_something(tmp_path: Path) -> None:
    write(tmp_path / "mine", "precious")
    ran = orch(tmp_path, "demo", str(tmp_path))
    assert (ran.status, ran.out) == (1, "")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
