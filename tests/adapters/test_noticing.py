"""A mass loss is noticed: by a watcher within two seconds, by other commands at their next look."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitorch.actions.watch import _Watcher
from gitorch.actions.workplace import find_build
from gitorch.adapters import struck
from gitorch.adapters.git.repository import Repository
from tests.adapters.test_watch import Watcher
from tests.scene import FOLDER, SLUG, Scene

LOSS = f"of build {SLUG} are back at the base, empty or missing"
NAMES = [f"src/{name}" for name in "abcde"]


@pytest.fixture
def work(scene: Scene) -> Scene:
    """An open build with five changed and two new files, of which no report says anything."""
    scene.commit({name: f"base of {name}\n" for name in NAMES})
    scene.open_build()
    write_all(scene, "work\n")
    return scene


@pytest.fixture
def watcher(work: Scene) -> Iterator[Watcher]:
    work.do("snapshot")
    running = Watcher(work.root)
    running.wait_for("ready: W1.1")
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.ended()


def write_all(scene: Scene, text: str) -> None:
    for name in (*NAMES, "new/f", "new/g"):
        scene.write(name, f"{name}: {text}")


def git(*words: str) -> Callable[[Scene], object]:
    return lambda scene: scene.git("-c", "core.hooksPath=/dev/null", *words)


def empty_all(scene: Scene) -> None:
    for name in NAMES:
        (scene / name).write_text("")


STRIKES = {
    "B2 checkout": (git("checkout", "--", "."), 5),
    "B1 reset": (git("reset", "--hard"), 13),
    "B3 rm": (lambda scene: shutil.rmtree(scene / "src"), 5),
    "B3 emptied": (empty_all, 5),
}


@pytest.mark.parametrize("strike", ["B1 reset", "B2 checkout", "B3 rm", "B3 emptied"])
def test_b1_b2_b3_a_watcher_says_within_two_seconds_what_was_lost(
    work: Scene, watcher: Watcher, strike: str
) -> None:
    destroy, number = STRIKES[strike]
    waited = []
    for turn in range(3):  # the best of three: the machine may be busy with something else
        write_all(work, f"work {turn}\n")
        work.do("snapshot")
        destroy(work)
        start = time.monotonic()
        line = watcher.wait_for(LOSS)
        waited.append(time.monotonic() - start)
        assert line.startswith(f"{number} files ")
        assert "gitorch restore --lost" in watcher.wait_for("hint: to restore every one of them")
        if waited[-1] < 2:
            break
        work.do("restore", "--lost")
        watcher.wait_for("fixed: ")

    work.do("restore", "--lost")

    assert min(waited) < 2
    assert (work / "src/a").read_text() == f"src/a: work {turn}\n"
    watcher.wait_for(f"fixed: {number} files")


def test_what_workers_do_to_their_own_files_is_no_mass_loss(work: Scene, watcher: Watcher) -> None:
    (work / "src/a").write_text("base of src/a\n")
    (work / "src/b").unlink()
    for name in ("src/c", "src/d", "new/f", "new/g"):  # as editors write
        work.write(f"{name}.tmp", f"{name} again\n")
        (work / f"{name}.tmp").replace(work / name)
    work.do("snapshot")
    (work / "new").rename(work / "moved")
    work.do("snapshot")
    for name in ("src/c", "src/d", "src/e"):
        work.write(name, "base of it\n")
    work.do("restore", "--from", work.git("rev-parse", f"refs/gitorch/snapshots/{SLUG}^"), "src")

    shutil.rmtree(work / "moved")

    assert watcher.wait_for(LOSS).startswith("6 files ")  # two under both of their names
    assert sum(LOSS in line for line in watcher.seen) == 1


def test_the_end_of_a_build_is_no_loss(work: Scene, watcher: Watcher) -> None:
    work.do("abort", "--discard-files")

    watcher.wait_for(f"build {SLUG} is closed, and its folder was discarded")

    assert watcher.ended() == 0
    assert watcher.seen[1:] == [watcher.seen[-1]]


def test_records_that_git_rewrites_are_not_read_half_written(work: Scene) -> None:
    watcher = _Watcher(find_build(work.root, None))
    watcher.sync()
    report = work.write(f"{FOLDER}/completions/W1.1.json", "{")
    os.utime(report, (0, 0))
    lock = work.write(".git/index.lock", "")

    half_written = watcher.look(changed=True)
    lock.unlink()
    whole = watcher.look(changed=False)

    assert half_written == []
    assert any("completions/W1.1.json" in line for line in whole)


def told(scene: Scene) -> dict[str, bool]:
    """Which looks tell of a loss."""
    status, listed = (json.loads(scene.gitorch(name, "--json").out) for name in ("status", "list"))
    codes = {
        "status": status["issues"],
        "list": listed["builds"][0]["issues"],
        "review": json.loads(scene.gitorch("review", "--json").out)["issues"],
        "sync": json.loads(scene.gitorch("sync", "--json").out)["lost"],
    }
    found = {name: "lost-files" in [issue["code"] for issue in issues] for name, issues in codes.items()}
    return {**found, "ready": LOSS in scene.gitorch("ready").err}


def test_every_look_tells_of_a_loss_by_git_until_it_is_restored(work: Scene) -> None:
    git("checkout", "--", ".")(work)
    lost = told(work)
    work.do("restore", "--lost")
    restored = told(work)

    assert set(lost.values()) == {True}
    assert set(restored.values()) == {False}


def test_a_snapshot_by_hand_says_that_the_files_are_meant_so(work: Scene) -> None:
    git("checkout", "--", ".")(work)
    (hint,) = (line for line in work.do("status").out.splitlines() if "leave the files as they are" in line)
    work.do(*hint.partition("run: gitorch ")[2].split())

    assert LOSS not in work.do("status").out
    assert "src/a" in work.do("restore", "--lost", "--dry-run").out


def test_a_command_that_destroyed_nothing_is_looked_at_until_it_has_surely_ended(work: Scene) -> None:
    repo = Repository.discover(work.root)
    assert repo
    git("checkout", "build/" + SLUG)(work)

    assert LOSS not in work.do("status").out
    assert struck.is_noted(repo)
    os.utime(work / ".git/gitorch/struck", (0, 0))
    assert LOSS not in work.do("status").out
    assert not struck.is_noted(repo)


def test_a_watcher_leaves_word_for_other_commands(work: Scene, watcher: Watcher) -> None:
    shutil.rmtree(work / "src")
    watcher.wait_for(LOSS)

    assert LOSS in work.do("status").out
    assert Path(work / ".git/gitorch/struck").exists()
    work.do("restore", "--lost")
    assert "fixed: 5 files" in watcher.wait_for("fixed")
