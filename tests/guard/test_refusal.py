"""What a person or worker meets who commits while a build is open."""

import shlex
from pathlib import Path

import pytest

from gitorch.adapters.guard import registry
from gitorch.core.names import Slug
from tests.scene import Ran, Scene, git, write
from tests.scene.guarded import PROGRAM, open_guarded


@pytest.mark.parametrize("words", [(), ("--no-verify",), ("--amend", "--no-edit")])
def test_a_commit_is_refused_by_name_with_what_to_do_instead(scene: Scene, words: tuple[str, ...]) -> None:
    guarded = open_guarded(scene.root)
    scene.write("new", "work\n")
    scene.git("add", "new")
    ran = scene.run("git", "commit", "-m", "mine", *words, env={"GITORCH_WORKER": "W1.1"})
    assert ran.status != 0
    refused, *told = ran.err.replace(str(PROGRAM), "GITORCH").splitlines()
    says = (
        "worker W1.1 may not move " if "--no-verify" in words else "no commit may be made in the worktree of"
    )
    assert refused.startswith(f"gitorch: refused: {says}")
    assert told[:4] == [
        "  nothing was committed; the one commit of build x is made by gitorch finalize",
        "  your files are safe as they are: do not reset or undo anything",
        "  a worker leaves its files as they are and writes N5/builds/x/completions/W1.1.json",
        "hint: to report as a worker, run: GITORCH complete --project x --worker W1.1 --output PATH",
    ]
    assert "gitorch" not in "".join(told[4:])
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
    assert "one commit of build x" in ran.err


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
        assert ran.err.count("its guard is damaged\nhint: to repair the guard, run: gitorch install") == 1
    git(linked, "commit", "-q", "--allow-empty", "-m", "y")


def test_a_person_is_told_how_a_build_lands_and_how_it_is_closed(scene: Scene) -> None:
    open_guarded(scene.root)

    ran = scene.run("git", "commit", "--allow-empty", "-m", "mine")

    assert ran.err.splitlines()[-2:] == [
        f"hint: to land the build as one commit, run: {PROGRAM} finalize --project x",
        f"hint: to close the build and keep its work, run: {PROGRAM} abort --project x",
    ]


@pytest.mark.parametrize("path", ["a folder/git'orch", "missing"])
def test_a_refusal_names_the_gitorch_that_installed_it_where_there_is_one(
    scene: Scene, tmp_path: Path, path: str
) -> None:
    guarded = open_guarded(scene.root)
    program = tmp_path / path
    if path != "missing":
        write(program, "#!/bin/sh\necho ran it\n").chmod(0o755)
    write(guarded.repo.shared / "guard" / "program", f"{program}\n{shlex.quote(str(program))}\n")

    ran = scene.run("git", "commit", "--allow-empty", "-m", "mine")

    named = ran.err.splitlines()[-1].partition("run: ")[2]
    assert named == f"{'gitorch' if path == 'missing' else shlex.quote(str(program))} abort --project x"


def test_a_pick_that_is_refused_is_taken_back(scene: Scene) -> None:
    topic = commit_beside(scene, "topic", "a topic\n")
    open_guarded(scene.root)
    assert is_told_of(scene.run("git", "cherry-pick", topic))

    assert scene.gitorch("doctor", "--fix").status == 0

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
    assert is_told_of(scene.run("git", "commit", "-n", "-m", "x"))

    assert scene.gitorch("doctor", "--fix").status == 0

    assert "cherry-pick" not in scene.git("status")
    assert scene.git("status", "--porcelain") == "M  both\nA  record"


def test_a_file_that_was_written_anew_since_a_pick_stays_as_it_is(scene: Scene) -> None:
    scene.write("both", "before\n")
    scene.git("add", "both")
    scene.git("commit", "-q", "-m", "both")
    topic = commit_beside(scene, "both", "theirs\n")
    open_guarded(scene.root)
    assert is_told_of(scene.run("git", "cherry-pick", topic))
    scene.write("both", "a worker's\n")

    ran = scene.gitorch("doctor", "--fix")

    assert "both was changed since, and was left as it is" in ran.err
    assert (scene / "both").read_text() == "a worker's\n"
    assert scene.git("status", "--porcelain") == " M both"


def test_an_edit_elsewhere_in_a_file_that_a_pick_changed_is_kept(scene: Scene) -> None:
    lines = [f"{number}\n" for number in range(30)]
    scene.write("both", "".join(lines))
    scene.git("add", "both")
    scene.git("commit", "-q", "-m", "both")
    topic = commit_beside(scene, "both", "".join(["theirs\n", *lines[1:]]))
    open_guarded(scene.root)
    assert is_told_of(scene.run("git", "cherry-pick", topic))
    scene.write("both", "".join(["theirs\n", *lines[1:-1], "a worker's\n"]))

    assert scene.gitorch("doctor", "--fix").status == 0

    assert (scene / "both").read_text() == "".join([*lines[:-1], "a worker's\n"])


def test_what_was_staged_since_a_reset_is_kept_and_the_rest_restored(scene: Scene) -> None:
    for text in ("first\n", "second\n"):
        scene.write("one", text)
        scene.write("two", text)
        scene.git("add", ".")
        scene.git("commit", "-q", "-m", text)
    open_guarded(scene.root)
    assert is_told_of(scene.run("git", "reset", "--hard", "HEAD~1"))
    scene.write("one", "a worker's\n")
    scene.git("add", "one")

    assert scene.gitorch("doctor", "--fix").status == 0

    assert ((scene / "one").read_text(), (scene / "two").read_text()) == ("a worker's\n", "second\n")
    assert scene.git("status", "--porcelain") == "M  one"


def test_a_commit_refused_by_hand_offers_no_restoring_and_none_is_done(scene: Scene) -> None:
    open_guarded(scene.root)
    scene.write("README", "a worker's\n")
    scene.git("add", "README")
    for words in ((), ("--no-verify",), ("--amend",)):
        assert not is_told_of(scene.run("git", "commit", "-m", "x", *words))

    ran = scene.gitorch("doctor", "--fix")

    assert (ran.status, ran.err) == (0, "")
    assert scene.git("status", "--porcelain") == "M  README"


def commit_beside(scene: Scene, name: str, text: str) -> str:
    """A commit on top of HEAD that changes one file, on no branch and checked out nowhere."""
    blob = scene.run("git", "hash-object", "-w", "--stdin", stdin=text).out.strip()
    env = {"GIT_INDEX_FILE": str(scene / ".git/beside")}
    script = f'git read-tree HEAD; git update-index --add --cacheinfo "100644,{blob},{name}"; git write-tree'
    tree = scene.run("sh", "-ec", script, env=env).out.strip()
    return scene.git("commit-tree", tree, "-p", "HEAD", "-m", name)


def is_told_of(ran: Ran) -> bool:
    """Whether a refusal names the command that tidies up."""
    assert ran.status != 0
    return "hint: to restore what git changed before this refusal, run: " in ran.err
