"""When snapshots are taken of themselves, and what becomes of them once their build is closed."""

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from tests.scene import FOLDER, PLAN, SLUG, Scene

REF = f"refs/gitorch/snapshots/{SLUG}"
EARLIER = f"refs/gitorch/earlier-snapshots/{SLUG}/"
DAY = 24 * 60 * 60


def subjects(scene: Scene, ref: str = REF) -> list[str]:
    """Why each snapshot was taken, newest first."""
    return scene.git("log", "--first-parent", "--format=%s", f"main..{ref}").split("\n")


def refs_of(scene: Scene, prefix: str) -> list[str]:
    return scene.git("for-each-ref", "--format=%(refname)", prefix).split()


def passed(scene: Scene, days: float) -> None:
    """Have the build be closed `days` ago."""
    then = time.time() - days * DAY
    os.utime(scene / f".git/gitorch/decided/{SLUG}", (then, then))
    (scene / ".git/gitorch/prune").touch()


def test_each_command_after_which_something_may_be_lost_says_why_it_took_one(scene: Scene) -> None:
    scene.open_build()
    scene.write("a", "1\n")
    scene.do("launch", "W1.1")
    scene.write("a", "2\n")
    scene.do("worker", "edit", "W2.1", "--title", "Months")
    scene.write("a", "3\n")
    scene.do("abort", "--discard-files")

    assert subjects(scene) == [
        "before abort",
        "before a change of workers/W2.1-views.md",
        "launch of W1.1",
    ]
    assert scene.git("show", f"{REF}:a") == "3"


def test_finalize_takes_one_whatever_comes_of_it(scene: Scene) -> None:
    scene.ready_build("validators: [{name: never, command: 'false'}]\n")

    refused = scene.gitorch("finalize")

    assert refused.status == 1
    assert "before finalize" in subjects(scene)


def test_doctor_takes_one_before_it_restores_files(scene: Scene) -> None:
    scene.ready_build()
    scene.git("-c", "core.hooksPath=/dev/null", "checkout", "-q", "-B", "elsewhere", "main", check=False)
    scene.write("src/schema.py", "written since\n")

    scene.do("doctor", "--fix")

    assert subjects(scene)[0] == "before doctor --fix"
    assert scene.git("show", f"{REF}:src/schema.py") == "written since"


def test_a_snapshot_that_fails_keeps_gitorch_from_overwriting_and_nobody_from_an_abort(scene: Scene) -> None:
    scene.open_build()
    scene.git("config", "filter.broken.clean", "false")
    scene.git("config", "filter.broken.required", "true")
    scene.write(".gitattributes", "*.enc filter=broken\n")
    scene.write("a.enc", "a\n")

    edited = scene.gitorch("worker", "edit", "W2.1", "--title", "Months")
    launched = scene.gitorch("launch", "W1.1")
    discarded = scene.gitorch("abort", "--discard-files")
    aborted = scene.gitorch("abort")

    assert [ran.status for ran in (edited, launched, discarded, aborted)] == [1, 0, 1, 0]
    assert "no snapshot was taken" in edited.err
    assert "warning: no snapshot was taken: the files of the working tree cannot be read" in launched.err
    assert "note: a.enc is left as it is, and is not in the snapshot: cannot be read" in aborted.err
    assert "Months" not in (scene / FOLDER / "workers/W2.1-views.md").read_text()


def test_what_is_excluded_is_in_no_kept_work_and_is_not_discarded(scene: Scene) -> None:
    scene.open_build("snapshots: {exclude: ['*.env']}\n")
    scene.write("secret.env", "password\n")

    aborted = scene.do("abort", "--discard-files")

    assert "note: secret.env is left as it is, and is not in the snapshot: excluded" in aborted.err
    assert (scene / "secret.env").read_text() == "password\n"
    assert scene.git("cat-file", "-t", scene.git("hash-object", "secret.env"), check=False) == ""


def test_reopen_goes_on_with_the_chain(scene: Scene) -> None:
    scene.ready_build()
    scene.do("finalize")
    before = scene.git("rev-parse", REF)
    scene.do("reopen")
    scene.write("more", "m\n")
    scene.do("snapshot")

    assert before in scene.git("rev-list", "--first-parent", REF).split()


