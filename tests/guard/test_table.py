"""Every way to make a commit that we know of, in a worktree with an open build, with real git.

What can be prevented is, and leaves nothing behind that the message's own command does not tidy up; what
no hook can see is noticed. No ref is lost, a worker's files stay, and gc goes on working.

It runs on the machine's git and on GITORCH_TEST_GIT; with GITORCH_TEST_RECORD=FILE each outcome is added
to that file, from which the table of docs/guard.md comes.
"""

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from gitorch.actions import clearance
from gitorch.actions.standing import standing
from gitorch.actions.workplace import find_build
from gitorch.core.errors import GitorchError
from gitorch.core.needs import needs
from tests.guard.attempts import ALLOWED, LEFT, NEVER, REFUSED, UNASKED, UNSEEN, WORKER, Attempt
from tests.scene import Ran, git, orch, run, write
from tests.scene.guarded import Guarded, discover, open_guarded
from tests.scene.remembered import remembered

RECORD = os.environ.get("GITORCH_TEST_RECORD")
FORMATS = ("files sha1", "files sha256", "reftable sha1", "reftable sha256")


def scene(folder: Path, ref_format: str) -> Guarded:
    """main at the base; side one commit ahead of it, topic beside it; a linked worktree, a remote."""
    root = folder / "a build"
    base = made(folder, ref_format)
    return Guarded(root, discover(root), base)


@remembered
def made(folder: Path, ref_format: str) -> str:
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
    write(root / "work", "a worker's\n")
    return open_guarded(root).base


def refs_of(root: Path) -> dict[str, str]:
    """Every ref and where it points."""
    out = git(root, "for-each-ref", "--format=%(refname) %(objectname)")
    return dict(line.split(" ") for line in out.splitlines())


def head_of(root: Path) -> str:
    return run("git", "symbolic-ref", "HEAD", cwd=root).out.strip()


def hint_of(ran: Ran) -> str | None:
    """The command that a refusal named for tidying up."""
    found = re.search(r"^hint: to restore what git changed before this refusal, run: (.*)$", ran.err, re.M)
    return found[1] if found else None


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
        assert tidy.endswith("/gitorch doctor --fix")
        done = orch(guarded.root, "doctor", "--fix")
        assert done.status == 0, f"{done.out}{done.err}"
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
    record(guarded, row, "prevented", "gitorch doctor --fix" if tidy else "")
    return ran


def noticed(guarded: Guarded, row: Attempt) -> bool:
    """Type the lines; whether they went through. Then `status` has to say so."""
    before = refs_of(guarded.root)
    run("sh", "-c", row.lines, cwd=guarded.root, env={"PYTHON": sys.executable})
    went_through = guarded.tip() != guarded.base
    if went_through:
        build = find_build(guarded.root, "x")
        state = build.read_state()
        kinds = {need.code for need in needs(state, standing(build, state))}
        assert kinds & {"rogue-commit", "moved-branch"}
        with pytest.raises(GitorchError):
            clearance.check_rogue(build.slug, guarded.repo, guarded.base, guarded.tip())
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
    assert went_through or (hint_of(ran) or "").endswith("doctor --fix")
    build = find_build(root, "x")
    state = build.read_state()
    found = needs(state, standing(build, state))
    assert {need.code for need in found} & {"no-branch", "left-branch"}
    with pytest.raises(GitorchError):
        clearance.check_branch(build.slug, guarded.repo)
    orch(root, "doctor", "--fix")
    assert head_of(root) == "refs/heads/build/x"
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


@every_format
@table(UNASKED)
def test_a_worker_moves_other_branches_where_git_asks_no_hook(
    tmp_path: Path, row: Attempt, ref_format: str
) -> None:
    guarded = scene(tmp_path, ref_format)
    before = refs_of(guarded.root)
    ran = run("sh", "-c", row.lines, cwd=tmp_path / "linked", env={"GITORCH_WORKER": "W1.1"})
    went_through = guarded.repo.version[:2] < row.since
    assert ((ran.status == 0), refs_of(guarded.root) != before) == (went_through, went_through)
    assert guarded.tip() == guarded.base
    record(guarded, row, "not seen" if went_through else "prevented")
