"""What a person or worker meets who commits while a build is open."""

from pathlib import Path

import pytest

from gitorch.adapters.guard import registry
from gitorch.core.names import Slug
from tests.guard.support import open_guarded
from tests.support import Ran, git, run, write


@pytest.mark.parametrize("words", [(), ("--no-verify",), ("--amend", "--no-edit")])
def test_a_commit_is_refused_by_name_with_what_to_do_instead(repo: Path, words: tuple[str, ...]) -> None:
    guarded = open_guarded(repo)
    write(repo / "new", "work\n")
    git(repo, "add", "new")
    ran = run("git", "commit", "-m", "mine", *words, cwd=repo, env={"GITORCH_WORKER": "W1.1"})
    assert ran.status != 0
    assert "gitorch: refused:" in ran.err
    assert "Build x is open, and workers don't commit" in ran.err
    assert "N5/builds/x/completions/W1.1.json" in ran.err
    assert "gitorch finalize --project x" in ran.err
    assert guarded.tip() == guarded.base
    assert git(repo, "status", "--porcelain") == "A  new"


def test_the_branch_moves_by_its_permit_and_by_nothing_like_it(repo: Path) -> None:
    guarded = open_guarded(repo)
    tree = git(repo, "rev-parse", "HEAD^{tree}")
    new, other = (git(repo, "commit-tree", tree, "-p", "HEAD", "-m", name) for name in ("new", "other"))
    ref = "refs/heads/build/x"
    registry.write_permit(guarded.repo, guarded.base, new, ref)
    assert run("git", "update-ref", ref, other, guarded.base, cwd=repo).status != 0
    git(repo, "update-ref", ref, new, guarded.base)
    assert guarded.tip() == new
    registry.clear_permit(guarded.repo)
    assert run("git", "update-ref", ref, other, new, cwd=repo).status != 0


def test_after_the_build_is_closed_everybody_commits_again(repo: Path) -> None:
    guarded = open_guarded(repo)
    registry.close_build(guarded.repo, Slug("x"))
    git(repo, "commit", "-q", "--allow-empty", "-m", "later")
    assert guarded.tip() != guarded.base


def test_neither_python_nor_any_program_is_needed_to_refuse(repo: Path) -> None:
    guarded = open_guarded(repo)
    hook = repo / ".git" / "hooks" / "reference-transaction"
    line = f"{guarded.base} {'1' * 40} refs/heads/build/x\n"
    ran = run("/bin/sh", str(hook), "prepared", cwd=repo, stdin=line, env={"PATH": "/nonexistent"})
    assert ran.status == 1
    assert "Build x is open" in ran.err


@pytest.mark.parametrize("whole_lines", [None, 0, 60])
def test_a_guard_without_its_rule_refuses_in_the_build_and_leaves_others_alone(
    repo: Path, tmp_path: Path, whole_lines: int | None
) -> None:
    linked = tmp_path / "linked"
    git(repo, "worktree", "add", "-q", "--detach", str(linked))
    guarded = open_guarded(repo)
    judge = guarded.repo.shared / "guard" / "judge"
    if whole_lines is None:
        judge.unlink()
    else:
        judge.write_bytes(b"".join(judge.read_bytes().splitlines(keepends=True)[:whole_lines]))
    for words in ((), ("--no-verify",)):
        ran = run("git", "commit", *words, "--allow-empty", "-m", "x", cwd=repo)
        assert ran.status != 0
        assert ran.err.count("its guard is damaged\nhint: gitorch install") == 1
    git(linked, "commit", "-q", "--allow-empty", "-m", "y")


def test_a_pick_that_is_refused_in_a_folder_below_is_taken_back_from_there(repo: Path) -> None:
    topic = commit_beside(repo, "topic", "a topic\n")
    open_guarded(repo)
    below = repo / "below"
    below.mkdir()
    ran = run("git", "cherry-pick", topic, cwd=below)
    assert run("sh", "-c", hint_of(ran), cwd=below).status == 0
    assert git(repo, "status", "--porcelain") == ""
    assert "cherry-pick" not in git(repo, "status")


def test_what_somebody_staged_beside_a_pick_is_not_taken_back_with_it(repo: Path) -> None:
    write(repo / "both", "before\n")
    git(repo, "add", "both")
    git(repo, "commit", "-q", "-m", "both")
    topic = commit_beside(repo, "both", "theirs\n")
    write(repo / "both", "ours\n")
    git(repo, "commit", "-q", "-a", "-m", "ours")
    open_guarded(repo)
    assert "conflict" in run("git", "cherry-pick", topic, cwd=repo).err
    write(repo / "both", "both\n")
    write(repo / "record", "a worker's\n")
    git(repo, "add", "both", "record")
    ran = run("git", "commit", "-n", "-m", "x", cwd=repo)
    assert hint_of(ran) == "git cherry-pick --quit"
    git(repo, "cherry-pick", "--quit")
    assert git(repo, "status", "--porcelain") == "M  both\nA  record"


def test_nothing_is_taken_back_from_a_file_that_was_edited_since(repo: Path) -> None:
    write(repo / "both", "before\n")
    git(repo, "add", "both")
    git(repo, "commit", "-q", "-m", "both")
    topic = commit_beside(repo, "both", "theirs\n")
    open_guarded(repo)
    ran = run("git", "cherry-pick", topic, cwd=repo)
    write(repo / "both", "a worker's\n")
    assert "does not match index" in run("sh", "-c", hint_of(ran), cwd=repo).err
    assert (repo / "both").read_text() == "a worker's\n"


def commit_beside(root: Path, name: str, text: str) -> str:
    """A commit on top of HEAD that changes one file, on no branch and checked out nowhere."""
    blob = run("git", "hash-object", "-w", "--stdin", cwd=root, stdin=text).out.strip()
    env = {"GIT_INDEX_FILE": str(root / ".git" / "beside")}
    script = f'git read-tree HEAD; git update-index --add --cacheinfo "100644,{blob},{name}"; git write-tree'
    tree = run("sh", "-ec", script, cwd=root, env=env).out.strip()
    return git(root, "commit-tree", tree, "-p", "HEAD", "-m", name)


def hint_of(ran: Ran) -> str:
    """The last line of a refusal that says what to type."""
    assert ran.status != 0
    return [line.removeprefix("hint: ") for line in ran.err.splitlines() if line.startswith("hint: ")][-1]
