"""doctor tries whether the guard stands, names what displaced it, and mends what needs no decision."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitorch.adapters.guard import config_hooks, install, registry
from gitorch.core.names import Slug
from tests.scene import NO_HOOKS, Ran, git, orch, run, write
from tests.scene.guarded import BRANCH, Guarded, discover, open_guarded
from tests.scene.picture import files_of

pytestmark = pytest.mark.slow


def without_hooks(root: Path, *arguments: str) -> Ran:
    """git as a client that runs no hook, not even those of the configuration."""
    return run("git", *NO_HOOKS, *arguments, cwd=root)


def husky(guarded: Guarded) -> None:
    folder = guarded.root / ".husky" / "_"
    write(folder / "h", "#!/usr/bin/env sh\n")
    write(folder / ".gitignore", "*\n")
    git(guarded.root, "config", "core.hooksPath", ".husky/_")


def hooks_path(guarded: Guarded) -> None:
    (guarded.root.parent / "hooks").mkdir()
    git(guarded.root, "config", "core.hooksPath", str(guarded.root.parent / "hooks"))


def lefthook(guarded: Guarded) -> None:
    hook = guarded.root / ".git" / "hooks" / "reference-transaction"
    hook.rename(f"{hook}.old")
    write(hook, '#!/bin/sh\ncall_lefthook() { :; }\ncall_lefthook run "$@"\n').chmod(0o755)


def not_executable(guarded: Guarded) -> None:
    (guarded.root / ".git" / "hooks" / "reference-transaction").chmod(0o644)


def without_the_rule(guarded: Guarded) -> None:
    (guarded.repo.shared / "guard" / "judge").unlink()


def with_an_empty_rule(guarded: Guarded) -> None:
    (guarded.repo.shared / "guard" / "judge").write_bytes(b"")


DISPLACED = [
    (husky, "husky has set core.hooksPath"),
    (hooks_path, "(set in .git/config), where the guard has no hook"),
    (lefthook, "lefthook has put its own hook"),
    (not_executable, "is not executable"),
    (without_the_rule, "judge does not exist"),
    (with_an_empty_rule, "judge differs from what was installed"),
]


@pytest.mark.parametrize(("displace", "says"), DISPLACED, ids=[says for _, says in DISPLACED])
def test_a_guard_that_does_not_stand_is_seen_named_and_mended(
    repo: Path, displace: Callable[[Guarded], None], says: str
) -> None:
    guarded = open_guarded(repo)
    assert orch(repo, "doctor").status == 0
    git(repo, "config", "--unset", "includeIf.gitdir:/.path")  # on git 2.54 and newer that alone would hold
    displace(guarded)
    seen = orch(repo, "doctor")
    assert seen.status == 1
    assert says in seen.out
    kinds = [issue["code"] for issue in orch_json(repo, "status")["issues"]]
    assert kinds == ["not-guarded"]
    mended = orch(repo, "doctor", "--fix")
    assert (mended.status, "Needs you:" in mended.out) == (0, False)
    assert run("git", "commit", "-n", "--allow-empty", "-m", "x", cwd=repo).status != 0
    assert guarded.tip() == guarded.base


def included(root: Path, value: str) -> None:
    write(root.parent / "included", "")
    git(root, "config", "--file", str(root.parent / "included"), "core.hooksPath", value)
    git(root, "config", "include.path", "../../included")


def of_the_worktree(root: Path, value: str) -> None:
    git(root, "config", "extensions.worktreeConfig", "true")
    git(root, "config", "--worktree", "core.hooksPath", value)


SWITCHED_OFF: dict[str, Callable[[Path, str], object]] = {
    "--local": lambda root, value: git(root, "config", "core.hooksPath", value),
    "--worktree": of_the_worktree,
    "--global": lambda root, value: git(root, "config", "--global", "core.hooksPath", value),
    "--file": included,
}


@pytest.mark.parametrize(("scope", "value"), [*zip(SWITCHED_OFF, ["", "/dev/null"] * 2, strict=True)])
def test_hooks_that_are_switched_off_are_switched_on_where_that_was_set(
    repo: Path, scope: str, value: str
) -> None:
    open_guarded(repo)
    git(repo, "config", "--unset", "includeIf.gitdir:/.path")  # on git 2.54 and newer that alone would hold
    SWITCHED_OFF[scope](repo, value)
    (problem,) = (p for p in orch_json(repo, "doctor")["issues"] if "core.hooksPath" in p["message"])
    unset, _, again = problem["hints"][0]["command"].partition(" && ")
    assert (f"config {scope} " in unset, again) == (True, "gitorch doctor --fix")
    assert problem["hints"][0]["command"] in orch(repo, "status").out
    if discover(repo).version < config_hooks.SINCE:
        assert f"run: {unset} && gitorch install\n" in orch(repo, "install").err
    done = run("sh", "-c", unset, cwd=repo.parent)
    assert done.status == 0, done.err
    assert orch(repo, "doctor", "--fix").status == 0


def orch_json(root: Path, command: str) -> Any:
    return json.loads(orch(root, command, "--json").out)


@pytest.mark.parametrize("content", [b"", b"N5/builds/x\n{}\n/\n"], ids=["empty", "no identity"])
def test_a_damaged_entry_of_the_registry_is_named_with_what_can_be_done(repo: Path, content: bytes) -> None:
    guarded = open_guarded(repo)
    entry = guarded.repo.shared / "open" / "x"
    entry.write_bytes(content)

    issues = orch_json(repo, "doctor")["issues"]

    assert f"{entry} is damaged: gitorch's own record of build x" in {issue["message"] for issue in issues}


def test_doctor_needs_no_open_build_and_leaves_nothing_behind(repo: Path) -> None:
    assert "is not guarded" in orch(repo, "doctor").out
    assert orch(repo, "install").status == 0
    seen = orch(repo, "doctor", "--json")
    assert json.loads(seen.out)["guarded"] == [str(repo)]
    assert not (repo / ".git" / "gitorch" / "open").exists()
    assert git(repo, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_looking_at_a_build_that_only_its_records_know_arms_nothing(repo: Path) -> None:
    """A folder that arms the hooks for a moment would be in the way of a build that opens then."""
    guarded = open_guarded(repo)
    shutil.rmtree(guarded.repo.shared / "open")
    trace = repo.parent / "trace"
    ran = orch(repo, "status", env={"GIT_TRACE": str(trace)})
    assert "the guard does not know that build/x belongs to an open build" in ran.out
    assert "hook run" not in trace.read_text()
    assert orch(repo, "doctor", "--fix").status == 0
    orch(repo, "status", env={"GIT_TRACE": str(trace)})
    assert "hook run" in trace.read_text()


@pytest.mark.parametrize("lock", ["refs/heads/build/gitorch-canary.lock", "packed-refs.lock", "HEAD.lock"])
def test_a9_a_lock_that_a_killed_git_left_is_not_taken_for_a_missing_guard(repo: Path, lock: str) -> None:
    open_guarded(repo)
    write(repo / ".git" / lock, "")

    seen, told = orch_json(repo, "doctor"), orch_json(repo, "status")

    assert seen["guarded"] == [str(repo)]
    assert "not-guarded" not in {problem["code"] for problem in seen["issues"]}
    assert told["issues"] == []


def test_a9_asking_whether_the_guard_is_there_writes_nothing_below_refs(repo: Path) -> None:
    """So it is answered on a full disk, in a sandbox and beside immutable refs, too."""
    open_guarded(repo)
    folders = [repo / ".git" / "refs" / "heads", repo / ".git" / "refs" / "heads" / "build"]
    before = [folder.stat().st_mtime_ns for folder in folders]

    assert orch(repo, "doctor").status == 0

    assert [folder.stat().st_mtime_ns for folder in folders] == before


def test_a9_a_branch_named_build_is_not_taken_for_a_missing_guard(repo: Path) -> None:
    git(repo, "branch", "build")
    assert orch(repo, "install").status == 0

    seen = orch_json(repo, "doctor")

    assert (seen["issues"], seen["guarded"]) == ([], [str(repo)])


def test_a11_doctor_asks_once_in_each_worktree_and_once_without_hooks(repo: Path, tmp_path: Path) -> None:
    git(repo, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    open_guarded(repo)
    trace = tmp_path / "trace"

    assert orch(repo, "doctor", env={"GIT_TRACE": str(trace)}).status == 0

    assert trace.read_text().count("built-in: git hook run") == 2 + 1


def test_every_worktree_is_tried(repo: Path, tmp_path: Path) -> None:
    git(repo, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    git(repo, "config", "core.hooksPath", ".hooks")
    open_guarded(repo)
    assert orch(repo, "doctor").status == 0
    (tmp_path / "linked" / ".hooks" / "reference-transaction").unlink()
    git(repo, "config", "--unset", "includeIf.gitdir:/.path")
    seen = orch(repo, "doctor")
    assert f"the guard is installed in {repo}\n" in seen.out
    assert f"\n  {tmp_path / 'linked'} is not guarded" in seen.out


@pytest.mark.parametrize("words", [("update-ref", BRANCH, "main~1"), ("update-ref", "-d", BRANCH)])
def test_a_branch_without_commits_of_its_own_is_put_back(repo: Path, words: tuple[str, ...]) -> None:
    git(repo, "commit", "-q", "--allow-empty", "-m", "second")
    guarded = open_guarded(repo)
    assert without_hooks(repo, *words).status == 0
    assert orch(repo, "doctor").status == 1
    mended = orch(repo, "doctor", "--fix")
    assert mended.status == 0, mended
    assert guarded.tip() == guarded.base
    assert not registry.has_permit(guarded.repo)


def test_rogue_commits_stay_a_problem_that_the_person_decides(repo: Path) -> None:
    guarded = open_guarded(repo)
    assert without_hooks(repo, "commit", "--allow-empty", "-m", "sneaked in").status == 0
    tip = guarded.tip()
    seen = orch(repo, "doctor", "--fix")
    assert seen.status == 1
    assert "sneaked in" in seen.out
    assert "--absorb" in seen.out
    assert guarded.tip() == tip


def test_what_a_killed_command_left_is_cleared(repo: Path) -> None:
    guarded = open_guarded(repo)
    registry.write_permit(guarded.repo, guarded.base, guarded.base, BRANCH)
    (repo / ".git" / "gitorch" / "open" / "x").unlink()
    assert "the guard does not know that build/x belongs" in orch(repo, "doctor").out
    assert orch(repo, "doctor", "--fix").status == 0
    assert registry.open_builds(guarded.repo) == {Slug("x"): repo}
    assert not registry.has_permit(guarded.repo)


def test_a_symbolic_ref_in_the_branchs_place_is_named_with_the_way_back(repo: Path) -> None:
    guarded = open_guarded(repo)
    name = BRANCH.removeprefix("refs/heads/")
    without_hooks(guarded.root, "symbolic-ref", f"refs/heads/{name}", "refs/heads/main")
    ran = orch(guarded.root, "doctor")
    assert ran.status == 1
    assert f"{name} was replaced by a symbolic ref to refs/heads/main" in ran.out
    assert run("sh", "-c", f"git symbolic-ref --delete refs/heads/{name}", cwd=guarded.root).status == 0
    assert orch(guarded.root, "doctor", "--fix").status == 0
    assert orch(guarded.root, "doctor").status == 0
    assert git(guarded.root, "rev-parse", name) == git(guarded.root, "rev-parse", "main")


def test_what_a_symbolic_ref_leads_to_is_never_moved(repo: Path) -> None:
    guarded = open_guarded(repo)
    without_hooks(repo, "branch", "topic", git(repo, "commit-tree", "-p", "main", "-m", "c", "main^{tree}"))
    topic = git(repo, "rev-parse", "topic")
    write(repo / ".git" / BRANCH, "ref: refs/heads/topic\n")  # as git 2.46 and newer refuse to do
    ran = orch(repo, "doctor", "--fix")
    assert (ran.status, git(repo, "rev-parse", "topic"), ran.err) == (1, topic, "")
    hint = "git symbolic-ref --delete refs/heads/build/x && gitorch doctor --fix"
    assert f"run: {hint}\n" in ran.out
    git(repo, "symbolic-ref", "--delete", BRANCH)
    assert orch(repo, "doctor", "--fix").status == 0
    assert (guarded.tip(), git(repo, "rev-parse", "topic")) == (guarded.base, topic)


@pytest.mark.parametrize("content", ["", "junk\n", f"{'1' * 40}\n"], ids=["empty", "junk", "no object"])
def test_a_branch_whose_file_was_cut_short_is_made_again(repo: Path, content: str) -> None:
    guarded = open_guarded(repo)
    write(repo / ".git" / BRANCH, content)
    seen = orch(repo, "doctor")
    assert (
        "  build/x was deleted\n  hint: to restore the guard and the branch, run: gitorch doctor --fix\n"
        in seen.out
    )
    assert orch(repo, "doctor", "--fix").status == 0
    assert guarded.tip() == guarded.base


def test_a_commit_that_was_packed_below_a_broken_file_is_not_lost(repo: Path) -> None:
    guarded = open_guarded(repo)
    without_hooks(repo, "commit", "--allow-empty", "-m", "sneaked in")
    tip = guarded.tip()
    git(repo, "pack-refs", "--all")
    write(repo / ".git" / BRANCH, "")
    ran = orch(repo, "doctor", "--fix")
    assert (ran.status, "sneaked in" in ran.out, guarded.tip()) == (1, True, tip)


@pytest.mark.parametrize("other", ["build/x/y'", "build"])
def test_a_branch_in_the_way_of_the_builds_is_named_with_the_way_out(repo: Path, other: str) -> None:
    guarded = open_guarded(repo)
    without_hooks(repo, "update-ref", "-d", BRANCH)
    without_hooks(repo, "branch", other, "main")
    ran = orch(repo, "doctor", "--fix")
    assert (ran.status, f"the branch {other} blocks its name" in ran.out) == (1, True)
    hint = ran.out.partition("run: ")[2].partition(" && gitorch")[0]
    done = run("sh", "-c", hint, cwd=repo)
    assert done.status == 0, done.err
    assert orch(repo, "doctor", "--fix").status == 0
    assert guarded.tip() == guarded.base == git(repo, "rev-parse", f"{other.replace('/', '-')}-aside")


@pytest.mark.parametrize("damage", ["gone", "empty"])
def test_a_worktree_that_lost_its_binding_is_seen_and_bound_again(repo: Path, damage: str) -> None:
    guarded = open_guarded(repo)
    bound = guarded.repo.private / "bound"
    bound.unlink()
    if damage == "empty":
        write(bound, "")
    says = f"the guard does not know that {BRANCH.removeprefix('refs/heads/')} belongs to an open build"
    assert says in orch(repo, "status").out
    assert says in orch(repo, "doctor").out
    assert orch(repo, "doctor", "--fix").status == 0
    assert registry.bound_slug(guarded.repo) == "x"
    run("git", "switch", "-q", "-c", "side", cwd=repo)  # refused by newer git, told by older
    assert run("git", "commit", "-q", "--allow-empty", "-m", "rogue", cwd=repo).status == 1


@pytest.mark.parametrize("left", [b"", b"#!/bin/sh\nbound=\n"], ids=["empty", "cut short"])
def test_a_rule_that_was_cut_short_refuses_in_the_builds_worktree(repo: Path, left: bytes) -> None:
    guarded = open_guarded(repo)
    (guarded.repo.shared / "guard" / "judge").write_bytes(left)
    ran = run("git", "commit", "-n", "--allow-empty", "-m", "x", cwd=repo)
    assert (ran.status == 0, "its guard is damaged" in ran.err) == (False, True)
    assert guarded.tip() == guarded.base


def test_a_repository_that_was_moved_is_guarded_for_every_git_again(repo: Path, tmp_path: Path) -> None:
    open_guarded(repo)
    moved = tmp_path / "moved to ü"
    repo.rename(moved)
    seen = orch(moved, "doctor")
    assert (seen.status, "git's configuration does not lead to the guard" in seen.out) == (1, True)
    assert orch(moved, "doctor", "--fix").status == 0
    ran = run("git", "-c", "core.hooksPath=/dev/null", "commit", "-n", "--allow-empty", "-m", "x", cwd=moved)
    assert (ran.status != 0) is (discover(moved).version >= config_hooks.SINCE)


def test_a_copy_of_a_repository_is_guarded_and_let_go_by_itself(repo: Path, tmp_path: Path) -> None:
    install.install(discover(repo))
    copy = tmp_path / "copy"
    shutil.copytree(repo, copy, symlinks=True)
    before = files_of(repo)
    assert "does not lead to the guard" in orch(copy, "doctor").out
    assert orch(copy, "install").status == 0
    assert config_hooks.is_installed(discover(copy))
    assert orch(copy, "uninstall").status == 0
    assert files_of(repo) == before
    assert not (copy / ".git" / "gitorch" / "guard").exists()


def test_a_worktree_whose_link_broke_when_the_repository_moved_is_led_back(
    repo: Path, tmp_path: Path
) -> None:
    linked, moved = tmp_path / "linked tree", tmp_path / "moved"
    git(repo, "worktree", "add", "-q", "--detach", str(linked))
    open_guarded(linked)
    repo.rename(moved)
    seen = orch(moved, "doctor")
    hint = f"git worktree repair '{linked}'"
    assert f"the link between the worktree {linked} of build x and the repository is broken" in seen.out
    assert f"run: {hint}\n" in seen.out
    assert run("sh", "-c", hint, cwd=moved).status == 0
    assert orch(moved, "doctor", "--fix").status == 0
    assert registry.open_builds(discover(moved)) == {Slug("x"): linked}


def test_a_copys_doctor_does_not_reach_for_the_originals_worktree(repo: Path, tmp_path: Path) -> None:
    linked, copy = tmp_path / "linked", tmp_path / "copy"
    git(repo, "worktree", "add", "-q", "--detach", str(linked))
    open_guarded(linked)
    shutil.copytree(repo, copy, symlinks=True)
    seen = orch(copy, "doctor")
    assert "does not exist, or belongs to a copy of the repository" in seen.out
    assert "worktree repair" not in seen.out
