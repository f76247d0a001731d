"""finalize --onto: a second branch goes forward, or gets a merge that was judged, or nothing lands."""

from pathlib import Path

import pytest

from tests.actions.opened import SLUG, delivered, finalize, landed, opened, refused
from tests.support import git, orch, run, write


def test_onto_moves_another_branch_forward_too(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    ran = landed(repo, base, "--onto", "main")
    assert git(repo, "rev-parse", "main") == git(repo, "rev-parse", "HEAD")
    assert f"main is at {git(repo, 'rev-parse', '--short=12', 'main')}\n" in ran.out
    assert git(repo, "status", "--porcelain") == ""
    undo = next(line for line in ran.err.splitlines() if line.startswith("undo:  "))
    main = git(repo, "rev-parse", "main")
    first, _, second = undo.removeprefix("undo:  ").partition("   (")[0].partition(" && ")
    assert (first, second) == (
        f"git push -q --no-verify --force-with-lease=main:{main[:12]} . {base[:12]}:refs/heads/main",
        f"gitorch reopen --project {SLUG}",
    )
    moved = git(repo, "commit-tree", "-p", main, "-m", "a colleague's", f"{main}^{{tree}}")
    git(repo, "update-ref", "refs/heads/main", moved)
    assert run("sh", "-c", first, cwd=repo).status != 0
    git(repo, "update-ref", "refs/heads/main", main)
    git(repo, "worktree", "add", "-q", str(repo.with_name("side")), "main")
    assert run("sh", "-c", first, cwd=repo).status != 0
    git(repo, "worktree", "remove", str(repo.with_name("side")))
    assert run("sh", "-c", first, cwd=repo).status == 0
    assert git(repo, "rev-parse", "main") == base
    assert orch(repo, *second.split()[1:]).status == 0


def test_onto_a_symbolic_ref_moves_what_it_leads_to(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    git(repo, "symbolic-ref", "refs/heads/trunk", "refs/heads/main")
    git(repo, "worktree", "add", "-q", str(repo.with_name("side")), "main")
    refused(repo, "--onto", "trunk", says="trunk is checked out in")
    git(repo, "worktree", "remove", str(repo.with_name("side")))
    ran = landed(repo, base, "--onto", "trunk")
    assert "main is at " in ran.out
    assert git(repo, "rev-parse", "main") == git(repo, "rev-parse", "HEAD")
    assert git(repo, "symbolic-ref", "refs/heads/trunk") == "refs/heads/main"


def main_moved(repo: Path, path: str) -> str:
    """Another commit on main, made without a worktree."""
    git_other = {"GIT_INDEX_FILE": ".git/other"}
    run("git", "read-tree", "main", cwd=repo, env=git_other)
    oid = git(repo, "hash-object", "-w", "--stdin", stdin="from main\n")
    run("git", "update-index", "--add", "--cacheinfo", f"100644,{oid},{path}", cwd=repo, env=git_other)
    tree = run("git", "write-tree", cwd=repo, env=git_other).out.strip()
    commit = git(repo, "commit-tree", "-p", "main", "-m", "on main", tree)
    git(repo, "update-ref", "refs/heads/main", commit)
    return commit


def test_onto_a_branch_that_moved_on_is_a_merge_that_is_judged_too(repo: Path) -> None:
    both = "if test -e bad; then echo BAD; exit 1; fi; test -e src/schema.py"
    base = opened(repo, f"validators:\n- {{name: both, command: '{both}'}}\n")
    delivered(repo)
    moved = main_moved(repo, "bad")
    refused(repo, "--onto", "main", "--no-cache", says="| BAD")
    good = git(repo, "commit-tree", "-p", moved, "-m", "mended", f"{base}^{{tree}}")
    git(repo, "update-ref", "refs/heads/main", good)
    landed(repo, base, "--onto", "main")
    assert git(repo, "rev-list", "--parents", "-1", "main").split()[1:] == [
        good,
        git(repo, "rev-parse", "HEAD"),
    ]
    assert git(repo, "show", "main:src/schema.py") == "TABLES = 5"
    assert git(repo, "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_merge_that_comes_out_otherwise_each_time_does_not_land(repo: Path) -> None:
    write(repo / ".gitattributes", "README merge=odd\n")
    git(repo, "config", "merge.odd.driver", f"echo >> {repo.parent}/odd; wc -l < {repo.parent}/odd > %A")
    git(repo, "add", ".gitattributes")
    git(repo, "commit", "-q", "-m", "attributes")
    opened(repo, "validators:\n- {name: fine, command: 'true'}\n")
    delivered(repo)
    main_moved(repo, "README")
    refused(repo, "--onto", "main", "--no-cache", says="is not the one that was judged")


def test_onto_refuses_conflicts_and_a_branch_that_is_checked_out(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    main_moved(repo, "README")
    conflict = refused(repo, "--onto", "main", says="changed the same lines").err
    assert "  README\n" in conflict
    assert f"git switch main && git merge build/{SLUG}\n" in conflict
    git(repo, "worktree", "add", "-q", "-b", "other", str(repo.with_name("side")), "main")
    refused(repo, "--onto", "other", says="other is checked out in")
    for name in ("nowhere", "main~1"):
        assert finalize(repo, "--onto", name).status == 2, name
    assert finalize(repo, "--onto", f"build/{SLUG}").status == 2


def test_a_hook_that_refuses_the_second_branch_keeps_nothing_from_landing(repo: Path) -> None:
    hook = write(repo / ".git/hooks/reference-transaction", "#!/bin/sh\n! grep -q refs/heads/rel\n")
    git(repo, "branch", "rel")
    hook.chmod(0o755)
    base = opened(repo)
    delivered(repo)
    ran = landed(repo, base, "--onto", "rel")
    assert "note: git does not let rel be moved; to see why: git update-ref refs/heads/rel" in ran.err
    assert git(repo, "rev-parse", "rel") == base
    why = next(line for line in ran.err.splitlines() if line.startswith("note:")).partition("why: ")[2]
    assert "aborted by" in run("sh", "-c", why, cwd=repo).err


@pytest.mark.slow
def test_onto_leaves_a_branch_alone_that_a_worktree_came_to_stand_on_meanwhile(repo: Path) -> None:
    """A validator stands for the person, who is at work while the validators run."""
    side = repo.with_name("by the side")
    add = f"git -C {repo} worktree add -q '{side}' main"
    base = opened(repo, f'validators:\n- {{name: meanwhile, command: "{add}"}}\n')
    delivered(repo)
    ran = landed(repo, base, "--onto", "main")
    assert (
        f"note: main was checked out in {side} meanwhile, so it was left alone; to move it there: " in ran.err
    )
    assert git(side, "rev-parse", "main") == base
    assert git(side, "status", "--porcelain") == ""
    take = next(line for line in ran.err.splitlines() if line.startswith("note: main")).partition("there: ")[
        2
    ]
    assert run("sh", "-c", take, cwd=repo).status == 0
    assert git(side, "rev-parse", "main") == git(repo, "rev-parse", "HEAD")
    assert git(side, "status", "--porcelain") == ""
