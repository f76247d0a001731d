"""The hooks mean the same under every sh, in long transactions too, and are clean for shellcheck."""

import shutil
from pathlib import Path

import pytest

from gitorch.adapters.guard.scripts import EVENTS, source_folder
from tests.scene import Scene, run, write
from tests.scene.guarded import Guarded, open_guarded

SHELLS = ("dash", "bash --posix", "bash", "busybox sh")


def interpreter(shell: str) -> list[str]:
    """The words behind `#!`; a skip where there is no such shell."""
    program, *words = shell.split()
    path = shutil.which(program)
    if not path:
        pytest.skip(f"{program} is not on this machine")
    return [path, *words]


def under(shell: str, root: Path) -> Guarded:
    """An open build whose hooks run under `shell`, after a kept hook that logs what it was given."""
    words = interpreter(shell)
    log = '#!/bin/sh\n{ echo "$0 $*"; cat; } >>../log\n'
    write(root / ".git" / "hooks" / "reference-transaction", log).chmod(0o755)
    guarded = open_guarded(root)
    first = ("#!" + " ".join(words)).encode()
    for folder in (root / ".git" / "hooks", guarded.repo.shared / "guard"):
        for event in EVENTS:
            hook = folder / event
            hook.write_bytes(first + hook.read_bytes().removeprefix(b"#!/bin/sh"))
    (root.parent / "log").unlink(missing_ok=True)
    return guarded


def refuses(root: Path, *words: str, env: dict[str, str] | None = None, stdin: str | None = None) -> bool:
    ran = run("git", *words, cwd=root, env=env, stdin=stdin)
    assert "not found" not in ran.err, ran.err
    return ran.status != 0 and ran.err.count("gitorch: refused") == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_the_rule_is_the_same_under_every_sh(scene: Scene, shell: str) -> None:
    guarded = under(shell, scene.root)
    scene.git("branch", "side", scene.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "s"))
    scene.write("new", "work\n")
    assert refuses(scene.root, "commit", "--allow-empty", "-m", "x")
    assert refuses(scene.root, "commit", "-n", "--allow-empty", "-m", "x")
    assert refuses(scene.root, "merge", "side")
    assert refuses(scene.root, "stash", "-u")
    assert refuses(scene.root, "update-ref", "refs/heads/build/x", "side")
    assert refuses(scene.root, "branch", "more", env={"GITORCH_WORKER": "W1.1"})
    for words in (("gc", "-q"), ("tag", "t"), ("branch", "more"), ("branch", "-D", "more"), ("reset", "-q")):
        scene.git(*words)
    assert guarded.tip() == guarded.base
    assert "refs/tags/t" in (scene.root.parent / "log").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("shell", SHELLS)
def test_a_long_transaction_is_judged_and_handed_on_whole(scene: Scene, shell: str) -> None:
    guarded = under(shell, scene.root)
    base, zero = guarded.base, "0" * len(guarded.base)
    side = scene.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "s")
    many = "".join(f"create refs/heads/b{n} {base}\n" for n in range(300))
    assert refuses(scene.root, "update-ref", "--stdin", stdin=f"{many}update refs/heads/build/x {side}\n")
    assert refuses(scene.root, "update-ref", "--stdin", stdin=many, env={"GITORCH_WORKER": "W1.1"})
    log = scene.root.parent / "log"
    log.unlink(missing_ok=True)
    scene.git("update-ref", "--stdin", stdin=many)
    handed = log.read_text()
    assert handed.count(f"{zero} {base} refs/heads/b") >= 300
    assert "prepared" in handed
    ran = scene.run("git", "pack-refs", "--all", "--prune", env={"GITORCH_WORKER": "W1.1"})
    assert (ran.status, ran.err) == (0, "")
    assert len(scene.git("for-each-ref").splitlines()) == 302
    assert guarded.tip() == base


def test_the_hooks_are_clean_for_shellcheck() -> None:
    ran = run("shellcheck", *map(str, sorted(source_folder().iterdir())), cwd=source_folder().parent)
    assert (ran.status, ran.out) == (0, "")
