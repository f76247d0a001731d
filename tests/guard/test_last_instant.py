"""Before git overwrites or deletes a file in the worktree of an open build, a snapshot has every byte.

A worker's git is ended instead. It runs on the machine's git and on GITORCH_TEST_GIT.
"""

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from gitorch.adapters.guard import install
from tests.scene import Ran, git, run, write
from tests.scene.guarded import Guarded, discover, open_guarded
from tests.scene.picture import picture
from tests.scene.remembered import remembered

REF = "refs/gitorch/snapshots/x"
HOOKS_OFF = "-c core.hooksPath=/dev/null"
WORKER = {"GITORCH_WORKER": "W1.1"}


def a_build(root: Path) -> Guarded:
    """An open build with work that was written a moment before: edited, new, deleted, a mode, a link."""
    root.mkdir()
    base = _a_build(root)
    guarded = Guarded(root, discover(root), base)
    write(root / "src" / "a", "edited\n")
    write(root / "src" / "b", "two\nedited\n")
    write(root / "src" / "new", "new\n")
    (root / "src" / "gone").unlink()
    (root / "src" / "run").chmod(0o755)
    (root / "link").symlink_to("nowhere")
    write(root / "staged", "staged\n")
    git(root, "add", "staged", "src/b")
    write(root / "src" / "b", "two\nedited again\n")
    return guarded


@remembered
def _a_build(root: Path) -> str:
    git(root, "init", "-q", "-b", "main")
    for name in ("a", "b", "gone", "run"):
        write(root / "src" / name, f"{name}\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    git(root, "checkout", "-q", "-b", "other")
    write(root / "src" / "a", "of the other branch\n")
    git(root, "commit", "-q", "-a", "-m", "other")
    git(root, "checkout", "-q", "main")
    return open_guarded(root).base


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    """The same, whose snapshots are taken by gitorch itself."""
    found = a_build(tmp_path / "a build")
    install.install(found.repo)
    return found


def held(guarded: Guarded, commit: str = REF) -> dict[str, tuple[str, str]]:
    """Mode and content of each file of a snapshot, but for the build's records."""
    lines = git(guarded.root, "ls-tree", "-r", commit).splitlines()
    found = {}
    for line in lines:
        mode, _, rest = line.partition(" blob ")
        oid, _, path = rest.partition("\t")
        if not path.startswith("N5/"):
            found[path] = (mode, run("git", "cat-file", "blob", oid, cwd=guarded.root).out)
    return found


def work(root: Path) -> dict[str, tuple[str, str]]:
    """The same of the working tree."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.startswith((".git", "N5/")) or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink():
            found[name] = ("120000", os.readlink(path))  # noqa: PTH115 (text)
        else:
            mode = "100755" if os.access(path, os.X_OK) else "100644"
            found[name] = (mode, path.read_text())
    return found


def typed(guarded: Guarded, line: str, env: dict[str, str] | None = None) -> Ran:
    return run("sh", "-c", f"exec git {line}", cwd=guarded.root, env=env)


def locks(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".git").rglob("*.lock"))


DESTROYERS = [
    "checkout .",
    "checkout -- src/a",
    "checkout HEAD -- src",
    "restore .",
    "restore --source=HEAD --staged --worktree .",
    "reset --hard",
    "checkout -f",
    "checkout -f other",
    "switch -f --detach HEAD",
    "clean -fd",
    "stash",
    "stash -u",
    "rm -rfq src",
    "read-tree -u --reset HEAD",
    "checkout-index -f -a",
]
FEW = ("checkout .", "reset --hard", "clean -fd")


def rows() -> list[Any]:
    """Each with hooks switched off, on the usual git; all else where it is asked for."""
    found = []
    for line in DESTROYERS:
        for form in (f"{HOOKS_OFF} {line}", line):
            usual = form != line and ("GITORCH_TEST_GIT" in os.environ or line in FEW)
            found.append(pytest.param(form, marks=() if usual else pytest.mark.slow))
    return found


def slowly(lines: list[str]) -> list[Any]:
    """The same, where they are asked for."""
    return [pytest.param(line, marks=pytest.mark.slow) for line in lines]


@pytest.mark.parametrize("line", rows())
def test_what_git_destroys_is_in_a_snapshot_that_was_taken_before(guarded: Guarded, line: str) -> None:
    before = work(guarded.root)

    ran = typed(guarded, line)

    chain = git(guarded.root, "rev-list", "--first-parent", REF, f"^{guarded.base}").splitlines()
    assert held(guarded, chain[-1]) == before, ran.err
    assert "no snapshot could be taken" not in ran.err
    assert work(guarded.root) != before or "stash would remove" in ran.err
    assert (
        git(guarded.root, "log", "-1", "--format=%s", chain[-1])
        == f"before git {line.removeprefix(HOOKS_OFF).strip()}"
    )
    assert locks(guarded.root) == []


@pytest.mark.parametrize("line", [*(f"{HOOKS_OFF} {line}" for line in DESTROYERS), *slowly(DESTROYERS)])
def test_a_worker_is_ended_before_a_file_is_touched(tmp_path: Path, line: str) -> None:
    guarded = a_build(tmp_path / "a build")
    before = picture(guarded.root)

    ran = typed(guarded, line, WORKER)

    assert ran.status == -signal.SIGTERM
    assert re.findall(r"gitorch: refused: (.*)", ran.err) == [
        f"worker W1.1 may not run git {line.removeprefix(HOOKS_OFF).strip()} in the worktree of build x"
    ]
    assert "your files are safe as they are" in ran.err
    assert picture(guarded.root) == before
    assert locks(guarded.root) == []
