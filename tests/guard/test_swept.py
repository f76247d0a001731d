"""Commands that sweep uncommitted work away, or move files, before they ask a hook.

The command that the refusal names restores every byte of the files and every entry of the index, and leaves
alone what was staged in between.
"""

import contextlib
from pathlib import Path
from typing import Any

import pytest

from gitorch.adapters import process
from gitorch.adapters.git import tidying
from tests.scene import Ran, git, orch, run, write
from tests.scene.guarded import BRANCH, Guarded, open_guarded
from tests.scene.picture import picture

pytestmark = pytest.mark.slow

LINES = "".join(f"{n}\n" for n in range(1, 31))


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    """An open build; `ahead` changes a file that a worker edits too, `other` only others, `beside` is not ahead."""
    root = tmp_path / "a build"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    write(root / "both", LINES)
    write(root / "d" / "deep", "deep\n")
    commit_all(root, "base")
    write(root / "two", "two\n")
    commit_all(root, "two")
    git(root, "checkout", "-q", "-b", "ahead")
    write(root / "both", LINES.replace("25\n", "ahead\n"))
    write(root / "ahead", "ahead\n")
    commit_all(root, "ahead")
    git(root, "checkout", "-q", "-b", "other", "main")
    git(root, "rm", "-q", "d/deep")
    write(root / "other", "other\n")
    commit_all(root, "other")
    git(root, "checkout", "-q", "-b", "conflict", "main")
    write(root / "both", LINES.replace("5\n", "theirs\n", 1))
    commit_all(root, "conflict")
    git(root, "checkout", "-q", "-b", "beside", "main~1")
    write(root / "beside", "beside\n")
    commit_all(root, "beside")
    git(root, "checkout", "-q", "main")
    opened = open_guarded(root)
    write(root / "both", LINES.replace("5\n", "a worker's\n", 1))
    write(root / "new", "staged\n")
    write(root / "record.json", "{}\n")
    (root / "binary").write_bytes(bytes(range(256)))
    git(root, "add", "new", "record.json", "binary")
    write(root / "new", "staged\nand edited\n")
    write(root / "untracked", "a worker's\n")
    return opened


