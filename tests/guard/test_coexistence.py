"""Beside other hook managers, for real: installed before the guard and after it, and taken away again."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitorch.adapters.guard import install, registry
from gitorch.core.names import Slug
from tests.guard.support import discover, open_guarded, snapshot
from tests.support import NO_HOOKS, git, orch, run, write

pytestmark = pytest.mark.slow

SAYS = "echo theirs >>../ran"


def program(name: str) -> str:
    """A program of the environment that runs the tests, or a skip that says why."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if not found:
        pytest.skip(f"{name} is not installed: pip install '.[dev]'")
    return found


def pre_commit_config(root: Path) -> None:
    hook = f'{{id: say, name: say, language: system, entry: sh -c "{SAYS}", always_run: true}}'
    write(root / ".pre-commit-config.yaml", f"repos:\n- repo: local\n  hooks:\n  - {hook}\n")


def pre_commit(root: Path) -> None:
    pre_commit_config(root)
    done = run(program("pre-commit"), "install", cwd=root)
    assert done.status == 0, done.err


def prek(root: Path) -> None:
    pre_commit_config(root)
    done = run(program("prek"), "install", cwd=root)
    assert done.status == 0, done.err


def lefthook(root: Path) -> None:
    write(root / "lefthook.yml", f"pre-commit:\n  commands:\n    say:\n      run: {SAYS}\n")
    done = run(program("lefthook"), "install", cwd=root)
    assert done.status == 0, done.err


def husky(root: Path) -> None:
    npm = program("npm")
    write(root / "package.json", "{}\n")
    write(root / ".gitignore", "node_modules\npackage*.json\n")
    done = run(npm, "install", "--no-audit", "--no-fund", "husky@9", cwd=root, timeout=120)
    if done.status:
        pytest.skip(f"husky cannot be installed offline: {done.err.splitlines()[-1]}")
    write(root / ".husky" / "pre-commit", f"{SAYS}\n")
    assert run("node_modules/.bin/husky", cwd=root).status == 0


@dataclass(frozen=True)
class Manager:
    install: Callable[[Path], None]
    hooks: str = ".git/hooks"
    displaces: bool = False  # the wall, when it comes after the guard


MANAGERS = {
    "pre-commit": Manager(pre_commit),
    "prek": Manager(prek),
    "lefthook": Manager(lefthook),
    "husky": Manager(husky, ".husky/_", displaces=True),
}
each = pytest.mark.parametrize("manager", MANAGERS.values(), ids=MANAGERS)


def settle(root: Path) -> None:
    """Commit the manager's own files, so that a build can open."""
    git(root, "add", ".")
    git(root, *NO_HOOKS, "commit", "-q", "-m", "settings")


def assert_their_hook_runs(root: Path) -> None:
    log = root.parent / "ran"
    log.unlink(missing_ok=True)
    write(root / "some", os.urandom(8).hex())
    git(root, "add", "some")
    git(root, "commit", "-q", "-m", "x")
    assert log.read_text() == "theirs\n"


def assert_guarded(root: Path) -> None:
    guarded = open_guarded(root)
    log = root.parent / "ran"
    log.unlink(missing_ok=True)
    for words in ((), ("--no-verify",)):
        ran = run("git", "commit", "--allow-empty", "-m", "x", *words, cwd=root)
        assert ran.status != 0
        assert "Build x is open" in ran.err
    assert guarded.tip() == guarded.base
    registry.close_build(guarded.repo, Slug("x"))
    git(root, "checkout", "-q", "-")
    git(root, "branch", "-q", "-D", "build/x")


@each
def test_installed_before_the_guard(repo: Path, manager: Manager) -> None:
    manager.install(repo)
    settle(repo)
    before, config = snapshot(repo / manager.hooks), (repo / ".git" / "config").read_bytes()
    assert orch(repo, "install").status == 0
    assert_their_hook_runs(repo)
    assert_guarded(repo)
    assert_their_hook_runs(repo)
    assert orch(repo, "uninstall").status == 0
    assert snapshot(repo / manager.hooks) == before
    assert (repo / ".git" / "config").read_bytes() == config
    assert_their_hook_runs(repo)


@each
def test_installed_after_the_guard(repo: Path, tmp_path: Path, manager: Manager) -> None:
    alone = tmp_path / "other" / "repo"
    shutil.copytree(repo, alone)
    manager.install(alone)
    assert orch(repo, "install").status == 0
    manager.install(repo)
    settle(repo)
    assert_their_hook_runs(repo)
    if manager.displaces and discover(repo).version < (2, 54, 0):
        seen = orch(repo, "doctor")
        assert seen.status == 1
        assert "husky has set core.hooksPath" in seen.out
        assert not install.is_installed(discover(repo))
        assert orch(repo, "doctor", "--fix").status == 0
    assert_guarded(repo)
    assert_their_hook_runs(repo)
    manager.install(repo)  # once more on top, as every `npm install` does
    assert_their_hook_runs(repo)
    assert_guarded(repo)
    assert orch(repo, "uninstall").status == 0
    assert_their_hook_runs(repo)
    left = {name for name, (_, data) in snapshot(repo / ".git" / "hooks").items() if b"gitorch" in data}
    assert left == set()
    ours = {name for name in snapshot(repo / manager.hooks) if "gitorch" in name}
    assert ours == set()
    assert snapshot(repo / manager.hooks).keys() == snapshot(alone / manager.hooks).keys()


@each
def test_taken_away_again_while_the_guard_stays(repo: Path, manager: Manager) -> None:
    """Each manager's own uninstall leaves the wall standing, or doctor says that it fell."""
    assert orch(repo, "install").status == 0
    manager.install(repo)
    settle(repo)
    name = next(name for name, one in MANAGERS.items() if one is manager)
    if name == "husky":
        git(repo, "config", "--unset", "core.hooksPath")
    else:
        assert run(program(name), "uninstall", cwd=repo).status == 0
    assert_guarded(repo)
