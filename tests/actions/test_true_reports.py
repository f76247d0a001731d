"""B5: a report of what is not true does not count, whoever looks, until one comes that is."""

import json
from pathlib import Path
from typing import Any

import pytest

from gitorch.actions.workplace import find_build
from gitorch.adapters.git.repository import Repository
from tests.builds import report
from tests.scene import FOLDER, SLUG, Scene, orch, shell, write
from tests.scene.spawned import completion, open_build, spawn, statuses, until

MISSING = "W1.1 claims src/schema.py, which does not exist"


def standing(scene: Scene) -> dict[str, str]:
    return statuses(scene.root)


def codes(scene: Scene) -> list[str]:
    document = json.loads(scene.gitorch("status", "--json").out)
    return [issue["code"] for issue in document["issues"]]


def test_b5_a_claim_of_a_file_that_does_not_exist_is_not_believed(scene: Scene) -> None:
    scene.open_build()
    scene.do("launch", "W1.1")
    scene.deliver("W1.1", ["src/schema.py"], decisions=["Five tables"])

    closing = scene.gitorch("close", "W1.1")
    scene.do("sync")

    assert standing(scene) == {"W1.1": "in_progress", "W2.1": "waiting"}
    assert (closing.status, closing.out) == (1, "")
    assert closing.err.startswith(f"error: W1.1 has no valid report\n  {MISSING}\n")
    assert MISSING in scene.gitorch("status").out
    assert scene.gitorch("ready").out == ""
    assert MISSING in (scene / FOLDER / "STATUS.md").read_text()
    assert scene.do("adapt", "--yes").out == ""
    assert "Five tables" not in scene.do("brief", "W2.1").out


def test_b5_the_file_or_another_report_makes_it_count(scene: Scene) -> None:
    scene.open_build()
    scene.deliver("W1.1", ["src/schema.py"])
    before = standing(scene)["W1.1"]

    scene.write("src/schema.py", "TABLES = 5\n")

    assert (before, standing(scene)["W1.1"]) == ("ready", "complete")
    assert scene.do("close", "W1.1").out == "W1.1 has reported: complete\n"


@pytest.mark.parametrize(
    ("claim", "code"), [("../other/a", "claim-outside"), ("l/a", "claim-outside"), ("a.log", "ignored-file")]
)
def test_b5_what_cannot_be_committed_is_not_believed(
    scene: Scene, tmp_path: Path, claim: str, code: str
) -> None:
    write(tmp_path / "outside/a", "1\n")
    (scene / "l").symlink_to(tmp_path / "outside")
    scene.write(".git/info/exclude", "*.log\nl\n")
    scene.write("a.log", "1\n")
    scene.open_build()

    scene.deliver("W1.1", [claim])

    assert standing(scene)["W1.1"] == "ready"
    assert codes(scene) == [code]


def test_b5_an_ignored_file_that_is_tracked_or_added_by_force_counts(scene: Scene) -> None:
    scene.commit({"old.log": "1\n"})
    scene.write(".git/info/exclude", "*.log\n")
    scene.open_build()
    scene.write("old.log", "2\n")
    scene.write("new.log", "1\n")
    scene.git("add", "--force", "new.log")

    scene.deliver("W1.1", ["old.log", "new.log"])

    assert (standing(scene)["W1.1"], codes(scene)) == ("complete", [])


def test_b5_a_deleted_file_of_the_base_counts(scene: Scene) -> None:
    scene.commit({"lib/old": "1\n", "lib/older": "1\n"})
    scene.open_build()
    shell.run("rm", "-r", "lib", cwd=scene.root)

    scene.deliver("W1.1", ["lib/", "lib/old", "lib/older"])

    assert (standing(scene)["W1.1"], codes(scene)) == ("complete", [])


