"""What a hostile user found in the floor of identity and transitions, each as it has to be."""

import json
import os

import pytest

from tests.scene import BRANCH, FOLDER, PLAN, SLUG, Scene, git, write
from tests.scene.killed import killed_behind


def edit_meta(scene: Scene, **fields: object) -> None:
    path = scene / FOLDER / "meta.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_a_reopened_build_gets_no_files_of_an_earlier_one_of_its_name(scene: Scene) -> None:
    scene.ready_build()
    scene.do("abort", "--discard-files")
    scene.git("switch", "-q", "main")
    scene.git("branch", "-q", "-D", BRANCH)
    scene.write("README", "a fix\n")
    scene.git("commit", "-q", "-a", "-m", "fix")
    side = scene.root.with_name("side")
    scene.git("worktree", "add", "-q", "--detach", str(side))
    plan = write(scene.root.parent / "plan.json", json.dumps(PLAN))
    Scene(side).do("init", "--project", SLUG, "--plan-file", str(plan))
    scene.git("worktree", "remove", "--force", str(side))
    scene.do("abort", "--project", SLUG)
    scene.git("switch", "-q", BRANCH)

    scene.gitorch("reopen", "--project", SLUG)

    assert (scene / "README").read_text() == "a fix\n"
    assert not (scene / "src/schema.py").exists()


@pytest.mark.parametrize("ended", ["finalize", "abort"])
def test_a_closed_build_is_closed_whatever_its_meta_json_says(scene: Scene, ended: str) -> None:
    scene.write("history", "mine\n")
    scene.git("add", "history")
    scene.git("commit", "-q", "-m", "mine")
    root = scene.git("rev-list", "--max-parents=0", "HEAD")
    scene.ready_build()
    scene.do(ended)
    tip = scene.git("rev-parse", BRANCH)
    edit_meta(scene, status="in_progress", base=root)

    seen = scene.do("status")
    scene.gitorch("doctor", "--fix")

    assert f"build {SLUG} (code): {'complete' if ended == 'finalize' else 'aborted'}" in seen.out
    assert not (scene / ".git/gitorch/open").exists()
    assert scene.git("rev-parse", BRANCH) == tip
    assert (scene / "history").read_text() == "mine\n"


def test_records_of_a_landed_build_make_no_open_one_in_a_clone(scene: Scene) -> None:
    base = scene.ready_build()
    scene.land(base)
    clone = scene.root.with_name("clone")
    git(scene.root, "clone", "-q", "--branch", BRANCH, str(scene.root), str(clone))
    there = Scene(clone)
    there.do("install")
    edit_meta(there, status="in_progress", base=there.git("rev-list", "--max-parents=0", "HEAD"))

    there.gitorch("doctor", "--fix")

    assert not (there / ".git/gitorch/open").exists()


def test_each_landing_of_a_build_is_kept(scene: Scene) -> None:
    base = scene.ready_build()
    scene.land(base)
    first = scene.git("rev-parse", BRANCH)
    scene.do("reopen", "--project", SLUG)
    scene.write("src/schema.py", "TABLES = 6\n")
    scene.land(base)
    scene.do("reopen", "--project", SLUG)

    assert first in scene.git("for-each-ref", "--format=%(objectname)", "refs/gitorch/").split()


@pytest.mark.parametrize("edited", ["A message", "nothing"])
def test_an_editor_keeps_its_text_whatever_another_finalize_does(scene: Scene, edited: str) -> None:
    """The inner finalize is refused by a hook that lets the outer one pass."""
    scene.ready_build()
    scene.hook("commit-msg", '#!/bin/sh\n! grep -q inner "$1"\n')
    inner = "printf 'inner\\n' > \"$1\""
    text = f"printf '{edited}\\n' > \"$1\"; " if edited != "nothing" else ""
    write(scene.root.parent / "inner", f"#!/bin/sh\n{inner}\n").chmod(0o755)
    outer = f"#!/bin/sh\n{text}GIT_EDITOR={scene.root.parent}/inner gitorch finalize --edit; exit 0\n"
    write(scene.root.parent / "outer", outer).chmod(0o755)

    ran = scene.process(
        "finalize", "--edit", env={"GIT_EDITOR": str(scene.root.parent / "outer"), "PATH": os.environ["PATH"]}
    )

    assert ran.status == 0, ran.err
    assert scene.git("log", "-1", "--format=%s") == (edited if text else "build(calendar-v2): Calendar")


def test_a_conflict_that_no_reopen_would_restore_keeps_the_files_from_being_discarded(scene: Scene) -> None:
    scene.ready_build()
    oid = scene.git("hash-object", "-w", "--stdin", stdin="theirs\n")
    entries = "".join(f"100644 {oid} {stage}\tREADME\n" for stage in (1, 2, 3))
    scene.git("update-index", "--index-info", stdin=entries)

    refused = scene.refused(
        "abort",
        "--discard-files",
        says="the index has unresolved conflicts, which a reopen would not restore",
    )

    assert "  README\n" in refused.err
    scene.do("abort")
    assert scene.git("ls-files", "--unmerged").count("README") == 3


def test_a_killed_finalize_is_completed_where_the_repository_was_moved_since(scene: Scene) -> None:
    scene.ready_build()
    killed_behind(scene.root, f"gitorch: finalize {SLUG}", "finalize")
    moved = scene.root.with_name("moved")
    scene.root.rename(moved)

    told = Scene(moved).gitorch("list")

    assert "was interrupted after its commit" in told.err
    assert git(moved, "status", "--porcelain") == ""
    assert list((moved / ".git").rglob("*.lock")) == []


def test_what_was_staged_behind_a_killed_abort_stays_staged(scene: Scene) -> None:
    scene.ready_build()
    killed_behind(scene.root, f"gitorch: abort {SLUG}", "abort", "--discard-files")
    (scene / ".git/index.lock").unlink()  # as git advises
    scene.write("new", "staged\n")
    scene.git("add", "new")
    scene.write("new", "later\n")

    assert "was interrupted; completed" in scene.gitorch("list").err

    assert scene.git("show", ":new") == "staged"
    assert scene.git("status", "--porcelain") == "AM new"
