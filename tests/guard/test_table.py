"""Every way to make a commit that we know of, in a worktree with an open build, with real git.

What can be prevented is, and leaves nothing behind that the message's own command does not tidy up; what
no hook can see is noticed. No ref is lost, a worker's files stay, and gc goes on working.

It runs on the machine's git and on GITORCH_TEST_GIT; with GITORCH_TEST_RECORD=FILE each outcome is added
to that file, from which the table of docs/guard.md comes.
"""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gitorch.actions.finalize import gate
from gitorch.actions.standing import standing
from gitorch.actions.workplace import find_build
from gitorch.core.errors import GitorchError
from gitorch.core.needs import needs
from tests.guard.support import Guarded, open_guarded
from tests.support import Ran, git, orch, run, write

RECORD = os.environ.get("GITORCH_TEST_RECORD")
FORMATS = ("files sha1", "files sha256", "reftable sha1", "reftable sha256")


@dataclass(frozen=True)
class Attempt:
    """Shell lines typed in the build's worktree, beside which there is a file `work` of a worker.

    `left` is what `git status --porcelain` still shows when all is tidied up; `since` is the first git with
    which it is prevented, by files and SHA-1.
    """

    name: str
    lines: str
    left: str = "?? work"
    since: tuple[int, int] = (0, 0)


SYMREFS, CONFIG_HOOKS, NEVER = (2, 46), (2, 54), (99, 0)
"""Hooks see symbolic refs; stand in the configuration; see nothing of it, or the library runs none."""


REFUSED = [
    Attempt("commit", "git add work; git commit -m x", left="A  work"),
    Attempt("commit -a", "echo more >>README; git commit -am x", left=" M README\n?? work"),
    Attempt("commit of one path", "echo more >>README; git commit -m x README", left=" M README\n?? work"),
    Attempt("commit --no-verify", "git add work; git commit -nm x", left="A  work"),
    Attempt("commit --amend", "git commit --amend -m x"),
    Attempt("commit --allow-empty", "git commit -n --allow-empty -m x"),
    Attempt("commit without hooks in the environment", "GIT_EDITOR=true git commit -n --allow-empty -m x"),
    Attempt("merge", "git merge topic"),
    Attempt("merge --no-verify", "git merge --no-verify -m x topic"),
    Attempt("merge --no-ff", "git merge --no-ff -m x side"),
    Attempt("merge, fast-forward", "git merge side"),
    Attempt("pull", "git pull --no-rebase ../remote topic"),
    Attempt("pull, fast-forward", "git pull --ff-only ../remote side"),
    Attempt("pull --rebase", "git pull --rebase ../remote topic"),
    Attempt("merge --squash, then commit", "git merge --squash side; git commit -m x"),
    Attempt("merge --no-commit", "git merge --no-commit --no-ff side"),
    Attempt("rebase", "git rebase topic"),
    Attempt("rebase --no-verify", "git rebase --no-verify topic"),
    Attempt("rebase --apply", "git rebase --apply --no-verify topic"),
    Attempt("rebase --onto", "git rebase --no-verify --onto topic HEAD~1"),
    Attempt("cherry-pick", "git cherry-pick topic"),
    Attempt(
        "cherry-pick -n, then commit", "git cherry-pick -n topic; git commit -nm x", left="A  topic\n?? work"
    ),
    Attempt("revert", "git revert --no-edit HEAD"),
    Attempt("am", "git am ../topic.patch"),
    Attempt("reset --soft", "git reset --soft HEAD~1"),
    Attempt("reset to another commit", "git reset HEAD~1"),
    Attempt("reset --hard", "git reset --hard HEAD~1"),
    Attempt("reset --keep", "git reset --keep HEAD~1"),
    Attempt("stash", "echo more >>README; git stash", left=" M README\n?? work"),
    Attempt("stash -u", "git stash -u"),
    Attempt("checkout -B", "git checkout -B build/x topic"),
    Attempt("branch -f", "cd ../linked; git branch -f build/x topic"),
    Attempt("update-ref", "git update-ref refs/heads/build/x topic"),
    Attempt("update-ref HEAD", "git update-ref HEAD topic"),
    Attempt("update-ref with the old value", "git update-ref refs/heads/build/x topic HEAD"),
    Attempt("update-ref --stdin", "echo update refs/heads/build/x topic | git update-ref --stdin"),
    Attempt("fetch into the branch", "git fetch -u ../remote side:build/x"),
    Attempt("fetch --force into the branch", "cd ../linked; git fetch -uf ../remote topic:build/x"),
    Attempt(
        "push into the branch", "git config receive.denyCurrentBranch ignore; git push -q . side:build/x"
    ),
    Attempt(
        "fast-import",
        "git fast-export side | sed 's,refs/heads/side,refs/heads/build/x,' | git fast-import --force --quiet",
    ),
    Attempt(
        "filter-branch", "FILTER_BRANCH_SQUELCH_WARNING=1 git filter-branch -f --msg-filter 'sed s/^/x/' HEAD"
    ),
    Attempt(
        "commit on a side branch", "git symbolic-ref HEAD refs/heads/side; git commit -n --allow-empty -m x"
    ),
    Attempt("commit on a detached HEAD", "git checkout -q --detach; git commit -n --allow-empty -m x"),
    Attempt("commit on a new branch", "git checkout -q -b new; git commit -n --allow-empty -m x"),
    Attempt("commit on an orphan branch", "git checkout -q --orphan new; git commit -n -m x"),
    Attempt("commit in a folder below", "mkdir sub; cd sub; git commit -n --allow-empty -m x"),
    Attempt(
        "commit with GIT_DIR set", "GIT_DIR=$PWD/.git GIT_WORK_TREE=$PWD git commit -n --allow-empty -m x"
    ),
    Attempt("commit from elsewhere with -C", "cd ..; git -C 'a build' commit -n --allow-empty -m x"),
    Attempt(
        "replay of the branch in a linked worktree", "cd ../linked; git update-ref refs/heads/build/x topic"
    ),
    Attempt("commit in a bisection", "git bisect start HEAD HEAD~1; git commit -n --allow-empty -m x"),
]


