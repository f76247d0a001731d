"""The guard's git, first on a spawned worker's PATH: what it refuses, and what it hands on at once."""

import json
import os
import shutil
from pathlib import Path

import pytest

from gitorch.core.shell.git import READING, VERDICTS
from tests.scene import BRANCH, SLUG, Ran, Scene, write

GUARD = ".git/gitorch/guard"


def worker(scene: Scene, *more: str) -> dict[str, str]:
    """The environment of a spawned worker; `more` are folders in front of what it had."""
    path = os.pathsep.join([str(scene / GUARD / "bin"), *more, os.environ["PATH"]])
    return {"PATH": path, "GITORCH_WORKER": "W1.1", "GITORCH_PROJECT": SLUG}


def git(scene: Scene, *words: str, env: dict[str, str] | None = None) -> Ran:
    return scene.run("git", *words, env={**worker(scene), **(env or {})})


@pytest.fixture
def built(scene: Scene) -> Scene:
    scene.open_build()
    scene.write("README", "the work of another\n")
    return scene


@pytest.mark.parametrize(
    "words",
    [
        ["commit", "-am", "x"],
        ["commit", "--no-verify", "-am", "x"],
        ["-C", ".", "commit", "-am", "x"],
        ["-c", "core.hooksPath=", "commit", "-am", "x"],
        ["-c", "alias.status-=commit -am x", "status-"],
        ["stash"],
        ["checkout", "--", "."],
        ["restore", "."],
        ["reset", "--hard"],
        ["clean", "-fdx"],
        ["switch", "-c", "mine"],
        ["branch", "mine"],
        ["update-ref", "refs/heads/mine", "HEAD"],
        ["worktree", "remove", "."],
        ["config", "core.hooksPath", ""],
        ["--git-dir=.git", "--work-tree=.", "checkout", "-f"],
    ],
    ids=" ".join,
)
def test_what_harms_a_build_does_not_begin(built: Scene, words: list[str]) -> None:
    before = built.picture()

    ran = git(built, *words)

    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("gitorch: refused: git ")
    assert built.picture() == before


@pytest.mark.parametrize(
    "variables",
    [{}, {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": ""}],
)
def test_c2_a_client_that_switches_gits_hooks_off_commits_nothing(
    built: Scene, variables: dict[str, str]
) -> None:
    before = built.picture()

    ran = git(built, "commit", "-am", "x", env=variables)

    assert ran.status == 1
    assert built.picture() == before


def test_a_process_in_another_folder_is_refused_too(built: Scene, tmp_path: Path) -> None:
    outside = Scene(tmp_path / "outside")
    outside.root.mkdir()

    by_folder = outside.run("git", "-C", str(built.root), "stash", env=worker(built))
    by_variable = outside.run(
        "git",
        "stash",
        env={**worker(built), "GIT_DIR": str(built / ".git"), "GIT_WORK_TREE": str(built.root)},
    )

    assert (by_folder.status, by_variable.status) == (1, 1)
    assert built.git("stash", "list") == ""


@pytest.mark.parametrize(
    "words",
    [
        ["status"],
        ["-C", ".", "log", "-1"],
        ["-c", "core.hooksPath=", "diff"],
        ["branch"],
        ["stash", "list"],
        ["--version"],
        ["add", "-N", "README"],
    ],
    ids=" ".join,
)
def test_what_reads_runs_without_asking(built: Scene, tmp_path: Path, words: list[str]) -> None:
    asked = tmp_path / "asked"
    program = write(tmp_path / "gitorch", f"#!/bin/sh\ntouch {asked}\n")
    program.chmod(0o755)
    (built / GUARD / "program").write_text(f"{program}\n{program}\n")
    real = built.git(*words)

    ran = git(built, *words)

    assert (ran.status, ran.out.rstrip("\n")) == (0, real.rstrip("\n"))
    assert not asked.exists()


def test_what_is_harmless_runs_once_gitorch_has_said_so(built: Scene) -> None:
    ran = git(built, "branch", "--list", BRANCH)

    assert (ran.status, ran.out, ran.err) == (0, f"* {BRANCH}\n", "")


def test_another_repository_is_nothing_to_the_guard(built: Scene) -> None:
    other = Scene(built / "tmp/other")
    other.root.mkdir(parents=True)

    other.run("git", "init", "-q", ".", env=worker(built))
    done = other.run("git", "commit", "-q", "--allow-empty", "-m", "x", env=worker(built))

    assert (done.status, done.err) == (0, "")


def test_without_gitorch_the_words_alone_refuse(built: Scene, tmp_path: Path) -> None:
    broken = write(tmp_path / "bin/gitorch", "#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    (built / GUARD / "program").write_text(f"{broken}\n{broken}\n")

    refused = [git(built, *words) for words in (["commit", "-am", "x"], ["checkout", "--", "."], ["stash"])]

    assert [ran.status for ran in refused] == [1, 1, 1]
    assert refused[0].err.splitlines() == [
        "gitorch: refused: git commit",
        "  while a build is open gitorch says whether this may run, and it could not be asked",
        "  instead: leave your files as they are and write your report",
    ]
    assert (built / "README").read_text() == "the work of another\n"


def test_the_git_behind_it_is_found_past_the_guards_of_other_repositories(
    built: Scene, tmp_path: Path
) -> None:
    other = tmp_path / "b/.git/gitorch/guard/bin"
    shutil.copytree(built / GUARD / "bin", other)

    ran = built.run("git", "--version", env=worker(built, str(other)))

    assert ran.out == f"{built.git('--version')}\n"


def test_without_a_git_behind_it_a_shell_would_say_the_same(built: Scene) -> None:
    ran = built.run("git", "status", env={"PATH": str(built / GUARD / "bin")})

    assert (ran.status, ran.err) == (127, "git: command not found\n")


def test_gitorch_itself_uses_the_git_behind_it(built: Scene) -> None:
    built.do("launch", "W1.1")
    built.write("src/schema.py", "1\n")

    ran = built.process(
        "complete", "--worker", "W1.1", "--summary", "x", "--output", "src/schema.py", env=worker(built)
    )

    assert ran.status == 0, ran.err


def test_the_installed_table_is_that_of_the_shell_texts(built: Scene) -> None:
    text = (built / GUARD / "bin/git").read_text()

    assert "@" not in text.replace('"$@"', "")
    assert all(f" | {word} | " in text or f" {word})" in text or f" {word} |" in text for word in READING)
    assert all(word in text for word in VERDICTS)


def test_c2_doctor_says_what_refuses_a_client_without_hooks(built: Scene) -> None:
    new = tuple(map(int, built.git("version").split()[2].split(".")[:2])) >= (2, 54)
    said = json.loads(built.do("doctor", "--json").out)["without_hooks"]

    assert said == [*["git"] * new, "worker"]
    assert (
        f"switches git's hooks off is {'refused by git' if new else 'not refused by this git'}"
        in built.do("doctor").out
    )


def test_c2_doctor_counts_the_seal(built: Scene) -> None:
    built.do("seal", "on")

    assert json.loads(built.do("doctor", "--json").out)["without_hooks"][-1] == "seal"
