"""The seal stops clients without hooks, and goes with the build."""

import contextlib
import shutil
from pathlib import Path

import pygit2
import pytest

from gitorch.adapters.guard import registry, seal
from gitorch.adapters.guard.install import install
from gitorch.core.errors import GitorchError
from gitorch.core.names import Slug
from tests.guard.support import discover, open_guarded
from tests.support import NO_HOOKS, git, orch, run, write

pytestmark = pytest.mark.slow

X = Slug("x")
PLAN = '{"name": "X", "workers": [{"id": "a", "component": "a", "description": "do it", "dependencies": []}]}'


def commit_with_libgit2(root: Path) -> None:
    """A commit that no hook sees."""
    repo = pygit2.Repository(root)
    someone = pygit2.Signature("a", "a@example.com")
    repo.create_commit("HEAD", someone, someone, "x", repo.index.write_tree(), [repo.head.target])


def test_no_client_moves_a_sealed_branch_and_off_lets_the_permit_through(repo: Path) -> None:
    guarded = open_guarded(repo)
    on = orch(repo, "seal", "on")
    assert (on.status, on.out) == (0, "build/x is sealed\n")
    assert "git gc fails" in on.err
    assert orch(repo, "seal", "on").out == "build/x is sealed, as it was before\n"
    with pytest.raises(OSError, match="failed to lock"):
        commit_with_libgit2(repo)
    for line in (
        "commit -n --allow-empty -m x",
        "branch -M main build/x",
        "update-ref -d refs/heads/build/x",
    ):
        words = (*NO_HOOKS, *line.split())
        assert run("git", *words, cwd=repo).status != 0
    assert guarded.tip() == guarded.base
    assert orch(repo, "seal", "off").out == "build/x is not sealed\n"
    commit_with_libgit2(repo)


def test_our_own_commands_work_while_the_seal_holds(repo: Path) -> None:
    open_guarded(repo)
    orch(repo, "seal", "on")
    for words in (("doctor",), ("status",), ("sync",), ("list",), ("install",)):
        assert orch(repo, *words).status == 0, words


def test_a_move_is_made_with_the_seal_off_and_then_it_is_back(repo: Path) -> None:
    guarded = open_guarded(repo)
    seal.put(guarded.repo, X)
    with contextlib.suppress(RuntimeError), seal.released(guarded.repo, X):
        assert not seal.is_sealed(guarded.repo, X)
        raise RuntimeError
    assert seal.is_sealed(guarded.repo, X)
    with seal.released(guarded.repo, X):
        assert not seal.is_sealed(guarded.repo, X)
    assert seal.is_sealed(guarded.repo, X)


def test_the_seal_goes_when_the_build_closes_and_doctor_finds_one_that_stayed(repo: Path) -> None:
    guarded = open_guarded(repo)
    seal.put(guarded.repo, X)
    registry.close_build(guarded.repo, X)
    assert not seal.is_sealed(guarded.repo, X)
    seal.put(guarded.repo, Slug("dead"))
    seen = orch(repo, "doctor")
    assert seen.status == 1
    assert "problem: build/dead is sealed, but its build is not open" in seen.out
    orch(repo, "doctor", "--fix")  # binds x again, whose records say that it is open
    assert seal.sealed(guarded.repo) == [X]


def test_a_lock_of_another_git_process_is_never_touched(repo: Path) -> None:
    guarded = open_guarded(repo)
    lock = write(repo / ".git" / "refs" / "heads" / "build" / "x.lock", "")
    with pytest.raises(GitorchError, match="another git process"):
        seal.put(guarded.repo, X)
    assert not seal.lift(guarded.repo, X)
    assert lock.exists()


def test_init_opens_a_sealed_build_and_refuses_where_no_branch_can_be(repo: Path, tmp_path: Path) -> None:
    install(discover(repo))
    words = ("init", "--project", "x", "--plan-file", "-", "--seal")
    assert orch(repo, *words, "--type", "research", stdin=PLAN).status == 2
    ran = orch(repo, *words, stdin=PLAN)
    assert ran.status == 0, ran.err
    assert seal.is_sealed(discover(repo), X)
    other = tmp_path / "other"
    other.mkdir()
    if run("git", "init", "-q", "--ref-format=reftable", cwd=other).status == 0:
        git(other, "commit", "-q", "--allow-empty", "-m", "x")
        install(discover(other))
        ran = orch(other, *words, stdin=PLAN)
        assert ran.status == 1
        assert "the ref format reftable has no lock" in ran.err
        assert registry.open_builds(discover(other)) == {}


