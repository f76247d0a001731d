"""Shell completion, in the shells that are there."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.builds import CALENDAR, make_build, meta
from tests.scene import Scene, orch, run, write


@pytest.fixture
def path_with_gitorch(tmp_path: Path) -> dict[str, str]:
    """An environment in which `gitorch` is a program on PATH, as after an installation."""
    program = write(tmp_path / "bin" / "gitorch", f'#!/bin/sh\nexec "{sys.executable}" -m gitorch "$@"\n')
    program.chmod(0o755)
    return {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_accepts_its_script(tmp_path: Path, shell: str) -> None:
    ran = orch(tmp_path, "completion", shell)
    assert ran.status == 0
    assert "_GITORCH_COMPLETE" in ran.out
    if shutil.which(shell):
        script = write(tmp_path / "script", ran.out)
        assert run(shell, "-n", str(script), cwd=tmp_path).status == 0


@pytest.mark.parametrize(
    ("words", "cword", "expected"),
    [("gitorch completi", 1, "completion"), ("gitorch completion f", 2, "fish")],
)
def test_bash_completes_commands_and_their_arguments(
    tmp_path: Path, path_with_gitorch: dict[str, str], words: str, cword: int, expected: str
) -> None:
    code = (
        'eval "$(gitorch completion bash)"\n'
        f"COMP_WORDS=({words}); COMP_CWORD={cword}\n"
        'COMPREPLY=(); _gitorch_completion gitorch; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert run("bash", "-c", code, cwd=tmp_path, env=path_with_gitorch).out == f"{expected}\n"


def test_bash_completes_git_orch_through_gits_own_completion(
    tmp_path: Path, path_with_gitorch: dict[str, str]
) -> None:
    code = (
        'eval "$(gitorch completion bash)"\n'
        "COMP_WORDS=(git orch completi); COMP_CWORD=2\n"
        'COMPREPLY=(); _git_orch; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert run("bash", "-c", code, cwd=tmp_path, env=path_with_gitorch).out == "completion\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("gitorch status --project cal", ["calendar-v2"]),
        ("gitorch brief W2", ["W2.1", "W2.2"]),
        ("gitorch launch --project essay W", ["W1.1"]),
        ("gitorch launch --project nothing W", [""]),
        ("gitorch spawn-cmd --project calendar-v2 --worker W3", ["W3.1"]),
    ],
)
def test_bash_completes_builds_and_workers(
    scene: Scene, path_with_gitorch: dict[str, str], words: str, expected: list[str]
) -> None:
    make_build(scene.root)
    make_build(scene.root, meta("essay", build_type="content", status="complete"), workers=CALENDAR[:1])
    code = (
        'eval "$(gitorch completion bash)"\n'
        f"COMP_WORDS=({words}); COMP_CWORD={len(words.split()) - 1}\n"
        'COMPREPLY=(); _gitorch_completion gitorch; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    ran = scene.run("bash", "-c", code, env=path_with_gitorch)
    assert (ran.out.split("\n")[:-1], ran.err) == (expected, "")
