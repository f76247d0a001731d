"""adapt, as a person types it: a diff, an approval, and their own text left alone."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builds import make_build, report
from tests.scene import Scene, write

pytestmark = pytest.mark.slow

FOUND = {"learnings": ["Use an ORM"], "artifacts": ["src/schema.ts"]}


@pytest.fixture
def folder(scene: Scene) -> Path:
    """W1.1 is complete and found something out; W1.2 runs; the briefs of the rest wait."""
    folder = make_build(scene.root)
    (folder / "workers/W2.1-x.md").write_bytes(
        b"\xef\xbb\xbf"
        + (folder / "workers/W2.1-x.md").read_bytes().replace(b"\n", b"\r\n")
        + b"mine \xc3\xa9"
    )
    assert scene.gitorch("launch", "W1.2").status == 0
    write(folder / "completions/W1.1.json", report("W1.1", "5 tables.", **FOUND))
    return folder


def briefs(folder: Path) -> dict[str, bytes]:
    return {path.name[:4]: path.read_bytes() for path in (folder / "workers").iterdir()}


def test_adapt_shows_a_diff_and_applies_it_only_with_yes(scene: Scene, folder: Path) -> None:
    before = briefs(folder)
    shown = scene.gitorch("adapt")
    assert shown.status == 0
    assert "+++ b/N5/builds/calendar-v2/workers/W2.1-x.md\n" in shown.out
    assert "+- Use an ORM\n" in shown.out
    assert shown.err == ("nothing was changed\nnext: gitorch adapt --project calendar-v2 --yes\n")
    assert briefs(folder) == before
    done = scene.gitorch("adapt", "--yes")
    assert done.out == shown.out
    assert done.err == "changed 3 briefs\nundo: gitorch adapt --project calendar-v2 --yes --undo\n"
    after = briefs(folder)
    assert {name for name in after if after[name] != before[name]} == {"W2.1", "W2.2", "W3.1"}
    assert all(after[name].startswith(before[name]) for name in after)
    assert scene.git("diff", "--name-only", "--", "N5") == "", "they are staged"
    assert scene.gitorch("adapt", "--yes").err == "nothing to adapt: every waiting brief is up to date\n"
    assert briefs(folder) == after
    assert "Use an ORM" in scene.gitorch("brief", "W2.1").out
    assert scene.gitorch("adapt", "--undo", "--yes").status == 0
    assert briefs(folder) == before


def test_adapt_takes_workers_by_name_and_refuses_one_whose_brief_was_handed_out(
    scene: Scene, folder: Path
) -> None:
    before = briefs(folder)
    for worker, status in (("W1.2", "in progress"), ("W1.1", "complete")):
        refused = scene.gitorch("adapt", "--yes", "W2.1", worker)
        said = f"error: {worker} is {status}, expected a waiting worker"
        assert (refused.status, refused.err.splitlines()[0]) == (1, said)
    assert scene.gitorch("adapt", "W9.9").status == 2
    assert briefs(folder) == before
    done = json.loads(scene.gitorch("adapt", "--yes", "--json", "W2.2").out)
    assert (done["kind"], done["applied"]) == ("adapt", True)
    [change] = done["changes"]
    assert (change["worker"], change["path"]) == ("W2.2", "workers/W2.2-x.md")
    assert {name for name, text in briefs(folder).items() if text != before[name]} == {"W2.2"}


@pytest.mark.parametrize(("answer", "applied"), [("y\n", True), ("\n", False), ("nonsense\n", False)])
def test_at_a_terminal_adapt_asks(scene: Scene, folder: Path, answer: str, *, applied: bool) -> None:
    before = briefs(folder)
    assert at_a_terminal(scene, "adapt", answer=answer) == 0
    assert (briefs(folder) != before) is applied


def test_a_brief_that_changes_while_the_person_looks_is_left_alone(scene: Scene, folder: Path) -> None:
    path = folder / "workers/W2.2-x.md"
    before = briefs(folder)
    mine = path.read_bytes() + b"Written while the question stood there.\n"
    assert at_a_terminal(scene, "adapt", answer="y\n", meanwhile=lambda: path.write_bytes(mine)) == 1
    assert briefs(folder) == {**before, "W2.2": mine}


def at_a_terminal(scene: Scene, command: str, *, answer: str, meanwhile: object = None) -> int:
    """Run the command with a terminal as its standard input; `meanwhile` is called at the question."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "gitorch", command],
        cwd=scene.root,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(theirs)
        assert process.stderr
        asked = b""
        while not asked.endswith(b"[y/N] "):
            byte = process.stderr.read(1)
            assert byte, asked
            asked += byte
        if callable(meanwhile):
            meanwhile()
        os.write(ours, answer.encode())
        process.stderr.read()
        status = process.wait(timeout=60)
    os.close(ours)
    return status