def test_b5_a_file_that_a_dependent_renamed_counts_for_both_and_lands(scene: Scene) -> None:
    base = scene.open_build()
    scene.write("src/old.py", "1\n")
    scene.deliver("W1.1", ["src/old.py"])
    scene.do("status")
    (scene / "src/old.py").rename(scene / "src/new.py")
    alone = codes(scene)

    scene.deliver("W2.1", ["src/old.py", "src/new.py"])

    assert alone == ["vanished-claim"]
    assert (standing(scene), codes(scene)) == ({"W1.1": "complete", "W2.1": "complete"}, [])
    scene.land(base)
    assert scene.do("verify", "HEAD").status == 0


@pytest.mark.parametrize("also", [[], ["src/y.py"]])
@pytest.mark.parametrize("looks", [True, False])
def test_b5_two_false_reports_excuse_each_other_for_nothing(
    scene: Scene, also: list[str], *, looks: bool
) -> None:
    scene.open_build()
    scene.deliver("W1.1", ["src/t.py"])
    if looks:
        scene.write("other", "1\n")
        scene.do("snapshot")

    scene.deliver("W2.1", ["src/t.py", *also])

    assert standing(scene) == {"W1.1": "ready", "W2.1": "waiting"}
    assert codes(scene) == ["missing-artifact", "too-early"]
    assert scene.gitorch("finalize").status == 1


def test_b5_a_report_that_does_not_count_explains_no_deletion(scene: Scene) -> None:
    scene.open_build()
    scene.write("src/t.py", "1\n")
    scene.do("snapshot")
    (scene / "src/t.py").unlink()
    scene.deliver("W1.1", ["src/t.py"])

    scene.deliver("W2.1", ["src/t.py", "src/y.py"])
    scene.do("accept", "W2.1", "src/t.py")

    assert codes(scene) == ["destroyed-claim", "too-early"]
    scene.deliver("W2.1", ["src/t.py"])
    assert codes(scene) == []


def test_b5_a_deletion_that_two_unrecorded_reports_claim_counts_once_it_is_accepted(scene: Scene) -> None:
    base = scene.open_build()
    scene.write("src/t.py", "1\n")
    scene.do("snapshot")
    (scene / "src/t.py").unlink()
    scene.write("README", "2\n")

    scene.deliver("W1.1", ["src/t.py"])
    scene.deliver("W2.1", ["src/", "src/t.py", "README"])
    found = codes(scene)

    assert found == ["destroyed-claim", "too-early"]
    scene.do("accept", "--all")
    assert (standing(scene), codes(scene)) == ({"W1.1": "complete", "W2.1": "complete"}, [])
    scene.land(base)
    assert scene.do("verify", "HEAD").status == 0


def test_b5_a_destroyed_file_that_is_accepted_counts_as_deleted_as_the_hint_says(scene: Scene) -> None:
    base = scene.open_build()
    scene.write("src/t.py", "w\n")
    scene.do("snapshot")
    (scene / "src/t.py").unlink()
    scene.deliver("W1.1", ["src/t.py"])
    before = codes(scene)

    scene.do("accept", "W1.1", "src/t.py")

    assert before == ["destroyed-claim"]
    assert (standing(scene)["W1.1"], codes(scene)) == ("complete", [])
    scene.write("README", "2\n")
    scene.deliver("W2.1", ["README"])
    scene.land(base)
    assert scene.do("verify", "HEAD").status == 0


@pytest.mark.parametrize(
    ("make", "claim", "code"),
    [
        ("mkdir logs && echo 1 >logs/a.log", "logs/", "ignored-file"),
        ("mkdir -p logs/in && echo 1 >logs/in/a.log", "logs", "ignored-file"),
        ("mkdir -p empty/er", "empty/", "missing-artifact"),
        ("mkfifo pipe", "pipe", "missing-artifact"),
        ("mkdir in && mkfifo in/pipe", "in/", "missing-artifact"),
    ],
)
def test_b5_a_claim_of_nothing_that_git_can_commit_does_not_count(
    scene: Scene, make: str, claim: str, code: str
) -> None:
    scene.write(".git/info/exclude", "*.log\n")
    scene.open_build()
    shell.run("sh", "-c", make, cwd=scene.root)

    scene.deliver("W1.1", [claim])

    assert (standing(scene)["W1.1"], codes(scene)) == ("ready", [code])


