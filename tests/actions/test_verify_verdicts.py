"""What the validators said is among a build's records, and verify holds the commit against it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.scene import FOLDER, Scene
from tests.scene.landed import amend

PROOF = f"{FOLDER}/proof.json"
POLICY = """
validators:
- {name: tests, command: 'git write-tree >/dev/null; test ! -e N5/builds/calendar-v2/proof.json'}
- {name: docs, command: 'false', paths: ['docs/**']}
- {name: shaky, command: 'false', allow_failure: true}
"""


def proof(scene: Scene) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((scene / PROOF).read_text())
    return told


def judged_tree(scene: Scene) -> str:
    """The commit's tree without proof.json, as stock git makes it."""
    env = {"GIT_INDEX_FILE": str(scene / ".git/judged-index")}
    script = f"git read-tree HEAD && git rm -q --cached {PROOF} && git write-tree"
    return scene.run("sh", "-ec", script, env=env).out.strip()


def test_finalize_records_what_each_validator_said_of_which_tree(scene: Scene) -> None:
    base = scene.ready_build(POLICY)

    scene.land(base)

    tree = judged_tree(scene)
    assert proof(scene)["verdicts"] == [
        {"validator": "tests", "result": "passed", "tree": tree},
        {"validator": "docs", "result": "not run", "tree": tree},
        {"validator": "shaky", "result": "failed", "tree": tree},
    ]
    assert scene.git("status", "--porcelain") == ""
    assert "warning:" not in scene.do("verify").err


def test_without_validators_the_record_has_no_verdicts(scene: Scene) -> None:
    base = scene.ready_build()

    scene.land(base)

    assert proof(scene)["verdicts"] == []


def test_a_record_of_an_earlier_landing_or_of_a_worker_does_not_land(scene: Scene) -> None:
    scene.land(scene.ready_build(POLICY))
    first = proof(scene)
    scene.do("reopen")
    reopened = (scene / PROOF).exists()
    scene.write(PROOF, '{"verdicts": [], "mine": 1}\n')

    scene.do("finalize")

    assert not reopened
    assert proof(scene) == first
    assert scene.do("verify").status == 0


def test_what_lands_on_a_second_branch_was_judged_without_the_record(scene: Scene) -> None:
    scene.ready_build("validators:\n- {name: tests, command: 'true'}\n")
    scene.git("worktree", "add", "-q", "-b", "side", str(scene.root.parent / "side"), "main")
    side = Scene(scene.root.parent / "side")
    side.commit({"other": "x\n"})
    side.git("switch", "-q", "--detach")

    scene.do("finalize", "--onto", "side")

    assert scene.git("show", f"side:{PROOF}") + "\n" == (scene / PROOF).read_text()
    assert scene.git("show", "side:other") == "x"


Change = Callable[[dict[str, Any]], object]
FORGERIES: list[tuple[Change, str]] = [
    (lambda told: told["verdicts"][0].update(result="failed"), "says of the validator tests: failed, with which no commit lands"),
    (lambda told: told["verdicts"][2].update(result="passed"), "the message does not say of the validator shaky what proof.json says: passed"),
    (lambda told: told["verdicts"][2].update(result="not run"), "says of the validator shaky: not run, with which no commit lands"),
    (lambda told: told["verdicts"][0].update(tree="7" * 40), "says that the validator tests judged another tree than the commit's"),
    (lambda told: told["verdicts"].pop(), "has the verdicts of other validators than .gitorch.yaml"),
    (lambda told: told["verdicts"].reverse(), "has the verdicts of other validators than .gitorch.yaml"),
    (lambda told: told.update(more=1), "proof.json is damaged"),
]  # fmt: skip


@pytest.fixture
def landed(scene: Scene) -> Scene:
    scene.land(scene.ready_build(POLICY))
    return scene


@pytest.mark.parametrize(("change", "says"), FORGERIES, ids=[says for _, says in FORGERIES])
def test_a_record_that_contradicts_policy_diff_tree_or_message_is_refused(
    landed: Scene, change: Change, says: str
) -> None:
    told = proof(landed)
    change(told)
    landed.write(PROOF, json.dumps(told))
    amend(landed.root)

    ran = landed.gitorch("verify", "main..HEAD")

    assert (ran.status, says in ran.out) == (1, True), ran.out


def test_a_file_that_changed_behind_the_validators_is_told_by_the_tree(landed: Scene) -> None:
    landed.write("src/schema.py", "TABLES = 6\n")
    amend(landed.root)

    ran = landed.gitorch("verify", "main..HEAD")

    assert ran.status == 1
    assert "says that the validator tests judged another tree than the commit's" in ran.out


def test_a_commit_without_the_record_is_refused(landed: Scene) -> None:
    (landed / PROOF).unlink()
    amend(landed.root)

    ran = landed.gitorch("verify", "main..HEAD")

    assert ran.status == 1
    assert "proof.json is not in the commit" in ran.out
