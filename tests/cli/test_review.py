"""`gitorch review`: what a person and a program see."""

import json

from tests.scene import FOLDER, SLUG, Scene


def test_a_build_that_holds_is_shown_with_the_size_of_each_change(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    (scene / "logo").write_bytes(b"\0\1")
    scene.deliver("W2.1", ["README", "logo"], concerns=["The \x1b[31mlogo is a draft"])
    before = scene.git("status", "--porcelain")
    ran = scene.gitorch("review")
    assert ran.status == 0, ran.err
    base = scene.git("rev-parse", "--short=12", "HEAD")
    lines = [line.rstrip() for line in ran.out.splitlines()]
    assert lines[0].endswith(f" paths differ from {base}; claimed: 3 files, +2 -1, 1 not counted")
    assert any(line.split() == ["W1.1", "schema", "Schema", "complete", "1", "+1", "-0"] for line in lines)
    assert "  W2.1: The �[31mlogo is a draft" in lines
    assert "next: gitorch finalize --project calendar-v2" in ran.err
    assert scene.git("status", "--porcelain") == before


def test_what_would_not_land_is_told_with_exit_status_1_and_json_says_the_same(scene: Scene) -> None:
    scene.open_build("snapshots: {exclude: [.env]}\n")
    scene.deliver_all()
    scene.deliver("W1.1", ["src/schema.py", "never/written"])
    scene.write(".env", "SECRET=1\n")
    ran = scene.gitorch("review")
    assert ran.status == 1
    assert (
        "\nKeeps the build from landing:\n"
        "  W1.1 claims never/written, which does not exist\n"
        f"  hint: to replace the report of W1.1, run: gitorch complete --worker W1.1 --project {SLUG} "
        "--force --from FILE\n"
        "  1 changed file is not claimed by any worker\n"
        "    .env\n"
        f"  hint: to commit them with the build, run: gitorch finalize --project {SLUG} --unclaimed include\n"
        f"  hint: to leave them uncommitted, run: gitorch finalize --project {SLUG} --unclaimed leave\n"
    ) in ran.out
    ran = scene.gitorch("review", "--json")
    answer = json.loads(ran.out)
    assert (ran.status, answer["kind"], answer["passed"]) == (1, "review", False)
    assert [(issue["code"], issue["about"]) for issue in answer["issues"]] == [
        ("missing-artifact", "never/written"),
        ("unclaimed-file", ".env"),
    ]
    assert answer["unclaimed"] == [".env"]
    schema = answer["workers"][0]["changes"]
    assert schema == [{"path": "src/schema.py", "kind": "added", "lines": {"added": 1, "removed": 0}}]
    blob = scene.git("hash-object", ".env")  # an unclaimed secret stays out of the object database
    assert scene.git("cat-file", "-t", blob, check=False) == ""


def test_a_change_of_the_policy_is_told_though_a_worker_claims_it(scene: Scene) -> None:
    scene.open_build("claims: {missing: error}\n")
    scene.deliver_all()
    scene.write(".gitorch.yaml", "claims: {missing: 'off'}\n")
    scene.deliver("W1.1", ["src/schema.py", ".gitorch.yaml", "never/written"])
    ran = scene.gitorch("review")
    assert ran.status == 1  # judged by the policy of the base
    assert "warning: .gitorch.yaml differs from the base\n" in ran.err
    assert "W1.1 claims never/written, which does not exist" in ran.out


def test_files_that_cannot_be_read_as_they_stand_are_told_and_the_rest_is_shown(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.git("config", "filter.gone.clean", "false")
    scene.git("config", "filter.gone.required", "true")
    scene.write(".git/info/attributes", "README filter=gone\n")
    ran = scene.gitorch("review")
    assert ran.status == 1
    assert "the files of the working tree cannot be read" in ran.out
    assert "W1.1" in ran.out


def test_the_success_criteria_of_the_briefs_are_listed_to_check(scene: Scene) -> None:
    scene.open_build()
    [brief] = (scene / FOLDER / "workers").glob("W1.1-*.md")
    brief.write_text(
        brief.read_text().replace("The mission is fulfilled: Define tables", "five tables exist")
    )
    scene.deliver_all()
    assert "\n  W1.1: five tables exist\n" in scene.gitorch("review").out


def test_a_build_without_git_has_no_claims_to_hold_against_it(scene: Scene) -> None:
    plan = json.dumps({"name": "x", "workers": [{"id": "a", "component": "a", "description": "b"}]})
    ran = scene.gitorch("init", "--project", "words", "--plan-file", "-", "--type", "content", stdin=plan)
    assert ran.status == 0, ran.err
    ran = scene.gitorch("review")
    assert ran.status == 1
    assert "build words is of type content" in ran.err
