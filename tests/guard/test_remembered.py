"""What is left behind of each refusal."""

import json

import pytest

from gitorch.adapters.guard import refusals
from gitorch.core.names import Slug
from gitorch.core.refused import parse_refused
from tests.scene import SLUG, Scene
from tests.scene.guarded import open_guarded

WORKER = {"GITORCH_WORKER": "W1.2", "GITORCH_PROJECT": SLUG}
HOOKS_OFF = ("-c", "core.hooksPath=/dev/null")


def told(scene: Scene) -> list[str]:
    return [line for line in scene.do("status").err.splitlines() if "was refused" in line]


def test_status_tells_which_worker_was_refused_how_often(scene: Scene) -> None:
    scene.open_build()
    scene.write("new", "work\n")
    scene.git("add", "new")
    for words in (("commit", "-m", "x"), ("-c", "user.name=x", "commit", "--no-verify", "-m", "x")):
        assert scene.run("git", *words, env=WORKER).status != 0
    assert scene.run("git", *HOOKS_OFF, "reset", "--hard", env=WORKER).status != 0
    assert scene.run("git", "commit", "-m", "x").status != 0

    found = json.loads(scene.do("status", "--json").out)["refused"]

    assert [(one["worker"], one["command"]) for one in found] == [
        ("W1.2", "git commit"),
        ("W1.2", "git commit"),
        ("W1.2", "git reset --hard"),
        (None, "git commit"),
    ]
    assert told(scene) == [
        "W1.2 was refused 3 times (last: git reset --hard)",
        "a process of no worker was refused 1 time (last: git commit)",
    ]


def test_what_an_agents_client_was_told_is_remembered_too(scene: Scene) -> None:
    scene.open_build()
    event = {"session_id": "s", "cwd": str(scene.root), "tool_input": {"command": "git stash -u"}}

    refused = scene.gitorch(
        "hook", "before-shell", stdin=json.dumps({**event, "tool_name": "Bash"}), env=WORKER
    )

    assert refused.status == 2
    assert told(scene) == ["W1.2 was refused 1 time (last: git stash -u)"]


@pytest.mark.parametrize("reads", [True, False])
def test_what_cannot_be_written_keeps_nobody_from_refusing(scene: Scene, reads: bool) -> None:
    guarded = open_guarded(scene.root)
    path = scene / ".git/gitorch/refusals/x"
    path.unlink()
    path.mkdir()

    ran = scene.run(
        "git", "commit", "--allow-empty", "-m", "x", *([] if reads else ["--no-verify"]), env=WORKER
    )

    assert ran.status != 0
    assert "refusals" not in ran.err
    assert guarded.tip() == guarded.base


def test_a_long_story_is_cut_to_its_newest_half_by_sh_and_by_python(scene: Scene) -> None:
    guarded = open_guarded(scene.root)
    path = scene / ".git/gitorch/refusals/x"
    line = "2026-11-28T09:04:51Z W1.1 git commit\n"
    for refuse in (
        lambda: scene.run("git", "commit", "--allow-empty", "-m", "x", env=WORKER),
        lambda: refusals.remember(guarded.repo, Slug("x"), "W1.2", "git commit"),
    ):
        path.write_text(line * (65536 // len(line)))
        refuse()
        refuse()

        assert 32000 < path.stat().st_size < 33000
        assert parse_refused(path.read_bytes())[-1].worker == "W1.2"
