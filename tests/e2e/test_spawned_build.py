"""The spec's auth-system, run by `spawn --ready` in rounds, with workers that fail, vanish and are mended."""

import json
from pathlib import Path

import pytest

from tests.scene import Scene, write
from tests.scene.spawned import results, until

DATA = Path(__file__).parent.parent / "data"
FOLDER = "N5/builds/auth-system"

WORKER = r"""
case $GITORCH_WORKER in
  W1.1) file=schema.sql ;; W2.1) file=oauth.py ;; W2.2) file=jwt.py ;; W3.1) file=providers.py ;;
esac
report() {
  printf '{"worker_id": "%s", "status": "%s", "timestamp": "2026-01-18T18:30:00Z", "summary": "%s",
    "artifacts": [%s]}' "$GITORCH_WORKER" "$1" "$2" "$3" > N5/builds/auth-system/completions/"$GITORCH_WORKER".json
}
grep -q "^worker_id: $GITORCH_WORKER$" || exit 9            # the brief is on standard input
git commit -q --allow-empty -m sneaky && exit 8              # nobody commits
first=../first-$GITORCH_WORKER
case $GITORCH_WORKER in
  W2.1) if mkdir "$first" 2>/dev/null; then report failed "The provider's keys are missing." ""; exit 1; fi ;;
  W2.2) if mkdir "$first" 2>/dev/null; then echo "half a thought"; exit 0; fi ;;
esac
mkdir -p src
echo "-- $GITORCH_WORKER" > "src/$file"
report complete "Wrote $file." "\"src/$file\""
"""


def round_of(scene: Scene, *arguments: str) -> list[str]:
    """One `gitorch spawn`, waited for to the last record; the workers that it started."""
    before = len(results_lines(scene))
    ran = scene.process("spawn", *arguments, "--project", "auth-system")
    assert ran.status == 0, ran.err
    started = ran.out.split()[1:]
    until(lambda: len(results_lines(scene)) == before + len(started))
    assert scene.gitorch("spawns").status == 0
    until(lambda: "in_progress" not in states(scene).values())
    return started


def results_lines(scene: Scene) -> list[str]:
    path = scene / FOLDER / "spawn_results.jsonl"
    return path.read_text().splitlines() if path.exists() else []


def states(scene: Scene) -> dict[str, str]:
    document = json.loads(scene.gitorch("status", "--json").out)
    return {worker["id"]: worker["status"] for worker in document["workers"]}


@pytest.mark.slow
def test_rounds_of_spawned_workers_end_in_one_commit(scene: Scene, tmp_path: Path) -> None:
    script = write(tmp_path / "worker.sh", WORKER)
    policy = {"spawn": {"command": f"sh {script}"}, "validators": [{"name": "files", "command": "ls src/*"}]}
    scene.write(".gitorch.yaml", json.dumps(policy))
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "policy")
    base = scene.git("rev-parse", "HEAD")
    for command in (
        ("install",),
        ("init", "--project", "auth-system", "--plan-file", str(DATA / "auth-system.json")),
    ):
        ran = scene.gitorch(*command)
        assert ran.status == 0, ran.err

    assert round_of(scene, "--ready") == ["W1.1"]
    assert round_of(scene, "--ready") == ["W2.1", "W2.2"]
    assert states(scene) == {"W1.1": "complete", "W2.1": "failed", "W2.2": "failed", "W3.1": "waiting"}

    told = scene.gitorch("status").out
    assert "W2.1 (Oauth Flow) failed: The provider's keys are missing" in told
    assert "W2.2 (Jwt Sessions) failed: No valid report: the worker ended without one" in told
    nothing = scene.process("spawn", "--ready")
    assert (nothing.status, "no worker is ready" in nothing.err) == (1, True)
    refused = scene.gitorch("finalize")
    assert refused.status == 1
    assert "W2.1" in refused.err
    assert "W2.2" in refused.err

    assert round_of(scene, "W2.1", "W2.2") == ["W2.1", "W2.2"]
    assert round_of(scene, "--ready") == ["W3.1"]
    assert set(states(scene).values()) == {"complete"}

    ran = scene.gitorch("finalize")
    assert ran.status == 0, ran.err
    assert scene.git("rev-list", "--count", f"{base}..build/auth-system") == "1"
    assert scene.git("status", "--porcelain") == ""
    landed = scene.git("show", "--name-only", "--format=", "HEAD").splitlines()
    assert {"src/schema.sql", "src/oauth.py", "src/jwt.py", "src/providers.py"} <= set(landed)
    assert f"{FOLDER}/spawn_results.jsonl" in landed
    assert set(results(scene / FOLDER)) == {"W1.1", "W2.1", "W2.2", "W3.1"}
