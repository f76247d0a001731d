"""init: what it leaves behind, what it refuses, and that a kill leaves before or after."""

import json
import shutil
import signal
import sys
from pathlib import Path

import pytest

from gitorch.core.brief import Brief, parse_brief
from tests.scene import Ran, Scene, git, orch, write
from tests.scene.killed import git_that

PLAN = "# Build Plan: x\n\n## Wave 1: One\n- W1.1: First — Do it\n- W1.2: Second — Do it too\n"


@pytest.fixture
def guarded(scene: Scene) -> Scene:
    assert scene.gitorch("install").status == 0
    return scene


def init(root: Path, *more: str, slug: str = "x", plan: str = PLAN) -> Ran:
    return orch(root, "init", "--project", slug, "--plan-file", "-", *more, stdin=plan)


def test_a_code_build_has_its_folder_its_branch_and_its_binding(guarded: Scene) -> None:
    base = guarded.git("rev-parse", "HEAD")
    ran = init(guarded.root)
    assert ran.status == 0, ran.err
    assert "build x is open: 2 workers in 1 wave" in ran.out
    folder = guarded / "N5/builds/x"
    assert sorted(p.name for p in folder.iterdir()) == [
        "BUILD.md", "PLAN.md", "README.md", "STATUS.md", "completions", "meta.json", "plan.json", "workers",
    ]  # fmt: skip
    assert sorted(p.name for p in (folder / "workers").iterdir()) == ["W1.1-first.md", "W1.2-second.md"]
    assert (folder / "PLAN.md").read_text() == PLAN
    meta = json.loads((folder / "meta.json").read_text())
    assert (meta["build_type"], meta["base"], meta["branch"]) == ("code_build", base, "build/x")
    assert meta["opened_from"] == "refs/heads/main"
    assert guarded.git("symbolic-ref", "HEAD") == "refs/heads/build/x"
    assert guarded.git("rev-parse", "build/x") == base
    assert guarded.git("diff", "--name-only") == "", "what init wrote is staged"
    assert guarded.gitorch("sync").status == 0
    assert guarded.git("fsck") == ""


def test_what_init_rendered_is_what_sync_renders(guarded: Scene) -> None:
    init(guarded.root)
    folder = guarded / "N5/builds/x"
    names = ("BUILD.md", "README.md", "STATUS.md", "plan.json")
    before = {name: (folder / name).read_bytes() for name in names}
    for name in names:
        (folder / name).unlink()
    assert guarded.gitorch("sync").status == 0
    assert {name: (folder / name).read_bytes() for name in names} == before


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["content", "research", "general"])
def test_the_other_types_need_no_git_and_leave_git_alone(tmp_path: Path, scene: Scene, kind: str) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    assert init(plain, "--type", kind).status == 0
    assert json.loads((plain / "N5/builds/x/meta.json").read_text())["build_type"] == kind
    left = ("N5", ".git/gitorch/judged")  # the build, and the commit whose policy counts for it
    before = scene.picture(without=left)
    assert init(scene.root, "--type", kind).status == 0
    assert scene.picture(without=left) == before


def test_a_plan_with_problems_lists_them_all_and_changes_nothing(guarded: Scene) -> None:
    before = guarded.picture()
    plan = (
        "workers:\n  - {id: a, title: A, dependencies: [b, nope]}\n  - {id: b, title: B, dependencies: [a]}\n"
    )
    ran = init(guarded.root, slug="../evil", plan=plan)
    assert (ran.status, ran.out) == (2, "")
    assert "3 problems" in ran.err
    for part in ("../evil is not a safe slug", "nope", "a -> b -> a"):
        assert part in ran.err
    assert guarded.picture() == before


def dirty(root: Path) -> None:
    write(root / "junk", "x")


def staged(root: Path) -> None:
    write(root / "README", "changed\n")
    git(root, "add", "README")


def uninstalled(root: Path) -> None:
    assert orch(root, "uninstall").status == 0


def ignored(root: Path) -> None:
    write(root / ".gitignore", "N5/\n")
    git(root, "add", ".gitignore")
    git(root, "commit", "-qm", "ignore")


def linked(root: Path) -> None:
    (root / "real").mkdir()
    (root / "N5").symlink_to("real")
    git(root, "add", "N5")
    git(root, "commit", "-qm", "link")


