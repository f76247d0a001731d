"""`gitorch brief SKILL`: what an agent that orchestrates reads; every command in it is one of gitorch's."""

import re

import yaml

from gitorch.cli.table import SECTIONS
from tests.scene import Scene


def test_it_is_a_skill_and_needs_no_build(scene: Scene) -> None:
    text = scene.do("brief", "SKILL").out

    _, head, body = text.split("---\n", 2)
    front = yaml.safe_load(head)

    assert front["name"] == "gitorch"
    assert 20 < len(front["description"]) <= 1024  # agentskills.io
    assert body.lstrip().startswith("# ")


def test_every_command_and_option_in_it_is_one_of_gitorchs(scene: Scene) -> None:
    text = scene.do("brief", "SKILL").out
    known = {name for commands in SECTIONS.values() for name in commands}

    lines = re.findall(r"(?:^    |`)gitorch ([^`\n]+)", text, re.MULTILINE)
    typed = [line.split() for line in lines]

    assert {"init", "ready", "brief", "launch", "adapt", "review", "finalize", "doctor"} <= {
        w[0] for w in typed
    }
    assert {words[0] for words in typed} <= known
    for words in typed:
        helped = scene.do(words[0], "--help").out
        for option in (word for word in words[1:] if word.startswith("--") and word != "--help"):
            group = scene.do(*words[:2], "--help").out if words[0] == "worker" else helped
            assert option in group