WORKER = [
    Attempt("a worker's commit in a linked worktree", "git commit -n --allow-empty -m x"),
    Attempt(
        "a worker's commit on a detached HEAD", "git checkout -q --detach; git commit -n --allow-empty -m x"
    ),
    Attempt("a worker's merge", "git merge side"),
    Attempt("a worker's new branch", "git branch new topic"),
]
"""Typed in the linked worktree, with GITORCH_WORKER set."""

UNSEEN = [
    Attempt(
        "-c core.hooksPath",
        "git -c core.hooksPath=/dev/null commit -n --allow-empty -m x",
        since=CONFIG_HOOKS,
    ),
    Attempt(
        "both ways of installing switched off",
        "git -c core.hooksPath=/dev/null -c hook.gitorch-reference-transaction.enabled=false"
        " commit -n --allow-empty -m x",
        since=NEVER,
    ),
    Attempt(
        "core.hooksPath in the environment",
        "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null"
        " git commit -n --allow-empty -m x",
        since=CONFIG_HOOKS,
    ),
    Attempt(
        "core.hooksPath in the configuration",
        "git config core.hooksPath /dev/null; git commit -qm x --allow-empty",
        since=CONFIG_HOOKS,
    ),
    Attempt(
        "hooks deleted", "rm .git/hooks/[pr]*[a-z]; git commit -n --allow-empty -m x", since=CONFIG_HOOKS
    ),
    Attempt("branch -M", "cd ../linked; git checkout -q topic; git branch -M topic build/x"),
    Attempt("branch -M in the build", "git branch -M topic build/x"),
    Attempt(
        "branch -M after leaving the branch",
        "git symbolic-ref HEAD refs/heads/none; cd ../linked; git branch -M topic build/x",
        since=SYMREFS,
    ),
    Attempt("branch -C", "git branch -C topic build/x"),
    Attempt(
        "a symbolic ref in the branch's place",
        "git symbolic-ref refs/heads/build/x refs/heads/side",
        since=SYMREFS,
    ),
    Attempt("a direct write", "git rev-parse topic >.git/refs/heads/build/x", since=NEVER),
    Attempt(
        "pygit2",
        '"$PYTHON" -c \'import pygit2 as p; r = p.Repository("."); s = p.Signature("a", "a@b");'
        ' r.create_commit("HEAD", s, s, "x", r.index.write_tree(), [r.head.target])\'',
        since=NEVER,
    ),
    Attempt(
        "dulwich",
        '"$PYTHON" -c \'from dulwich import porcelain as p; p.commit(".", message=b"x", no_verify=True)\'',
        since=NEVER,
    ),
    Attempt(
        "dulwich with hooks",
        '"$PYTHON" -c \'from dulwich import porcelain as p; p.commit(".", message=b"x")\'',
    ),
    Attempt("GitPython", '"$PYTHON" -c \'import git; git.Repo().index.commit("x")\''),
    Attempt(
        "GitPython without hooks",
        '"$PYTHON" -c \'import git; git.Repo().index.commit("x", skip_hooks=True)\'',
        since=NEVER,
    ),
]
"""What some git, or some library, does without asking a hook: prevented where it can be, else noticed."""

