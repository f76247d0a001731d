"""A build's folder as a careless or hostile worker leaves it: nothing is read or written through a link."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitorch.actions.close import settle
from gitorch.actions.workplace import Build, find_build
from gitorch.adapters.build_folder import BuildFolder, list_builds
from gitorch.core.completion import MAX_BYTES
from gitorch.core.errors import GitorchError
from gitorch.core.names import Slug, WorkerId
from gitorch.core.state import WorkerStatus
from tests.builds import brief_text, make_build, meta, report
from tests.scene import Scene, orch, write

SHOWN = "N5/builds/calendar-v2"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder without git that holds a build, W1.1 launched."""
    place = tmp_path / "root"
    make_build(place, meta(launched=["W1.1"], build_type="content"))
    return place


@pytest.fixture
def folder(root: Path) -> BuildFolder:
    return BuildFolder(root / SHOWN, Slug("calendar-v2"), SHOWN)


def _link(path: Path) -> None:
    path.symlink_to(write(path.parents[4] / "outside" / "secret", report("W1.1", "the person's secret")))


KINDS: dict[str, Callable[[Path], None]] = {
    "a symbolic link": _link,
    "a FIFO": os.mkfifo,
    "a folder": Path.mkdir,
}
kinds = pytest.mark.parametrize("kind", KINDS)


@kinds
@pytest.mark.parametrize("name", ["BUILD.md", "STATUS.md", "meta.json", "spawn_results.jsonl", "PLAN.md"])
def test_what_stands_in_the_place_of_a_record_is_named_with_the_way_on(
    folder: BuildFolder, name: str, kind: str
) -> None:
    place = folder.path / name
    place.unlink(missing_ok=True)
    KINDS[kind](place)
    with pytest.raises(GitorchError) as caught:
        folder.write_rendered({"README.md": "new"})
    assert not (folder.path / "README.md").exists()
    assert caught.value.message == f"{SHOWN}/{name} is {kind}, expected a regular file"
    assert caught.value.hints[0].command.split()[:3] == [
        "mv" if kind == "a folder" else "rm",
        "--",
        str(place),
    ]
    with pytest.raises(GitorchError):
        folder.read_text(name)


@pytest.mark.parametrize("name", ["STATUS.md", "meta.json"])
def test_a_fifo_makes_no_command_wait(root: Path, folder: BuildFolder, name: str) -> None:
    (folder.path / name).unlink(missing_ok=True)
    os.mkfifo(folder.path / name)
    ran = orch(root, "sync")
    assert (ran.status, ran.out) == (1, "")
    assert f"error: {SHOWN}/{name} is a FIFO" in ran.err


@pytest.mark.parametrize("name", ["workers", "completions", "dropped"])
def test_a_linked_folder_is_neither_read_nor_written_through(
    root: Path, folder: BuildFolder, name: str
) -> None:
    build = find_build(root, None)
    write(folder.path / "completions/W1.1.json", "no report")
    outside = root.parent / "outside"
    outside.mkdir()
    if (folder.path / name).exists():
        (folder.path / name).rename(outside)
    (folder.path / name).symlink_to(outside)
    before = {path: path.read_bytes() for path in outside.iterdir()}
    with pytest.raises(GitorchError, match=f"{name} is a symbolic link, expected a folder"):
        settle(build, {"W1.1": ("it died", "")})
    if name == "completions":
        with pytest.raises(GitorchError, match="completions is a symbolic link"):
            folder.write_report("completions/W1.1.json", b"{}")
    if name == "dropped":
        with pytest.raises(GitorchError, match="dropped is a symbolic link"):
            folder.set_aside("completions/W1.1.json")
    assert {path: path.read_bytes() for path in outside.iterdir()} == before


def test_a_linked_build_folder_is_named_and_not_read(root: Path, folder: BuildFolder) -> None:
    folder.path.rename(root / "elsewhere")
    folder.path.symlink_to(root / "elsewhere")
    [listed] = list_builds(root / "N5/builds", "N5/builds")
    with pytest.raises(GitorchError, match=f"^{SHOWN} is a symbolic link, expected a folder"):
        listed.read_meta()


@kinds
def test_a_brief_or_a_report_that_is_no_file_is_a_finding(root: Path, folder: BuildFolder, kind: str) -> None:
    for name in ("workers/W9.1-x.md", "completions/W1.1.json"):
        KINDS[kind](folder.path / name)
    found = {issue.about: issue.message for issue in folder.read_state(folder.read_meta()).issues}
    assert found == {path: f"{path}: is {kind}" for path in ("workers/W9.1-x.md", "completions/W1.1.json")}
    settle(Build(find_build(root, None).place, folder), {"W1.1": ("it died", "")})
    worker = folder.read_state(folder.read_meta()).find("W1.1")
    assert worker is not None
    assert worker.status is WorkerStatus.FAILED
    assert os.path.lexists(folder.path / "dropped/W1.1.json")  # nothing is thrown away
    assert WorkerId(9, 1) in folder.used_ids()


@pytest.mark.parametrize("kind", ["a symbolic link", "a FIFO"])
def test_complete_replaces_what_is_no_file_and_its_undo_has_not_read_it(
    scene: Scene, tmp_path: Path, kind: str
) -> None:
    folder = make_build(scene.root, meta(launched=["W1.1"]))
    KINDS[kind](folder / "completions/W1.1.json")
    ran = scene.gitorch("complete", "--worker", "W1.1", "--summary", "Done.")
    assert ran.status == 0, ran.err
    assert "cat-file" not in ran.err
    assert (folder / "completions/W1.1.json").lstat().st_size == (
        folder / "completions/W1.1.json"
    ).stat().st_size


def test_a_brief_or_a_report_above_the_limit_is_a_finding_and_is_not_cut(folder: BuildFolder) -> None:
    more = "x" * MAX_BYTES
    write(folder.path / "workers/W9.1-x.md", brief_text("W9.1", "Long", ()) + more)
    write(folder.path / "completions/W1.1.json", report("W1.1", more))
    state = folder.read_state(folder.read_meta())
    assert [issue.message for issue in state.issues] == [
        "completions/W1.1.json: is larger than 1024 KiB",
        "workers/W9.1-x.md: is larger than 1024 KiB",
    ]
    assert state.find("W9.1") is None
