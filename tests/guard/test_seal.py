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
from tests.scene import NO_HOOKS, Scene, git, orch, run
from tests.scene.guarded import discover, open_guarded

pytestmark = pytest.mark.slow

X = Slug("x")
PLAN = '{"name": "X", "workers": [{"id": "a", "component": "a", "description": "do it", "dependencies": []}]}'


def commit_with_libgit2(root: Path) -> None:
    """A commit that no hook sees."""
    repo = pygit2.Repository(root)
    someone = pygit2.Signature("a", "a@example.com")
    repo.create_commit("HEAD", someone, someone, "x", repo.index.write_tree(), [repo.head.target])


def test_no_client_moves_a_sealed_branch_and_off_lets_the_permit_through(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    on = scene.gitorch("seal", "on")
    assert (on.status, on.out) == (0, "build/x is sealed\n")
    assert "git gc fails" in on.err
    assert scene.gitorch("seal", "on").out == "build/x is sealed, as it was before\n"
    with pytest.raises(OSError, match="failed to lock"):
        commit_with_libgit2(scene.root)
    for line in (
        "commit -n --allow-empty -m x",
        "branch -M main build/x",
        "update-ref -d refs/heads/build/x",
    ):
        words = (*NO_HOOKS, *line.split())
        assert scene.run("git", *words).status != 0
    assert guarded.tip() == guarded.base
    assert scene.gitorch("seal", "off").out == "build/x is not sealed\n"
    commit_with_libgit2(scene.root)


def test_our_own_commands_work_while_the_seal_holds(scene: Scene) -> None:
    open_guarded(scene.root)
    scene.gitorch("seal", "on")
    for words in (("doctor",), ("status",), ("sync",), ("list",), ("install",)):
        assert scene.gitorch(*words).status == 0, words


def test_a_move_is_made_with_the_seal_off_and_then_it_is_back(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    seal.put(guarded.repo, X)
    with contextlib.suppress(RuntimeError), seal.released(guarded.repo, X):
        assert not seal.is_sealed(guarded.repo, X)
        raise RuntimeError
    assert seal.is_sealed(guarded.repo, X)
    with seal.released(guarded.repo, X):
        assert not seal.is_sealed(guarded.repo, X)
    assert seal.is_sealed(guarded.repo, X)


def test_the_seal_goes_when_the_build_closes_and_doctor_finds_one_that_stayed(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    seal.put(guarded.repo, X)
    registry.close_build(guarded.repo, X)
    assert not seal.is_sealed(guarded.repo, X)
    seal.put(guarded.repo, Slug("dead"))
    seen = scene.gitorch("doctor")
    assert seen.status == 1
    assert "  build/dead is sealed, but its build is not open\n" in seen.out
    scene.gitorch("doctor", "--fix")  # x was closed, whatever its records say
    assert seal.sealed(guarded.repo) == []


def test_a_lock_of_another_git_process_is_never_touched(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    lock = scene.write(".git/refs/heads/build/x.lock", "")
    with pytest.raises(GitorchError, match="another git process"):
        seal.put(guarded.repo, X)
    assert not seal.lift(guarded.repo, X)
    assert lock.exists()


def test_init_opens_a_sealed_build_and_refuses_where_no_branch_can_be(scene: Scene, tmp_path: Path) -> None:
    install(discover(scene.root))
    words = ("init", "--project", "x", "--plan-file", "-", "--seal")
    assert scene.gitorch(*words, "--type", "research", stdin=PLAN).status == 2
    ran = scene.gitorch(*words, stdin=PLAN)
    assert ran.status == 0, ran.err
    assert seal.is_sealed(discover(scene.root), X)
    other = tmp_path / "other"
    other.mkdir()
    if run("git", "init", "-q", "--ref-format=reftable", cwd=other).status == 0:
        git(other, "commit", "-q", "--allow-empty", "-m", "x")
        install(discover(other))
        ran = orch(other, *words, stdin=PLAN)
        assert ran.status == 1
        assert "the ref format reftable has no lock" in ran.err
        assert registry.open_builds(discover(other)) == {}


def test_finalize_lands_a_sealed_build_and_reopen_seals_it_again(scene: Scene) -> None:
    install(discover(scene.root))
    assert scene.gitorch("init", "--project", "x", "--plan-file", "-", "--seal", stdin=PLAN).status == 0
    scene.write("new", "work\n")
    assert scene.gitorch("complete", "W1.1", "--output", "new", "--summary", "Did it.").status == 0
    ran = scene.gitorch("finalize")
    assert ran.status == 0, ran.err
    assert scene.git("rev-list", "--count", "main..build/x") == "1"
    assert not (scene / ".git/refs/heads/build/x.lock").exists()
    scene.git("gc", "-q")
    assert scene.gitorch("reopen", "--project", "x").status == 0
    assert seal.is_sealed(discover(scene.root), X)
    assert scene.gitorch("seal", "off").out == "build/x is not sealed\n"
    assert scene.gitorch("abort").status == 0
    assert scene.gitorch("reopen", "--project", "x").status == 0
    assert not seal.is_sealed(discover(scene.root), X)


def test_a_seal_that_is_gone_is_noticed_and_put_back(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    lock = scene / ".git/refs/heads/build/x.lock"
    assert scene.gitorch("seal", "on").status == 0
    lock.unlink()  # as git's own message advises
    assert "the seal of build/x was removed" in scene.gitorch("status").out
    seen = scene.gitorch("doctor")
    assert (seen.status, "the seal of build/x was removed" in seen.out) == (1, True)
    mended = scene.gitorch("doctor", "--fix")
    assert (mended.status, mended.err) == (0, "sealed build/x again\n")
    assert seal.is_sealed(guarded.repo, X)
    lock.unlink()
    assert scene.gitorch("seal", "off").status == 0
    assert scene.gitorch("doctor").status == 0


def test_a_sealed_build_that_the_guard_forgot_is_bound_again_and_stays_sealed(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    assert scene.gitorch("seal", "on").status == 0
    shutil.rmtree(guarded.repo.shared / "open")
    seen = scene.gitorch("doctor")
    assert "its build is not open" not in seen.out
    mended = scene.gitorch("doctor", "--fix")
    assert (mended.status, mended.err) == (0, f"bound {scene.root} to build x\n")
    assert seal.is_sealed(guarded.repo, X)


@pytest.mark.parametrize(
    "name", ["refs/heads/build/x.lock", pytest.param("HEAD.lock", marks=pytest.mark.slow)]
)
def test_a_lock_that_a_killed_git_left_is_named_before_anything_runs(scene: Scene, name: str) -> None:
    install(discover(scene.root))
    ran_once = scene.root.parent / "ran"
    scene.write(".gitorch.yaml", f"validators: [{{name: v, command: 'touch {ran_once}'}}]\n")
    scene.git("add", ".gitorch.yaml")
    scene.git("commit", "-q", "-m", "policy")
    assert scene.gitorch("init", "--project", "x", "--plan-file", "-", stdin=PLAN).status == 0
    scene.write("new", "work\n")
    assert scene.gitorch("complete", "W1.1", "--output", "new", "--summary", "Did it.").status == 0
    lock = scene.write(f".git/{name}", "")
    hint = f"rm -- {lock}"
    ran = scene.gitorch("finalize")
    assert ran.status == 1
    assert f"another git process holds {lock}" in ran.err
    assert f"run: {hint}\n" in ran.err
    assert not ran_once.exists()
    seen = scene.gitorch("doctor")
    assert (seen.status, f"run: {hint}\n" in seen.out) == (1, True)
    if name != "HEAD.lock":
        assert f"run: {hint}\n" in scene.gitorch("seal", "on").err
        assert not seal.is_lost(discover(scene.root), X)
    assert scene.run("sh", "-c", hint).status == 0
    assert scene.gitorch("doctor").status == scene.gitorch("finalize").status == 0


def test_a_seal_ends_where_the_repository_is_brought_to_reftable(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    if guarded.repo.version < (2, 46):
        pytest.skip("git refs migrate came with 2.46")
    assert scene.gitorch("seal", "on").status == 0
    scene.git("refs", "migrate", "--ref-format=reftable")
    assert "the seal of build/x was removed" in scene.gitorch("status").out
    mended = scene.gitorch("doctor", "--fix")
    assert (mended.status, "removed the seal of build/x: " in mended.out + mended.err) == (0, True), mended
    assert scene.gitorch("doctor").status == 0
    assert scene.gitorch("abort").status == 0
