"""B11: what abort --discard-files says of the files is so, and no setting of git's keeps a record behind."""

import os

from tests.scene import FOLDER, Scene


def test_b11_a_file_whose_time_alone_differs_is_not_told(scene: Scene) -> None:
    scene.commit({"a": "a\n"})
    scene.open_build()
    os.utime(scene / "a", (1, 1))

    ran = scene.do("abort", "--discard-files")

    assert "warning:" not in ran.err
    assert (scene / "a").read_text() == "a\n"


def test_b11_a_file_that_git_writes_with_other_line_ends_is_not_told_once_it_was_written(
    scene: Scene,
) -> None:
    scene.commit({".gitattributes": "a text eol=crlf\n", "a": "one\n"})
    scene.open_build()
    (scene / "a").write_bytes(b"a worker's\r\n")

    ran = scene.do("abort", "--discard-files")

    assert "warning:" not in ran.err
    assert (scene / "a").read_bytes() == b"one\r\n"


def test_b11_a_file_with_line_ends_that_git_would_not_write_is_told(scene: Scene) -> None:
    scene.git("config", "core.autocrlf", "input")
    scene.commit({"a": "one\n"})
    scene.open_build()
    (scene / "a").write_bytes(b"one\r\n")

    ran = scene.do("abort", "--discard-files")

    assert ran.err.count(" has other content: a\n") == 1
    assert (scene / "a").read_bytes() == b"one\r\n"


def test_b11_no_record_stays_where_git_does_not_look_at_files(scene: Scene) -> None:
    scene.git("config", "core.ignoreStat", "true")
    scene.commit({"a": "a\n"})
    scene.ready_build()
    scene.do("sync")
    scene.write("a", "a worker's\n")

    ran = scene.do("abort", "--discard-files")

    assert "warning:" not in ran.err
    assert not (scene / FOLDER).exists()
    assert (scene / "a").read_text() == "a\n"
    assert not (scene / "src").exists()
    assert scene.git("-c", "core.ignoreStat=false", "status", "--porcelain") == ""
