"""finalize --onto: a second branch goes forward, or gets a merge that was judged, or nothing lands."""

import pytest

from tests.scene import SLUG, Scene, git


def test_onto_moves_another_branch_forward_too(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    ran = scene.land(base, "--onto", "main")
    assert scene.git("rev-parse", "main") == scene.git("rev-parse", "HEAD")
    assert f"main is at {scene.git('rev-parse', '--short=12', 'main')}\n" in ran.out
    assert scene.git("status", "--porcelain") == ""
    undo = next(line for line in ran.err.splitlines() if line.startswith("undo:  "))
    main = scene.git("rev-parse", "main")
    first, _, second = undo.removeprefix("undo:  ").partition("   (")[0].partition(" && ")
    assert (first, second) == (
        f"git push -q --no-verify --force-with-lease=main:{main[:12]} . {base[:12]}:refs/heads/main",
        f"gitorch reopen --project {SLUG}",
    )
    moved = scene.git("commit-tree", "-p", main, "-m", "a colleague's", f"{main}^{{tree}}")
    scene.git("update-ref", "refs/heads/main", moved)
    assert scene.run("sh", "-c", first).status != 0
    scene.git("update-ref", "refs/heads/main", main)
    scene.git("worktree", "add", "-q", str(scene.root.with_name("side")), "main")
    assert scene.run("sh", "-c", first).status != 0
    scene.git("worktree", "remove", str(scene.root.with_name("side")))
    assert scene.run("sh", "-c", first).status == 0
    assert scene.git("rev-parse", "main") == base
    assert scene.gitorch(*second.split()[1:]).status == 0


def test_onto_a_symbolic_ref_moves_what_it_leads_to(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    scene.git("symbolic-ref", "refs/heads/trunk", "refs/heads/main")
    scene.git("worktree", "add", "-q", str(scene.root.with_name("side")), "main")
    scene.refused("finalize", "--onto", "trunk", says="trunk is checked out in")
    scene.git("worktree", "remove", str(scene.root.with_name("side")))
    ran = scene.land(base, "--onto", "trunk")
    assert "main is at " in ran.out
    assert scene.git("rev-parse", "main") == scene.git("rev-parse", "HEAD")
    assert scene.git("symbolic-ref", "refs/heads/trunk") == "refs/heads/main"


def main_moved(scene: Scene, path: str) -> str:
    """Another commit on main, made without a worktree."""
    git_other = {"GIT_INDEX_FILE": ".git/other"}
    scene.run("git", "read-tree", "main", env=git_other)
    oid = scene.git("hash-object", "-w", "--stdin", stdin="from main\n")
    scene.run("git", "update-index", "--add", "--cacheinfo", f"100644,{oid},{path}", env=git_other)
    tree = scene.run("git", "write-tree", env=git_other).out.strip()
    commit = scene.git("commit-tree", "-p", "main", "-m", "on main", tree)
    scene.git("update-ref", "refs/heads/main", commit)
    return commit


def test_onto_a_branch_that_moved_on_is_a_merge_that_is_judged_too(scene: Scene) -> None:
    both = "if test -e bad; then echo BAD; exit 1; fi; test -e src/schema.py"
    base = scene.open_build(f"validators:\n- {{name: both, command: '{both}'}}\n")
    scene.deliver_all()
    moved = main_moved(scene, "bad")
    scene.refused("finalize", "--onto", "main", "--no-cache", says="| BAD")
    good = scene.git("commit-tree", "-p", moved, "-m", "mended", f"{base}^{{tree}}")
    scene.git("update-ref", "refs/heads/main", good)
    scene.land(base, "--onto", "main")
    assert scene.git("rev-list", "--parents", "-1", "main").split()[1:] == [
        good,
        scene.git("rev-parse", "HEAD"),
    ]
    assert scene.git("show", "main:src/schema.py") == "TABLES = 5"
    assert scene.git("status", "--porcelain") == ""


@pytest.mark.slow
def test_a_merge_that_comes_out_otherwise_each_time_does_not_land(scene: Scene) -> None:
    scene.write(".gitattributes", "README merge=odd\n")
    scene.git(
        "config", "merge.odd.driver", f"echo >> {scene.root.parent}/odd; wc -l < {scene.root.parent}/odd > %A"
    )
    scene.git("add", ".gitattributes")
    scene.git("commit", "-q", "-m", "attributes")
    scene.open_build("validators:\n- {name: fine, command: 'true'}\n")
    scene.deliver_all()
    main_moved(scene, "README")
    scene.refused(
        "finalize",
        "--onto",
        "main",
        "--no-cache",
        says="the merge into main differs from the one that was judged; nothing was committed",
    )


def test_onto_refuses_conflicts_and_a_branch_that_is_checked_out(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    main_moved(scene, "README")
    conflict = scene.refused("finalize", "--onto", "main", says="changed the same lines").err
    assert "  README\n" in conflict
    assert f"git switch main && git merge build/{SLUG}\n" in conflict
    scene.git("worktree", "add", "-q", "-b", "other", str(scene.root.with_name("side")), "main")
    scene.refused("finalize", "--onto", "other", says="other is checked out in")
    for name in ("nowhere", "main~1"):
        assert scene.gitorch("finalize", "--onto", name).status == 2, name
    assert scene.gitorch("finalize", "--onto", f"build/{SLUG}").status == 2


def test_a_hook_that_refuses_the_second_branch_keeps_nothing_from_landing(scene: Scene) -> None:
    hook = scene.write(".git/hooks/reference-transaction", "#!/bin/sh\n! grep -q refs/heads/rel\n")
    scene.git("branch", "rel")
    hook.chmod(0o755)
    base = scene.open_build()
    scene.deliver_all()
    ran = scene.land(base, "--onto", "rel")
    assert "note: git refused to move rel; to see why, run: git update-ref refs/heads/rel" in ran.err
    assert scene.git("rev-parse", "rel") == base
    why = next(line for line in ran.err.splitlines() if line.startswith("note:")).partition("run: ")[2]
    assert "aborted by" in scene.run("sh", "-c", why).err


@pytest.mark.slow
def test_onto_leaves_a_branch_alone_that_a_worktree_came_to_stand_on_meanwhile(scene: Scene) -> None:
    """A validator stands for the person, who is at work while the validators run."""
    side = scene.root.with_name("by the side")
    add = f"git -C {scene.root} worktree add -q '{side}' main"
    base = scene.open_build(f'validators:\n- {{name: meanwhile, command: "{add}"}}\n')
    scene.deliver_all()
    ran = scene.land(base, "--onto", "main")
    assert f"note: main is checked out in {side}, and was left alone; to move it there, run: " in ran.err
    assert git(side, "rev-parse", "main") == base
    assert git(side, "status", "--porcelain") == ""
    take = next(line for line in ran.err.splitlines() if line.startswith("note: main")).partition("run: ")[2]
    assert scene.run("sh", "-c", take).status == 0
    assert git(side, "rev-parse", "main") == scene.git("rev-parse", "HEAD")
    assert git(side, "status", "--porcelain") == ""