LEFT = [
    Attempt("branch -m of the build's branch", "git branch -m build/x renamed", since=SYMREFS),
    Attempt(
        "HEAD from another worktree",
        "cd ../linked; git update-ref --no-deref main-worktree/HEAD topic"
        " || git symbolic-ref main-worktree/HEAD refs/heads/side",  # 2.39 knows the name only there
        since=NEVER,
    ),
]
"""What takes the build's branch or worktree away: refused where it can be, with the same way back."""

ALLOWED = [
    Attempt("gc", "git gc -q"),
    Attempt("pack-refs", "git pack-refs --all --prune"),
    Attempt("maintenance", "git maintenance run --task=gc --task=loose-objects --task=commit-graph"),
    Attempt("repack and prune", "git repack -adq && git prune"),
    Attempt("reflog expire", "git reflog expire --expire=now --all"),
    Attempt("fetch", "git remote add r ../remote && git fetch -q r && git fetch -q --prune r"),
    Attempt(
        "fetch of many refs",
        "for n in $(seq 200); do echo create refs/tags/t$n HEAD; done |"
        " git -C ../remote update-ref --stdin && git fetch -q ../remote 'refs/*:refs/copy/*'",
    ),
    Attempt("tag, notes, replace", "git tag t && git tag -a -m x a && git notes add -m x && git tag -d t"),
    Attempt("a branch made and deleted", "git branch new && git branch -m new newer && git branch -D newer"),
    Attempt(
        "worktree add and remove",
        "git worktree add -q -b new ../w && git worktree remove ../w && git worktree add -q --detach ../v side",
    ),
    Attempt("add, reset, restore", "git add work && git reset -q && git restore README"),
    Attempt("reset --hard without moving", "git reset -q --hard && git reset -q --hard HEAD"),
    Attempt(
        "stash entries of others taken away",
        "cd ../linked && for n in 1 2 3; do echo $n >>README && git stash -q; done && cd - >/dev/null"
        " && git stash drop -q && git stash pop -q && git restore README && git stash clear",
    ),
    Attempt("checkout of the branch", "git checkout -q build/x"),
    Attempt("update-ref without moving", "git update-ref refs/heads/build/x HEAD"),
    Attempt("commit in a linked worktree", "cd ../linked && git commit -q --allow-empty -m x"),
    Attempt("merge in a linked worktree", "cd ../linked && git merge -q --no-edit topic"),
    Attempt(
        "rebase in a linked worktree",
        "cd ../linked && git commit -q --allow-empty -m x && git rebase -q topic",
    ),
    Attempt(
        "stash in a linked worktree", "cd ../linked && echo x >>README && git stash -q && git stash pop -q"
    ),
    Attempt(
        "bisect in a linked worktree",
        "cd ../linked && git bisect start HEAD HEAD~1 && git bisect reset",
    ),
    Attempt("reset in a linked worktree", "cd ../linked && git reset -q --hard topic"),
    Attempt("branch -M of others", "cd ../linked && git branch -M topic side"),
    Attempt("push of others", "cd ../linked && git push -q ../remote other"),
]


