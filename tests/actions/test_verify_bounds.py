"""B12: what verify looked past. Spaced trailers, trees without end, records that nobody read, their modes."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitorch.adapters.git import trees
from tests.scene import BRANCH, FOLDER, Ran, Scene, git, orch
from tests.scene.landed import amend, copy


@pytest.fixture
def work(landed: Path, tmp_path: Path) -> Scene:
    return Scene(copy(landed, tmp_path / "work"))


def refused(work: Scene, says: str) -> Ran:
    ran = work.gitorch("verify", "main..HEAD")
    assert (ran.status, says in ran.out) == (1, True), ran.out + ran.err
    return ran


@pytest.mark.parametrize("colon", [" :", "\t:", " \t :"])
def test_b12_a_trailer_with_a_blank_before_its_colon_names_a_build(work: Scene, colon: str) -> None:
    work.git("switch", "-q", "-c", "topic", "main")
    work.git("commit", "-q", "--allow-empty", "-m", f"mine\n\nGitorch-Build{colon} other\n")

    refused(work, "N5/builds/other/meta.json is not in the commit")


def bomb(root: Path) -> str:
    """A tree of 10^12 paths in twelve objects, its last level without a file."""
    tree = git(root, "mktree", stdin="")
    for _ in range(12):
        tree = git(root, "mktree", stdin="".join(f"040000 tree {tree}\t{name}\n" for name in "abcdefghij"))
    return tree


def planted(work: Scene, commit: str, path: str) -> str:
    """The tree of `commit` with such a tree at `path`."""
    *folders, name = path.split("/")
    tree = bomb(work.root)
    for depth in range(len(folders), -1, -1):
        there = work.git("ls-tree", f"{commit}:{'/'.join(folders[:depth])}", check=False).splitlines()
        lines = [line for line in there if not line.endswith(f"\t{name}")]
        lines.append(f"040000 tree {tree}\t{name}")
        tree = work.git("mktree", stdin="".join(f"{line}\n" for line in lines))
        name = folders[depth - 1] if depth else ""
    return tree


@pytest.mark.parametrize("path", ["bomb", "src/bomb", f"{FOLDER}/workers/bomb"])
def test_b12_a_tree_without_end_is_refused_at_once(
    work: Scene, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "MAX_LISTING", 1 << 20)
    commit = work.git("commit-tree", "-p", "main", "-m", work.message(), planted(work, "HEAD", path))

    ran = work.gitorch("verify", f"main..{commit}", "--branch", BRANCH)

    assert ran.status == 1
    assert "has more than 1,000,000 paths, or names too long to list" in ran.out


def test_b12_the_parents_tree_is_bounded_as_well(work: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_LISTING", 1 << 20)
    parent = work.git("commit-tree", "-p", "main", "-m", "endless", planted(work, "main", "bomb"))
    commit = work.git("commit-tree", "-p", parent, "-m", work.message(), "HEAD^{tree}")

    ran = work.gitorch("verify", f"main..{commit}", "--branch", BRANCH)

    assert ran.status == 1
    assert "has more than 1,000,000 paths" in ran.out


def test_b12_nobody_elses_commit_is_gone_through(work: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_LISTING", 0)
    for path in ("bomb", "N5/builds/other/bomb", f"{FOLDER}/bomb"):
        commit = work.git("commit-tree", "-p", "HEAD", "-m", "endless", planted(work, "HEAD", path))

        ran = work.gitorch("verify", f"HEAD..{commit}", "--branch", "main")

        assert (ran.status, "nothing to verify" in ran.out) == (0, True), ran.out + ran.err


@pytest.mark.slow
def test_b12_a_server_ends_a_push_of_a_tree_without_end(work: Scene, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    work.git("init", "-q", "--bare", str(bare))
    assert orch(tmp_path, "install", "--server", str(bare)).status == 0
    work.git("push", "-q", str(bare), "main")
    commit = work.git("commit-tree", "-p", "main", "-m", work.message(), planted(work, "HEAD", "bomb"))
    began = time.monotonic()

    ran = work.run("git", "push", str(bare), f"{commit}:refs/heads/{BRANCH}", timeout=120)

    assert ran.status == 1
    assert "has more than 1,000,000 paths" in ran.err
    assert time.monotonic() - began < 60


def executable(name: str) -> Callable[[Scene], object]:
    return lambda work: (work / FOLDER / name).chmod(0o755)


def linked(name: str) -> Callable[[Scene], object]:
    def link(work: Scene) -> None:
        (work / FOLDER / name).unlink(missing_ok=True)
        (work / FOLDER / name).parent.mkdir(exist_ok=True)
        (work / FOLDER / name).symlink_to("/etc/passwd")

    return link


def written(name: str, text: str) -> Callable[[Scene], object]:
    return lambda work: work.write(f"{FOLDER}/{name}", text)


RESULT = {
    "worker_id": "W1.1",
    "status": "completed",
    "backend": "command",
    "run": "r",
    "queued_at": "2026-01-18T12:00:00Z",
    "ended_at": "2026-01-18T12:00:01Z",
}
RECORDS = [
    (executable("STATUS.md"), "STATUS.md is executable, expected mode 644"),
    (executable("PLAN.md"), "PLAN.md is executable, expected mode 644"),
    (executable("meta.json"), "meta.json is executable, expected mode 644"),
    (executable("proof.json"), "proof.json is executable, expected mode 644"),
    (executable("completions/W1.1.json"), "is executable, expected mode 644"),
    (executable("workers/W1.1-schema.md"), "is executable, expected mode 644"),
    (linked("dropped/a.md"), "dropped/a.md is not a regular file"),
    (linked("spawn_results.jsonl"), "spawn_results.jsonl is not a regular file"),
    (linked("proof.json"), "proof.json is not a regular file"),
    (written("spawn_results.jsonl", "buy now\n"), "spawn_results.jsonl has lines that are no results of workers"),
    (written("spawn_results.jsonl", json.dumps({**RESULT, "more": "x"}) + "\n"), "has lines that are no results"),
    (written("SYNTHESIS.md", "all is well\n"), "SYNTHESIS.md changed, no worker claims it"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), RECORDS, ids=[says for _, says in RECORDS])
def test_b12_every_record_is_read_and_has_its_mode(
    work: Scene, change: Callable[[Scene], object], says: str
) -> None:
    change(work)
    amend(work.root)

    refused(work, says)


def test_b12_finalize_lands_no_record_that_verify_refuses(scene: Scene) -> None:
    base = scene.ready_build()
    results = scene.write(f"{FOLDER}/spawn_results.jsonl", json.dumps(RESULT) + "\n{cut short")
    for name in ("completions/W1.1.json", "PLAN.md", "spawn_results.jsonl"):
        (scene / FOLDER / name).chmod(0o755)
    scene.git("add", "--all")

    scene.land(base)

    assert scene.do("verify").status == 0
    assert results.read_text() == json.dumps(RESULT) + "\n"
    assert scene.git("status", "--porcelain") == ""


def test_b12_a_synthesis_is_no_record_of_a_build_that_makes_a_commit(scene: Scene) -> None:
    scene.ready_build()
    scene.write(f"{FOLDER}/SYNTHESIS.md", "all is well\n")

    scene.refused("finalize", says="SYNTHESIS.md")
