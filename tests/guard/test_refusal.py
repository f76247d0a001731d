"""What a person or worker meets who commits while a build is open."""

from pathlib import Path

import pytest

from gitorch.adapters.guard import registry
from gitorch.core.names import Slug
from tests.guard.support import open_guarded
from tests.scene import Ran, Scene, git, run


@pytest.mark.parametrize("words", [(), ("--no-verify",), ("--amend", "--no-edit")])
def test_a_commit_is_refused_by_name_with_what_to_do_instead(scene: Scene, words: tuple[str, ...]) -> None:
    guarded = open_guarded(scene.root)
    scene.write("new", "work\n")
    scene.git("add", "new")
    ran = scene.run("git", "commit", "-m", "mine", *words, env={"GITORCH_WORKER": "W1.1"})
    assert ran.status != 0
    assert "gitorch: refused:" in ran.err
    assert "Build x is open, and workers don't commit" in ran.err
    assert "N5/builds/x/completions/W1.1.json" in ran.err
    assert "gitorch finalize --project x" in ran.err
    assert guarded.tip() == guarded.base
    assert scene.git("status", "--porcelain") == "A  new"


def test_the_branch_moves_by_its_permit_and_by_nothing_like_it(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    tree = scene.git("rev-parse", "HEAD^{tree}")
    new, other = (scene.git("commit-tree", tree, "-p", "HEAD", "-m", name) for name in ("new", "other"))
    ref = "refs/heads/build/x"
    registry.write_permit(guarded.repo, guarded.base, new, ref)
    assert scene.run("git", "update-ref", ref, other, guarded.base).status != 0
    scene.git("update-ref", ref, new, guarded.base)
    assert guarded.tip() == new
    registry.clear_permit(guarded.repo)
    assert scene.run("git", "update-ref", ref, other, new).status != 0


def test_after_the_build_is_closed_everybody_commits_again(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    registry.close_build(guarded.repo, Slug("x"))
    scene.git("commit", "-q", "--allow-empty", "-m", "later")
    assert guarded.tip() != guarded.base


def test_neither_python_nor_any_program_is_needed_to_refuse(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    hook = scene / ".git/hooks/reference-transaction"
    line = f"{guarded.base} {'1' * 40} refs/heads/build/x\n"
    ran = scene.run("/bin/sh", str(hook), "prepared", stdin=line, env={"PATH": "/nonexistent"})
    assert ran.status == 1
    assert "Build x is open" in ran.err


@pytest.mark.parametrize("whole_lines", [None, 0, 60])
def test_a_guard_without_its_rule_refuses_in_the_build_and_leaves_others_alone(
    scene: Scene, tmp_path: Path, whole_lines: int | None
) -> None:
    linked = tmp_path / "linked"
    scene.git("worktree", "add", "-q", "--detach", str(linked))
    guarded = open_guarded(scene.root)
    judge = guarded.repo.shared / "guard" / "judge"
    if whole_lines is None:
        judge.unlink()
    else:
        judge.write_bytes(b"".join(judge.read_bytes().splitlines(keepends=True)[:whole_lines]))
    for words in ((), ("--no-verify",)):
        ran = scene.run("git", "commit", *words, "--allow-empty", "-m", "x")
        assert ran.status != 0
        assert ran.err.count("its guard is damaged\nhint: gitorch install") == 1
    git(linked, "commit", "-q", "--allow-empty", "-m", "y")


def test_a_pick_that_is_refused_in_a_folder_below_is_taken_back_from_there(scene: Scene) -> None:
    topic = commit_beside(scene, "topic", "a topic\n")
    open_guarded(scene.root)
    below = scene / "below"
    below.mkdir()
    ran = run("git", "cherry-pick", topic, cwd=below)
    assert run("sh", "-c", hint_of(ran), cwd=below).status == 0
    assert scene.git("status", "--porcelain") == ""
    assert "cherry-pick" not in scene.git("status")


def test_what_somebody_staged_beside_a_pick_is_not_taken_back_with_it(scene: Scene) -> None:
    scene.write("both", "before\n")
    scene.git("add", "both")
    scene.git("commit", "-q", "-m", "both")
    topic = commit_beside(scene, "both", "theirs\n")
    scene.write("both", "ours\n")
    scene.git("commit", "-q", "-a", "-m", "ours")
    open_guarded(scene.root)
    assert "conflict" in scene.run("git", "cherry-pick", topic).err
    scene.write("both", "both\n")
    scene.write("record", "a worker's\n")
    scene.git("add", "both", "record")
    ran = scene.run("git", "commit", "-n", "-m", "x")
    assert hint_of(ran) == "git cherry-pick --quit"
    scene.git("cherry-pick", "--quit")
    assert scene.git("status", "--porcelain") == "M  both\nA  record"


def test_nothing_is_taken_back_from_a_file_that_was_edited_since(scene: Scene) -> None:
    scene.write("both", "before\n")
    scene.git("add", "both")
    scene.git("commit", "-q", "-m", "both")
    topic = commit_beside(scene, "both", "theirs\n")
    open_guarded(scene.root)
    ran = scene.run("git", "cherry-pick", topic)
    scene.write("both", "a worker's\n")
    assert "does not match index" in scene.run("sh", "-c", hint_of(ran)).err
    assert (scene / "both").read_text() == "a worker's\n"


def commit_beside(scene: Scene, name: str, text: str) -> str:
    """A commit on top of HEAD that changes one file, on no branch and checked out nowhere."""
    blob = scene.run("git", "hash-object", "-w", "--stdin", stdin=text).out.strip()
    env = {"GIT_INDEX_FILE": str(scene / ".git/beside")}
    script = f'git read-tree HEAD; git update-index --add --cacheinfo "100644,{blob},{name}"; git write-tree'
    tree = scene.run("sh", "-ec", script, env=env).out.strip()
    return scene.git("commit-tree", tree, "-p", "HEAD", "-m", name)


def hint_of(ran: Ran) -> str:
    """The last line of a refusal that says what to type."""
    assert ran.status != 0
    return [line.removeprefix("hint: ") for line in ran.err.splitlines() if line.startswith("hint: ")][-1]
