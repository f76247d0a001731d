"""A command is killed, and the person does something else before the next one: nothing of theirs is touched."""

import json
import shlex
import shutil
from pathlib import Path

import pytest

from gitorch.actions.install import install
from gitorch.adapters.files import TEMPORARY_PREFIX, lock
from tests.scene import FOLDER, NO_HOOKS, PLAN, SLUG, Scene, git, run, write
from tests.scene.killed import git_that, killed_behind

BRANCH = f"build/{SLUG}"
JOURNAL = ".git/gitorch/journal.json"


def with_another_branch(scene: Scene) -> None:
    """A build that is ready to land, and a branch `other` with a file of its own."""
    scene.git("switch", "-q", "-c", "other")
    scene.write("theirs", "theirs\n")
    scene.git("add", "theirs")
    scene.git("commit", "-q", "-m", "other")
    scene.git("switch", "-q", "main")
    scene.open_build()
    scene.deliver_all()


def leave(scene: Scene, *options: str) -> None:
    """To the other branch, as a git before 2.46 lets a person go, where git's advice was followed."""
    (scene / ".git/index.lock").unlink(missing_ok=True)
    scene.git(*NO_HOOKS, "switch", "-q", *options, "other")


def unpermitted(scene: Scene) -> dict[str, object]:
    """All of it but the permit, which is withdrawn at once."""
    return Scene(scene.root).picture(without=(".git/gitorch/permit",))


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
    scene: Scene, command: tuple[str, ...]
) -> None:
    with_another_branch(scene)
    if command == ("reopen",):
        assert scene.gitorch("finalize").status == 0
    killed_behind(scene.root, f"gitorch: {command[0]}{'' if command[0] == 'abort' else f' {SLUG}'}", *command)
    leave(scene, *(["-f"] if command == ("finalize",) else []))
    before = unpermitted(scene)
    says = (
        f"error: {command[0]} of build {SLUG} was interrupted half way, and {BRANCH} is not checked out in"
        f" {scene.root} any more"
    )
    for again, status in (("list", 0), ("status", None), ("doctor", 1)):
        ran = scene.gitorch(again)
        assert says in ran.err, (again, ran.err)
        assert status in (None, ran.status), (again, ran.err)
        assert unpermitted(scene) == before, again
    if command == ("finalize",):  # as git asks for: all of it is in the commit
        scene.git("clean", "-dfq")
    hint = next(line for line in ran.err.splitlines() if line.startswith("hint: ")).removeprefix("hint: ")
    assert run(*shlex.split(hint.partition("run: ")[2]), cwd=scene.root.parent).status == 0
    assert "interrupted" in scene.gitorch("list").err
    assert not (scene / JOURNAL).exists()
    changed = [line for line in scene.git("status", "--porcelain", "-uno").splitlines() if "N5/" not in line]
    assert changed == ([] if command[-1] in ("finalize", "--discard-files") else [" M README"])
    assert scene.git("ls-files", "theirs") == ""


@pytest.mark.slow
def test_what_is_taken_back_is_taken_back_on_any_branch(scene: Scene) -> None:
    with_another_branch(scene)
    assert scene.process("finalize", env=git_that(scene.root, "kill -KILL $PPID; exit")).status == -9
    leave(scene)
    index = scene.git("ls-files", "--stage")
    assert "interrupted before its commit: nothing was changed" in scene.gitorch("list").err
    assert scene.git("ls-files", "--stage") == index
    assert not (scene / JOURNAL).exists()
    scene.git("switch", "-q", BRANCH)
    assert scene.gitorch("finalize").status == 0


def test_an_abort_whose_branch_was_deleted_meanwhile_leaves_the_files_of_the_other_branch_alone(
    scene: Scene,
) -> None:
    with_another_branch(scene)
    killed_behind(scene.root, "gitorch: abort", "abort", "--discard-files")
    leave(scene)
    scene.git("branch", "-q", "-D", BRANCH)
    files = scene.git("status", "--porcelain")
    told = scene.gitorch("list")
    assert f"{BRANCH} does not exist any more, so the files were left as they are" in told.err
    assert scene.git("status", "--porcelain").replace("AM ", "A  ") == files.replace("AM ", "A  ")
    assert (scene / "theirs").read_text() == "theirs\n"
    assert not (scene / ".git/gitorch/open").exists()


def killed_behind_its_commit(scene: Scene) -> None:
    """A finalize that was killed, and a person who deleted git's lock as git advises."""
    scene.open_build("unclaimed: leave\n")
    scene.deliver_all()
    killed_behind(scene.root, f"gitorch: finalize {SLUG}", "finalize")
    (scene / ".git/index.lock").unlink()


