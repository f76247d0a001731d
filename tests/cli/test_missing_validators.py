"""D5: a repository that could have its work checked, and no validator, hears of it before and when it lands."""

import json

from tests.scene import SLUG, Scene

CHECKED = {"Cargo.toml": "", ".pre-commit-config.yaml": "repos: []\n"}
PLAN = "# x\n\n## Wave 1\n- W1.1: A\n"

WARNING = """\
warning: .gitorch.yaml has no validators, and the repository has tests (cargo test, from Cargo.toml) and \
pre-commit hooks (.pre-commit-config.yaml)
  with these lines in .gitorch.yaml, finalize runs them:
    validators:
      - {name: tests, command: cargo test}
      - {name: pre-commit, pre-commit: true}
hint: to see what the file may contain, run: gitorch schema config
"""
ACCEPT = (
    "hint: to judge the open build by the changed .gitorch.yaml and land it, "
    "run: gitorch finalize --project {slug} --accept-config\n"
)


def test_d5_init_says_which_lines_make_validators_of_what_the_repository_has(scene: Scene) -> None:
    scene.commit(CHECKED)
    scene.do("install")

    ran = scene.do("init", "--project", "x", "--plan-file", "-", stdin=PLAN)

    assert ran.err == f"{WARNING}{ACCEPT.format(slug='x')}next: gitorch brief W1.1 --project x\n"


def test_d5_hooks_of_pre_commit_alone_are_said_in_the_document_of_init(scene: Scene) -> None:
    scene.commit({".pre-commit-config.yaml": "repos: []\n"})
    scene.do("install")

    ran = scene.do("init", "--project", "x", "--plan-file", "-", "--json", stdin=PLAN)

    (issue,) = json.loads(ran.out)["issues"]
    assert (issue["code"], issue["severity"], issue["about"]) == ("no-validators", "warning", ".gitorch.yaml")
    assert issue["details"][1:] == ["  validators:", "    - {name: pre-commit, pre-commit: true}"]


def test_d5_review_says_so_and_its_document_too(scene: Scene) -> None:
    scene.commit(CHECKED)
    scene.ready_build()

    said, document = scene.do("review").err, json.loads(scene.do("review", "--json").out)

    assert said.startswith(WARNING + ACCEPT.format(slug=SLUG))
    assert [issue["code"] for issue in document["issues"]] == ["no-validators"]
    assert document["passed"] is True


def test_d5_finalize_says_so_and_lands(scene: Scene) -> None:
    scene.commit(CHECKED)
    base = scene.ready_build()

    ran = scene.land(base)

    assert f"no validators are configured: nothing was checked\n{WARNING}" in ran.err
    assert "--accept-config" not in ran.err


def test_d5_the_lines_make_a_validator_of_the_open_build(scene: Scene) -> None:
    scene.commit({"Makefile": "test:\n\ttest -f src/schema.py\n"})
    base = scene.ready_build()
    lines = [line[4:] for line in scene.do("review").err.splitlines() if line.startswith("    ")]
    scene.write(".gitorch.yaml", "\n".join(lines) + "\n")
    scene.deliver("W2.1", ["README", ".gitorch.yaml"])

    ran = scene.land(base, "--accept-config")

    assert "1 of 1 validators passed" in ran.err
    assert "no validators" not in ran.err
    assert scene.git("show", "HEAD:.gitorch.yaml") == "validators:\n  - {name: tests, command: make test}"


def test_d5_nothing_is_said_where_nothing_is_plain_to_run(scene: Scene) -> None:
    scene.ready_build()

    assert "has no validators" not in scene.do("review").err
    assert "has no validators" not in scene.do("finalize").err


def test_d5_nothing_is_said_where_there_is_a_validator(scene: Scene) -> None:
    scene.commit({"Cargo.toml": ""})
    scene.ready_build("validators: [{name: one, command: 'true'}]\n")

    assert "has no validators" not in scene.do("review").err
    assert "has no validators" not in scene.do("finalize").err


def test_d5_a_build_without_a_commit_hears_nothing(scene: Scene) -> None:
    scene.commit(CHECKED)

    ran = scene.do("init", "--project", "x", "--type", "content", "--plan-file", "-", stdin=PLAN)

    assert ran.err == "next: gitorch brief W1.1 --project x\n"