def test_where_the_chain_was_pruned_it_begins_with_the_build_commit(scene: Scene) -> None:
    scene.ready_build()
    scene.do("finalize")
    commit = scene.git("rev-parse", "HEAD")
    passed(scene, 31)
    scene.do("reopen")
    scene.write("more", "m\n")
    scene.do("snapshot")

    assert scene.git("rev-list", "--first-parent", f"main..{REF}").split()[-1] == commit


def test_a_new_build_of_that_name_begins_a_chain_and_the_older_one_stays(scene: Scene) -> None:
    base = scene.open_build()
    scene.write("a", "1\n")
    scene.do("snapshot", "-m", "of the first")
    scene.do("abort", "--discard-files")
    before = scene.git("rev-parse", REF)
    scene.git("checkout", "-q", "main")
    scene.git("branch", "-q", "-D", f"build/{SLUG}")
    scene.write("plan.json", json.dumps(PLAN))
    scene.do("init", "--project", SLUG, "--plan-file", "plan.json")
    scene.do("snapshot", "-m", "of the second")

    (earlier,) = refs_of(scene, EARLIER)

    assert scene.git("rev-parse", earlier) == before
    assert subjects(scene)[-1] == "of the second"
    assert scene.git("merge-base", REF, earlier) == base


@pytest.mark.parametrize(("days", "stays"), [(29, True), (31, False)])
def test_the_snapshots_of_a_closed_build_are_kept_for_their_time(
    scene: Scene, days: int, *, stays: bool
) -> None:
    scene.ready_build()
    scene.do("finalize")
    passed(scene, days)

    scene.do("status", "--project", SLUG)
    looked = refs_of(scene, REF)
    scene.do("doctor")

    assert looked == [REF]
    assert (refs_of(scene, REF) == [REF]) is stays
    assert (scene / f".git/gitorch/chain/{SLUG}").exists() is stays


def test_what_was_aborted_and_what_is_open_is_not_pruned(scene: Scene) -> None:
    scene.open_build("snapshots: {keep: 0}\n")
    scene.do("snapshot")
    passed(scene, 100)
    scene.do("doctor")
    open_one = refs_of(scene, REF)
    scene.do("abort", "--discard-files")
    scene.do("doctor")

    assert open_one == [REF]
    assert refs_of(scene, REF) == []
    assert refs_of(scene, "refs/gitorch/aborted/") == [f"refs/gitorch/aborted/{SLUG}/1"]


def test_a_chain_that_was_moved_is_said_and_restored(scene: Scene) -> None:
    scene.open_build()
    scene.do("snapshot")
    last = scene.git("rev-parse", REF)
    scene.git("update-ref", "-d", REF)

    said = scene.gitorch("status")
    looked = scene.gitorch("doctor")
    scene.do("doctor", "--fix")

    assert f"{REF} was moved or deleted by another program" in said.out
    assert f"{REF} was moved or deleted by another program" in looked.out
    assert scene.git("rev-parse", REF) == last


def test_doctor_says_what_they_take_up(scene: Scene) -> None:
    scene.open_build()
    scene.write("random", os.urandom(1 << 20).hex())
    scene.do("snapshot")

    said = scene.do("doctor")

    assert "1 snapshot: 1." in said.out
    assert "MiB, beside what branches and tags have" in said.out


def test_a_copy_of_a_repository_and_one_that_was_moved_have_chains_of_their_own(
    scene: Scene, tmp_path: Path
) -> None:
    scene.open_build()
    scene.do("snapshot")
    last = scene.git("rev-parse", REF)
    copy = Scene(Path(shutil.copytree(scene.root, tmp_path / "copy", symlinks=True)))
    moved = Scene(scene.root.rename(tmp_path / "moved"))

    for there in (copy, moved):
        there.write("a", there.root.name)
        there.do("snapshot")
        assert there.git("rev-parse", f"{REF}~1") == last
        assert there.git("show", f"{REF}:a") == there.root.name


def test_a_build_without_git_says_what_it_cannot_do(tmp_path: Path) -> None:
    place = Scene(tmp_path)
    place.write("plan.json", json.dumps(PLAN))
    place.do("init", "--project", SLUG, "--plan-file", "plan.json", "--type", "content")

    said = place.gitorch("snapshot")

    assert said.status != 0
    assert (
        said.err == f"error: build {SLUG} is of type content and uses no git: there are no snapshots of it\n"
    )
