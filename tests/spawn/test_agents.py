"""Which agent is started, how, and with which hooks; the clients are sh scripts here, the real ones tests/agents."""

import json
import os
import tomllib
from pathlib import Path

import pytest

from tests.scene import FOLDER, SLUG, Scene, write
from tests.scene.spawned import completion, results, spawn, until

SHIM = """#!/bin/sh
for word; do printf '%s\\n' "$word"; done > "$GITORCH_WORKER.words"
cat > "$GITORCH_WORKER.stdin"
command -v git > "$GITORCH_WORKER.git"
env > "$GITORCH_WORKER.env"
"""


def client(folder: Path, name: str, text: str = SHIM) -> str:
    """A PATH on which a client of this name is found first."""
    write(folder / "bin" / name, text).chmod(0o755)
    return f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"


def started(scene: Scene, path: str) -> list[str]:
    """The words with which a client was started for W1.1."""
    spawn(scene.root, "W1.1", PATH=path)
    until(lambda: "W1.1" in results(scene / FOLDER))
    return (scene / "W1.1.words").read_text().splitlines()


@pytest.mark.parametrize(
    ("name", "some"),
    [
        ("claude", ["-p", "--permission-mode", "acceptEdits", "--output-format", "stream-json"]),
        ("codex", ["exec", "--sandbox", "workspace-write", "--json", "-"]),
        ("gemini", ["--approval-mode", "yolo", "Do what the brief on standard input says."]),
        ("opencode", ["run", "--format", "json"]),
    ],
)
def test_a_preset_hands_over_the_brief_and_the_hooks(
    scene: Scene, tmp_path: Path, name: str, some: list[str]
) -> None:
    scene.open_build(json.dumps({"spawn": {"command": name}}))
    brief = scene.do("brief", "W1.1").out

    words = started(scene, client(tmp_path, name))

    assert [word for word in words if word in some] == some
    assert (scene / "W1.1.stdin").read_text() == brief
    handed = "\n".join([*words, (scene / "W1.1.env").read_text()])
    own = sorted(path.name for path in (scene / ".git/gitorch/agents").iterdir())
    assert own[0].partition(".")[0] == name
    assert str(scene / ".git/gitorch") in handed
    assert (scene / "W1.1.git").read_text() == f"{scene / '.git/gitorch/guard/bin/git'}\n"


def test_the_hooks_of_each_client_call_the_guards_program(scene: Scene, tmp_path: Path) -> None:
    scene.open_build()
    agent = scene / ".git/gitorch/guard/agent"
    for name in ("claude", "codex", "gemini", "opencode"):
        scene.git("config", "gitorch.agent", name)
        scene.do("spawn-cmd", "W1.1")
    own = scene / ".git/gitorch/agents"

    claude = json.loads((own / "claude.json").read_text())["hooks"]
    gemini = json.loads((own / "gemini.json").read_text())["hooks"]
    path = client(tmp_path, "codex", '#!/bin/sh\nprintf "%s\\n" "$@"\n')
    said = scene.run("sh", str(own / "codex.sh"), "codex", "exec", env={"PATH": path}).out.splitlines()
    codex = tomllib.loads("\n".join(said[3:-1:2]))["hooks"]

    assert os.access(agent, os.X_OK)
    for hooks, shell, end in ((claude, "PreToolUse", "Stop"), (codex, "PreToolUse", "Stop")):
        assert hooks[shell][0]["hooks"][0]["command"] == f"{agent} before-shell"
        assert hooks[end][0]["hooks"][0]["command"] == f"{agent} stop"
    assert gemini["BeforeTool"][0]["hooks"][0]["command"] == f"{agent} before-shell"
    assert gemini["AfterAgent"][0]["hooks"][0]["command"] == f"{agent} stop"
    assert json.dumps(str(agent)) in (own / "opencode.js").read_text()


def test_opencode_is_asked_for_its_report_as_often_as_others(scene: Scene, tmp_path: Path) -> None:
    scene.open_build(json.dumps({"spawn": {"command": "opencode"}}))
    text = """#!/bin/sh
cat >> "$GITORCH_WORKER.stdin"
echo ses_1 > "$GITORCH_SESSION"
echo "$*" >> "$GITORCH_WORKER.words"
"""

    words = started(scene, client(tmp_path, "opencode", text))

    assert words == ["run --format json", *["run --format json --session ses_1"] * 3]
    assert (scene / "W1.1.stdin").read_text().count("W1.1 has not reported") == 3
    assert "asked 3 times" in completion(scene / FOLDER, "W1.1")["summary"]


def test_a_persons_own_agent_comes_before_the_policys(scene: Scene, tmp_path: Path) -> None:
    scene.open_build(json.dumps({"spawn": {"command": "touch policy"}}))
    scene.git("config", "gitorch.agent", "mine")
    scene.git("config", "gitorch.agent.mine.command", "claude --model opus --settings {hooks} -p")

    words = started(scene, client(tmp_path, "claude"))

    assert words == ["--model", "opus", "--settings", str(scene / ".git/gitorch/agents/claude.json"), "-p"]
    assert not (scene / "policy").exists()


