"""A git directory that cannot be written, as in a sandbox or on a full disk that went read-only."""

import sys
from pathlib import Path

import pytest

from tests.scene import FOLDER, Ran, Scene, run
from tests.scene.shell import pasteable

MOUNT = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'


def read_only(folder: Path, *argv: str) -> Ran:
    """Run a command that finds `folder` mounted read-only; nobody else sees that, and root is bound by it."""
    return run("unshare", "-rm", "sh", "-c", MOUNT, "sh", str(folder), *argv, cwd=folder.parent)


@pytest.fixture
def sandbox(scene: Scene) -> Scene:
    """The scene, where a folder can be mounted read-only for one command."""
    if sys.platform != "linux" or read_only(scene / ".git", "true").status != 0:
        pytest.skip("a private mount needs Linux with user namespaces")
    return scene


def gitorch(scene: Scene, *words: str) -> Ran:
    """A gitorch command that finds `.git` mounted read-only, and leaves the repository as it is."""
    before = scene.picture()
    ran = read_only(scene / ".git", sys.executable, "-m", "gitorch", *words)
    assert scene.picture() == before
    return pasteable(ran)


def test_b9_close_says_in_a_sandbox_what_to_write(sandbox: Scene) -> None:
    sandbox.open_build()
    sandbox.do("launch", "W1.1")
    sandbox.write("src/schema.py", "TABLES = 5\n")

    ran = gitorch(sandbox, "close", "W1.1")

    assert ran.status == 1
    assert ran.err.startswith("error: W1.1 has not reported\n")
    assert f"  expected in {FOLDER}/completions/W1.1.json" in ran.err
    assert '      "src/schema.py"\n' in ran.err


def test_b9_review_looks_in_a_sandbox(sandbox: Scene) -> None:
    sandbox.open_build()
    sandbox.deliver_all()
    open_to_all = sandbox.gitorch("review")

    ran = gitorch(sandbox, "review")

    assert (ran.status, ran.out) == (0, open_to_all.out)


@pytest.mark.parametrize("kind", ["in-place", "clean"])
def test_b9_validate_judges_in_a_sandbox(sandbox: Scene, kind: str) -> None:
    check = "{name: tables, command: 'grep 5 src/schema.py'}"
    sandbox.open_build(f"validators:\n- {check}\nworkspace: {{kind: {kind}}}\n")
    sandbox.deliver_all()
    passes = gitorch(sandbox, "validate")
    sandbox.write("src/schema.py", "TABLES = 6\n")

    fails = gitorch(sandbox, "validate")

    assert (passes.status, "1 of 1 validators passed" in passes.out) == (0, True), passes.err
    assert (fails.status, "tables: failed" in fails.err + fails.out) == (1, True)
    assert "log: " not in fails.err + fails.out


@pytest.mark.parametrize("command", ["finalize", "abort", "abort --discard-files"])
def test_nothing_is_changed_in_a_read_only_git_directory(sandbox: Scene, command: str) -> None:
    scene = sandbox
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
