"""Snapshots: whatever git can store comes into the chain, and nothing of the person's is touched."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gitorch.adapters.git import snapshots
from gitorch.adapters.git.capture import Scope
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.snapshots import Taken, chain_ref
from gitorch.core.config import Snapshots
from gitorch.core.errors import GitorchError
from gitorch.core.names import CommitId, Slug
from tests.scene import SLUG, Scene

REF = f"refs/gitorch/snapshots/{SLUG}"


def take(
    scene: Scene, *, also: tuple[str, ...] = (), reports: tuple[str, ...] = (), **rules: object
) -> Taken:
    repo = Repository.discover(scene.root)
    assert repo
    base = CommitId(scene.git("rev-parse", "main"))
    scope = Scope(Snapshots.model_validate(rules), also)
    return snapshots.take(repo, Slug(SLUG), base, "a test", scope, reports=reports)


def held(scene: Scene, taken: Taken) -> list[str]:
    """`mode path` of each file in a snapshot."""
    lines = scene.git("-c", "core.quotePath=off", "ls-tree", "-r", taken.commit).splitlines()
    return [f"{line.split()[0]} {line.partition(chr(9))[2]}" for line in lines]


def test_every_kind_of_change_is_in_it_and_nothing_of_the_persons_moves(scene: Scene) -> None:
    scene.commit({"kept": "k\n", "deleted": "d\n", "edited": "e\n"})
    (scene / "deleted").unlink()
    scene.write("edited", "edited\n")
    scene.write("new/ü \"q'", "n\n")
    scene.write("program", "#!/bin/sh\n").chmod(0o755)
    (scene / "link").symlink_to("nowhere")
    before = scene.git("status", "--porcelain"), (scene / ".git/index").read_bytes()

    taken = take(scene)

    assert held(scene, taken) == [
        "100644 README",
        "100644 edited",
        "100644 kept",
        "120000 link",
        '100644 "new/ü \\"q\'"',
        "100755 program",
    ]
    assert scene.git("show", f"{taken.commit}:edited") == "edited"
    assert (scene.git("status", "--porcelain"), (scene / ".git/index").read_bytes()) == before


def test_an_unchanged_tree_makes_none_and_each_one_follows_the_one_before(scene: Scene) -> None:
    scene.write("a", "1\n")
    first, again = take(scene), take(scene)
    scene.write("a", "2\n")
    second = take(scene)

    base = scene.git("rev-parse", "main")
    line = scene.git("rev-list", "--first-parent", REF).split()

    assert (first.new, again.new, second.new) == (True, False, True)
    assert line == [second.commit, first.commit, base]
    assert "+2" in scene.git("log", "-p", "--format=%s", "-1", REF).splitlines()


def test_a_report_always_makes_one_and_is_named_in_its_message(scene: Scene) -> None:
    take(scene)
    taken = take(scene, reports=("W1.1 abc", "W1.2 def"))

    trailers = scene.git("log", "-1", "--format=%(trailers:key=Report,valueonly)", REF).split("\n")

    assert taken.new
    assert [line for line in trailers if line] == ["W1.1 abc", "W1.2 def"]


def test_it_needs_no_name_of_the_person(scene: Scene) -> None:
    for key in ("user.name", "user.email"):
        scene.git("config", "--unset", key, check=False)
    scene.git("config", "user.useConfigOnly", "true")
    scene.write("a", "1\n")

    take(scene)

    assert scene.git("log", "-1", "--format=%an %cn", REF) == "gitorch gitorch"


def test_what_git_ignores_is_left_out_but_for_the_folder_of_the_build_and_what_was_forced(
    scene: Scene,
) -> None:
    scene.commit({".gitignore": "*.log\nN5/\n"})
    scene.write("noise.log", "n\n")
    scene.write("forced.log", "f\n")
    scene.git("add", "--force", "forced.log")
    scene.write("N5/builds/x/meta.json", "{}\n")
    scene.write("N5/other", "o\n")
    take(scene, also=("N5/builds/x/",))
    scene.write("forced.log", "edited\n")

    taken = take(scene, also=("N5/builds/x/",))

    assert [line.split()[1] for line in held(scene, taken)] == [
        ".gitignore",
        "N5/builds/x/meta.json",
        "README",
        "forced.log",
    ]
    assert scene.git("show", f"{REF}:forced.log") == "edited"


def test_what_is_staged_and_in_no_file_is_in_its_second_parent(scene: Scene) -> None:
    scene.write("README", "staged\n")
    scene.git("add", "README")
    scene.write("README", "in the file\n")

    taken = take(scene)
    again = take(scene)
    scene.git("add", "README")
    plain = take(scene)

    assert scene.git("show", f"{taken.commit}:README") == "in the file"
    assert scene.git("show", f"{taken.commit}^2:README") == "staged"
    assert not again.new
    assert len(scene.git("rev-list", "--parents", "-1", plain.commit).split()) == 2


def test_conflicts_are_kept_as_the_files_have_them(scene: Scene) -> None:
    scene.git("checkout", "-q", "-b", "other")
    scene.commit({"README": "theirs\n"})
    scene.git("checkout", "-q", "main")
    scene.commit({"README": "ours\n"})
    scene.git("merge", "other", check=False)
    status = scene.git("status", "--porcelain")

    taken = take(scene)

    assert "<<<<<<<" in scene.git("show", f"{taken.commit}:README")
    assert scene.git("status", "--porcelain") == status == "UU README"


def test_an_edit_that_git_was_told_to_overlook_is_seen(scene: Scene) -> None:
    scene.git("update-index", "--assume-unchanged", "README")
    scene.write("README", "hidden\n")

    taken = take(scene)

    assert scene.git("show", f"{taken.commit}:README") == "hidden"
    assert scene.git("ls-files", "-v", "README").startswith("h ")


def test_a_sparse_checkout_deletes_nothing_and_hides_nothing(scene: Scene) -> None:
    scene.commit({"in/a": "a\n", "out/b": "b\n"})
    take(scene)
    scene.git("sparse-checkout", "set", "in")
    scene.write("out/new", "n\n")

    taken = take(scene)

    assert [line.split()[1] for line in held(scene, taken)] == ["README", "in/a", "out/b", "out/new"]


def test_what_is_excluded_or_too_large_never_gets_into_git_and_is_said(scene: Scene) -> None:
    scene.write("secret.env", "password\n")
    scene.write("large", "x" * 2000)
    inner = scene / "inner"
    inner.mkdir()
    scene.git("init", "-q", "inner")
    scene.write("inner/file", "f\n")

    taken = take(scene, exclude=["*.env"], max_file_bytes=1000)

    secret = scene.git("hash-object", "secret.env")
    assert taken.left_out == {
        "inner/": "a nested repository",
        "large": "2,000 bytes",
        "secret.env": "excluded",
    }
    assert scene.git("cat-file", "-t", secret, check=False) == ""
    assert "Left-out: secret.env (excluded)" in scene.git("log", "-1", "--format=%B", REF)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_what_cannot_be_read_publishes_nothing(scene: Scene) -> None:
    scene.write("closed", "c\n").chmod(0)

    with pytest.raises(GitorchError, match="no snapshot was taken"):
        take(scene)

    assert scene.git("for-each-ref", REF) == ""


def test_a_filter_that_fails_publishes_nothing(scene: Scene) -> None:
    scene.write(".gitattributes", "*.enc filter=broken\n")
    scene.git("config", "filter.broken.clean", "false")
    scene.git("config", "filter.broken.required", "true")
    scene.write("a.enc", "a\n")

    with pytest.raises(GitorchError, match="no snapshot was taken"):
        take(scene)

    assert scene.git("for-each-ref", REF) == ""


def test_a_name_that_git_cannot_store_keeps_nothing_else_from_it(scene: Scene) -> None:
    scene.write("sub/.GIT/x", "x\n")
    scene.write("other", "o\n")

    taken = take(scene)

    assert "100644 other" in held(scene, taken)


def test_an_index_that_outlived_its_objects_is_started_anew(scene: Scene) -> None:
    scene.write("a", "1\n")
    taken = take(scene)
    scene.git("update-ref", "-d", REF)
    (scene / f".git/gitorch/chain/{SLUG}").unlink()
    scene.git("gc", "-q", "--prune=now")
    assert scene.git("cat-file", "-t", taken.commit, check=False) == ""

    again = take(scene)

    assert "100644 a" in held(scene, again)
    assert scene.git("fsck", "--connectivity-only", check=False) == ""


def test_a_tree_of_the_index_that_gc_has_pruned_is_written_anew(scene: Scene) -> None:
    scene.write("staged", "s\n")
    scene.git("add", "staged")
    take(scene)
    scene.git("gc", "-q", "--prune=now")
    scene.write("staged", "other\n")

    taken = take(scene)

    assert scene.git("show", f"{taken.commit}:staged") == "other"
    assert scene.git("show", f"{taken.commit}^2:staged") == "s"


@pytest.mark.parametrize("evil", ["update-ref -d REF", "update-ref REF main", "update-ref REF REF~1"])
def test_a_chain_that_somebody_moved_or_deleted_is_noticed_and_restored(scene: Scene, evil: str) -> None:
    for text in ("1\n", "2\n"):
        scene.write("a", text)
        last = take(scene)
    scene.git(*evil.replace("REF", REF).split())

    seen = take(scene)

    assert (seen.restored, seen.commit) == (True, last.commit)
    assert scene.git("rev-parse", REF) == last.commit


def test_a_snapshot_whose_id_was_not_written_before_a_kill_counts(scene: Scene) -> None:
    scene.write("a", "1\n")
    first = take(scene)
    scene.write("a", "2\n")
    second = take(scene)
    (scene / f".git/gitorch/chain/{SLUG}").write_text(f"{first.commit}\n")

    seen = take(scene)

    assert (seen.restored, seen.commit) == (False, second.commit)


def test_several_at_once_make_one_chain(scene: Scene) -> None:
    def one(number: int) -> Taken:
        scene.write(f"file-{number}", f"{number}\n")
        return take(scene, reports=(f"W1.{number} abc",))

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(one, range(1, 9)))

    assert len(scene.git("rev-list", f"main..{REF}").split()) == len({taken.commit for taken in made}) == 8


REWRITES = """
import os, sys
while True:
    for size in (1 << 20, 10, 1 << 18, 0):
        for name in sys.argv[1:]:
            with open(name, "r+b") as file:
                file.truncate(0)
                file.write(b"x" * size)
    if os.getppid() == 1:
        break
