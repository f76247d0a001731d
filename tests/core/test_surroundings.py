"""Which commands are plain to see as the tests of a repository, whatever its files hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitorch.core.surroundings import TELLING, suites_of

SCRIPT = '{"scripts": {"test": "jest"}}'


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"Makefile": "all:\n\ntest: all\n\tpytest\n"}, [("make test", "Makefile")]),
        ({"Makefile": "test::\n\tpytest\n"}, [("make test", "Makefile")]),
        ({"Makefile": "test := 1\ntest\n: x\ntests: all\n"}, []),
        ({"package.json": SCRIPT}, [("npm test", "package.json")]),
        ({"package.json": SCRIPT, "yarn.lock": ""}, [("yarn test", "package.json")]),
        ({"package.json": SCRIPT, "pnpm-lock.yaml": ""}, [("pnpm test", "package.json")]),
        ({"package.json": '{"scripts": {"test": 1}}', "yarn.lock": ""}, []),
        ({"package.json": '{"scripts": {"tests": "jest"}}'}, []),
        ({"package.json": "[" * 100_000}, []),
        ({"pytest.ini": ""}, [("python -m pytest", "pytest.ini")]),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n"}, [("python -m pytest", "pyproject.toml")]),
        ({"pyproject.toml": "[tool.ruff]\n# tool.pytest\n"}, []),
        ({"pyproject.toml": "tool = 1\n"}, []),
        ({"pyproject.toml": "x = " + "[" * 100_000}, []),
        ({"setup.cfg": "[tool:pytest]\n"}, [("python -m pytest", "setup.cfg")]),
        ({"setup.cfg": "[metadata]\nname = pytest\n"}, []),
        ({"tox.ini": "[pytest]\n"}, [("python -m pytest", "tox.ini")]),
        ({"tox.ini": "[tox]\nenvlist = py\n"}, [("tox", "tox.ini")]),
        ({"tox.ini": "[testenv:py]\n"}, [("tox", "tox.ini")]),
        ({"tox.ini": "[flake8]\n"}, []),
        ({"pyproject.toml": "[tool.tox]\n"}, [("tox", "pyproject.toml")]),
        ({"noxfile.py": ""}, [("nox", "noxfile.py")]),
        ({"Cargo.toml": ""}, [("cargo test", "Cargo.toml")]),
        ({"go.mod": ""}, [("go test ./...", "go.mod")]),
        ({}, []),
    ],
)
def test_a_command_is_seen_where_a_file_shows_it(
    files: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    assert [(suite.command, suite.file) for suite in suites_of(files)] == expected


def test_the_entry_point_of_the_repository_is_first() -> None:
    files = {"pytest.ini": "", "package.json": SCRIPT, "Makefile": "test:\n"}

    assert [suite.command for suite in suites_of(files)] == ["make test", "npm test", "python -m pytest"]


pieces = st.sampled_from(
    ["[tool.pytest]", "[tox]", "test", ":", "=", "\n", " ", "{", '"scripts"', "[", "]", "\0"]
)
texts = st.text(max_size=40) | st.lists(pieces, max_size=20).map("".join)


@given(st.dictionaries(st.sampled_from(TELLING), texts))
def test_no_content_of_a_file_is_an_error_or_becomes_a_command(files: dict[str, str]) -> None:
    known = {"make test", "npm test", "pnpm test", "yarn test", "python -m pytest", "tox", "nox"}

    seen = suites_of(files)

    assert {suite.command for suite in seen} <= known | {"cargo test", "go test ./..."}
    assert {suite.file for suite in seen} <= files.keys()