def test_what_was_staged_behind_a_killed_finalize_stays_staged(scene: Scene) -> None:
    killed_behind_its_commit(scene)
    scene.write("mine", "only in the index\n")
    scene.git("add", "mine")
    (scene / "mine").unlink()
    assert f"finalize of build {SLUG} was interrupted after its commit" in scene.gitorch("list").err
    assert scene.git("status", "--porcelain") == "AD mine"
    assert scene.git("cat-file", "blob", ":mine") == "only in the index"
    assert [
        path.name for path in (scene / ".git").rglob("*") if path.name in ("landing-index", "index.lock")
    ] == []


def test_conflicts_in_the_index_keep_a_killed_finalize_from_being_completed(scene: Scene) -> None:
    killed_behind_its_commit(scene)
    oid = scene.git("hash-object", "-w", "--stdin", stdin="theirs\n")
    entries = "".join(f"100644 {oid} {stage}\tmine\n" for stage in (2, 3))
    scene.git("update-index", "--index-info", stdin=entries)
    scene.write("mine", "both\n")
    told = scene.gitorch("list").err
    assert (
        "could not be done: the index has unresolved conflicts\n  mine\nhint: to mark a file as resolved"
        in told
    )
    assert scene.git("ls-files", "--stage", "mine").count("mine") == 2
    scene.git("add", "mine")
    assert "was interrupted after its commit" in scene.gitorch("list").err
    assert scene.git("status", "--porcelain") == "A  mine"


def test_a_second_branch_that_was_checked_out_behind_a_kill_is_left_alone_and_told(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    killed_behind(scene.root, f"gitorch: finalize {SLUG}", "finalize", "--onto", "main")
    side = scene.root.with_name("side")
    scene.git("worktree", "add", "-q", str(side), "main")
    told = scene.gitorch("list").err
    assert "was interrupted after its commit" in told
    assert (
        f"main is checked out in {side}, and was left alone; to move it there, run: git -C {side} merge"
        in told
    )
    assert git(side, "rev-parse", "main") == base
    assert git(side, "status", "--porcelain") == ""


@pytest.fixture
def half_open(scene: Scene) -> Path:
    """Where the folder of a build belongs whose init was killed when it had made the branch."""
    install(scene.root)
    plan = write(scene.root.parent / "plan.json", json.dumps(PLAN))
    command = ("init", "--project", SLUG, "--plan-file", str(plan))
    killed_behind(scene.root, f"gitorch: init {SLUG}", *command)
    assert not (scene / FOLDER).exists()
    return scene / FOLDER


def test_a_folder_of_the_persons_own_is_not_taken_for_the_one_that_a_killed_init_has_to_write(
    scene: Scene, half_open: Path
) -> None:
    write(half_open / "PLAN.md", "mine\n")

    told = scene.gitorch("list").err

    assert (
        f"{BRANCH} was created for build {SLUG}, but what follows could not be done: {half_open} was" in told
    )
    assert [path.name for path in half_open.iterdir()] == ["PLAN.md"]
    shutil.rmtree(half_open)
    assert f"init of build {SLUG} was interrupted; the build is open now" in scene.gitorch("list").err
    assert (half_open / "PLAN.md").is_file()


def test_a_killed_init_is_completed_on_the_branch_that_it_was_typed_on_alone(
    scene: Scene, half_open: Path
) -> None:
    scene.git("switch", "-q", "-c", "elsewhere")

    told = scene.gitorch("list").err

    assert f"init of build {SLUG} was interrupted half way, and main is not checked out in" in told
    assert scene.git("symbolic-ref", "--short", "HEAD") == "elsewhere"
    scene.git("switch", "-q", "main")
    assert "the build is open now" in scene.gitorch("list").err
    assert scene.git("symbolic-ref", "--short", "HEAD") == BRANCH


def test_commits_on_the_branch_of_a_killed_init_are_left_there(scene: Scene, half_open: Path) -> None:
    scene.git("switch", "-q", BRANCH)
    scene.git("commit", "-q", "--allow-empty", "-m", "mine")

    told = scene.gitorch("list").err

    assert (
        f"{BRANCH} has commits by now, so the build was not opened, and the branch was left as it is" in told
    )
    assert scene.git("log", "-1", "--format=%s", "HEAD") == "mine"
    assert scene.git("symbolic-ref", "--short", "HEAD") == BRANCH
    assert not half_open.exists()
    assert not (scene / JOURNAL).exists()


@pytest.mark.slow
def test_an_abort_is_completed_when_no_other_command_is_at_work_in_the_folder(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    killed_behind(scene.root, "gitorch: abort", "abort")
    half_written = scene / FOLDER / f"{TEMPORARY_PREFIX}of-another-command"
    with lock(scene / FOLDER, "the build"):
        half_written.touch()
        assert "interrupted" not in scene.gitorch("list").err
        assert half_written.exists()
        assert (scene / JOURNAL).exists()
    assert "was interrupted; completed" in scene.gitorch("list").err
    assert not half_written.exists()