def unborn(root: Path) -> None:
    git(root, "checkout", "-q", "--orphan", "fresh")
    git(root, "rm", "-qrf", ".")


def picking(root: Path) -> None:
    git(root, "update-ref", "CHERRY_PICK_HEAD", "HEAD")


@pytest.mark.parametrize(
    ("prepare", "message", "hint"),
    [
        (dirty, "the working tree has changes", "git stash --include-untracked"),
        (staged, "the working tree has changes", "git commit"),
        (uninstalled, "no guard is installed", "gitorch install"),
        (ignored, "git ignores N5/builds/x", "!N5/builds/**"),
        (linked, "is behind a symbolic link", ""),
        (unborn, "no commit yet", "git commit --allow-empty"),
        (picking, "a cherry-pick is in progress in", "git cherry-pick --continue"),
        (lambda root: git(root, "branch", "build/x"), "the branch build/x exists", "git branch --move build"),
        (
            lambda root: git(root, "branch", "build"),
            "a branch named build blocks build/x",
            "git branch --move build",
        ),
        (
            lambda root: init(root, slug="other"),
            "is the worktree of build other, which is open",
            "gitorch finalize --project other",
        ),
    ],
)
def test_what_stands_in_the_way_is_refused_with_the_command_that_helps(
    guarded: Scene, prepare: object, message: str, hint: str
) -> None:
    assert callable(prepare)
    prepare(guarded.root)
    before = guarded.picture()
    ran = init(guarded.root)
    assert (ran.status, ran.out) == (1, "")
    assert message in ran.err
    assert hint in ran.err
    assert guarded.picture() == before


def test_an_existing_slug_is_refused(guarded: Scene) -> None:
    guarded.write("N5/builds/x/mine", "precious")
    guarded.git("add", "-A")
    guarded.git("commit", "-qm", "mine")
    ran = init(guarded.root)
    assert ran.status == 1
    assert "gitorch status --project x" in ran.err


@pytest.mark.parametrize(
    ("at", "says"),
    [("check-ignore", "exists already"), ("symbolic-ref --quiet HEAD", "was created by another process")],
)
def test_a_folder_that_comes_into_being_meanwhile_is_not_taken_for_inits_own(
    guarded: Scene, at: str, says: str
) -> None:
    mine = guarded / "N5/builds/x/mine"
    env = git_that(guarded.root, f"mkdir -p {mine.parent}; echo precious > {mine}", at)
    before = guarded.picture()
    ran = guarded.gitorch("init", "--project", "x", "--plan-file", "-", stdin=PLAN, env=env)
    assert (ran.status, says in ran.err) == (1, True), ran.err
    assert mine.read_text() == "precious\n"
    shutil.rmtree(guarded / "N5")
    assert guarded.picture() == before


def test_outside_a_repository_a_code_build_says_git_init(tmp_path: Path) -> None:
    ran = init(tmp_path)
    assert ran.status == 1
    assert "hint: to create one, run: git init" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_the_plan_file_itself_may_lie_untracked_in_the_repository(guarded: Scene) -> None:
    guarded.write("docs/plan.md", PLAN)
    ran = orch(guarded / "docs", "init", "--project", "x", "--plan-file", "plan.md")
    assert ran.status == 0, ran.err
    meta = json.loads((guarded / "N5/builds/x/meta.json").read_text())
    assert meta["plan_file"] == "docs/plan.md"
    assert "?? docs/" in guarded.git("status", "--porcelain")


def test_a_detached_head_can_be_the_base(guarded: Scene) -> None:
    guarded.git("checkout", "-q", "--detach")
    assert init(guarded.root).status == 0
    assert json.loads((guarded / "N5/builds/x/meta.json").read_text())["opened_from"] is None


@pytest.mark.slow
def test_a_linked_worktree_has_a_build_of_its_own(guarded: Scene, tmp_path: Path) -> None:
    other = tmp_path / "second tree"
    guarded.git("worktree", "add", "-q", "--detach", str(other))
    assert init(other, slug="two").status == 0
    assert init(guarded.root, slug="one").status == 0
    for root, slug in ((guarded.root, "one"), (other, "two")):
        assert orch(root, "status").out.startswith(f"build {slug} (code): open")


