"""restore: whatever a snapshot holds comes back, byte for byte; nothing else is written or deleted."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitorch.actions.snapshot import snapshot
from gitorch.actions.workplace import find_build
from gitorch.adapters.git import chain, snapshots
from gitorch.adapters.git.repository import Repository
from gitorch.core.chain import write_message
from gitorch.transitions.restore import Restore
from gitorch.transitions.run import run
from tests.actions.test_recording import decided
from tests.scene import BRANCH, FOLDER, SLUG, Scene
from tests.scene.picture import files

Destroyer = Callable[[Scene], object]


def work(scene: Scene) -> None:
    """Files of several workers: changed, new, a program, a link, a strange name, the records, a note."""
    scene.write("src/kept.py", "as at the base\n")
    scene.write("src/a.py", "base\n")
    scene.commit({})
    scene.open_build()
    scene.write("README", "a project with a calendar\n")
    scene.write("src/a.py", "by W1.1\n")
    scene.write("src/new/deep.py", "new\n")
    scene.write("src/tool", "#!/bin/sh\n").chmod(0o755)
    scene.write('odd "name"\n', "odd\n")
    scene.write("empty", "")
    (scene / "src/link").symlink_to("new/deep.py")
    scene.deliver("W1.1", ["src/a.py", "src/new/", "src/tool"])
    scene.write(f"{FOLDER}/BUILD.md", (scene / f"{FOLDER}/BUILD.md").read_text() + "\nA note of mine.\n")
    scene.do("sync")
    scene.do("snapshot")


def tree(scene: Scene) -> dict[str, tuple[str, bytes]]:
    """Every file with its mode, and every folder; not below `.git`."""
    return dict(files(scene.root, without=(".git",)))


def hooks_off(scene: Scene, *words: str) -> str:
    return scene.git("-c", "core.hooksPath=", *words)


def empty_everything(scene: Scene) -> None:
    for name in ("README", "src/a.py", "src/tool", "src/new/deep.py"):
        scene.write(name, "")


DESTROYERS: dict[str, Destroyer] = {
    "checkout .": lambda s: s.git("checkout", "-q", "--", "."),
    "restore .": lambda s: s.git("restore", "--staged", "--worktree", "."),
    "reset --hard": lambda s: hooks_off(s, "reset", "-q", "--hard"),
    "add, reset --hard": lambda s: (s.git("add", "--all"), hooks_off(s, "reset", "-q", "--hard")),
    "clean -fdx": lambda s: s.git("clean", "-fdxq"),
    "git rm -r": lambda s: s.git("rm", "-rfq", "."),
    "rm -rf src": lambda s: shutil.rmtree(s / "src"),
    "rm -rf N5": lambda s: shutil.rmtree(s / "N5"),
    "emptied": empty_everything,
    "stash -u": lambda s: hooks_off(s, "stash", "-q", "-u"),
    "checkout -f main": lambda s: hooks_off(s, "checkout", "-qf", "main"),
    "checkout -f other": lambda s: hooks_off(s, "checkout", "-qf", "other"),
}


@pytest.mark.parametrize("destroyer", DESTROYERS)
def test_b3_what_a_destroyer_took_comes_back_byte_for_byte(scene: Scene, destroyer: str) -> None:
    scene.git("switch", "-qc", "other")
    scene.commit({"README": "other\n", "only-there": "x\n", "src/a.py": "other\n"})
    scene.git("switch", "-q", "main")
    work(scene)
    before = tree(scene)

    DESTROYERS[destroyer](scene)
    assert tree(scene) != before
    ran = scene.do("restore", "--lost")

    assert tree(scene) == before, ran
    assert scene.git("symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
    assert "nothing to restore" in scene.do("restore", "--lost").out
    assert scene.do("status").err.count("missing") == 0


REF = f"refs/gitorch/snapshots/{SLUG}"


def kept(scene: Scene) -> str:
    """The id of a snapshot that is taken now."""
    return scene.do("snapshot").out.strip()


def test_what_comes_back_is_from_the_newest_snapshot_that_has_it(scene: Scene) -> None:
    scene.open_build()
    scene.write("a", "first\n")
    kept(scene)
    scene.write("a", "second\n")
    second = kept(scene)
    (scene / "a").unlink()
    kept(scene)
    scene.write("b", "later\n")
    kept(scene)

    ran = scene.do("restore", "--lost")

    assert ran.out == f"restored a from {second[:12]}\n"
    assert (scene / "a").read_text() == "second\n"
    assert (scene / "b").read_text() == "later\n"


def test_a_dry_run_says_each_path_and_changes_nothing(scene: Scene) -> None:
    scene.open_build()
    scene.write("README", "edited\n")
    first = kept(scene)
    scene.git("checkout", "-q", "--", "README")
    before = scene.picture(without=(".git/gitorch/snapshots",))

    lost = scene.do("restore", "--lost", "--dry-run")
    whole = scene.do("restore", "--from", first, "--dry-run")

    assert lost.out == whole.out == f"write README from {first[:12]}\n"
    assert scene.picture(without=(".git/gitorch/snapshots",)) == before


def test_where_nothing_was_lost_nothing_changes(scene: Scene) -> None:
    scene.open_build()
    scene.write("a", "a\n")
    kept(scene)
    scene.write("a", "newer\n")
    before = scene.picture(without=(".git/gitorch/snapshots",))

    ran = scene.do("restore", "--lost")

    assert (ran.out, ran.err) == ("nothing to restore\n", "")
    assert scene.picture(without=(".git/gitorch/snapshots",)) == before


def test_a_restore_is_undone_by_what_it_names(scene: Scene) -> None:
    scene.open_build()
    scene.write("a", "first\n")
    scene.write("gone", "g\n")
    first = kept(scene)
    scene.write("a", "second\n")
    (scene / "gone").unlink()
    scene.write("new", "n\n")
    before = tree(scene)

    done = scene.do("restore", "--from", first)
    between = tree(scene)
    undo = done.err.splitlines()[-1].removeprefix("undo: gitorch ").split()
    scene.do(*undo)

    assert done.out.splitlines() == [
        f"restored a from {first[:12]}",
        f"restored gone from {first[:12]}",
        "deleted new",
    ]
    assert "new" not in between
    assert tree(scene) == before


def test_what_a_person_restored_is_not_lost(scene: Scene) -> None:
    scene.open_build()
    first = kept(scene)
    scene.write("README", "edited\n")
    scene.write("new", "n\n")
    scene.do("restore", "--from", first)

    ran = scene.do("restore", "--lost")

    assert ran.out == "nothing to restore\n"
    assert not (scene / "new").exists()


def test_only_a_whole_snapshot_deletes_and_never_what_it_does_not_know_to_be_absent(scene: Scene) -> None:
    scene.commit({".gitignore": "*.log\n"})
    scene.open_build("snapshots: {exclude: ['*.key'], max_file_bytes: 2000000}\n")
    scene.write("src/a", "a\n")
    scene.write("large", "x" * 2_000_001)
    first = kept(scene)
    scene.write("src/a", "edited\n")
    scene.write("src/new", "n\n")
    scene.write("noise.log", "ignored\n")
    scene.write("secret.key", "excluded\n")
    scene.write("large", "small by now\n")

    scene.do("restore", "--from", first, "src")
    by_path = tree(scene)
    scene.do("restore", "--from", first)

    assert {"src/new", "noise.log", "secret.key", "large"} <= by_path.keys()
    assert by_path["src/a"][1] == b"a\n"
    assert by_path.keys() - tree(scene).keys() == {"src/new"}


def test_a_worker_stands_for_the_snapshot_of_its_report_and_for_what_it_claims(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/one", "1\n")
    scene.write("lib/deep/two", "2\n")
    scene.write("other", "of nobody\n")
    scene.deliver("W1.1", ["src/one", "lib/"])
    scene.do("sync")
    taken = decided(scene).reports[0].snapshot
    for name in ("src/one", "lib/deep/two", "other"):
        scene.write(name, "overwritten\n")

    ran = scene.do("restore", "--from", "schema")

    assert ran.out.splitlines() == [
        f"restored lib/deep/two from {taken[:12]}",
        f"restored src/one from {taken[:12]}",
    ]
    assert (scene / "other").read_text() == "overwritten\n"


def reported(scene: Scene) -> str:
    """The snapshot in which the report of W1.1 is recorded now."""
    build = find_build(scene.root, None)
    digest = build.read_state().workers[0].digest
    return snapshot(build, "W1.1 reported complete", reports=[f"W1.1 {digest}"]).commit


def test_a_later_report_explains_what_it_claims_as_deleted(scene: Scene) -> None:
    scene.open_build()
    scene.write("renamed", "r\n")
    scene.write("destroyed", "d\n")
    kept(scene)
    (scene / "renamed").rename(scene / "new-name")
    (scene / "destroyed").unlink()
    scene.deliver("W1.1", ["renamed", "new-name"])
    reported(scene)

    scene.do("restore", "--lost")

    assert not (scene / "renamed").exists()
    assert (scene / "destroyed").read_text() == "d\n"


def test_a_folder_comes_back_with_what_was_in_it_from_the_base(scene: Scene) -> None:
    scene.commit({"src/base": "b\n", "kept/base": "k\n"})
    scene.open_build()
    scene.write("src/new", "n\n")
    kept(scene)
    (scene / "kept/base").unlink()
    kept(scene)
    shutil.rmtree(scene / "src")

    scene.do("restore", "--lost")

    assert (scene / "src/base").read_text() == "b\n"
    assert (scene / "src/new").read_text() == "n\n"
    assert not (scene / "kept/base").exists()  # a worker deleted it, and nothing of its own was lost by that


def test_records_in_a_folder_that_git_ignores_come_back(scene: Scene) -> None:
    scene.open_build()
    scene.write(".git/info/exclude", "N5/\n")
    scene.git("rm", "-rq", "--cached", "N5")
    kept(scene)
    before = tree(scene)
    scene.write(f"{FOLDER}/PLAN.md", "")
    (scene / f"{FOLDER}/meta.json").unlink()

    scene.do("restore", "--lost")

    assert tree(scene) == before


def test_paths_are_taken_literally_and_from_where_they_are_typed(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/*", "star\n")
    scene.write("src/a", "a\n")
    first = kept(scene)
    scene.write("src/*", "edited\n")
    scene.write("src/a", "edited\n")

    ran = Scene(scene / "src").do("restore", "--from", first, "*")

    assert ran.out == f"restored src/* from {first[:12]}\n"
    assert (scene / "src/a").read_text() == "edited\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "0123456789"), f"build {SLUG} has no snapshot 0123456789"),
        (("--from", "HEAD"), f"build {SLUG} has no snapshot HEAD"),
        (("--from", "W1.1"), "no report of W1.1 has been recorded in a snapshot"),
        (("--from", "FIRST", "nowhere"), "nowhere is not in the snapshot"),
    ],
)
def test_only_what_the_chain_has_is_restored(scene: Scene, words: tuple[str, ...], says: str) -> None:
    scene.open_build()
    first = kept(scene)

    scene.refused("restore", *(first if word == "FIRST" else word for word in words), says=says)


def test_a_worker_restores_nothing_and_a_closed_build_has_to_be_reopened(scene: Scene) -> None:
    scene.open_build()
    kept(scene)

    worker = scene.refused(
        "restore", "--lost", says="worker W1.1 may not restore", env={"GITORCH_WORKER": "W1.1"}
    )
    scene.do("abort")
    closed = scene.refused("restore", "--lost", says=f"build {SLUG} is closed")

    assert f"env -u GITORCH_WORKER gitorch restore --lost --project {SLUG}" in worker.err
    assert f"gitorch reopen --project {SLUG}" in closed.err


def test_what_was_written_since_the_snapshot_before_stays_and_is_named(scene: Scene) -> None:
    scene.open_build()
    scene.write("a", "a\n")
    scene.write("b", "b\n")
    kept(scene)
    for name in ("a", "b"):
        (scene / name).unlink()
    restoring = begun(scene, "a", "b")
    scene.write("a", "somebody is writing\n")

    left = restoring.complete(find_build(scene.root, None).place.need_repo(), 0)

    assert left == ("a",)
    assert (scene / "a").read_text() == "somebody is writing\n"
    assert (scene / "b").read_text() == "b\n"


def test_a_restore_is_decided_where_the_chain_has_gone_on_behind_it(scene: Scene) -> None:
    scene.open_build()
    scene.write("a", "a\n")
    kept(scene)
    (scene / "a").unlink()
    restoring = begun(scene, "a")
    repo = find_build(scene.root, None).place.need_repo()
    scene.write("b", "b\n")
    kept(scene)

    assert restoring.is_decided(repo, 0)
    assert restoring.complete(repo, 0) == ()
    assert (scene / "a").read_text() == "a\n"


def begun(scene: Scene, *paths: str) -> Restore:
    """A restore of these from the snapshot before, of which the deciding move is made."""
    build = find_build(scene.root, None)
    repo, opened = build.require_opened()
    taken = snapshot(build, "before")
    changes = chain.changes(repo, f"{taken.commit}^", taken.commit)
    made, _ = chain.compose(repo, taken.commit, {path: changes[path][0] for path in paths})
    new = snapshots.commit_tree(repo, made, [taken.commit], write_message("restore", restored_from=["x"]))
    scene.git("update-ref", REF, new)
    return Restore(
        slug=build.slug,
        folder=opened.folder,
        ref=snapshots.chain_ref(build.slug),
        old=taken.commit,
        new=new,
        base=opened.base,
        led=None,
    )


def test_no_file_is_written_through_a_link_in_the_place_of_a_folder(scene: Scene, tmp_path: Path) -> None:
    scene.open_build()
    scene.write("src/a", "a\n")
    scene.write("b", "b\n")
    kept(scene)
    shutil.rmtree(scene / "src")
    (scene / "b").unlink()
    (tmp_path / "elsewhere").mkdir()
    (scene / "src").symlink_to(tmp_path / "elsewhere")

    ran = scene.do("restore", "--lost")

    assert (scene / "b").read_text() == "b\n"
    assert "note: src/a stays as it is: src is a symbolic link" in ran.err
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_restore_is_tried_again_where_another_process_took_a_snapshot_first(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.open_build()
    scene.write("a", "a\n")
    kept(scene)
    (scene / "a").unlink()
    tries: list[str] = []

    def late(repo: Repository, transition: Restore) -> object:
        if not tries:
            scene.write("b", "b\n")
            kept(scene)
        tries.append(transition.old)
        return run(repo, transition)

    monkeypatch.setattr("gitorch.actions.restore.run", late)
    scene.do("restore", "--lost")

    assert len(set(tries)) == 2
    assert (scene / "a").read_text() == "a\n"
    assert scene.git("show", f"{REF}:b") == "b"


def test_what_the_person_accepted_is_not_lost(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/one", "1\n")
    scene.write("src/two", "2\n")
    scene.deliver("W1.1", ["src/one", "src/two"])
    scene.do("sync")
    shutil.rmtree(scene / "src")
    scene.do("accept", "W1.1", "src/one")

    scene.do("restore", "--lost")

    assert not (scene / "src/one").exists()
    assert (scene / "src/two").read_text() == "2\n"