"""


def test_writers_at_work_do_not_fail_it(scene: Scene) -> None:
    names = [f"busy-{number}" for number in range(4)]
    for name in names:
        scene.write(name, "x")
    writer = subprocess.Popen([sys.executable, "-c", REWRITES, *names], cwd=scene.root)
    try:
        for number in range(5):
            scene.write("steady", f"{number}\n")
            taken = take(scene)
            assert scene.git("show", f"{taken.commit}:steady") == str(number)
    finally:
        writer.kill()
        writer.wait()


def test_the_command_names_the_snapshot_and_touches_nothing(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/a", "half\n")
    before = scene.git("status", "--porcelain")

    ran = scene.do("snapshot", "-m", "before lunch")
    again = scene.do("snapshot")

    assert (
        scene.git("log", "-1", "--format=%H %s", chain_ref(Slug(SLUG))) == f"{ran.out.strip()} before lunch"
    )
    assert again.out == ran.out
    assert "nothing has changed since" in again.err
    assert scene.git("status", "--porcelain") == before
    assert Path(scene / "src/a").read_text() == "half\n"


def test_what_is_no_file_any_more_is_said_and_keeps_nobody_waiting(scene: Scene) -> None:
    (scene / "README").unlink()
    os.mkfifo(scene / "README")

    taken = take(scene)

    assert taken.left_out == {"README": "neither a file nor a link"}


def test_work_in_a_submodule_is_not_in_it_and_is_said(scene: Scene, tmp_path: Path) -> None:
    scene.git("init", "-q", str(tmp_path / "sub"))
    scene.git("-C", str(tmp_path / "sub"), "commit", "-q", "--allow-empty", "-m", "one")
    scene.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "sub"), "sub")
    scene.git("commit", "-q", "-m", "submodule")
    clean = take(scene)
    scene.write("sub/new", "n\n")

    dirty = take(scene)

    assert (clean.left_out, dirty.left_out) == ({}, {"sub": "a submodule with uncommitted work"})
    assert dirty.commit == clean.commit


def test_a_git_that_was_killed_keeps_nobody_from_the_next_snapshot(scene: Scene) -> None:
    take(scene)
    once = "mkdir .git/killed 2>/dev/null && kill -9 $PPID; cat"
    scene.git("config", "filter.once.clean", once)
    scene.write(".gitattributes", "*.txt filter=once\n")
    scene.write("a.txt", "a\n")
    scene.write(".git/gitorch/snapshots/index.lock", "of a gitorch that was killed\n")

    taken = take(scene)

    assert (scene / ".git/killed").is_dir()
    assert scene.git("show", f"{taken.commit}:a.txt") == "a"
    assert not (scene / ".git/gitorch/snapshots/index.lock").exists()


def test_a_repository_that_cannot_be_written_publishes_nothing(scene: Scene) -> None:
    take(scene)
    scene.write("a", "1\n")
    before = scene.git("rev-parse", REF)
    shutil.rmtree(scene / ".git/gitorch/snapshots")
    for name in ("gitorch/snapshots", f"{REF}.lock"):  # a file there: root may write every folder
        scene.write(f".git/{name}", "")
        with pytest.raises((GitorchError, OSError)):
            take(scene)
        (scene / ".git" / name).unlink()

    assert scene.git("rev-parse", REF) == before
