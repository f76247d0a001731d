"""Builds without a commit, taken to their end: content, research, general; in git and without."""

import json
from pathlib import Path

import pytest

from gitorch.actions.finalize.synthesize import Synthesized, synthesize
from gitorch.actions.workplace import find_build
from gitorch.core.errors import GitorchError
from tests.builds import report
from tests.scene import Scene, orch, write

PLAN = "# Build Plan: x\n\n## Wave 1\n- W1.1: Sources\n- W1.2: Talks\n\n## Wave 2\n- W2.1: Text (depends: W1.1)\n"
WORKERS = ("W1.1", "W1.2", "W2.1")


def opened(root: Path, kind: str) -> Path:
    root.mkdir(exist_ok=True)
    ran = orch(root, "init", "--project", "x", "--type", kind, "--plan-file", "-", stdin=PLAN)
    assert ran.status == 0, ran.err
    return root / "N5" / "builds" / "x"


def deliver(folder: Path, worker: str, **fields: object) -> None:
    write(folder / "completions" / f"{worker}.json", report(worker, f"{worker} found things", **fields))


def finalized(root: Path) -> tuple[Synthesized, list[str]]:
    said: list[str] = []
    return synthesize(find_build(root, "x"), said.append), said


@pytest.mark.parametrize("kind", ["content", "research", "general"])
def test_each_type_ends_complete_with_its_synthesis(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "plain folder"
    folder = opened(root, kind)
    for worker in WORKERS:
        deliver(folder, worker, decisions=["Short chapters"])
    ran = orch(root, "finalize")
    assert (ran.status, ran.out) == (0, "build x is complete; read and edit N5/builds/x/SYNTHESIS.md\n")
    text = (folder / "SYNTHESIS.md").read_text()
    assert all(f"{worker} found things" in text for worker in WORKERS)
    assert json.loads((folder / "meta.json").read_text())["status"] == "complete"
    assert orch(root, "list").out.count("complete")


def test_in_a_repository_it_does_no_git_operation(scene: Scene) -> None:
    folder = opened(scene.root, "research")
    before = (scene.git("for-each-ref"), (scene / ".git/index").stat().st_mtime_ns)
    for worker in WORKERS:
        deliver(folder, worker)
    finalized(scene.root)
    assert (scene.git("for-each-ref"), (scene / ".git/index").stat().st_mtime_ns) == before


def test_a_missing_worker_keeps_it_open_and_nothing_is_written(tmp_path: Path) -> None:
    folder = opened(tmp_path, "content")
    deliver(folder, "W1.1")
    deliver(folder, "W1.2", status="blocked")
    with pytest.raises(GitorchError) as caught:
        finalized(tmp_path)
    assert caught.value.details == (
        "W1.2 Talks: blocked: W1.2 found things",
        "W2.1 Text: not launched yet",
    )
    assert not (folder / "SYNTHESIS.md").exists()
    assert json.loads((folder / "meta.json").read_text())["status"] == "in_progress"


def test_what_the_person_edited_stays_when_it_is_finalized_again(tmp_path: Path) -> None:
    folder = opened(tmp_path, "research")
    for worker in WORKERS:
        deliver(folder, worker)
    finalized(tmp_path)
    path = folder / "SYNTHESIS.md"
    mine = path.read_text().replace("W1.1 found things", "We found *things*.") + "\nMy last word.\n"
    path.write_bytes(mine.encode() + b"tail \xe9\n")
    done, _ = finalized(tmp_path)
    assert done.again
    assert path.read_bytes() == mine.encode() + b"tail \xe9\n"


def test_a_report_that_names_a_file_which_is_not_there_is_refused(tmp_path: Path) -> None:
    folder = opened(tmp_path, "content")
    for worker in WORKERS:
        deliver(folder, worker, artifacts=["text.md", "https://example.com/source"])
    with pytest.raises(GitorchError, match="3 of 3 workers of build x are not complete") as caught:
        finalized(tmp_path)
    assert "W1.1 claims text.md, which does not exist" in caught.value.details
    assert "W1.2 claims text.md, which does not exist" in caught.value.details
    assert not (folder / "SYNTHESIS.md").exists()
    write(tmp_path / "text.md", "words\n")
    finalized(tmp_path)


@pytest.mark.parametrize(
    ("rule", "reports", "ends"),
    [
        ("all", {"W1.1": "complete", "W2.1": "complete"}, False),
        ("last-wave", {"W1.1": "complete", "W2.1": "complete"}, True),
        ("reported", {"W1.1": "complete", "W1.2": "failed", "W2.1": "blocked"}, True),
        ("reported", {"W1.1": "complete", "W1.2": "failed"}, False),
        ("reported", {"W1.1": "blocked", "W1.2": "failed"}, True),
    ],
)
def test_a_general_build_has_a_rule_of_its_own(
    tmp_path: Path, rule: str, reports: dict[str, str], ends: bool
) -> None:
    write(tmp_path / ".gitorch.yaml", f"general: {{complete_when: {rule}}}\n")
    folder = opened(tmp_path, "general")
    for worker, status in reports.items():
        deliver(folder, worker, status=status)
    if ends:
        finalized(tmp_path)
    else:
        with pytest.raises(GitorchError, match="are not complete"):
            finalized(tmp_path)
    assert (json.loads((folder / "meta.json").read_text())["status"] == "complete") is ends


def test_a_brief_that_was_changed_under_a_worker_keeps_no_build_open(tmp_path: Path) -> None:
    write(tmp_path / ".gitorch.yaml", "general: {complete_when: last-wave}\n")
    folder = opened(tmp_path, "general")
    assert orch(tmp_path, "launch", "W1.2").status == 0
    with (folder / "workers" / "W1.2-talks.md").open("a") as brief:
        brief.write("And the slides.\n")
    for worker in ("W1.1", "W2.1"):
        deliver(folder, worker)
    assert "was changed after W1.2 was launched" in orch(tmp_path, "status").out
    finalized(tmp_path)
    assert json.loads((folder / "meta.json").read_text())["status"] == "complete"


def test_the_finalization_command_of_a_general_build_decides(tmp_path: Path) -> None:
    write(tmp_path / ".gitorch.yaml", "general: {finalize: 'echo published >&2; test -e go'}\n")
    folder = opened(tmp_path, "general")
    for worker in WORKERS:
        deliver(folder, worker)
    with pytest.raises(GitorchError, match="ended with exit status 1; build x stays open") as caught:
        finalized(tmp_path)
    assert "published" in caught.value.details
    assert json.loads((folder / "meta.json").read_text())["status"] == "in_progress"
    write(tmp_path / "go", "")
    _, said = finalized(tmp_path)
    assert said == ["running echo published >&2; test -e go"]
    assert json.loads((folder / "meta.json").read_text())["status"] == "complete"


def test_a_folder_without_git_serves_every_command_of_the_main_line(tmp_path: Path) -> None:
    folder = opened(tmp_path, "content")
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    for arguments in (["ready"], ["brief", "W1.1"], ["launch", "W1.1"], ["sync"], ["status"], ["list"]):
        ran = orch(deep, *arguments)
        assert ran.status == 0, (arguments, ran.err)
    write(tmp_path / "text.md", "words\n")
    ran = orch(tmp_path, "complete", "W1.1", "--output", "text.md", "--summary", "Wrote it")
    assert ran.status == 0, ran.err
    assert "- [x] W1.1: Sources — ✓ Wrote it" in (folder / "STATUS.md").read_text()


def test_json_names_the_workers_whose_edited_sections_were_left_alone(tmp_path: Path) -> None:
    folder = opened(tmp_path, "content")
    for worker in WORKERS:
        deliver(folder, worker)
    assert orch(tmp_path, "finalize").status == 0
    synthesis = folder / "SYNTHESIS.md"
    write(synthesis, synthesis.read_text().replace("W1.1 found things", "W1.1, in my own words"))
    deliver(folder, "W1.1", decisions=["another one"])
    answer = json.loads(orch(tmp_path, "finalize", "--project", "x", "--json").out)
    assert (answer["project"], answer["kept"], answer["again"]) == ("x", ["W1.1"], True)