# A process that kills itself before its Nth step that changes something: a rename, a deletion, a git run.
KILLER = """
import os, signal, sys
from pathlib import Path
from gitorch.adapters import process
left = int(sys.argv.pop(1))
def counted(real):
    def step(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return step
os.replace = counted(os.replace)
os.rename = counted(os.rename)
os.unlink = counted(os.unlink)
Path.rename = counted(Path.rename)
Path.mkdir = counted(Path.mkdir)
Path.unlink = counted(Path.unlink)
process.run = counted(process.run)
from gitorch.cli.main import main
main()
"""


@pytest.mark.slow
def test_a_kill_at_any_step_leaves_before_or_after(guarded: Scene, tmp_path: Path) -> None:
    killer = write(tmp_path / "killer.py", KILLER)
    before = guarded.picture(without=(".git",))
    outcomes = set()
    for step in range(1, 200):
        command = (sys.executable, str(killer), str(step), "init", "--project", "x", "--plan-file", "-")
        ran = guarded.run(*command, stdin=PLAN)
        assert ran.status in (0, -signal.SIGKILL), ran.err
        assert guarded.gitorch("list").status == 0
        if (guarded / ".git/gitorch/open").exists():
            outcomes.add("after")
            assert guarded.gitorch("sync").status == 0
            assert guarded.git("diff", "--name-only") == ""
            take_down(guarded)
        else:
            outcomes.add("before")
        assert guarded.picture(without=(".git",)) == before, f"step {step}"
        for name in ("open", "bound", "journal.json"):
            assert not (guarded / ".git/gitorch" / name).exists(), f"step {step}"
        assert guarded.git("fsck", "--no-dangling") == ""
        if ran.status == 0:
            break
    assert outcomes == {"before", "after"}
    assert ran.status == 0, "the last run came to its end"


def take_down(scene: Scene) -> None:
    """Bring an open build down by hand, so that the next one can be opened."""
    (scene / ".git/gitorch/bound").unlink()
    shutil.rmtree(scene / ".git/gitorch/open")
    scene.git("symbolic-ref", "HEAD", "refs/heads/main")
    scene.git("update-ref", "-d", "refs/heads/build/x")
    scene.git("rm", "-rq", "--cached", "--ignore-unmatch", "N5")
    shutil.rmtree(scene / "N5")


@pytest.mark.slow
def test_a_half_written_folder_of_a_killed_init_is_swept_by_the_next(guarded: Scene) -> None:
    ran = init(guarded.root, slug="y")
    assert ran.status == 0
    guarded.write("N5/builds/.gitorch-tmp-z-abc/STATUS.md", "half")
    other = init(guarded.root, "--type", "general", slug="z")
    assert other.status == 0, other.err
    assert [p.name for p in (guarded / "N5/builds").iterdir() if p.name.startswith(".")] == []


def test_every_brief_of_the_specs_examples_reads_back(guarded: Scene) -> None:
    data = Path(__file__).parents[1] / "data"
    ran = guarded.gitorch("init", "--project", "auth-system", "--plan-file", str(data / "auth-system.json"))
    assert ran.status == 0, ran.err
    folder = guarded / "N5/builds/auth-system/workers"
    briefs = [parse_brief(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    assert all(isinstance(brief, Brief) for brief in briefs)
    text = (folder / "W2.1-oauth-flow.md").read_text()
    for part in (
        'thread_title: "[auth-system] W2.1: Oauth Flow"',
        "depends_on: [W1.1]",
        "worker_oauth",
        "**Your Mission:** Implement OAuth2 authorization code flow",
        "Secure, user-friendly authentication with provider flexibility",
        "- SQLite for credential storage",
        "- `N5/schemas/auth.sql`",
        "**DO NOT COMMIT.** Write completion to `N5/builds/auth-system/completions/W2.1.json`",
    ):
        assert part in text


def test_a_symbolic_ref_in_the_branchs_place_is_refused_also_when_it_leads_nowhere(guarded: Scene) -> None:
    guarded.git("symbolic-ref", "refs/heads/build/x", "refs/heads/nowhere")
    ran = init(guarded.root)
    assert (ran.status, "is a symbolic ref to refs/heads/nowhere" in ran.err) == (1, True)
    assert guarded.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"
    hint = next(line for line in ran.err.splitlines() if line.startswith("hint: "))
    assert guarded.run("sh", "-c", hint.partition("run: ")[2]).status == 0
    assert init(guarded.root).status == 0
