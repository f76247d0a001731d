"""Real clients with a scripted model do a worker's work, harm no build, and are held to their report.

Each client is installed in the version of `clients/package-lock.json` by `install`; where that fails, so does the test.
"""

import json
import subprocess
from pathlib import Path

import pytest

from tests.agents.script import SCRIPTS
from tests.agents.stage import OTHERS, stage

pytestmark = [pytest.mark.agents, pytest.mark.timeout(660)]

SECONDS = {"claude": 100, "codex": 100, "gemini": 100, "opencode": 240}  # opencode takes ten for each prompt
COMPLETE = ("good", "tests", "attacks", "evades", "discards", "forgets", "invalid", "floods")
WHY = {"never": "asked 3 times for its report", "hangs": "took longer than its "}


@pytest.fixture(scope="session")
def programs() -> str:
    """The folder with the clients' programs."""
    done = subprocess.run(
        [Path(__file__).parent / "install"], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, f"the clients could not be installed:\n{done.stderr}"
    return done.stdout.strip()


@pytest.mark.parametrize("client", ["claude", "codex", "gemini", "opencode"])
def test_a_client_works_harms_nobody_and_reports(client: str, programs: str, tmp_path: Path) -> None:
    outcome = stage(client, programs, tmp_path, client, SECONDS[client], *SCRIPTS)

    assert outcome["workers"] == dict.fromkeys(COMPLETE, "complete") | dict.fromkeys(WHY, "failed")
    summaries = {name: json.loads(text)["summary"] for name, text in outcome["reports"].items()}
    for number, name in enumerate(SCRIPTS, 1):
        assert WHY.get(name, "did it.") in summaries[f"W1.{number}"]
        assert outcome["results"][f"W1.{number}"]["conversation_id"]
    assert outcome["commits"] == []
    assert outcome["branches"] == ["build/real", "main"]
    assert outcome["head"] == "build/real"
    assert outcome["stashes"] == ""
    assert outcome["others"] == OTHERS


@pytest.mark.parametrize(
    ("client", "command", "why"),
    [
        (
            "claude",
            "claude -p --output-format stream-json --verbose",
            "the client was not permitted to use Write",
        ),
        (
            "codex",
            "codex exec --json -",
            "its sandbox",
        ),  # it does not always tell of commands that fail at once
        ("gemini", "gemini -o stream-json -p Work", "the client does not trust this folder"),
    ],
)
def test_c1_a_client_that_may_not_write_says_so_to_the_person(
    client: str, command: str, why: str, programs: str, tmp_path: Path
) -> None:
    outcome = stage(client, programs, tmp_path, command, SECONDS[client], "good")

    assert outcome["workers"] == {"good": "failed"}
    assert why in json.loads(outcome["reports"]["W1.1"])["summary"]
    assert why in outcome["results"]["W1.1"]["reason"]