def commit_all(root: Path, message: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


def everything(root: Path) -> dict[str, object]:
    """The files, the index, HEAD, every ref, and what git has begun."""
    begun = [
        name for name in ("rebase-merge", "rebase-apply", "MERGE_HEAD") if (root / ".git" / name).exists()
    ]
    return {**picture(root, without=(".git",)), "begun": begun}


def worked_on(seen: dict[str, object]) -> dict[str, object]:
    """The files of a picture alone."""
    return {name: what for name, what in seen.items() if name not in ("refs", "HEAD", "index", "begun")}


def is_told_of(ran: Ran) -> bool:
    """Whether the refusal names the command that tidies up."""
    return "to restore what git changed before this refusal, run: " in ran.err


def tidied(guarded: Guarded, line: str) -> Ran:
    """Type the line, stage a record, tidy up as told, and take that record away again."""
    root = guarded.root
    ran = run("sh", "-c", line, cwd=root)
    assert "gitorch: refused" in ran.err
    assert ran.status != 0
    write(root / "since", "a record\n")
    git(root, "add", "since")
    if is_told_of(ran):
        done = orch(root, "doctor", "--fix")
        assert done.status == 0, f"{done.out}{done.err}"
    git(root, "rm", "-q", "--cached", "since")
    assert (root / "since").read_text() == "a record\n"
    (root / "since").unlink()
    return ran


@pytest.mark.parametrize(
    "line",
    [
        "git rebase --no-verify --autostash ahead",
        "git rebase --apply --no-verify --autostash ahead",
        "git rebase --no-verify --autostash --onto other HEAD~1",
        "git -c rebase.autoStash=true rebase -i --no-verify ahead",
        "git merge --autostash ahead",
        "git pull -q --no-rebase --autostash . other",
    ],
)
def test_a5_work_that_was_swept_away_comes_back_by_the_command_named(guarded: Guarded, line: str) -> None:
    before = everything(guarded.root)
    tidied(guarded, f"GIT_EDITOR=true {line}")
    assert everything(guarded.root) == before


@pytest.mark.parametrize(
    "line",
    [
        "git rebase --autostash ahead",
        "git rebase --apply --autostash ahead",
        "git -c rebase.autoStash=true rebase ahead",
        "git pull -q --rebase --autostash . other",
        "git pull -q --rebase --autostash . beside",
    ],
)
def test_what_a_plain_rebase_swept_away_comes_back_by_it_or_by_git_itself(
    guarded: Guarded, line: str
) -> None:
    before = everything(guarded.root)
    tidied(guarded, line)
    if guarded.repo.version < (2, 47):
        assert everything(guarded.root) == before
    else:
        assert worked_on(everything(guarded.root)) == worked_on(before)
        assert git(guarded.root, "ls-files", "new", "record.json", "binary").split() == [
            "binary",
            "new",
            "record.json",
        ]


@pytest.mark.parametrize(
    "line", ["git checkout -q other", "git switch -q other", "git checkout -q --detach other"]
)
def test_files_that_a_checkout_moved_are_moved_back(guarded: Guarded, line: str) -> None:
    before = everything(guarded.root)
    assert is_told_of(tidied(guarded, line))
    assert everything(guarded.root) == before


def test_edits_that_a_forced_branch_merged_come_back_too(guarded: Guarded) -> None:
    git(guarded.root, "reset", "-q")  # older git keeps nothing that is staged
    before = everything(guarded.root)
    tidied(guarded, "git checkout -q -m -B build/x ahead")
    assert everything(guarded.root) == before


def test_a_checkout_that_would_sweep_edits_away_for_a_merge_is_refused_before(guarded: Guarded) -> None:
    if guarded.repo.version < (2, 55):
        pytest.skip("git merges without a stash before 2.55")
    before = everything(guarded.root)
    for line in ("git checkout -m conflict", "git switch -m conflict", "git checkout -m -B build/x conflict"):
        assert not is_told_of(tidied(guarded, line))
        assert everything(guarded.root) == before


def test_a_stash_of_ones_own_is_refused_while_a_rebase_has_swept_work_away(guarded: Guarded) -> None:
    root = guarded.root
    assert is_told_of(run("git", "rebase", "--no-verify", "--autostash", "ahead", cwd=root))
    write(root / "two", "edited since\n")
    assert run("git", "stash", cwd=root).status != 0
    assert (root / "two").read_text() == "edited since\n"
    assert run("git", "rev-parse", "--verify", "-q", "refs/stash", cwd=root).status != 0


def test_a_rebase_that_ends_where_it_began_is_not_called_away_from_its_branch(guarded: Guarded) -> None:
    words = ("-c", "core.editor=true", "rebase", "-i", "--no-verify", "--autostash", "HEAD~1")
    ran = run("git", *words, cwd=guarded.root)
    assert (ran.status, "gitorch" in ran.err) == (0, False), ran.err
    assert guarded.tip() == guarded.base


@pytest.mark.parametrize(
    "line", ["git rebase ahead", "git rebase --no-verify ahead", "git rebase --apply ahead"]
)
def test_status_says_where_the_work_is_and_how_it_comes_back(guarded: Guarded, line: str) -> None:
    git(guarded.root, "add", "--force", "N5")
    before = everything(guarded.root)
    git(guarded.root, "config", "rebase.autoStash", "true")
    assert run("sh", "-c", line, cwd=guarded.root).status != 0
    told = orch(guarded.root, "status")
    if guarded.repo.version >= (2, 47) and "--no-verify" not in line:  # git gives it back by itself
        assert told.status == 0
        return
    assert "has put the uncommitted work of build x aside" in told.err
    assert "gitorch doctor --fix" in told.err
    ran = orch(guarded.root, "doctor", "--fix")
    assert ran.status == 0, ran.err
    assert everything(guarded.root) == before


@pytest.mark.parametrize("stop", range(0, 40, 3))
def test_tidying_that_is_ended_at_any_step_is_ended_by_the_next(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch, stop: int
) -> None:
    before = everything(guarded.root)
    assert is_told_of(run("git", "rebase", "--no-verify", "--autostash", "ahead", cwd=guarded.root))
    left = tidying.find(guarded.repo, BRANCH)
    assert left is not None
    count = iter(range(1000))
    started = process.run

    def end(*arguments: Any, **options: Any) -> process.Result:
        if next(count) == stop:
            raise KeyboardInterrupt
        return started(*arguments, **options)

    with monkeypatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        patch.setattr(process, "run", end)
        tidying.tidy(left)

    if again := tidying.find(guarded.repo, BRANCH):
        tidying.tidy(again)
    assert everything(guarded.root) == before
    assert tidying.find(guarded.repo, BRANCH) is None
