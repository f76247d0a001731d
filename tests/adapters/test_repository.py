"""Running git: what a failure says, and what to type then."""

import os
import re
import shlex
from pathlib import Path

import pytest

from gitorch.adapters.git.hooks import run_hook
from gitorch.adapters.git.index import private
from gitorch.adapters.git.repository import Repository, subcommand
from gitorch.core.errors import GitorchError
from gitorch.transitions.pending import recover
from tests.scene import Scene, git, run, write


def found(root: Path) -> Repository:
    repo = Repository.discover(root)
    assert repo
    return repo


def test_pathspecs_mean_what_the_caller_says_and_not_what_the_shell_does(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")
    assert found(scene.root).run("ls-files", "READ*").lines == ["README"]
    assert found(scene.root).run("ls-files", "READ*", env={"GIT_LITERAL_PATHSPECS": "1"}).lines == []


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
        (
            "fatal: sha1 file '.git/x.lock' write error. Out of diskspace",
            "to see which disk is full, run: df -h -- ",
        ),
        (
            "fatal: unable to write loose object file: No space left on device",
            "to see which disk is full, run: df -h -- ",
        ),
        (
            "error: bad signature 0x58585858\nfatal: index file corrupt",
            "to have git make the index again and keep every file, run: mv -- ",
        ),
        ("fatal: not a tree object", ""),
    ],
)
def test_a_way_out_is_named_where_git_tells_of_one(scene: Scene, said: str, hint: str) -> None:
    hints = found(scene.root).ways_out(said)
    assert (len(hints), hint in " ".join(map(str, hints))) == (bool(hint), True)


@pytest.mark.slow
@pytest.mark.parametrize("size", [0, 100])
def test_the_way_out_of_a_broken_index_loses_no_file(scene: Scene, size: int) -> None:
    scene.open_build()
    scene.deliver_all()
    os.truncate(scene / ".git/index", size)
    ran = scene.gitorch("finalize")
    assert ran.status == 1
    assert re.search(r"^error: git (diff|update)-index failed with exit status 128$", ran.err, re.MULTILINE)
    index = shlex.quote(str(scene / ".git/index"))
    hint = next(line for line in ran.err.splitlines() if f"run: mv -- {index}" in line)
    assert scene.run("sh", "-c", hint.partition("run: ")[2]).status == 0
    assert (scene / ".git/index.broken").stat().st_size == size
    ran = scene.gitorch("finalize")
    assert ran.status == 0, ran.err
    assert scene.git("status", "--porcelain") == ""


GERMAN = {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person to whom git speaks German."""
    for name, value in GERMAN.items():
        monkeypatch.setenv(name, value)
    if "not a git repository" in run("git", "rev-parse", cwd=tmp_path).err:
        pytest.skip("this git speaks no German")


@pytest.mark.usefixtures("german")
def test_no_repository_is_known_in_every_language(tmp_path: Path) -> None:
    assert Repository.discover(tmp_path) is None
    git(tmp_path, "init", "-q", "--bare", "bare")
    assert Repository.discover(tmp_path / "bare") is None


@pytest.mark.usefixtures("german")
def test_a_repository_of_somebody_else_is_refused_in_every_language(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(GitorchError) as refused:
        Repository.discover(scene.root)
    assert "dubious ownership" in refused.value.details[0]


@pytest.mark.usefixtures("german")
def test_a_way_out_is_named_in_every_language(scene: Scene) -> None:
    here = found(scene.root)
    os.truncate(scene / ".git/index", 0)
    with pytest.raises(GitorchError) as refused:
        here.run("diff-index", "HEAD")
    assert "git reset" in refused.value.hints[0].command


@pytest.mark.usefixtures("german")
def test_a_hook_speaks_the_language_of_the_person(scene: Scene) -> None:
    scene.write(".git/hooks/commit-msg", "#!/bin/sh\ngit no-such-command\n").chmod(0o755)
    assert "kein Git-Befehl" in run_hook(found(scene.root), "commit-msg").error_text


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("no setting", "bad config line"),
        ("[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tunheardOf = 1", "unheardof"),
        ("[core]\n\trepositoryFormatVersion = 99", "99"),
    ],
)
def test_a_repository_that_git_refuses_is_not_taken_for_none(scene: Scene, setting: str, words: str) -> None:
    with (scene / ".git/config").open("a") as config:
        config.write(f"{setting}\n")
    scene.write("plan.md", "# Build Plan: x\n\n## Wave 1: w\n- W1.1: One — do it\n")
    for words_typed in (("list",), ("init", "--type", "content", "--project", "x", "--plan-file", "plan.md")):
        ran = scene.gitorch(*words_typed)
        assert (ran.status, ran.out) == (1, "")
        assert ran.err.startswith(f"error: git refuses the repository at {scene.root}\n")
        assert words in ran.err
        assert "git init" not in ran.err
    assert not (scene / "N5").exists()


def test_what_a_killed_command_left_of_a_private_index_is_swept_and_a_living_one_is_not(scene: Scene) -> None:
    here = found(scene.root)
    write(here.private / ".gitorch-tmp-left" / "index.lock", "")
    other = write(here.private / "other", "")
    with private(here, "HEAD") as index:
        assert recover(scene.root) == []
        assert sorted(here.private.iterdir()) == sorted([index.path.parent, other])
    assert list(here.private.iterdir()) == [other]
