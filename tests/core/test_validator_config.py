"""What `validators` and `workspace` in `.gitorch.yaml` may hold."""

import pytest

from gitorch.core.config import parse_config
from gitorch.core.errors import ExitStatus, GitorchError


def test_a_whole_configuration_is_read() -> None:
    config = parse_config(
        b"""
validators:
- name: build
  command: [make, all]
- name: tests
  command: make test
  timeout: 30
  env: {CI: "1"}
  cwd: src
  paths: ["*.py"]
  needs: [build]
  allow_failure: true
  workspace: clean
  inputs: {files: [node_modules/], env: [LANG]}
  versions: [python3 --version]
- name: hooks
  pre-commit: true
workspace:
  kind: in-place
  setup: [npm ci]
  link: [node_modules, packages/a/node_modules/]
"""
    )
    build, tests, hooks = config.validators
    assert build.command == ("make", "all")
    assert (tests.needs, tests.inputs.files, tests.workspace) == (("build",), ("node_modules/",), "clean")
    assert hooks.pre_commit
    assert config.workspace.link == ("node_modules", "packages/a/node_modules")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- {name: a}", "validators[0]: give either a `command` or `pre-commit: true`"),
        (
            "- {name: a, pre-commit: true, cwd: sub}",
            "validators[0]: `pre-commit: true` runs at the root: leave out `cwd`",
        ),
        (
            "- {name: a, command: x, pre-commit: true}",
            "validators[0]: give either a `command` or `pre-commit: true`",
        ),
        (
            "- {name: a, command: x, needs: [b]}",
            "validators: a needs b, which is not a validator",
        ),
        (
            "- {name: a, command: x, needs: [b]}\n- {name: b, command: x, needs: [a]}\n- {name: c, command: x}",
            "validators: these validators need each other: a, b",
        ),
        (
            "- {name: a, command: x, needs: [a]}",
            "validators: these validators need each other: a",
        ),
        (
            "- {name: workspace set-up 1, command: x}",
            'validators: "workspace set-up 1" is the name of a set-up command of the workspace',
        ),
        (
            "- {name: a, command: x, cwd: ../up}",
            "validators[0].cwd: ../up is not a folder inside the repository",
        ),
        (
            '- {name: a, command: x, cwd: "a\\0x"}',
            'validators[0].cwd: "a\N{REPLACEMENT CHARACTER}x" is not a folder inside the repository',
        ),
        (
            '- {name: a, command: x, cwd: "a\\nx"}',
            'validators[0].cwd: "a x" is not a folder inside the repository',
        ),
        (
            "- {name: a, command: x, paths: ['']}",
            "validators[0].paths[0]: string should have at least 1 character",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(GitorchError) as refused:
        parse_config(f"validators:\n{text}\n".encode())
    assert refused.value.status is ExitStatus.BAD_INPUT
    assert refused.value.details == (problem,)


@pytest.mark.parametrize("path", ["/etc", "../x", "a/../../x", ".git/hooks", "."])
def test_only_folders_inside_can_be_linked(path: str) -> None:
    with pytest.raises(GitorchError):
        parse_config(f"workspace: {{link: ['{path}']}}".encode())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: b: c", ".gitorch.yaml:1:5: is not YAML: mapping values are not allowed in this context"),
        ("a: " + "[" * 30_000, ".gitorch.yaml:1:23: is nested too deeply"),
        ("unclaimed: fail\nunclaimed: leave\n", ".gitorch.yaml:2:1: the key unclaimed is given twice"),
        ("unclaimed: !!python/name:os.system ''", "is not supported"),
        ("#" * (1 << 16) + "\n", ".gitorch.yaml is larger than 64 KiB"),
    ],
)
def test_a_text_that_is_no_policy_is_refused_with_its_place(text: str, says: str) -> None:
    with pytest.raises(GitorchError) as refused:
        parse_config(text.encode())
    assert refused.value.status is ExitStatus.BAD_INPUT
    assert says in "\n".join([refused.value.message, *refused.value.details])
