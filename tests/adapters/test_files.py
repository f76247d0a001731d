"""Files: old or new, never a part; links never followed to read; locks end with their process."""

import contextlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitorch.adapters import files
from gitorch.core.errors import Busy, ExitStatus, GitorchError


def test_a_new_file_gets_the_umasks_mode_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text("x")
    old.chmod(0o640)
    files.write_atomically(old, b"y")
    before = os.umask(0o027)
    try:
        files.write_atomically(tmp_path / "new", b"z")
    finally:
        os.umask(before)
    assert (old.read_bytes(), stat.S_IMODE(old.stat().st_mode)) == (b"y", 0o640)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]


def test_a_link_at_the_place_is_replaced_and_its_target_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "link").symlink_to("precious")
    assert files.write_if_different(tmp_path / "link", b"mine")
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "precious").read_text() == "mine"


def test_writing_the_same_again_writes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "file"
    assert files.write_if_different(place, b"a")
    before = place.stat()
    assert not files.write_if_different(place, b"a")
    assert (place.stat().st_ino, place.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    folder.mkdir()
    (folder / "child").write_text("x")
    with pytest.raises(OSError, match="directory"):
        files.write_atomically(folder, b"y")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "x"
    if kind == "link":
        place.symlink_to("/etc/passwd")
    elif kind == "fifo":
        os.mkfifo(place)
    else:
        place.mkdir()
    with pytest.raises(OSError, match=r"."):
        files.read_regular(place, 100)


def test_reading_stops_one_byte_behind_the_limit(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a" * 50)
    data, age = files.read_regular(tmp_path / "x", 10)
    assert (len(data), age >= 0) == (11, True)


@contextlib.contextmanager
def another_process_holds(folder: Path, until: str = "sys.stdin.read()") -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the folder's lock until its standard input ends, or as the code `until` says."""
    code = (
        "import sys, time; from pathlib import Path; from gitorch.adapters import files\n"
        "with files.lock(Path(sys.argv[1]), 'it'):\n"
        f"    print('held', flush=True); {until}"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield holder


def test_a_lock_is_busy_while_its_process_lives_and_free_after_a_kill(tmp_path: Path) -> None:
    with another_process_holds(tmp_path) as holder:
        with (
            pytest.raises(Busy, match="another gitorch command is at work on it"),
            files.lock(tmp_path, "it", wait=0),
        ):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
        with files.lock(tmp_path, "it", wait=5):
            pass


def test_a_lock_that_is_held_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    with another_process_holds(tmp_path, "time.sleep(0.3)"), files.lock(tmp_path, "it"):
        pass


def test_who_waits_for_a_lock_looks_for_it_as_long_as_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITORCH_LOCK_WAIT", "0.25")
    pauses: list[float] = []
    monkeypatch.setattr("time.monotonic", lambda: 100 + sum(pauses))
    monkeypatch.setattr("time.sleep", pauses.append)

    with another_process_holds(tmp_path), pytest.raises(Busy), files.lock(tmp_path, "it"):
        pass

    assert sum(pauses) == pytest.approx(0.25)
    assert pauses[:-1] == sorted(pauses[:-1])
    assert (min(pauses) > 0, max(pauses) <= 0.1) == (True, True)


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf"])
def test_a_patience_that_is_no_number_of_seconds_is_bad_input(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITORCH_LOCK_WAIT", text)
    with pytest.raises(GitorchError, match=f"GITORCH_LOCK_WAIT is {text}, expected a number of") as caught:
        files.patience(10)
    assert caught.value.status == ExitStatus.BAD_INPUT


@pytest.mark.parametrize(("text", "seconds"), [("", 10), ("0", 0), ("2.5", 2.5)])
def test_the_patience_is_the_environments_or_the_default(
    text: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITORCH_LOCK_WAIT", text)
    assert files.patience(10) == seconds
