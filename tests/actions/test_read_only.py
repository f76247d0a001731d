"""A git directory that cannot be written, as in a sandbox or on a full disk that went read-only."""

import sys
from pathlib import Path

import pytest

from tests.scene import Ran, Scene, run

MOUNT = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'


def read_only(folder: Path, *argv: str) -> Ran:
    """Run a command that finds `folder` mounted read-only; nobody else sees that, and root is bound by it."""
    return run("unshare", "-rm", "sh", "-c", MOUNT, "sh", str(folder), *argv, cwd=folder.parent)


@pytest.mark.parametrize("command", ["finalize", "abort", "abort --discard-files"])
def test_nothing_is_changed_in_a_read_only_git_directory(scene: Scene, command: str) -> None:
    if sys.platform != "linux" or read_only(scene / ".git", "true").status != 0:
        pytest.skip("a private mount needs Linux with user namespaces")
    ran_there = scene.root.with_name("ran")
    scene.open_build(f"validators:\n- {{name: costly, command: 'touch {ran_there}'}}\n")
    scene.deliver_all()
    before = scene.picture()
    ran = read_only(scene / ".git", sys.executable, "-m", "gitorch", *command.split())
    assert ran.status == 1
    assert ran.err.count("error: ") == 1
    assert "Read-only file system\nhint: to see what it is and who may write it, run: ls -ld -- " in ran.err
    assert "judge is missing" not in ran.err
    assert not ran_there.exists()
    assert scene.picture() == before
