"""Running git: what a failure says, and what to type then."""

import os
import re
import shlex
from pathlib import Path

import pytest

from gitorch.actions.recover import recover
from gitorch.adapters.git.index import private
from gitorch.adapters.git.repository import Repository, subcommand
from tests.actions.opened import delivered, opened
from tests.support import git, orch, run, write


def found(root: Path) -> Repository:
    repo = Repository.discover(root)
    assert repo
    return repo


def test_pathspecs_mean_what_the_caller_says_and_not_what_the_shell_does(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    assert found(repo).run("ls-files", "READ*").lines == ["README"]
    assert found(repo).run("ls-files", "READ*", env={"GIT_LITERAL_PATHSPECS": "1"}).lines == []


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["status"], "status"),
        (["-c", "a.b=c", "-c", "d.e=f", "write-tree", "--missing-ok"], "write-tree"),
        (["-C", "sub", "--no-optional-locks", "status"], "status"),
        (["--version"], ""),
    ],
)
def test_a_failure_names_the_command_behind_the_options(arguments: list[str], name: str) -> None:
    assert subcommand(arguments) == name


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("fatal: sha1 file '.git/x.lock' write error. Out of diskspace", "make room on the disk"),
        ("fatal: unable to write loose object file: No space left on device", "make room on the disk"),
        ("error: bad signature 0x58585858\nfatal: index file corrupt", "git reset"),
        ("fatal: not a tree object", ""),
    ],
)
def test_a_way_out_is_named_where_git_tells_of_one(repo: Path, said: str, hint: str) -> None:
    hints = found(repo).ways_out(said)
    assert (len(hints), hint in " ".join(hints)) == (bool(hint), True)


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 100])
def test_the_way_out_of_a_broken_index_loses_no_file(repo: Path, size: int) -> None:
    opened(repo)
    delivered(repo)
    os.truncate(repo / ".git" / "index", size)
    ran = orch(repo, "finalize")
    assert ran.status == 1
    assert re.search(r"^error: git (diff|update)-index failed with exit status 128$", ran.err, re.MULTILINE)
    index = shlex.quote(str(repo / ".git" / "index"))
    hint = next(line for line in ran.err.splitlines() if line.startswith(f"hint: mv {index}"))
    assert run("sh", "-c", hint.removeprefix("hint: ").partition("   ")[0], cwd=repo).status == 0
    assert (repo / ".git" / "index.broken").stat().st_size == size
    ran = orch(repo, "finalize")
    assert ran.status == 0, ran.err
    assert git(repo, "status", "--porcelain") == ""


def test_what_a_killed_command_left_of_a_private_index_is_swept_and_a_living_one_is_not(repo: Path) -> None:
    here = found(repo)
    write(here.private / ".gitorch-tmp-left" / "index.lock", "")
    other = write(here.private / "other", "")
    with private(here, "HEAD") as index:
        assert recover(repo) == []
        assert sorted(here.private.iterdir()) == sorted([index.path.parent, other])
    assert list(here.private.iterdir()) == [other]
