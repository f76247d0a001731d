"""A command is killed, and the person does something else before the next one: nothing of theirs is touched."""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from gitorch.actions.install import install
from gitorch.adapters.files import TEMPORARY_PREFIX, lock
from tests.actions.opened import FOLDER, PLAN, SLUG, delivered, opened
from tests.crash.killed import git_that, killed_behind
from tests.scene import Scene
from tests.support import NO_HOOKS, git, orch, process, run, write

BRANCH = f"build/{SLUG}"
JOURNAL = ".git/gitorch/journal.json"


def with_another_branch(repo: Path) -> None:
    """A build that is ready to land, and a branch `other` with a file of its own."""
    git(repo, "switch", "-q", "-c", "other")
    write(repo / "theirs", "theirs\n")
    git(repo, "add", "theirs")
    git(repo, "commit", "-q", "-m", "other")
    git(repo, "switch", "-q", "main")
    opened(repo)
    delivered(repo)


def leave(repo: Path, *options: str) -> None:
    """To the other branch, as a git before 2.46 lets a person go, where git's advice was followed."""
    (repo / ".git" / "index.lock").unlink(missing_ok=True)
    git(repo, *NO_HOOKS, "switch", "-q", *options, "other")


def unpermitted(repo: Path) -> dict[str, object]:
    """All of it but the permit, which is withdrawn at once."""
    return Scene(repo).picture(without=(".git/gitorch/permit",))


@pytest.mark.parametrize(
    "command",
    [
        ("finalize",),
        pytest.param(("abort",), marks=pytest.mark.slow),
        pytest.param(("abort", "--discard-files"), marks=pytest.mark.slow),
        pytest.param(("reopen",), marks=pytest.mark.slow),
    ],
)
def test_what_is_half_done_waits_until_the_person_is_back_on_the_branch(
    repo: Path, command: tuple[str, ...]
) -> None:
    with_another_branch(repo)
    if command == ("reopen",):
        assert orch(repo, "finalize").status == 0
    killed_behind(repo, f"gitorch: {command[0]}{'' if command[0] == 'abort' else f' {SLUG}'}", *command)
    leave(repo, *(["-f"] if command == ("finalize",) else []))
    before = unpermitted(repo)
    says = f"error: {command[0]} of build {SLUG} was interrupted half way, and {repo} is not on {BRANCH}"
    for again, status in (("list", 0), ("status", None), ("doctor", 1)):
        ran = orch(repo, again)
        assert says in ran.err, (again, ran.err)
        assert status in (None, ran.status), (again, ran.err)
        assert unpermitted(repo) == before, again
    if command == ("finalize",):  # as git asks for: all of it is in the commit
        git(repo, "clean", "-dfq")
    hint = next(line for line in ran.err.splitlines() if line.startswith("hint: ")).removeprefix("hint: ")
    assert run(*shlex.split(hint.partition("   (")[0]), cwd=repo.parent).status == 0
    assert "interrupted" in orch(repo, "list").err
    assert not (repo / JOURNAL).exists()
    changed = [line for line in git(repo, "status", "--porcelain", "-uno").splitlines() if "N5/" not in line]
    assert changed == ([] if command[-1] in ("finalize", "--discard-files") else [" M README"])
    assert git(repo, "ls-files", "theirs") == ""


@pytest.mark.slow
def test_what_is_taken_back_is_taken_back_on_any_branch(repo: Path) -> None:
    with_another_branch(repo)
    assert process(repo, "finalize", env=git_that(repo, "kill -KILL $PPID; exit")).status == -9
    leave(repo)
    index = git(repo, "ls-files", "--stage")
    assert "interrupted before its commit: nothing has changed" in orch(repo, "list").err
    assert git(repo, "ls-files", "--stage") == index
    assert not (repo / JOURNAL).exists()
    git(repo, "switch", "-q", BRANCH)
    assert orch(repo, "finalize").status == 0


def test_an_abort_whose_branch_was_deleted_meanwhile_leaves_the_files_of_the_other_branch_alone(
    repo: Path,
) -> None:
    with_another_branch(repo)
    killed_behind(repo, "gitorch: abort", "abort", "--discard-files")
    leave(repo)
    git(repo, "branch", "-q", "-D", BRANCH)
    files = git(repo, "status", "--porcelain")
    told = orch(repo, "list")
    assert "its branch is gone, so the files were left alone" in told.err
    assert git(repo, "status", "--porcelain").replace("AM ", "A  ") == files.replace("AM ", "A  ")
    assert (repo / "theirs").read_text() == "theirs\n"
    assert not (repo / ".git" / "gitorch" / "open").exists()


def killed_behind_its_commit(repo: Path) -> None:
    """A finalize that was killed, and a person who deleted git's lock as git advises."""
    opened(repo, "unclaimed: leave\n")
    delivered(repo)
    killed_behind(repo, f"gitorch: finalize {SLUG}", "finalize")
    (repo / ".git" / "index.lock").unlink()