def test_finalize_lands_a_sealed_build_and_reopen_seals_it_again(repo: Path) -> None:
    install(discover(repo))
    assert orch(repo, "init", "--project", "x", "--plan-file", "-", "--seal", stdin=PLAN).status == 0
    write(repo / "new", "work\n")
    assert orch(repo, "complete", "W1.1", "--output", "new", "--summary", "Did it.").status == 0
    ran = orch(repo, "finalize")
    assert ran.status == 0, ran.err
    assert git(repo, "rev-list", "--count", "main..build/x") == "1"
    assert not (repo / ".git" / "refs" / "heads" / "build" / "x.lock").exists()
    git(repo, "gc", "-q")
    assert orch(repo, "reopen", "--project", "x").status == 0
    assert seal.is_sealed(discover(repo), X)
    assert orch(repo, "seal", "off").out == "build/x is not sealed\n"
    assert orch(repo, "abort").status == 0
    assert orch(repo, "reopen", "--project", "x").status == 0
    assert not seal.is_sealed(discover(repo), X)


def test_a_seal_that_is_gone_is_noticed_and_put_back(repo: Path) -> None:
    guarded = open_guarded(repo)
    lock = repo / ".git" / "refs" / "heads" / "build" / "x.lock"
    assert orch(repo, "seal", "on").status == 0
    lock.unlink()  # as git's own message advises
    assert "the seal of build/x is gone" in orch(repo, "status").out
    seen = orch(repo, "doctor")
    assert (seen.status, "the seal of build/x is gone" in seen.out) == (1, True)
    mended = orch(repo, "doctor", "--fix")
    assert (mended.status, mended.err) == (0, "sealed build/x again\n")
    assert seal.is_sealed(guarded.repo, X)
    lock.unlink()
    assert orch(repo, "seal", "off").status == 0
    assert orch(repo, "doctor").status == 0


def test_a_sealed_build_that_the_guard_forgot_is_bound_again_and_stays_sealed(repo: Path) -> None:
    guarded = open_guarded(repo)
    assert orch(repo, "seal", "on").status == 0
    shutil.rmtree(guarded.repo.shared / "open")
    seen = orch(repo, "doctor")
    assert "its build is not open" not in seen.out
    mended = orch(repo, "doctor", "--fix")
    assert (mended.status, mended.err) == (0, f"bound {repo} to build x\n")
    assert seal.is_sealed(guarded.repo, X)


@pytest.mark.parametrize(
    "name", ["refs/heads/build/x.lock", pytest.param("HEAD.lock", marks=pytest.mark.slow)]
)
def test_a_lock_that_a_killed_git_left_is_named_before_anything_runs(repo: Path, name: str) -> None:
    install(discover(repo))
    ran_once = repo.parent / "ran"
    write(repo / ".gitorch.yaml", f"validators: [{{name: v, command: 'touch {ran_once}'}}]\n")
    git(repo, "add", ".gitorch.yaml")
    git(repo, "commit", "-q", "-m", "policy")
    assert orch(repo, "init", "--project", "x", "--plan-file", "-", stdin=PLAN).status == 0
    write(repo / "new", "work\n")
    assert orch(repo, "complete", "W1.1", "--output", "new", "--summary", "Did it.").status == 0
    lock = write(repo / ".git" / name, "")
    hint = f"rm {lock}   (if no git command is running)"
    ran = orch(repo, "finalize")
    assert ran.status == 1
    assert f"another git process holds {lock}" in ran.err
    assert f"hint: {hint}" in ran.err
    assert not ran_once.exists()
    seen = orch(repo, "doctor")
    assert (seen.status, f"→ {hint}" in seen.out) == (1, True)
    if name != "HEAD.lock":
        assert f"hint: {hint}" in orch(repo, "seal", "on").err
        assert not seal.is_lost(discover(repo), X)
    assert run("sh", "-c", hint.partition("   ")[0], cwd=repo).status == 0
    assert orch(repo, "doctor").status == orch(repo, "finalize").status == 0


def test_a_seal_ends_where_the_repository_is_brought_to_reftable(repo: Path) -> None:
    guarded = open_guarded(repo)
    if guarded.repo.version < (2, 46):
        pytest.skip("git refs migrate came with 2.46")
    assert orch(repo, "seal", "on").status == 0
    git(repo, "refs", "migrate", "--ref-format=reftable")
    assert "the seal of build/x is gone" in orch(repo, "status").out
    mended = orch(repo, "doctor", "--fix")
    assert (mended.status, "gave up the seal of build/x: " in mended.out + mended.err) == (0, True), mended
    assert orch(repo, "doctor").status == 0
    assert orch(repo, "abort").status == 0
