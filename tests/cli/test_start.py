"""What a start does before the command itself: nothing that the command does not need."""

import json
import sys
from pathlib import Path

import pytest

from tests.scene import SLUG, Scene, write

HEAVY = ("asyncio", "httpx", "jinja2", "markdown_it", "pygit2", "rich", "ssl", "watchfiles")

APART = [
    ("--version",),
    ("--help",),
    ("finalize", "--help"),
    ("worker", "add", "--help"),
    ("schema", "plan"),
    ("completion", "bash"),
]
"""Command lines that have nothing to do with the repository around."""


@pytest.mark.parametrize("words", [("list",), ("ready",), ("status",)], ids=str)
def test_a_look_loads_no_library_that_it_does_not_use(scene: Scene, words: tuple[str, ...]) -> None:
    scene.open_build()
    script = "import sys; from gitorch.cli.main import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"

    ran = scene.run(sys.executable, "-c", script, *words)

    loaded = set(ran.err.split())
    assert "gitorch.cli.commands." + words[0] in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize(("words", "most"), [("list", 1), ("ready", 1), ("status", 4)])
def test_a11_a_look_starts_no_git_that_it_does_not_need(scene: Scene, words: str, most: int) -> None:
    scene.open_build()
    folder, log = scene.root.with_name("bin"), scene.root.with_name("gits")
    real = scene.run("sh", "-c", "command -v git").out.strip()
    write(folder / "git", f'#!/bin/sh\necho "$*" >>{log}\nexec {real} "$@"\n').chmod(0o755)

    ran = scene.gitorch(words, env={"PATH": f"{folder}:{Path(real).parent}:/usr/bin:/bin"})

    assert ran.status == 0, ran.err
    assert len(log.read_text().splitlines()) <= most, log.read_text()


ASCII = {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}


def test_b13_a_python_that_knows_ascii_alone_lands_other_names(scene: Scene) -> None:
    scene.open_build("validators:\n- {name: prüft, command: 'test \"$PYTHONUTF8\" = 0 && test -e src/ü/ö'}\n")
    scene.write("src/ü/ö", "x\n")
    scene.deliver("W1.1", ["src/ü/ö"])
    script = "import sys; print(sys.getfilesystemencoding())"
    encoding = scene.run(sys.executable, "-c", script, env=ASCII).out

    said = scene.process("complete", "--worker", "W2.1", "--output", "src/ü", "--summary", "grün", env=ASCII)
    review = scene.process("review", env=ASCII)
    landed = scene.process("finalize", env=ASCII)

    assert encoding == "ascii\n"
    assert [ran.status for ran in (said, review, landed)] == [0, 0, 0], said.err + review.err + landed.err
    assert "prüft: passed" in landed.err
    assert scene.git("show", "HEAD:src/ü/ö") == "x"
    assert scene.process("verify", env=ASCII).status == 0


@pytest.mark.parametrize("words", APART, ids=" ".join)
def test_a11_what_needs_no_repository_works_in_one_that_git_refuses(
    scene: Scene, words: tuple[str, ...]
) -> None:
    scene.git("config", "core.repositoryFormatVersion", "1")
    scene.git("config", "extensions.unheardOf", "true")
    assert "git refuses the repository" in scene.gitorch("sync").err

    ran = scene.gitorch(*words)

    assert (ran.status, ran.err) == (0, "")


@pytest.mark.slow
def test_a11_the_demo_runs_in_a_repository_that_git_refuses(scene: Scene) -> None:
    scene.git("config", "core.repositoryFormatVersion", "1")
    scene.git("config", "extensions.unheardOf", "true")

    ran = scene.gitorch("demo")

    assert ran.status == 0, ran.err


@pytest.mark.parametrize("words", APART, ids=" ".join)
def test_a11_what_needs_no_repository_completes_nothing_in_one(scene: Scene, words: tuple[str, ...]) -> None:
    left = write(scene / ".git/gitorch/journal.json", json.dumps({"action": "unheard of"}))
    assert scene.gitorch("sync").status == 1

    ran = scene.gitorch(*words)

    assert (ran.status, ran.err, left.exists()) == (0, "", True)


def test_a11_a_shell_that_completes_a_word_completes_nothing_else(scene: Scene) -> None:
    scene.open_build()
    left = write(scene / ".git/gitorch/journal.json", json.dumps({"action": "unheard of"}))
    asked = {"_GITORCH_COMPLETE": "bash_complete", "COMP_WORDS": "gitorch status -p ", "COMP_CWORD": "3"}

    ran = scene.process(env=asked)

    assert (ran.out, ran.err, left.exists()) == (f"plain,{SLUG}\n", "", True)
