"""B7: what may be pushed while a build is open, and what status says of the remotes."""

from pathlib import Path

import pytest

from gitorch.adapters.guard import install, registry
from gitorch.core.names import Slug
from tests.scene import Ran, Scene
from tests.scene.guarded import discover, open_guarded
from tests.scene.scene import BRANCH

BRANCH_REF = f"refs/heads/{BRANCH}"
SNAPSHOT = "refs/gitorch/snapshots/x"


@pytest.fixture
def remote(scene: Scene, tmp_path: Path) -> Scene:
    """An empty bare repository, `origin` of the scene's, which has a snapshot."""
    scene.git("init", "-q", "--bare", str(tmp_path / "remote"))
    scene.git("remote", "add", "origin", str(tmp_path / "remote"))
    scene.git("update-ref", SNAPSHOT, commit(scene))
    return Scene(tmp_path / "remote")


def commit(scene: Scene, message: str = "a snapshot") -> str:
    return scene.git("commit-tree", "-m", message, "-p", "HEAD", "HEAD^{tree}")


def refs(remote: Scene) -> list[str]:
    return remote.git("for-each-ref", "--format=%(refname)").split()


def told(ran: Ran) -> list[str]:
    """What the guard said, without git's own lines."""
    return [line for line in ran.err.splitlines() if line.startswith(("gitorch: ", "  ", "hint: "))]


@pytest.mark.parametrize(
    "words", [("HEAD:main",), ("HEAD:refs/tags/t",), (":main",), ("--dry-run", "HEAD:b"), ("main",)]
)
def test_b7_a_worker_pushes_nothing_while_a_build_is_open(
    scene: Scene, remote: Scene, words: tuple[str, ...]
) -> None:
    scene.git("push", "-q", "origin", "main")
    open_guarded(scene.root)

    ran = scene.run("git", "push", "origin", *words, env={"GITORCH_WORKER": "W1.1"})

    assert ran.status != 0
    assert told(ran)[:2] == [
        "gitorch: refused: worker W1.1 may not push",
        "  nothing was pushed; the one commit of build x is made by gitorch finalize",
    ]
    assert refs(remote) == ["refs/heads/main"]


@pytest.mark.parametrize(
    "words", [("build/x",), ("HEAD",), ("--all",), ("build/x:other",), ("main", "HEAD~0:refs/heads/build/x")]
)
def test_b7_the_branch_of_an_open_build_is_pushed_by_nobody(
    scene: Scene, remote: Scene, words: tuple[str, ...]
) -> None:
    open_guarded(scene.root)

    ran = scene.run("git", "push", "origin", *words)

    assert ran.status != 0
    assert told(ran)[:2] == [
        "gitorch: refused: build/x may be pushed only once gitorch finalize has made its commit",
        "  nothing was pushed",
    ]
    assert told(ran)[2].endswith("gitorch finalize --project x")
    assert told(ran)[3:] == ["hint: to push another branch, run: git push origin BRANCH"]
    assert refs(remote) == []


def test_b7_what_is_no_branch_of_an_open_build_is_pushed(scene: Scene, remote: Scene) -> None:
    scene.git("branch", "build/closed")
    scene.git("push", "-q", "origin", "main:build/x")
    open_guarded(scene.root)

    scene.git("push", "-q", "origin", "main", "build/closed", f"{commit(scene)}:refs/tags/t", ":build/x")

    assert refs(remote) == ["refs/heads/build/closed", "refs/heads/main", "refs/tags/t"]


def test_b7_the_build_commit_is_pushed_also_by_who_is_to_be_closed_yet(scene: Scene, remote: Scene) -> None:
    guarded = open_guarded(scene.root)
    landed = commit(scene)
    (guarded.repo.shared / "decided" / "x").write_text(f'{{"landed":"{landed}"}}\n')

    scene.git("push", "-q", "origin", f"{landed}:refs/heads/build/x")

    assert refs(remote) == ["refs/heads/build/x"]


@pytest.mark.parametrize("words", [("--mirror",), ("refs/gitorch/*:refs/gitorch/*",), ()])
def test_b7_a_pattern_takes_no_ref_of_gitorch(scene: Scene, remote: Scene, words: tuple[str, ...]) -> None:
    open_guarded(scene.root)
    scene.git("update-ref", "-d", "refs/heads/build/x", check=False)
    scene.git("config", "remote.origin.push", "refs/gitorch/*:refs/gitorch/*")

    ran = scene.run("git", "push", "origin", *words)

    assert ran.status != 0
    assert told(ran) == [
        f"gitorch: refused: {SNAPSHOT} belongs to gitorch and is pushed only where it is asked for by name",
        "  nothing was pushed",
        f"hint: to push this ref alone, run: git push origin {SNAPSHOT}",
    ]
    assert refs(remote) == []


