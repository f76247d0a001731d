"""Records that are missing are read from the newest snapshot that has them; a stash with them is named."""

import shutil
from collections.abc import Callable

import pytest

from tests.scene import BRANCH, FOLDER, SLUG, Scene
from tests.scene.picture import files

RESTORE = f"gitorch restore --lost --project {SLUG}"


def all_files(scene: Scene) -> dict[str, tuple[str, bytes]]:
    """Every file with its mode; not below `.git`."""
    return {name: held for name, held in files(scene.root, without=(".git",)) if not name.endswith("/")}


def hooks_off(scene: Scene, *words: str) -> str:
    return scene.git("-c", "core.hooksPath=", *words)


def without_snapshots(scene: Scene) -> None:
    """As where none could be taken: the chain is no more."""
    scene.git("update-ref", "-d", f"refs/gitorch/snapshots/{SLUG}")
    (scene / f".git/gitorch/chain/{SLUG}").unlink(missing_ok=True)


LOSSES: dict[str, Callable[[Scene], object]] = {
    "reset --hard": lambda s: hooks_off(s, "reset", "-q", "--hard"),
    "checkout -f main": lambda s: hooks_off(s, "checkout", "-qf", "main"),
    "git rm -rf .": lambda s: s.git("rm", "-rfq", "."),
    "rm -rf N5": lambda s: shutil.rmtree(s / "N5"),
    "rm -rf workers": lambda s: shutil.rmtree(s / f"{FOLDER}/workers"),
    "rm one brief": lambda s: (s / f"{FOLDER}/workers/W2.1-views.md").unlink(),
    "empty one brief": lambda s: s.write(f"{FOLDER}/workers/W2.1-views.md", ""),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_b1_commands_read_on_without_the_records_and_the_hint_brings_them_back(
    scene: Scene, loss: str
) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.do("sync")
    scene.do("snapshot")
    before = all_files(scene)
    LOSSES[loss](scene)

    looks = [scene.do(*words) for words in (("status",), ("list",), ("ready",))]
    review, doctor = scene.gitorch("review"), scene.gitorch("doctor")
    refused = [scene.refused(word, says="missing or empty") for word in ("sync", "finalize")]
    scene.do("restore", "--lost")

    assert "W2.1" in looks[0].out
    assert SLUG in looks[1].out
    for ran in (looks[0], review, doctor, *refused):
        assert RESTORE in ran.out + ran.err, ran
        assert "git restore" not in ran.out + ran.err
    assert all_files(scene) == before
    assert RESTORE not in scene.do("status").out


def test_b1_records_that_only_the_index_has_come_back(scene: Scene) -> None:
    scene.open_build()
    before = all_files(scene)
    without_snapshots(scene)
    shutil.rmtree(scene / "N5")

    told = scene.do("status")
    scene.do("restore", "--lost")

    assert RESTORE in told.out
    assert all_files(scene) == before


def test_b1_a_report_that_was_deleted_by_hand_and_a_record_that_is_rendered_are_no_loss(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.do("sync")
    (scene / f"{FOLDER}/completions/W2.1.json").unlink()
    (scene / f"{FOLDER}/meta.json").unlink()
    (scene / f"{FOLDER}/plan.json").unlink()

    scene.do("sync")

    assert (scene / f"{FOLDER}/plan.json").exists()
    assert not (scene / f"{FOLDER}/completions/W2.1.json").exists()


def test_b1_an_abort_keeps_the_records_that_a_snapshot_has(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.do("sync")
    scene.do("snapshot")
    brief = (scene / f"{FOLDER}/workers/W1.1-schema.md").read_text()
    shutil.rmtree(scene / "N5")

    scene.do("abort")
    scene.do("reopen", "--project", SLUG)

    assert (scene / f"{FOLDER}/workers/W1.1-schema.md").read_text() == brief
    assert "complete" in scene.do("status").out


@pytest.mark.parametrize("options", [(), ("--include-untracked",)])
def test_b4_a_stash_that_holds_the_build_is_named_with_the_command_that_brings_it_back(
    scene: Scene, options: tuple[str, ...]
) -> None:
    scene.open_build()
    scene.write("README", "by a worker\n")
    before = all_files(scene)
    hooks_off(scene, "stash", "push", "-q", *options)
    without_snapshots(scene)

    ran = scene.refused("status", says="no snapshot has them; stash@{0} has")
    command = ran.err.split(", run: ")[1].splitlines()[0]
    done = scene.run("sh", "-c", command)

    assert done.status == 0, done
    assert all_files(scene) == before
    assert scene.do("status").err.count("error") == 0


def test_b4_a_dropped_stash_is_found_too(scene: Scene) -> None:
    scene.open_build()
    hooks_off(scene, "stash", "push", "-q")
    commit = scene.git("rev-parse", "refs/stash")
    hooks_off(scene, "stash", "drop", "-q")
    without_snapshots(scene)

    ran = scene.refused("status", says=f"no snapshot has them; {commit[:12]} has")
    command = ran.err.split(", run: ")[1].splitlines()[0]
    scene.run("sh", "-c", command)

    assert "W2.1" in scene.do("status").out


def test_b4_where_the_records_are_nowhere_the_build_can_be_closed(scene: Scene) -> None:
    scene.open_build()
    hooks_off(scene, "reset", "-q", "--hard")
    without_snapshots(scene)

    ran = scene.refused(
        "status", says="the records of build calendar-v2 are missing, and no snapshot has them"
    )
    scene.refused("restore", "--lost", says="no snapshot has them")
    scene.do("abort")

    assert f"gitorch abort --project {SLUG}" in ran.err
    assert scene.git("symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
