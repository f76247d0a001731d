"""B1 and B2: what a report claimed and what is not there any more is told at once, and does not land."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from gitorch.actions.snapshot import snapshot
from gitorch.actions.workplace import find_build
from tests.actions.test_read_only import read_only
from tests.actions.test_recording import decided
from tests.scene import FOLDER, SLUG, Scene, shell, write

PLAN = {
    "name": "Calendar",
    "workers": [
        {"id": "schema", "description": "Define tables"},
        {"id": "routes", "description": "Show pages"},
        {"id": "views", "description": "Show months", "dependencies": ["schema"]},
    ],
}


def issues(scene: Scene) -> dict[str, list[str]]:
    """Code → messages of what `status` says is lost."""
    found: dict[str, list[str]] = {}
    for issue in json.loads(scene.do("status", "--json").out)["issues"]:
        found.setdefault(issue["code"], []).append(issue["message"])
    return found


@pytest.fixture
def delivered(scene: Scene) -> Scene:
    """W1.1 edited a file and wrote another, W2.1 edited a third; both are recorded."""
    scene.commit({"src/a": "base\n"})
    scene.open_build()
    scene.write("src/a", "by W1.1\n")
    scene.write("src/new", "new\n")
    scene.write("README", "by W2.1\n")
    scene.deliver("W1.1", ["src/a", "src/new"])
    scene.deliver("W2.1", ["README"])
    scene.do("sync")
    return scene


def test_b2_a_report_whose_files_went_back_to_the_base_does_not_land(delivered: Scene) -> None:
    delivered.git("checkout", "--", "src")
    told = issues(delivered)

    ran = delivered.refused("finalize", says="keeps build calendar-v2 from landing")

    assert told["vanished-claim"] == ["src/a that W1.1 reported is back at the base"]
    assert "src/a that W1.1 reported is back at the base" in ran.err
    assert f"gitorch restore --project {SLUG} --from W1.1 :/src/a" in ran.err
    assert f"gitorch accept --project {SLUG} W1.1 :/src/a" in ran.err


def test_b2_the_worker_stays_complete_and_status_review_and_the_records_say_it(delivered: Scene) -> None:
    (delivered / "src/new").unlink()
    delivered.do("sync")

    review = delivered.gitorch("review")

    status = delivered.do("status")
    said = "src/new that W1.1 reported is missing"
    assert said in status.out
    assert f"next: gitorch restore --project {SLUG} --from W1.1 :/src/new" in status.err
    assert (review.status, said in review.out) == (1, True)
    assert said in (delivered / FOLDER / "STATUS.md").read_text()
    assert "- [x] W1.1" in (delivered / FOLDER / "STATUS.md").read_text()


def test_b2_what_another_worker_overwrote_is_told_and_lands(delivered: Scene) -> None:
    delivered.write("src/a", "by W2.1, who did not say so\n")

    told = issues(delivered)

    landed = delivered.do("finalize")
    assert told == {"altered-claim": ["src/a differs from what W1.1 reported"]}
    assert "warning: src/a differs from what W1.1 reported" in landed.err


def test_b2_an_altered_file_does_not_land_where_the_policy_says_so(scene: Scene) -> None:
    scene.open_build("claims: {altered: error}\n")
    scene.deliver_all()
    scene.do("sync")
    scene.write("README", "changed\n")

    scene.refused("finalize", says="README differs from what W2.1 reported")


def test_b2_a_deletion_that_was_undone_is_vanished(scene: Scene) -> None:
    scene.open_build()
    (scene / "README").unlink()
    scene.deliver("W1.1", ["README"])
    scene.do("sync")
    scene.git("checkout", "--", "README")

    assert issues(scene) == {"vanished-claim": ["README that W1.1 reported is back at the base"]}


def test_b1_after_reset_hard_every_worker_s_loss_is_one_issue(delivered: Scene) -> None:
    folder = delivered / FOLDER
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    delivered.git("reset", "--hard", "-q")
    for path, data in kept.items():  # the records are another test's matter
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    told = issues(delivered)

    assert told["vanished-claim"] == [
        "src/a that W1.1 reported is back at the base",
        "README that W2.1 reported is back at the base",
    ]


def test_a_formatter_over_thirty_files_is_one_line(scene: Scene) -> None:
    scene.open_build()
    names = [f"src/{number:02}.py" for number in range(30)]
    for name in names:
        scene.write(name, "x=1\n")
    scene.deliver("W1.1", ["src/"])
    scene.write("README", "r\n")
    scene.deliver("W2.1", ["README"])
    scene.do("sync")
    for name in names:
        scene.write(name, "x = 1\n")

    review = scene.do("review")

    assert issues(scene) == {"altered-claim": ["30 files differ from what W1.1 reported"]}
    assert review.out.count("differ from what") == 1
    assert "    src/29.py\n" in review.out


def test_a_dependent_worker_may_rename_what_an_earlier_one_wrote(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/old", "by W1.1\n")
    scene.deliver("W1.1", ["src/old"])
    scene.do("sync")
    (scene / "src/old").rename(scene / "src/new")
    scene.deliver("W2.1", ["src/new", "src/old"])

    told = issues(scene)

    scene.do("finalize")
    assert told == {}
    assert scene.git("ls-tree", "--name-only", "HEAD", "src/") == "src/new"


def test_a_renamed_file_may_be_claimed_by_its_new_name_alone(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/old", "".join(f"line {number}\n" for number in range(40)))
    scene.deliver("W1.1", ["src/old"])
    scene.do("sync")
    scene.write("src/new", (scene / "src/old").read_text() + "one more\n")
    (scene / "src/old").unlink()
    lost = issues(scene)
    scene.deliver("W2.1", ["src/new"])

    told = issues(scene)

    scene.do("finalize")
    assert list(lost) == ["vanished-claim"]
    assert told == {}


def test_a_worker_that_depends_on_no_other_explains_nothing(scene: Scene) -> None:
    scene.write("plan.json", json.dumps(PLAN))
    scene.do("install")
    scene.do("init", "--project", SLUG, "--plan-file", "plan.json")
    scene.write("src/old", "by W1.1\n")
    scene.deliver("W1.1", ["src/old"])
    scene.do("sync")
    (scene / "src/old").rename(scene / "src/new")
    scene.deliver("W1.2", ["src/new", "src/old"])

    assert issues(scene)["vanished-claim"] == ["src/old that W1.1 reported is missing"]


def test_what_a_later_report_explained_is_held_against_that_one(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/a", "by W1.1\n")
    scene.deliver("W1.1", ["src/a"])
    scene.do("sync")
    scene.write("src/a", "by W2.1\n")
    scene.deliver("W2.1", ["src/a"])
    scene.do("sync")
    before = issues(scene)
    scene.write("src/a", "by nobody\n")

    assert before == {}
    assert issues(scene) == {"altered-claim": ["src/a differs from what W2.1 reported"]}


def test_nothing_is_altered_while_a_worker_that_owns_the_file_is_at_work(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/a", "by W1.1\n")
    scene.deliver("W1.1", ["src/a"])
    scene.do("sync")
    brief = next((scene / FOLDER / "workers").glob("W2.1*"))
    brief.write_text(brief.read_text().replace("**Output:**", "**Output:** `src/` and"))
    scene.do("launch", "W2.1")
    scene.write("src/a", "W2.1 begins\n")
    working = issues(scene)
    (scene / "src/a").unlink()

    assert working == {}
    assert list(issues(scene)) == ["vanished-claim"]


def test_an_accepted_file_lands_and_the_word_can_be_taken_back(delivered: Scene) -> None:
    delivered.git("checkout", "--", "src/a")
    done = delivered.do("accept", "W1.1", "src/a")
    accepted = issues(delivered)
    delivered.do("accept", "W1.1", "src/a", "--undo")
    undone = issues(delivered)
    delivered.do("accept", "--all")

    delivered.do("finalize")

    assert f"undo: gitorch accept W1.1 src/a --project {SLUG} --undo" in done.err
    assert (accepted, list(undone)) == ({}, ["vanished-claim"])


def test_what_was_accepted_is_told_again_once_it_changes_again(delivered: Scene) -> None:
    delivered.write("src/a", "once\n")
    delivered.do("accept", "W1.1")
    delivered.write("src/a", "twice\n")

    assert list(issues(delivered)) == ["altered-claim"]
    (one,) = decided(delivered).accepted
    assert (one.worker, one.path) == ("W1.1", "src/a")


def test_only_the_person_accepts_and_only_what_differs(delivered: Scene) -> None:
    delivered.refused("accept", "W1.1", "src/a", says="src/a of W1.1 holds what was reported")
    delivered.refused("accept", "--all", says="every file holds what was reported")
    delivered.write("src/a", "changed\n")

    delivered.refused("accept", "W1.1", says="may not accept", env={"GITORCH_WORKER": "W1.1"})
    delivered.refused("accept", "W1.1", "README", says="README of W1.1 holds what was reported")


def test_a_report_whose_files_were_destroyed_before_anybody_looked_does_not_count(scene: Scene) -> None:
    scene.commit({"src/a": "base\n"})
    scene.open_build()
    scene.write("src/a", "by W1.1\n")
    scene.write("src/new", "new\n")
    scene.do("snapshot")  # as the last instant takes one
    scene.git("checkout", "--", ".")
    (scene / "src/new").unlink()
    scene.deliver("W1.1", ["src/a", "src/new"])
    ready = scene.do("ready").out
    told = issues(scene)
    scene.write("src/a", "by W1.1\n")
    scene.write("src/new", "new\n")

    restored = issues(scene)

    assert told == {
        "destroyed-claim": [
            "2 files that W1.1 claims are missing or back at the base, and were not when a snapshot was taken"
        ]
    }
    assert "W2.1" not in ready
    assert restored == {}
    assert [report.worker for report in decided(scene).reports] == ["W1.1"]


def test_a_destroyed_report_counts_once_the_person_accepts_it(scene: Scene) -> None:
    scene.open_build()
    scene.write("README", "by W1.1, who thought better of it\n")
    scene.do("snapshot")
    scene.git("checkout", "--", "README")
    scene.deliver("W1.1", ["README"])
    told = scene.do("status")

    scene.do("accept", "W1.1")

    assert f"gitorch restore --lost --project {SLUG}" in told.out
    assert issues(scene) == {}
    assert "W2.1" in scene.do("ready").out


def test_it_is_told_where_git_s_directory_cannot_be_written(delivered: Scene) -> None:
    if sys.platform != "linux" or read_only(delivered / ".git", "true").status != 0:
        pytest.skip("a private mount needs Linux with user namespaces")
    delivered.git("checkout", "--", "src/a")

    ran = read_only(delivered / ".git", sys.executable, "-m", "gitorch", "status")

    assert "src/a that W1.1 reported is back at the base" in ran.out


def test_a_build_without_git_accepts_nothing(scene: Scene) -> None:
    scene.write("plan.json", json.dumps(PLAN))
    scene.do("init", "--project", "text", "--type", "content", "--plan-file", "plan.json")

    ran = scene.gitorch("accept", "--all", "--project", "text")

    assert ran.status == 2
    assert "build text is of type content and uses no git" in ran.err


def test_a_restore_brings_back_what_was_reported_as_the_hint_says(delivered: Scene) -> None:
    delivered.git("checkout", "--", "src/a")
    (delivered / "src/new").unlink()
    status = delivered.do("status").err
    hint = next(line for line in status.splitlines() if line.startswith("next: gitorch restore"))

    delivered.do(*hint.removeprefix("next: gitorch ").split())

    assert issues(delivered) == {}
    assert (delivered / "src/a").read_text() == "by W1.1\n"


@pytest.mark.parametrize("command", ["restore", "accept"])
def test_b5_the_hint_with_a_path_is_right_in_every_folder(delivered: Scene, command: str) -> None:
    delivered.write("src/src/a", "another one of the same name\n")
    delivered.git("checkout", "--", "src/a")
    status = delivered.gitorch("status").out
    hint = next(line for line in status.splitlines() if f"gitorch {command} --project" in line)
    words = hint[hint.index(f"gitorch {command}") :].split()[1:]

    ran = shell.orch(delivered / "src", *words)

    assert (ran.status, issues(delivered)) == (0, {})
    assert words[-1] == ":/src/a"


def test_a_path_is_from_the_current_folder(delivered: Scene) -> None:
    delivered.git("checkout", "--", "src/a")

    assert shell.orch(delivered / "src", "accept", "W1.1", "src/a").status == 1
    assert shell.orch(delivered / "src", "accept", "W1.1", "a").status == 0


def test_b5_restoring_a_worker_takes_the_snapshot_in_which_its_report_was_recorded(delivered: Scene) -> None:
    (recorded,) = [it.snapshot for it in decided(delivered).reports if it.worker == "W1.1"]
    delivered.write("src/a", "by nobody\n")
    snapshot(find_build(delivered.root, None), "of the same report", reports=["W1.1 " + 64 * "0"])

    told = json.loads(delivered.do("restore", "--from", "W1.1", "--json").out)

    assert (delivered / "src/a").read_text() == "by W1.1\n"
    assert told["restored"] == [{"path": "src/a", "from": recorded, "deleted": False}]


def gits(scene: Scene, *words: str) -> list[str]:
    """The git commands that a gitorch command starts."""
    folder, log = scene.root.with_name("bin"), scene.root.with_name("gits")
    real = scene.run("sh", "-c", "command -v git").out.strip()
    write(folder / "git", f'#!/bin/sh\necho "$*" >>{log}\nexec {real} "$@"\n').chmod(0o755)
    log.write_text("")
    assert scene.gitorch(*words, env={"PATH": f"{folder}:{Path(real).parent}:/usr/bin:/bin"}).status == 0
    return log.read_text().splitlines()


def gits_at_rest(scene: Scene) -> list[str]:
    """The gits of a look at files that were not written a moment ago: those are read again."""
    return min((gits(scene, "status") for _ in range(20)), key=len)


def test_a_look_at_a_thousand_claims_starts_as_many_gits_as_at_one(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/0", "0\n")
    scene.deliver("W1.1", ["src/"])
    scene.do("sync")
    scene.do("status")
    at_one = gits_at_rest(scene)
    for number in range(1, 1000):
        scene.write(f"src/{number}", f"{number}\n")
    scene.deliver("W1.1", ["src/"], concerns=["a thousand files"])
    scene.do("sync")
    scene.do("status")
    at_thousand = gits_at_rest(scene)
    shutil.rmtree(scene / "src")

    at_a_loss = gits(scene, "status")

    assert len(at_thousand) == len(at_one)
    assert not any("hash-object" in words or "diff" in words for words in at_one)
    assert len(at_a_loss) <= len(at_one) + 3
