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
from tests.scene import NO_HOOKS, Scene, run, write
from tests.scene.guarded import discover, open_guarded
from tests.scene.picture import files_of

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


def settle(scene: Scene) -> None:
    """Commit the manager's own files, so that a build can open."""
    scene.git("add", ".")
    scene.git(*NO_HOOKS, "commit", "-q", "-m", "settings")


def assert_their_hook_runs(scene: Scene) -> None:
    log = scene.root.parent / "ran"
    log.unlink(missing_ok=True)
    scene.write("some", os.urandom(8).hex())
    scene.git("add", "some")
    scene.git("commit", "-q", "-m", "x")
    assert log.read_text() == "theirs\n"


def assert_guarded(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    log = scene.root.parent / "ran"
    log.unlink(missing_ok=True)
    for words in ((), ("--no-verify",)):
        ran = scene.run("git", "commit", "--allow-empty", "-m", "x", *words)
        assert ran.status != 0
        assert "one commit of build x" in ran.err
    assert guarded.tip() == guarded.base
    registry.close_build(guarded.repo, Slug("x"))
    scene.git("checkout", "-q", "-")
    scene.git("branch", "-q", "-D", "build/x")


@each
def test_installed_before_the_guard(scene: Scene, manager: Manager) -> None:
    manager.install(scene.root)
    settle(scene)
    before, config = files_of(scene / manager.hooks), (scene / ".git/config").read_bytes()
    assert scene.gitorch("install").status == 0
    assert_their_hook_runs(scene)
    assert_guarded(scene)
    assert_their_hook_runs(scene)
    assert scene.gitorch("uninstall").status == 0
    assert files_of(scene / manager.hooks) == before
    assert (scene / ".git/config").read_bytes() == config
    assert_their_hook_runs(scene)


@each
def test_installed_after_the_guard(scene: Scene, tmp_path: Path, manager: Manager) -> None:
    alone = tmp_path / "other" / "repo"
    shutil.copytree(scene.root, alone)
    manager.install(alone)
    assert scene.gitorch("install").status == 0
    manager.install(scene.root)
    settle(scene)
    assert_their_hook_runs(scene)
    if manager.displaces and discover(scene.root).version < (2, 54, 0):
        seen = scene.gitorch("doctor")
        assert seen.status == 1
        assert "husky has set core.hooksPath" in seen.out
        assert not install.is_installed(discover(scene.root))
        assert scene.gitorch("doctor", "--fix").status == 0
    assert_guarded(scene)
    assert_their_hook_runs(scene)
    manager.install(scene.root)  # once more on top, as every `npm install` does
    assert_their_hook_runs(scene)
    assert_guarded(scene)
    assert scene.gitorch("uninstall").status == 0
    assert_their_hook_runs(scene)
    left = {name for name, (_, data) in files_of(scene / ".git/hooks").items() if b"gitorch" in data}
    assert left == set()
    ours = {name for name in files_of(scene / manager.hooks) if "gitorch" in name}
    assert ours == set()
    assert files_of(scene / manager.hooks).keys() == files_of(alone / manager.hooks).keys()


@each
def test_taken_away_again_while_the_guard_stays(scene: Scene, manager: Manager) -> None:
    """Each manager's own uninstall leaves the wall standing, or doctor says that it fell."""
    assert scene.gitorch("install").status == 0
    manager.install(scene.root)
    settle(scene)
    name = next(name for name, one in MANAGERS.items() if one is manager)
    if name == "husky":
        scene.git("config", "--unset", "core.hooksPath")
    else:
        assert scene.run(program(name), "uninstall").status == 0
    assert_guarded(scene)
