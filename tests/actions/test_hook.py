"""What an agent's client asks: before a command, at a prompt, at the end."""

import json
import sys
from pathlib import Path

import pytest

from tests.scene import FOLDER, SLUG, Ran, Scene

WORKER = {"GITORCH_WORKER": "W1.1", "GITORCH_PROJECT": SLUG}


def ask(scene: Scene, moment: str, env: dict[str, str] | None = None, **event: object) -> Ran:
    said = json.dumps({"session_id": "s1", "cwd": str(scene.root), **event})
    return scene.gitorch("hook", moment, stdin=said, env=env)


def shell(scene: Scene, command: str, env: dict[str, str] | None = None) -> Ran:
    return ask(scene, "before-shell", env, tool_name="Bash", tool_input={"command": command})


def brief(scene: Scene, worker: str = "W1.1") -> str:
    return scene.do("brief", worker).out


def status(scene: Scene, worker: str) -> str:
    state = json.loads(scene.do("status", "--json").out)
    return str(next(entry["status"] for entry in state["workers"] if entry["id"] == worker))


def test_a_command_that_does_harm_is_refused_with_the_reason_and_the_right_way(scene: Scene) -> None:
    scene.open_build()

    ran = shell(scene, "git add -A && git commit -m x", WORKER)

    assert ran.status == 2
    assert ran.err.splitlines() == [
        "gitorch: refused: git commit -m",
        "  the build is committed as a whole, by the person",
        "  instead: leave your files as they are and write your report",
        "  your files are safe as they are: undo nothing, and go on with your work",
    ]


def test_an_alias_of_the_repository_is_looked_through(scene: Scene) -> None:
    scene.open_build()
    scene.git("config", "alias.save", "commit -am wip")

    assert shell(scene, "git save").status == 2


def test_the_files_of_another_worker_are_not_deleted(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/schema.py", "1\n")
    scene.deliver("W1.1", ["src/schema.py"])

    mine = shell(scene, "rm -rf src", WORKER)
    others = shell(scene, "rm -rf src", {**WORKER, "GITORCH_WORKER": "W2.1"})
    records = shell(scene, "rm -rf N5", WORKER)

    assert (mine.status, others.status, records.status) == (0, 2, 2)


@pytest.mark.parametrize("command", ["ls -la", "git status", "echo git commit", ""])
def test_what_harms_nobody_passes_in_silence(scene: Scene, command: str) -> None:
    scene.open_build()

    ran = shell(scene, command, WORKER)

    assert (ran.status, ran.out, ran.err) == (0, "", "")


@pytest.mark.parametrize("moment", ["before-shell", "stop", "prompt"])
@pytest.mark.parametrize("said", ["", "null", "[]", "{", '{"tool_input": 3}', '{"cwd": "/nowhere"}', "\x00"])
def test_what_is_no_event_holds_nobody(scene: Scene, moment: str, said: str) -> None:
    scene.open_build()

    assert scene.gitorch("hook", moment, stdin=said).status == 0


def test_where_no_build_is_open_nothing_is_said_and_nothing_written(scene: Scene) -> None:
    before = scene.picture()

    told = [shell(scene, "git commit -m x"), ask(scene, "stop"), ask(scene, "prompt", prompt="hello")]

    assert [(ran.status, ran.out, ran.err) for ran in told] == [(0, "", "")] * 3
    assert scene.picture() == before


def test_c3_a_session_that_is_no_workers_ends_when_it_wants(scene: Scene) -> None:
    scene.open_build()

    ran = ask(scene, "stop")

    assert (ran.status, ran.out, ran.err) == (0, "", "")


def test_c3_a_worker_without_a_report_hears_what_to_write_three_times_and_is_failed_then(
    scene: Scene,
) -> None:
    scene.open_build()
    scene.do("launch", "W1.1")

    asked = [ask(scene, "stop", WORKER) for _ in range(4)]

    assert [ran.status for ran in asked] == [2, 2, 2, 0]
    assert "W1.1 has not reported" in asked[0].err
    assert f"{FOLDER}/completions/W1.1.json" in asked[0].err
    assert "--gone" not in "".join(ran.err for ran in asked)
    assert status(scene, "W1.1") == "failed"
    assert "asked 3 times" in (scene / FOLDER / "completions/W1.1.json").read_text()


def test_c3_a_report_lets_the_session_end(scene: Scene) -> None:
    scene.open_build()
    scene.do("launch", "W1.1")
    assert ask(scene, "stop", WORKER).status == 2
    scene.write("src/schema.py", "1\n")
    scene.deliver("W1.1", ["src/schema.py"])

    ran = ask(scene, "stop", WORKER)

    assert (ran.status, status(scene, "W1.1")) == (0, "complete")


def test_a_pasted_brief_makes_the_session_the_worker_and_holds_it_to_its_report(scene: Scene) -> None:
    scene.open_build()

    told = ask(scene, "prompt", hook_event_name="UserPromptSubmit", prompt=brief(scene) + "\n\nPlease begin.")
    ended = ask(scene, "stop")
    other = ask(scene, "stop", session_id="s2")

    said = json.loads(told.out)
    assert said["hookSpecificOutput"]["hookEventName"] == "UserPromptSubmit"
    assert "W1.1" in said["hookSpecificOutput"]["additionalContext"]
    assert f"undo: gitorch launch W1.1 --project {SLUG} --undo" in said["systemMessage"]
    assert status(scene, "W1.1") == "in_progress"
    assert (ended.status, other.status) == (2, 0)


@pytest.mark.parametrize("text", ["hello", "", "read this: ", "# Worker"])
def test_any_other_prompt_changes_nothing(scene: Scene, text: str) -> None:
    scene.open_build()
    prompt = text + brief(scene) if text == "read this: " else text
    before = scene.picture()

    ran = ask(scene, "prompt", prompt=prompt)

    assert (ran.status, ran.out) == (0, "")
    assert scene.picture() == before


def test_a_worker_that_waits_is_not_made_by_its_brief(scene: Scene) -> None:
    scene.open_build()

    ran = ask(scene, "prompt", prompt=brief(scene, "W2.1"))

    assert (ran.out, status(scene, "W2.1")) == ("", "waiting")


def test_a_brief_that_is_handed_to_a_subagent_makes_it_the_worker(scene: Scene, tmp_path: Path) -> None:
    scene.open_build()
    told = brief(scene)
    transcript = tmp_path / "transcript.jsonl"
    lines = [{"type": "summary"}, {"type": "user", "message": {"content": [{"type": "text", "text": told}]}}]
    transcript.write_text("\n".join(map(json.dumps, lines)))

    ask(scene, "before-shell", tool_name="Task", tool_input={"prompt": told})
    ended = ask(scene, "stop", agent_id="a1", agent_transcript_path=str(transcript))
    session = ask(scene, "stop")

    assert status(scene, "W1.1") == "in_progress"
    assert (ended.status, session.status) == (2, 0)
    assert "W1.1 has not reported" in ended.err


def test_a_helper_of_a_spawned_worker_owes_no_report(scene: Scene) -> None:
    scene.open_build()
    scene.do("launch", "W1.1")

    ran = ask(scene, "stop", WORKER, agent_id="a1")

    assert (ran.status, ran.out, ran.err) == (0, "", "")


def test_what_a_command_waits_for_loads_no_pydantic(scene: Scene) -> None:
    scene.open_build()
    code = (
        "import sys; from gitorch.cli.main import run; status = run(['hook', 'git', '--', 'commit']);"
        " print(status, 'pydantic' in sys.modules)"
    )

    assert scene.run(sys.executable, "-c", code, env=WORKER).out == "2 False\n"
