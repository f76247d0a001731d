"""Shell completion, in the shells that are there."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support import orch, run, write


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
    ("words", "cword", "expected"), [("gitorch compl", 1, "completion"), ("gitorch completion f", 2, "fish")]
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
        "COMP_WORDS=(git orch compl); COMP_CWORD=2\n"
        'COMPREPLY=(); _git_orch; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert run("bash", "-c", code, cwd=tmp_path, env=path_with_gitorch).out == "completion\n"
