"""What each claim held when it was recorded is among the records, and verify holds the landed tree to it."""

import json
from pathlib import Path
from typing import Any

from tests.scene import BRANCH, FOLDER, Ran, Scene, git, orch, run
from tests.scene.landed import amend

PROOF = f"{FOLDER}/proof.json"


def proof(scene: Scene) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((scene / PROOF).read_text())
    return told


def issues(ran: Ran) -> dict[str, str]:
    """Code → message of each issue about a claim."""
    wanted = ("vanished-claim", "altered-claim", "wrong-records", "missing-artifact")
    found = json.loads(ran.out)["issues"]
    return {issue["code"]: issue["message"] for issue in found if issue["code"] in wanted}


def landed(scene: Scene, config: str | None = None) -> Scene:
    scene.land(scene.ready_build(config))
    return scene


def test_finalize_writes_what_each_claim_held_and_what_the_person_accepted(scene: Scene) -> None:
    base = scene.ready_build()
    scene.do("sync")
    scene.write("README", "accepted\n")
    reported = scene.git("hash-object", "--stdin", stdin="a project with a calendar\n")
    scene.do("accept", "W2.1")

    scene.land(base)

    told = proof(scene)
    schema = scene.git("rev-parse", "HEAD:src/schema.py")
    assert [(claim["worker"], claim["held"]) for claim in told["claims"]] == [
        ("W1.1", {"src/schema.py": f"100644 {schema}"}),
        ("W2.1", {"README": f"100644 {reported}"}),
    ]
    accepted = f"100644 {scene.git('rev-parse', 'HEAD:README')}"
    assert told["accepted"] == [{"worker": "W2.1", "path": "README", "holds": accepted}]
    assert issues(scene.do("verify", "--json")) == {}


def test_b2_verify_refuses_a_commit_without_what_a_report_claims(scene: Scene) -> None:
    landed(scene)
    scene.git("checkout", "-q", "main", "--", "README")
    amend(scene.root)

    ran = scene.gitorch("verify", "--json")

    assert ran.status == 1
    assert issues(ran) == {"vanished-claim": "README that W2.1 reported is back at the base"}


def test_b2_verify_tells_of_altered_files_and_refuses_them_where_the_policy_says_so(scene: Scene) -> None:
    landed(scene, "claims: {altered: error}\n")
    scene.write("README", "by nobody\n")
    amend(scene.root)

    strict = scene.gitorch("verify", "--json")

    assert strict.status == 1
    assert issues(strict) == {"altered-claim": "README differs from what W2.1 reported"}


def test_b2_verify_tells_of_altered_files(scene: Scene) -> None:
    landed(scene)
    scene.write("README", "by nobody\n")
    amend(scene.root)

    ran = scene.do("verify", "--json")

    assert issues(ran) == {"altered-claim": "README differs from what W2.1 reported"}


def test_a_file_that_was_accepted_as_missing_lands_and_verifies(scene: Scene) -> None:
    base = scene.ready_build()
    scene.do("sync")
    (scene / "src/schema.py").unlink()
    scene.do("accept", "W1.1")

    scene.land(base)

    assert issues(scene.do("verify", "--json")) == {}


def test_records_that_lack_a_claim_are_refused(scene: Scene) -> None:
    landed(scene)
    told = proof(scene)
    told["claims"][0]["held"] = {}
    scene.write(PROOF, json.dumps(told, indent=2) + "\n")
    amend(scene.root)

    ran = scene.gitorch("verify", "--json")

    said = f"{PROOF} says nothing of src/schema.py, which W1.1 claims"
    assert (ran.status, issues(ran)) == (1, {"wrong-records": said})


def test_a_claim_that_is_not_utf_8_lands_and_verifies(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    scene.write("src/caf\udce9", "1\n")
    scene.deliver("W1.1", ["src/schema.py", "src/caf\udce9"])

    scene.land(base)

    assert "src/caf\udce9" in proof(scene)["claims"][0]["held"]
    assert issues(scene.do("verify", "--json")) == {}


def test_an_ignored_file_that_the_policy_lets_pass_is_no_loss(scene: Scene) -> None:
    scene.write(".git/info/exclude", "*.log\n")
    base = scene.open_build("claims: {ignored: warning, missing: warning}\n")
    scene.deliver_all()
    scene.write("run.log", "1\n")
    scene.deliver("W2.1", ["README", "run.log"])

    scene.land(base)

    assert "vanished-claim" not in issues(scene.do("verify", "--json"))


def test_b2_a_server_refuses_a_vanished_claim(scene: Scene, tmp_path: Path) -> None:
    landed(scene)
    bare = tmp_path / "server.git"
    git(tmp_path, "init", "-q", "--bare", str(bare))
    assert orch(tmp_path, "install", "--server", str(bare)).status == 0
    scene.git("remote", "add", "origin", str(bare))
    scene.git("push", "-q", "origin", "main")
    scene.git("checkout", "-q", "main", "--", "README")
    amend(scene.root)

    ran = run("git", "push", "-q", "origin", BRANCH, cwd=scene.root)

    assert ran.status == 1
    assert "README that W2.1 reported is back at the base" in ran.err


def test_reopen_takes_the_build_commit_for_evidence_where_the_snapshots_were_pruned(scene: Scene) -> None:
    from tests.actions.test_recording import REF, decided

    landed(scene)
    commit = scene.git("rev-parse", "HEAD")
    scene.git("update-ref", "-d", REF)
    (scene / ".git/gitorch/chain/calendar-v2").unlink()

    scene.do("reopen")

    assert {report.snapshot for report in decided(scene).reports} == {commit}
    scene.do("finalize")
