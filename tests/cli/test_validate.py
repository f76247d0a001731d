"""`gitorch validate` as a person sees it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.scene import Scene


def test_at_a_terminal_what_runs_is_shown_live(scene: Scene, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    command = f"echo 'step one'; cat {pipe}; exit 1"
    scene.write(".gitorch.yaml", f"validators: [{{name: slow, command: {command!r}}}]\n")
    terminal, its_end = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gitorch", "validate"],
        cwd=scene.root,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=its_end,
    )
    os.close(its_end)
    shown = b""
    while b"slow: step one" not in shown:
        shown += os.read(terminal, 1024)  # until the test's own time limit
    pipe.write_text("step two\n")
    try:
        while more := os.read(terminal, 1024):
            shown += more
    except OSError:  # Linux says EIO at the end of a terminal
        pass
    os.close(terminal)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert b"slow: failed (" in shown
    assert b"| step two" in shown
    assert b"1 of 1 validators failed: slow" in out
    assert b"\x1b" not in out


def test_whole_output(scene: Scene) -> None:
    scene.write(
        ".gitorch.yaml",
        """
validators:
- {name: bad, command: 'echo oh no; exit 4', allow_failure: true}
- {name: docs, command: 'true', paths: ['docs/']}
- {name: good, command: 'true', needs: [bad]}
""",
    )
    scene.gitorch("validate")
    ran = scene.gitorch("validate")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert ran.status == 0
    assert [line.replace("0.1 s", "0.0 s") for line in lines if line and "──" not in line] == [
        "validator verdict time command",
        "bad failed, allowed 0.0 s echo oh no; exit 4",
        "docs not run 0.0 s true",
        "good passed remembered true",
        "1 of 3 validators passed, 1 failed, allowed, 1 not run",
    ]
    assert f"  log: {scene.root}/.git/gitorch/logs/unbound/bad.log\n" in ran.err