def scene(folder: Path, ref_format: str) -> Guarded:
    """main at the base; side one commit ahead of it, topic beside it; a linked worktree, a remote."""
    refs, objects = ref_format.split()
    root = folder / "a build"
    root.mkdir()
    words = [f"--object-format={objects}"] + ([f"--ref-format={refs}"] if refs != "files" else [])
    ran = run("git", "init", "-q", "-b", "main", *words, cwd=root)
    if ran.status:
        pytest.skip(f"this git has no {refs} references: {ran.err.splitlines()[0]}")
    script = """
        commit() { echo "$1" >"$1"; git add "$1"; git commit -q -m "$1"; }
        commit README; commit two
        git checkout -q -b side; commit side
        git checkout -q -b topic main~1; commit topic
        git format-patch -q -1 --stdout >../topic.patch
        git checkout -q main
        git clone -q --bare . ../remote
        git worktree add -q -b other ../linked
    """
    assert run("sh", "-ec", script, cwd=root).status == 0
    guarded = open_guarded(root)
    write(root / "work", "a worker's\n")
    return guarded


def refs_of(root: Path) -> dict[str, str]:
    """Every ref and where it points."""
    out = git(root, "for-each-ref", "--format=%(refname) %(objectname)")
    return dict(line.split(" ") for line in out.splitlines())


def head_of(root: Path) -> str:
    return run("git", "symbolic-ref", "HEAD", cwd=root).out.strip()


def hint_of(ran: Ran) -> str | None:
    """The last command that a refusal named for tidying up."""
    hints = [line.removeprefix("hint: ") for line in ran.err.splitlines() if line.startswith("hint: git ")]
    return hints[-1] if hints else None


def in_the_middle(root: Path) -> list[str]:
    """What git still has to finish there, other than a bisection."""
    words = git(root, "status").splitlines()
    return [line for line in words if re.search(r"--(abort|quit|continue|skip)\b", line)]


def record(guarded: Guarded, row: Attempt, outcome: str, tidy: str = "") -> None:
    """One line of the record: attempt, git's version, formats, what came of it, how to tidy up."""
    if RECORD:
        form = [
            guarded.repo.config(key) or "" for key in ("extensions.refStorage", "extensions.objectFormat")
        ]
        version = ".".join(map(str, guarded.repo.version[:2]))
        with Path(RECORD).open("a") as file:
            file.write("\t".join([row.name, version, *form, outcome, tidy]) + "\n")


def assert_sound(guarded: Guarded) -> None:
    """Housekeeping works, and nothing that the repository needs is missing."""
    git(guarded.root, "gc", "-q", "--prune=now")
    git(guarded.root, "fsck", "--no-dangling", "--no-progress")
    assert (guarded.root / "work").read_text() == "a worker's\n"


def refused(guarded: Guarded, row: Attempt) -> Ran:
    """Type the lines, tidy up as told, and find everything as it was, and what was staged since."""
    before = refs_of(guarded.root)
    ran = run("sh", "-c", row.lines, cwd=guarded.root)
    assert ran.status != 0
    assert guarded.tip() == guarded.base
    write(guarded.root / "zz staged", "a record\n")
    git(guarded.root, "add", "zz staged")
    if tidy := hint_of(ran):
        done = run("sh", "-c", tidy, cwd=guarded.root)
        assert done.status == 0, f"{tidy}: {done.err}"
    assert git(guarded.root, "diff", "--name-only", "--cached", "--", "zz staged") == "zz staged"
    git(guarded.root, "rm", "-q", "--cached", "zz staged")
    assert (guarded.root / "zz staged").read_text() == "a record\n"
    (guarded.root / "zz staged").unlink()
    assert not in_the_middle(guarded.root)
    assert head_of(guarded.root) == "refs/heads/build/x"
    assert git(guarded.root, "status", "--porcelain") == row.left
    after = refs_of(guarded.root)
    assert {name: after.get(name) for name in before} == before
    assert "refs/stash" not in after
    assert_sound(guarded)
    record(guarded, row, "prevented", tidy or "")
    return ran


def noticed(guarded: Guarded, row: Attempt) -> bool:
    """Type the lines; whether they went through. Then `status` has to say so."""
    before = refs_of(guarded.root)
    run("sh", "-c", row.lines, cwd=guarded.root, env={"PYTHON": sys.executable})
    went_through = guarded.tip() != guarded.base
    if went_through:
        build = find_build(guarded.root, "x")
        state = build.folder.read_state()
        kinds = {need.kind for need in needs(state, standing(build, state))}
        assert kinds & {"rogue-commit", "moved-branch"}
        with pytest.raises(GitorchError):
            gate.check_rogue(build, guarded.repo, guarded.base, guarded.tip())
    after = refs_of(guarded.root)
    gone = {name for name in before if name not in after}
    assert gone <= ({"refs/heads/topic"} if went_through else set()), "branch -M takes topic away"
    record(guarded, row, "noticed" if went_through else "prevented")
    return went_through