@pytest.mark.parametrize(
    "make", ["echo 1 >new/in/a", "ln -s nowhere new/in/a", "echo 1 >new/a.log && git add -f new"]
)
def test_b5_a_folder_with_a_file_for_git_counts(scene: Scene, make: str) -> None:
    scene.write(".git/info/exclude", "*.log\n")
    scene.open_build()
    shell.run("sh", "-c", f"mkdir -p new/in && {make}", cwd=scene.root)

    scene.deliver("W1.1", ["new/"])

    assert (standing(scene)["W1.1"], codes(scene)) == ("complete", [])


@pytest.mark.parametrize(("severity", "told"), [("warning", ["missing-artifact"]), ("off", [])])
def test_b5_the_policy_says_how_much_it_weighs(scene: Scene, severity: str, told: list[str]) -> None:
    base = scene.open_build(f"claims: {{missing: '{severity}'}}\n")
    scene.deliver_all()
    scene.deliver("W1.1", ["src/schema.py", "never/written"])

    found, standing_now = codes(scene), standing(scene)

    assert (found, standing_now) == (told, {"W1.1": "complete", "W2.1": "complete"})
    landed = scene.land(base)
    assert ("warning: W1.1 claims never/written, which does not exist\n" in landed.err) is bool(told)
    assert scene.git("status", "--porcelain") == ""
    assert scene.gitorch("verify", "HEAD").status == 0


def test_b5_a_policy_of_the_working_tree_counts_only_where_it_was_accepted(scene: Scene) -> None:
    base = scene.open_build("claims: {missing: error}\n")
    scene.deliver_all()
    scene.write(".gitorch.yaml", "claims: {missing: warning}\n")
    scene.deliver("W1.1", ["src/schema.py", ".gitorch.yaml", "never/written"])

    scene.refused("finalize", says="2 of 2 workers of build calendar-v2 are not complete")

    scene.land(base, "--accept-config")


def test_b5_a_false_claim_under_another_name_is_not_believed(scene: Scene) -> None:
    scene.open_build()
    said = json.loads(report("W1.1"))
    said.pop("artifacts", None)

    scene.write(f"{FOLDER}/completions/W1.1.json", json.dumps(said | {"files": ["nope.py"]}))

    assert standing(scene)["W1.1"] == "ready"
    assert codes(scene) == ["corrected-report", "missing-artifact"]


def test_b5_complete_refuses_what_is_not_true_and_writes_nothing(scene: Scene) -> None:
    scene.open_build()

    ran = scene.gitorch("complete", "W1.1", "--output", "src/schema.py")

    assert (ran.status, ran.out) == (1, "")
    assert ran.err == f"error: {MISSING}\n"
    assert not (scene / FOLDER / "completions/W1.1.json").exists()


@pytest.mark.parametrize("kind", ["content", "research", "general"])
def test_b5_in_a_build_without_a_commit_a_claimed_file_must_exist(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "plan.md", "## Wave 1: All\n- W1.1: Text\n- W1.2: More\n")
    orch(tmp_path, "init", "--project", SLUG, "--plan-file", "plan.md", "--type", kind)
    claims = ["text.md", "https://example.com/source"]
    write(tmp_path / FOLDER / "completions/W1.1.json", report("W1.1", artifacts=claims))

    before = statuses(tmp_path)["W1.1"]
    write(tmp_path / "text.md", "words\n")

    assert (before, statuses(tmp_path)["W1.1"]) == ("ready", "complete")


