"""sync on real folders and real indexes: what it writes, what it stages, and what it leaves alone."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gitorch.actions.sync import Synced, sync
from gitorch.actions.workplace import find_build
from gitorch.adapters.build_folder import RENDERED
from gitorch.core.errors import GitorchError
from tests.builds import make_build, make_open_build, meta, report
from tests.scene import git, orch, write

PREFIX = "N5/builds/calendar-v2/"


@pytest.fixture
def folder(repo: Path) -> Path:
    return make_open_build(repo)


def run_sync(repo: Path) -> Synced:
    return sync(find_build(repo, "calendar-v2"))


def staged(repo: Path) -> set[str]:
    return set(git(repo, "diff", "--cached", "--name-only").splitlines())


def test_everything_that_init_and_sync_wrote_is_staged(repo: Path, folder: Path) -> None:
    write(folder / "completions" / "W1.1.json", report("W1.1", "5 tables"))
    synced = run_sync(repo)
    assert set(synced.written) == {*RENDERED} - {"meta.json"}
    assert staged(repo) == set(synced.staged)
    assert {name.removeprefix(PREFIX) for name in synced.staged} == {
        *RENDERED,
        "PLAN.md",
        "completions/W1.1.json",
        *(f"workers/{w}-x.md" for w in ("W1.1", "W1.2", "W2.1", "W2.2", "W3.1")),
    }


def test_a_second_sync_writes_nothing_not_even_the_index(repo: Path, folder: Path) -> None:
    run_sync(repo)
    before = {path: path.stat() for path in (*folder.rglob("*"), repo / ".git" / "index", folder)}
    again = run_sync(repo)
    assert (again.written, again.staged, again.not_staged) == ((), (), None)
    assert {path: path.stat().st_mtime_ns for path in before} == {p: s.st_mtime_ns for p, s in before.items()}
    assert {path: path.stat().st_ino for path in before} == {p: s.st_ino for p, s in before.items()}


def test_deleted_files_come_back_byte_for_byte(repo: Path, folder: Path) -> None:
    write(folder / "completions" / "W1.1.json", report("W1.1", "5 tables"))
    run_sync(repo)
    before = {name: (folder / name).read_bytes() for name in RENDERED}
    for name in {*RENDERED} - {"meta.json"}:
        (folder / name).unlink()
    run_sync(repo)
    assert {name: (folder / name).read_bytes() for name in RENDERED} == before


def test_the_person_s_index_and_files_are_left_alone(repo: Path, folder: Path) -> None:
    run_sync(repo)
    write(repo / "half.txt", "one\n")
    git(repo, "add", "half.txt")
    write(repo / "half.txt", "one\ntwo\n")
    write(repo / "other.txt", "not staged\n")
    write(folder / "notes.txt", "the person's own\n")
    brief = write(folder / "workers" / "W1.1-x.md", (folder / "workers/W1.1-x.md").read_text() + "More.\n")
    entry = git(repo, "ls-files", "-s", "half.txt", PREFIX + "workers/W1.1-x.md")
    write(folder / "completions" / "W1.1.json", report("W1.1"))
    run_sync(repo)
    assert git(repo, "ls-files", "-s", "half.txt", PREFIX + "workers/W1.1-x.md") == entry
    assert not staged(repo) & {"other.txt", PREFIX + "notes.txt"}
    assert brief.read_text().endswith("More.\n")


def test_a_completion_that_disappears_is_unstaged(repo: Path, folder: Path) -> None:
    path = write(folder / "completions" / "W1.1.json", report("W1.1"))
    run_sync(repo)
    path.unlink()
    synced = run_sync(repo)
    assert PREFIX + "completions/W1.1.json" in synced.staged
    assert PREFIX + "completions/W1.1.json" not in staged(repo)
    assert "[x]" not in (folder / "STATUS.md").read_text()


def test_a_half_written_completion_is_neither_staged_nor_a_finding(repo: Path, folder: Path) -> None:
    path = write(folder / "completions" / "W1.1.json", '{"worker_id": "W1.')
    synced = run_sync(repo)
    assert synced.state.unsettled == ("completions/W1.1.json",)
    assert synced.state.issues == ()
    assert PREFIX + "completions/W1.1.json" not in staged(repo)
    os.utime(path, (1, 1))
    assert [f.code for f in run_sync(repo).state.issues] == ["unreadable-completion"]
    assert "## Issues" in (folder / "STATUS.md").read_text()
    write(path, report("W1.1"))
    assert run_sync(repo).state.issues == ()
    assert "## Issues" not in (folder / "STATUS.md").read_text()


def test_ignored_records_are_written_and_not_staged(repo: Path, folder: Path) -> None:
    write(repo / ".gitignore", "STATUS.md\n")
    synced = run_sync(repo)
    assert (folder / "STATUS.md").is_file()
    assert PREFIX + "STATUS.md" not in synced.staged
    assert PREFIX + "README.md" in synced.staged
    assert run_sync(repo).staged == ()


def test_a_link_among_the_reports_is_a_finding_and_never_staged(repo: Path, folder: Path) -> None:
    outside = write(repo.parent / "outside.json", report("W1.1"))
    (folder / "completions" / "W1.1.json").symlink_to(outside)
    synced = run_sync(repo)
    assert outside.read_text() == report("W1.1")
    assert [f.about for f in synced.state.issues] == ["completions/W1.1.json"]
    assert PREFIX + "completions/W1.1.json" not in staged(repo)


def test_builds_behind_a_link_are_written_and_said_not_to_be_staged(repo: Path, folder: Path) -> None:
    (repo / "N5").rename(repo / "real")
    (repo / "N5").symlink_to("real")
    synced = run_sync(repo)
    assert (repo / "real/builds/calendar-v2/STATUS.md").is_file()
    assert synced.not_staged is not None
    assert "symbolic link" in synced.not_staged
    assert staged(repo) == set()


def test_a_held_index_lock_leaves_the_staging_to_the_next_run(repo: Path, folder: Path) -> None:
    lock = write(repo / ".git" / "index.lock", "")
    ran = orch(repo, "sync")
    assert ran.status == 0
    assert "index.lock\nnext: gitorch sync\n" in ran.err
    assert (folder / "STATUS.md").is_file()
    assert staged(repo) == set()
    lock.unlink()
    assert PREFIX + "STATUS.md" in run_sync(repo).staged


def test_a_read_only_git_directory_leaves_the_staging_to_the_next_run(repo: Path, folder: Path) -> None:
    if os.geteuid() == 0:
        (repo / ".git" / "index.lock").mkdir()  # root writes anywhere; this, too, cannot be written
    else:
        (repo / ".git").chmod(0o500)
    synced = run_sync(repo)
    (repo / ".git").chmod(0o700)
    assert synced.not_staged
    assert (folder / "STATUS.md").is_file()


def test_a_closed_build_is_left_alone(repo: Path) -> None:
    folder = make_build(repo, meta(status="complete"))
    assert run_sync(repo).written == ()
    assert not (folder / "STATUS.md").exists()
    assert "complete, and left alone" in orch(repo, "sync", "--project", "calendar-v2").err


def test_content_builds_and_plain_folders_know_no_staging(repo: Path, tmp_path: Path) -> None:
    make_build(repo, meta("essay", build_type="content"))
    assert sync(find_build(repo, "essay")).staged == ()
    make_build(tmp_path / "plain", meta("essay", build_type="content"))
    ran = orch(tmp_path / "plain", "sync", "--json")
    assert json.loads(ran.out)["staged"] == []
    assert "STATUS.md" in json.loads(ran.out)["written"]


def test_a_record_that_cannot_be_written_is_one_clear_error(repo: Path, folder: Path) -> None:
    write(folder / "STATUS.md" / "a folder", "in the way\n")
    with pytest.raises(GitorchError, match=r"STATUS\.md is a folder"):
        run_sync(repo)


def test_build_md_that_is_not_utf_8_keeps_its_bytes(repo: Path, folder: Path) -> None:
    (folder / "BUILD.md").write_bytes(b"caf\xe9\r\n")
    run_sync(repo)
    assert (folder / "BUILD.md").read_bytes().startswith(b"caf\xe9\r\n\n<!-- gitorch:begin")


def test_names_with_spaces_and_newlines_do_not_disturb_it(tmp_path: Path) -> None:
    root = tmp_path / "a b\nü"
    root.mkdir()
    git(root, "init", "-q")
    git(root, "commit", "-q", "--allow-empty", "-m", "begin")
    folder = make_open_build(root)
    (folder / "completions" / "a\nb.json").write_text("{}")
    synced = sync(find_build(root, None))
    assert PREFIX + "STATUS.md" in synced.staged
    assert [f.code for f in synced.state.issues] == ["no-brief"]


@pytest.mark.slow
def test_a_sync_that_is_killed_leaves_nothing_that_the_next_does_not_mend(repo: Path, folder: Path) -> None:
    """Killed at each system call that changes a file, the next sync ends like an undisturbed one."""
    write(folder / "completions" / "W1.1.json", report("W1.1", "5 tables"))
    run_sync(repo)
    clean = {name: (folder / name).read_bytes() for name in RENDERED}
    index = git(repo, "ls-files", "-s")
    script = f"""
import os, signal, sys
sys.path.insert(0, {str(Path.cwd())!r})
left = int(sys.argv[1])
def count(event, arguments):
    global left
    if event in ("os.rename", "os.remove", "subprocess.Popen", "tempfile.mkstemp") or (
        event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    ):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
from gitorch.cli.main import run
sys.addaudithook(count)
sys.exit(run(["sync"]))
"""
    for step in range(200):
        git(repo, "rm", "-rq", "--cached", "N5")
        for name in {*RENDERED} - {"meta.json"}:
            (folder / name).unlink(missing_ok=True)
        argv = [sys.executable, "-c", script, str(step)]
        done = subprocess.run(argv, cwd=repo, capture_output=True, check=False)
        if done.returncode == 0:
            assert step > 12, "the kill reached too few steps"
            break
        assert done.returncode == -signal.SIGKILL
        for name in RENDERED:
            assert not (folder / name).exists() or (folder / name).read_bytes() == clean[name]
        run_sync(repo)
        assert {name: (folder / name).read_bytes() for name in RENDERED} == clean
        assert git(repo, "ls-files", "-s") == index
        assert not list(folder.rglob(".gitorch-tmp-*"))
    else:
        pytest.fail("never reached the end")