@pytest.mark.parametrize(
    "spec", [SNAPSHOT, f"+{SNAPSHOT}:{SNAPSHOT}", f"main:{SNAPSHOT}", "gitorch/snapshots/x"]
)
def test_b7_a_ref_of_gitorch_is_pushed_by_its_name(scene: Scene, remote: Scene, spec: str) -> None:
    open_guarded(scene.root)

    scene.git("push", "-q", "origin", spec)

    assert refs(remote) == [SNAPSHOT]


def test_b7_the_name_is_found_behind_a_hook_manager_too(scene: Scene, remote: Scene) -> None:
    open_guarded(scene.root)
    hooks = scene / ".git/hooks"
    (hooks / "pre-push").rename(hooks / "pre-push.legacy")
    scene.hook("pre-push", '#!/bin/sh\n"$0.legacy" "$@"\nexit\n')

    ran = scene.run("git", "push", "origin", "refs/gitorch/*:refs/gitorch/*")
    scene.git("push", "-q", "origin", SNAPSHOT)

    assert told(ran)[0].startswith(f"gitorch: refused: {SNAPSHOT} belongs to gitorch")
    assert refs(remote) == [SNAPSHOT]


def test_b7_a_deletion_of_gitorchs_refs_over_there_asks_for_a_name_too(scene: Scene, remote: Scene) -> None:
    scene.git("push", "-q", "origin", SNAPSHOT)
    open_guarded(scene.root)
    scene.git("update-ref", "-d", SNAPSHOT)

    ran = scene.run("git", "push", "--prune", "origin", "refs/gitorch/*:refs/gitorch/*")
    scene.git("push", "-q", "origin", told(ran)[-1].rpartition(" ")[2])

    assert told(ran)[-1] == f"hint: to delete this ref alone over there, run: git push origin :{SNAPSHOT}"
    assert refs(remote) == []


@pytest.mark.parametrize("is_open", [False, True])
def test_b7_the_hook_that_was_there_gets_what_git_says_byte_for_byte(
    scene: Scene, remote: Scene, *, is_open: bool
) -> None:
    script = '#!/bin/sh -\n{ printf \'%s\\n\' "$#" "$@"; cat; } >kept-ran\n'
    scene.hook("pre-push", script)
    scene.git("push", "-q", "origin", "HEAD@{1 day ago}:refs/heads/main", "main:other")
    before = (scene / "kept-ran").read_bytes()
    scene.git("push", "-q", "origin", ":main", ":other")
    install.install(discover(scene.root))
    guarded = open_guarded(scene.root)
    if not is_open:
        registry.close_build(guarded.repo, Slug("x"))

    scene.git("push", "-q", "origin", "HEAD@{1 day ago}:refs/heads/main", "main:other")

    assert (scene / "kept-ran").read_bytes() == before
    assert before.startswith(f"2\norigin\n{remote.root}\nHEAD@{{1 day ago}} ".encode())
    assert sorted(refs(remote)) == ["refs/heads/main", "refs/heads/other"]


def test_b7_a_push_of_hundreds_of_refs_is_judged_whole(scene: Scene, remote: Scene) -> None:
    guarded = open_guarded(scene.root)
    tags = "".join(f"create refs/tags/t{number} {guarded.base}\n" for number in range(200))
    scene.git("update-ref", "--stdin", stdin=tags)
    script = "#!/bin/sh -\nwc -l >kept-ran\n"
    scene.hook("pre-push.gitorch-kept", script)

    refused = scene.run("git", "push", "origin", "--tags", "HEAD")
    scene.git("push", "-q", "origin", "--tags")

    assert "gitorch: refused: build/x may be pushed" in refused.err
    assert (scene / "kept-ran").read_text().strip() == "200"
    assert len(refs(remote)) == 200


def test_b7_status_and_doctor_say_what_a_remotes_build_branch_has(scene: Scene, remote: Scene) -> None:
    base = scene.open_build()
    theirs = commit(scene, "by a worker")
    scene.git("push", "-q", "--no-verify", "origin", f"{theirs}:{BRANCH_REF}", "main")

    said = scene.gitorch("status"), scene.gitorch("doctor")

    for ran in said:
        assert f"origin/{BRANCH} has 1 commit that {BRANCH} does not have\n" in ran.out
        assert f"    {theirs[:12]} by a worker\n    as of the last fetch from origin\n" in ran.out
    assert said[1].status == 1
    assert scene.git("rev-parse", BRANCH) == base


def test_b7_status_of_a_closed_build_compares_as_well(scene: Scene, remote: Scene) -> None:
    scene.land(scene.ready_build())
    scene.git("push", "-q", "origin", BRANCH, "main")
    pushed = scene.do("status")
    scene.git("push", "-q", "origin", f"{commit(scene, 'more')}:{BRANCH_REF}")

    ran = scene.do("status")

    assert f"origin/{BRANCH}" not in pushed.out
    assert f"origin/{BRANCH} has 1 commit that {BRANCH} does not have\n" in ran.out