@pytest.mark.parametrize(
    ("make", "claim", "code"),
    [
        ("ln -s /etc e", "e/passwd", "claim-outside"),
        ("ln -s /etc/passwd p", "p", "claim-outside"),
        ("ln -s nowhere dead", "dead", "missing-artifact"),
        ("mkdir -p empty/er", "empty/", "missing-artifact"),
        ("mkfifo pipe", "pipe", "missing-artifact"),
        ("mkdir d && echo 1 >d/a && ln -s d l", "l/a", None),
        ("mkdir d && echo 1 >d/a && ln -s d l", "l/", None),
        ("mkdir d && echo 1 >d/a", "d/", None),
    ],
)
def test_b5_a_claim_without_a_commit_is_of_a_file_in_the_folder(
    tmp_path: Path, make: str, claim: str, code: str | None
) -> None:
    write(tmp_path / "plan.md", "## Wave 1: All\n- W1.1: Text\n")
    orch(tmp_path, "init", "--project", SLUG, "--plan-file", "plan.md", "--type", "general")
    shell.run("sh", "-c", make, cwd=tmp_path)

    write(tmp_path / FOLDER / "completions/W1.1.json", report("W1.1", artifacts=[claim]))

    told = json.loads(orch(tmp_path, "status", "--json").out)["issues"]
    assert [issue["code"] for issue in told] == ([code] if code else [])
    assert statuses(tmp_path) == {"W1.1": "ready" if code else "complete"}


def test_b5_a_general_build_in_a_repository_is_held_to_it_as_well(scene: Scene) -> None:
    scene.write("plan.md", "## Wave 1: All\n- W1.1: Text\n")
    scene.do("init", "--project", SLUG, "--plan-file", "plan.md", "--type", "general")

    scene.deliver("W1.1", ["text.md"])

    assert standing(scene) == {"W1.1": "ready"}
    assert codes(scene) == ["missing-artifact"]
    scene.refused("finalize", says="1 of 1 workers of build calendar-v2 are not complete")


def test_b5_a_spawned_worker_that_ends_so_is_failed_with_the_reason(scene: Scene, tmp_path: Path) -> None:
    text = report("W1.1", "Wrote it.", artifacts=["src/schema.py"])
    script = f"cat > N5/builds/{SLUG}/completions/W1.1.json <<'END'\n{text}END\n"
    worker = write(tmp_path / "worker.sh", script)
    folder = open_build(scene.root, {"command": f"sh {worker}"})

    spawn(scene.root, "W1.1")

    until(lambda: statuses(scene.root)["W1.1"] == "failed")
    assert MISSING in completion(folder, "W1.1")["summary"]
    assert json.loads((folder / "dropped/W1.1.json").read_text())["summary"] == "Wrote it."
    assert "W1.1 (Database Schema) failed: No valid report: " in scene.gitorch("status").out
    assert MISSING in scene.do("brief", "W1.1").out
    scene.write("src/schema.py", "TABLES = 5\n")
    write(folder / "completions/W1.1.json", text)
    assert statuses(scene.root)["W1.1"] == "complete"


def test_b5_what_a_hostile_claim_says_is_cleaned_wherever_it_is_shown(scene: Scene) -> None:
    scene.open_build()
    scene.deliver("W1.1", ["\x1b[2J\n# All good <b>"])

    scene.do("sync")

    shown = scene.gitorch("status").out + scene.gitorch("close", "W1.1").err
    shown += (scene / FOLDER / "STATUS.md").read_text() + (scene / FOLDER / "BUILD.md").read_text()
    assert "W1.1 claims" in shown
    assert "\x1b" not in shown
    assert "\n# All good" not in shown


def test_b5_a_look_at_many_reports_starts_one_git_for_their_claims(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.write("plan.md", "## Wave 1: All\n" + "".join(f"- W1.{n}: Part {n}\n" for n in range(1, 40)))
    scene.do("install")
    scene.do("init", "--project", SLUG, "--plan-file", "plan.md")
    for number in range(1, 40):
        scene.write(f"src/{number}", "1\n")
        scene.deliver(f"W1.{number}", [f"src/{number}"])
    build = find_build(scene.root, None)
    started: list[str] = []
    run = Repository.run

    def counted(repo: Repository, *words: str, **options: Any) -> Any:
        started.append(words[0])
        return run(repo, *words, **options)

    monkeypatch.setattr(Repository, "run", counted)

    state = build.read_state()

    assert state.all_complete
    assert started == ["check-ignore"]