def test_what_was_staged_behind_a_killed_finalize_stays_staged(repo: Path) -> None:
    killed_behind_its_commit(repo)
    write(repo / "mine", "only in the index\n")
    git(repo, "add", "mine")
    (repo / "mine").unlink()
    assert f"finalize of build {SLUG} was interrupted after its commit" in orch(repo, "list").err
    assert git(repo, "status", "--porcelain") == "AD mine"
    assert git(repo, "cat-file", "blob", ":mine") == "only in the index"
    assert [
        path.name for path in (repo / ".git").rglob("*") if path.name in ("landing-index", "index.lock")
    ] == []


def test_conflicts_in_the_index_keep_a_killed_finalize_from_being_completed(repo: Path) -> None:
    killed_behind_its_commit(repo)
    oid = git(repo, "hash-object", "-w", "--stdin", stdin="theirs\n")
    entries = "".join(f"100644 {oid} {stage}\tmine\n" for stage in (2, 3))
    git(repo, "update-index", "--index-info", stdin=entries)
    write(repo / "mine", "both\n")
    told = orch(repo, "list").err
    assert "the index has conflicts (git add PATH, when a file is as it should be)\n  mine\n" in told
    assert git(repo, "ls-files", "--stage", "mine").count("mine") == 2
    git(repo, "add", "mine")
    assert "was interrupted after its commit" in orch(repo, "list").err
    assert git(repo, "status", "--porcelain") == "A  mine"


def test_a_second_branch_that_was_checked_out_behind_a_kill_is_left_alone_and_told(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    killed_behind(repo, f"gitorch: finalize {SLUG}", "finalize", "--onto", "main")
    side = repo.with_name("side")
    git(repo, "worktree", "add", "-q", str(side), "main")
    told = orch(repo, "list").err
    assert "was interrupted after its commit" in told
    assert f"main was checked out in {side} meanwhile, so it was left alone" in told
    assert git(side, "rev-parse", "main") == base
    assert git(side, "status", "--porcelain") == ""


@pytest.fixture
def half_open(repo: Path) -> Path:
    """The folder of a build whose init was killed when it had made the branch."""
    install(repo)
    plan = write(repo.parent / "plan.json", json.dumps(PLAN))
    command = ("init", "--project", SLUG, "--plan-file", str(plan))
    killed_behind(repo, f"gitorch: open build {SLUG}", *command)
    assert (repo / FOLDER / "meta.json").is_file()
    return repo / FOLDER


def test_a_folder_of_the_persons_own_is_not_deleted_in_the_place_of_the_one_that_init_wrote(
    repo: Path, half_open: Path
) -> None:
    shutil.rmtree(half_open)
    write(half_open / "PLAN.md", "mine\n")
    (half_open / "workers").mkdir()
    told = orch(repo, "list").err
    assert f"everything but {FOLDER}, which holds what init did not write, is as it was before" in told
    assert sorted(path.name for path in half_open.iterdir()) == ["PLAN.md", "workers"]
    assert not git(repo, "branch", "--list", BRANCH)


def test_what_the_person_wrote_into_the_folder_of_a_killed_init_is_left_there(
    repo: Path, half_open: Path
) -> None:
    write(half_open / "workers" / "notes", "mine\n")
    with (half_open / "PLAN.md").open("a") as plan:
        plan.write("mine\n")
    assert f"everything but {FOLDER}" in orch(repo, "list").err
    left = [path for path in half_open.rglob("*") if path.is_file()]
    assert sorted(left) == [half_open / "PLAN.md", half_open / "workers" / "notes"]


def test_commits_on_the_branch_of_a_killed_init_are_left_there(repo: Path, half_open: Path) -> None:
    git(repo, "switch", "-q", BRANCH)
    git(repo, "commit", "-q", "--allow-empty", "-m", "mine")
    assert f"everything but {BRANCH}, which has commits now, is as it was before" in orch(repo, "list").err
    assert git(repo, "log", "-1", "--format=%s", "HEAD") == "mine"
    assert git(repo, "symbolic-ref", "--short", "HEAD") == BRANCH
    assert not half_open.exists()
    assert not (repo / JOURNAL).exists()


@pytest.mark.slow
def test_an_abort_is_completed_when_no_other_command_is_at_work_in_the_folder(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    killed_behind(repo, "gitorch: abort", "abort")
    half_written = repo / FOLDER / f"{TEMPORARY_PREFIX}of-another-command"
    with lock(repo / FOLDER, "the build"):
        half_written.touch()
        told = orch(repo, "list").err
        assert f"another gitorch command is at work on build {SLUG}" in told
        assert half_written.exists()
        assert (repo / JOURNAL).exists()
    assert "it is complete now" in orch(repo, "list").err
    assert not half_written.exists()
