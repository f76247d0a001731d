"""`install --agent`: hooks in a client's settings, and taken away byte for byte."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from gitorch.core.agents import NAMES
from gitorch.core.agents.clients import CLIENTS
from tests.scene import SLUG, Scene

ODD = '// mine\n{\n\t"model": "ü",   // keep\n\t"hooks": {"Stop": [{"hooks": [{"type": "command", "command": "beep"}]}]},\n}\n'
PLAIN = '{"theme":"dark","hooks":{"Stop":[]}}'


def home(tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "home"
    folder.mkdir(exist_ok=True)
    unset = dict.fromkeys(("XDG_STATE_HOME", "CLAUDE_CONFIG_DIR", "CODEX_HOME", "OPENCODE_CONFIG_DIR"), "")
    return {"HOME": str(folder), **unset}


def files_below(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.parametrize("name", NAMES)
def test_in_a_fresh_repository_git_sees_nothing_and_uninstall_leaves_nothing(scene: Scene, name: str) -> None:
    scene.do("install")
    before = scene.picture()

    told = scene.do("install", "--agent", name)
    again = scene.do("install", "--agent", name)
    clean = scene.git("status", "--porcelain")
    there = (scene / CLIENTS[name].project).read_text()
    scene.do("uninstall", "--agent", name)

    assert f"undo: gitorch uninstall --agent {name}" in told.err
    assert "nothing was changed" in again.err
    assert clean == ""
    assert "gitorch/guard/agent" in there
    assert scene.picture() == before


def test_the_guard_comes_with_it_and_init_sees_a_clean_worktree(scene: Scene) -> None:
    scene.do("install", "--agent", "claude")
    scene.write("../plan.md", "## Wave 1: A\n- W1.1: Do it\n")

    opened = scene.gitorch("init", "--project", "p", "--plan-file", "../plan.md")

    assert opened.status == 0, opened.err
    assert scene.gitorch("doctor").status == 0


@pytest.mark.parametrize("name", ["claude", "codex", "gemini"])
@pytest.mark.parametrize("text", [ODD, PLAIN, "{}", "{\n}\n"])
def test_settings_that_are_there_come_back_byte_for_byte(scene: Scene, name: str, text: str) -> None:
    path = scene.write(CLIENTS[name].project, text)
    scene.do("install", "--agent", name)
    during = path.read_text()

    scene.do("uninstall")

    assert during != text
    assert path.read_text() == text


def test_what_the_person_changed_since_stays(scene: Scene) -> None:
    path = scene.write(".claude/settings.local.json", PLAIN)
    scene.do("install", "--agent", "claude")
    path.write_text(path.read_text().replace('"dark"', '"light"'))

    scene.do("uninstall", "--agent", "claude")

    assert json.loads(path.read_text())["theme"] == "light"
    assert "gitorch" not in path.read_text()


def test_settings_that_git_tracks_are_not_touched(scene: Scene) -> None:
    scene.commit({".gemini/settings.json": "{}\n"})

    ran = scene.gitorch("install", "--agent", "gemini")

    assert ran.status == 2
    assert "gitorch install --agent gemini --user" in ran.err
    assert (scene / ".gemini/settings.json").read_text() == "{}\n"


@pytest.mark.parametrize("text", ["[]", "nonsense", '{"hooks": 3}'])
def test_settings_that_are_none_are_refused_and_stay(scene: Scene, text: str) -> None:
    path = scene.write(".claude/settings.local.json", text)

    ran = scene.gitorch("install", "--agent", "claude")

    assert ran.status == 2
    assert str(path) in ran.err
    assert path.read_text() == text


@pytest.mark.parametrize("name", NAMES)
def test_the_persons_own_settings_need_no_repository(scene: Scene, tmp_path: Path, name: str) -> None:
    env = home(tmp_path)
    folder = Path(env["HOME"])
    if name == "claude":
        (folder / ".claude").mkdir()
        (folder / ".claude/settings.json").write_text(ODD)
    before = files_below(folder)

    scene.do("install", "--agent", name, "--user", env=env)
    during = files_below(folder)
    scene.do("uninstall", "--agent", name, "--user", env=env)

    front = folder / ".local/state/gitorch/agent"
    assert os.access(front, os.X_OK)
    assert CLIENTS[name].user in during
    after = files_below(folder)
    del after[".local/state/gitorch/agent"]
    assert after == before


def test_the_front_asks_gitorch_only_where_a_build_is_open(scene: Scene) -> None:
    scene.do("install", "--agent", "claude")
    settings = json.loads((scene / ".claude/settings.local.json").read_text())
    command = settings["hooks"]["PreToolUse"][0]["hooks"][0]["command"]

    def ask(shell: str) -> subprocess.CompletedProcess[str]:
        said = json.dumps({"session_id": "s", "cwd": str(scene.root), "tool_input": {"command": shell}})
        return subprocess.run(
            ["sh", "-c", command], cwd=scene.root, input=said, text=True, capture_output=True, check=False
        )

    closed = ask("git commit -m x")
    scene.open_build()
    opened, harmless = ask("git commit -m x"), ask("ls")

    assert (closed.returncode, closed.stderr) == (0, "")
    assert opened.returncode == 2
    assert "gitorch: refused: git commit" in opened.stderr
    assert (harmless.returncode, harmless.stderr) == (0, "")
    assert SLUG in scene.do("list").out
