"""What is plain to see of a repository: its top level, how it is tested, and what it asks of agents."""

import configparser
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gitorch.core.config import SCHEMA
from gitorch.core.issue import Hint, Issue
from gitorch.core.names import POLICY_FILE

PRE_COMMIT = ".pre-commit-config.yaml"

TELLING = (
    "Makefile",
    "package.json",
    "pyproject.toml",
    "pytest.ini",
    "setup.cfg",
    "tox.ini",
    "noxfile.py",
    "Cargo.toml",
    "go.mod",
    "pnpm-lock.yaml",
    "yarn.lock",
    PRE_COMMIT,
)
"""The files at the root from which `suites_of` and `checks_of` see something."""

INSTRUCTIONS = (
    "AGENTS.md",
    "CLAUDE.md",
    "GEMINI.md",
    ".github/copilot-instructions.md",
    ".cursorrules",
    "CONTRIBUTING.md",
    "README.md",
    "README.rst",
    "README",
)
"""Where a repository says how to work in it, what is meant for agents first."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A command that runs the repository's tests: one of gitorch's own words, never text of a file."""

    command: str
    file: str
    """The file at the root that shows it."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A repository or folder as an architect has to know it. Names are foreign text."""

    name: str
    """The root's own name."""
    is_repository: bool
    top_level: tuple[str, ...]
    """Names at the root, folders with a slash."""
    tests: tuple[Suite, ...]
    has_pre_commit: bool
    validators: tuple[tuple[str, str], ...]
    """Name and command of each."""
    instructions: tuple[str, ...]
    """Those of `INSTRUCTIONS` that exist."""


def suites_of(files: Mapping[str, str]) -> tuple[Suite, ...]:
    """The commands that run the tests, the repository's own entry point first; `files` by name."""
    makefile, package = files.get("Makefile", ""), files.get("package.json", "")
    found = {
        "make test": "Makefile" if re.search(r"^test[ \t]*:(?!:*=)", makefile, re.MULTILINE) else None,
        _node(files): "package.json" if _has_test_script(package) else None,
        "python -m pytest": next((name for name in files if _is_of_pytest(name, files[name])), None),
        "tox": next((name for name in files if _is_of_tox(name, files[name])), None),
        "nox": "noxfile.py" if "noxfile.py" in files else None,
        "cargo test": "Cargo.toml" if "Cargo.toml" in files else None,
        "go test ./...": "go.mod" if "go.mod" in files else None,
    }
    return tuple(Suite(command, file) for command, file in found.items() if file)


def _node(files: Mapping[str, str]) -> str:
    return "pnpm test" if "pnpm-lock.yaml" in files else "yarn test" if "yarn.lock" in files else "npm test"


def _has_test_script(package: str) -> bool:
    """Whether package.json has a script `test` other than the one with which `npm init` begins."""
    try:
        script = json.loads(package)["scripts"]["test"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return False
    return isinstance(script, str) and bool(script.strip()) and "no test specified" not in script


def _is_of_pytest(name: str, text: str) -> bool:
    if name == "pyproject.toml":
        return "pytest" in _tools(text)
    sections = {"tox.ini": "pytest", "setup.cfg": "tool:pytest"}
    return name == "pytest.ini" or (name in sections and sections[name] in _sections(text))


def _is_of_tox(name: str, text: str) -> bool:
    if name == "pyproject.toml":
        return "tox" in _tools(text)
    return name == "tox.ini" and any(title.startswith(("tox", "testenv")) for title in _sections(text))


def _tools(pyproject: str) -> Mapping[str, object]:
    try:
        tools = tomllib.loads(pyproject).get("tool")
    except (ValueError, RecursionError):
        return {}
    return tools if isinstance(tools, dict) else {}


def _sections(ini: str) -> list[str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(ini)
    except configparser.Error:
        return []
    return parser.sections()


def validator_lines(suites: Sequence[Suite], *, has_pre_commit: bool) -> tuple[str, ...]:
    """The lines of the policy that make validators of what is plain to see; none where nothing is."""
    lines = [f"  - {{name: tests, command: {suite.command}}}" for suite in suites[:1]]
    if has_pre_commit:
        lines.append("  - {name: pre-commit, pre-commit: true}")
    return ("validators:", *lines) if lines else ()


def unvalidated(suites: Sequence[Suite], *, has_pre_commit: bool, slug: str | None) -> Issue | None:
    """The warning that something could check the work and no validator does; `slug` is an open build."""
    lines = validator_lines(suites, has_pre_commit=has_pre_commit)
    if not lines:
        return None
    found = [f"tests ({suite.command}, from {suite.file})" for suite in suites[:1]]
    found += [f"pre-commit hooks ({PRE_COMMIT})"] if has_pre_commit else []
    text = f"{POLICY_FILE} has no validators, and the repository has {' and '.join(found)}"
    details = (f"with these lines in {POLICY_FILE}, finalize runs them:", *(f"  {line}" for line in lines))
    hints = [SCHEMA]
    if slug:
        accept = f"gitorch finalize --project {slug} --accept-config"
        hints.append(Hint(f"judge the open build by the changed {POLICY_FILE} and land it", accept))
    return Issue("no-validators", text, POLICY_FILE, details, tuple(hints))
