"""The journal of a command that was killed: what cannot be read is named with the way out, and stays."""

import json
import os
import shlex

import pytest

from gitorch.adapters.files import TEMPORARY_PREFIX
from gitorch.adapters.git.repository import Repository
from gitorch.core.errors import GitorchError
from gitorch.transitions.locks import held
from gitorch.transitions.pending import recover
from tests.scene import Scene


def journal(action: object, record: object = None) -> str:
    return json.dumps({"action": action, "worktree": "/", "record": record})


@pytest.mark.parametrize(
    ("content", "why", "problem"),
    [
        ("", "is damaged", "Expecting value"),
        ('{"action": "land", "slu', "is damaged", "Unterminated string"),
        ("[1]", "is damaged", "indices must be integers"),
        ('{"action": "land"}', "is damaged", "worktree"),
        ("\0\0\0\0", "is damaged", "Expecting value"),
        (journal("merge"), "is of another version of gitorch", "unknown action 'merge'"),
        (journal(["open"]), "is of another version of gitorch", "unknown action ['open']"),
        (journal("open", {"slug": "b"}), "is of another version of gitorch", "folder: Field required"),
        (journal("land", {"slug": 7}), "is of another version of gitorch", "slug: Input should be"),
        (journal("abort", {"slug": "b"}), "is of another version of gitorch", "folder: Field required"),
        (journal("reopen", {}), "is of another version of gitorch", "slug: Field required"),
    ],
)
def test_a_journal_that_cannot_be_read_is_named_with_the_way_out(
    scene: Scene, content: str, why: str, problem: str
) -> None:
    path = scene.write(".git/gitorch/journal.json", content)

    with pytest.raises(GitorchError) as raised:
        recover(scene.root)

    assert raised.value.message.startswith(f"{path} {why}")
    assert problem in raised.value.details[0]
    assert path.read_text() == content
    assert scene.run("sh", "-c", raised.value.hints[-1].command.partition(" && ")[0]).status == 0
    assert path.with_name("journal.json.old").read_text() == content
    assert recover(scene.root) == []


def test_how_things_stand_is_shown_beside_a_journal_that_cannot_be_read(scene: Scene) -> None:
    path = scene.write(".git/gitorch/journal.json", "")
    for command, status in (("list", 0), ("doctor", 1)):
        ran = scene.gitorch(command)
        assert (ran.status, f"error: {path} is damaged" in ran.err) == (status, True), ran.err
    assert f"run: mv {shlex.quote(str(path))} " in ran.err


def test_what_a_killed_command_left_half_written_goes_unless_it_may_be_alive(scene: Scene) -> None:
    found = Repository.discover(scene.root)
    assert found
    with held(found):
        old, new = (scene.write(f".git/gitorch/{TEMPORARY_PREFIX}{name}", "half") for name in ("old", "new"))
        os.utime(old, (1000, 1000))
        assert recover(scene.root) == []
        assert old.exists()  # of the command that holds the lock, and was stopped for long
    assert recover(scene.root) == []
    assert (old.exists(), new.exists()) == (False, True)