def test_how_a_person_calls_the_policys_agent_is_their_own_setting(scene: Scene, tmp_path: Path) -> None:
    scene.open_build(json.dumps({"spawn": {"command": "claude"}}))
    scene.git("config", "gitorch.agent.claude.command", "claude -p --model haiku")

    assert started(scene, client(tmp_path, "claude")) == ["-p", "--model", "haiku"]


def test_an_agent_that_nobody_knows_starts_nothing(scene: Scene) -> None:
    scene.open_build()
    scene.git("config", "gitorch.agent", "hal")

    ran = scene.gitorch("spawn", "W1.1")

    assert ran.status == 2
    assert ran.err.splitlines()[:2] == [
        "error: gitorch.agent is hal, which is not known",
        "  known: claude, codex, gemini, opencode",
    ]
    assert "git config gitorch.agent.hal.command COMMAND" in ran.err


def test_spawn_cmd_types_a_preset_with_its_hooks_and_the_guards_git(scene: Scene) -> None:
    scene.open_build()

    command = scene.do("spawn-cmd", "W1.1").out

    guard = scene / ".git/gitorch/guard/bin"
    hooks = scene / ".git/gitorch/agents/claude.json"
    claude = f"claude -p --permission-mode acceptEdits --allowedTools Bash --settings {hooks}"
    assert command == (
        f"cd {scene.root} && gitorch brief W1.1 --project {SLUG} | GITORCH_PROJECT={SLUG} GITORCH_WORKER=W1.1"
        f" GITORCH_PARENT='' PATH={guard}:\"$PATH\" {claude} --output-format stream-json --verbose\n"
    )
    assert hooks.is_file()


def test_a_build_without_git_starts_its_workers_all_the_same(tmp_path: Path) -> None:
    folder = Scene(tmp_path / "texts")
    folder.write(".gitorch.yaml", json.dumps({"spawn": {"command": "claude"}}))
    folder.write("plan.md", "# Build Plan: Text\n\n## Wave 1: one\n- W1.1: Write — Write it\n")
    folder.do("init", "--project", SLUG, "--type", "content", "--plan-file", "plan.md")

    words = started(folder, client(tmp_path, "claude"))

    assert json.loads(Path(words[words.index("--settings") + 1]).read_text())["hooks"]


def test_a_command_has_an_hour_unless_the_policy_says_more(scene: Scene) -> None:
    scene.open_build(json.dumps({"spawn": {"command": "true"}}))
    spawn(scene.root, "W1.1")
    until(lambda: "W1.1" in results(scene / FOLDER))

    (settings,) = (scene / f".git/gitorch/spawns/{SLUG}").glob("run.*.json")

    assert json.loads(settings.read_text())["timeout"] == 3600


SAID = """#!/bin/sh
cat >/dev/null
echo 'Warning: the terminal is dumb'
echo '{"type": "system", "subtype": "init", "session_id": "c1"}'
"""

REFUSED = (
    '{"type": "result", "is_error": false, "result": "All done.", "total_cost_usd": 0.5, "session_id": "c1", '
    '"usage": {"input_tokens": 3, "output_tokens": 2}, "permission_denials": [{"tool_name": "Write"}]}'
)


def test_c1_why_a_client_could_not_work_reaches_the_person(scene: Scene, tmp_path: Path) -> None:
    scene.open_build(json.dumps({"spawn": {"command": "claude -p"}}))
    path = client(tmp_path, "claude", f"{SAID}echo '{REFUSED}'\n")

    spawn(scene.root, "W1.1", PATH=path)
    until(lambda: completion(scene / FOLDER, "W1.1").get("status") == "failed")

    why = "the client was not permitted to use Write"
    assert completion(scene / FOLDER, "W1.1")["summary"] == (
        f"No valid report: {why}.\n\nIts last output:\n\nAll done."
    )
    assert f"exit status 0: {why}" in " ".join(scene.do("spawns").out.split())
    assert f"W1.1 (Schema) failed: No valid report: {why}" in scene.do("status").out


def test_c4_the_line_of_a_command_has_its_clients_words(scene: Scene, tmp_path: Path) -> None:
    scene.open_build(json.dumps({"spawn": {"command": "claude"}}))
    path = client(tmp_path, "claude", f"{SAID}echo '{REFUSED}'\n")

    spawn(scene.root, "W1.1", PATH=path)
    until(lambda: "W1.1" in results(scene / FOLDER))

    line = results(scene / FOLDER)["W1.1"]
    known = ("conversation_id", "output_preview", "input_tokens", "output_tokens", "cost_usd")
    assert [line[name] for name in known] == ["c1", "All done.", 3, 2, 0.5]


def test_c4_a_client_whose_time_was_up_leaves_what_it_said(scene: Scene, tmp_path: Path) -> None:
    scene.open_build(json.dumps({"spawn": {"command": "claude", "timeout": 1}}))

    spawn(scene.root, "W1.1", PATH=client(tmp_path, "claude", f"{SAID}exec sleep 60\n"))
    until(lambda: "W1.1" in results(scene / FOLDER))

    line = results(scene / FOLDER)["W1.1"]
    assert (line["status"], line["conversation_id"]) == ("timeout", "c1")
    assert "Warning: the terminal is dumb" in scene.do("spawns", "--follow", "W1.1").out