def default_formats() -> list[Any]:
    """Every format on the git under test, the usual one alone where nothing is asked for."""
    asked = "GITORCH_TEST_GIT" in os.environ
    return [
        pytest.param(name, marks=() if asked or name == FORMATS[0] else pytest.mark.slow) for name in FORMATS
    ]


def table(rows: list[Attempt]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", rows, ids=[row.name for row in rows])


every_format = pytest.mark.parametrize("ref_format", default_formats())


@every_format
@table(REFUSED)
def test_it_is_refused_and_can_be_tidied_up(tmp_path: Path, row: Attempt, ref_format: str) -> None:
    refused(scene(tmp_path, ref_format), row)


@every_format
@table(UNSEEN)
def test_it_is_refused_or_noticed(tmp_path: Path, row: Attempt, ref_format: str) -> None:
    guarded = scene(tmp_path, ref_format)
    went_through = noticed(guarded, row)
    if row.since != NEVER or ref_format == FORMATS[0]:  # the libraries do not open every format
        assert went_through is (guarded.repo.version[:2] < row.since)


@every_format
@table(LEFT)
def test_a_branch_or_worktree_taken_away_is_noticed_and_given_back(
    tmp_path: Path, row: Attempt, ref_format: str
) -> None:
    guarded = scene(tmp_path, ref_format)
    before, root = refs_of(guarded.root), guarded.root
    ran = run("sh", "-c", row.lines, cwd=root)
    if row.since == NEVER and ref_format.startswith("reftable"):
        assert (head_of(root), refs_of(root)) == (
            "refs/heads/build/x",
            before,
        )  # git says yes, and does nothing
        record(guarded, row, "no effect")
        return
    went_through = "gitorch: refused" not in ran.err
    assert went_through is (guarded.repo.version[:2] < row.since)
    assert went_through or "hint: gitorch doctor --fix" in ran.err
    build = find_build(root, "x")
    state = build.folder.read_state()
    found = needs(state, standing(build, state))
    assert {need.kind for need in found} & {"no-branch", "left-branch"}
    with pytest.raises(GitorchError):
        gate.check_branch(build.slug, guarded.repo)
    orch(root, "doctor", "--fix")
    if head_of(root) != "refs/heads/build/x":
        git(root, "switch", "-q", "build/x")
    assert guarded.tip() == guarded.base
    assert git(root, "status", "--porcelain") == row.left
    assert {name: refs_of(root).get(name) for name in before} == before
    assert_sound(guarded)
    record(guarded, row, "noticed" if went_through else "prevented", "gitorch doctor --fix")


@every_format
@table(ALLOWED)
def test_it_is_not_disturbed(tmp_path: Path, row: Attempt, ref_format: str) -> None:
    guarded = scene(tmp_path, ref_format)
    ran = run("sh", "-c", row.lines, cwd=guarded.root)
    assert (ran.status, "gitorch" in ran.err) == (0, False), ran.err
    assert guarded.tip() == guarded.base
    assert git(guarded.root, "status", "--porcelain") == row.left
    assert_sound(guarded)
    record(guarded, row, "not disturbed")


@every_format
@table(WORKER)
def test_a_worker_commits_nowhere(tmp_path: Path, row: Attempt, ref_format: str) -> None:
    guarded = scene(tmp_path, ref_format)
    before = refs_of(guarded.root)
    linked, env = tmp_path / "linked", {"GITORCH_WORKER": "W1.1"}
    ran = run("sh", "-c", row.lines, cwd=linked, env=env)
    assert ran.status != 0
    assert "worker W1.1 may not" in ran.err
    assert refs_of(guarded.root) == before
    quiet = run(
        "sh",
        "-ec",
        "git gc -q; git tag t; git checkout -q --detach; git checkout -q other",
        cwd=linked,
        env=env,
    )
    assert (quiet.status, quiet.err) == (0, "")
    record(guarded, row, "prevented")
