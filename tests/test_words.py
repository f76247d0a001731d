"""The words that are kept out of messages, help and docs."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import gitorch
from gitorch.cli.app import app
from tests.scene.shell import Ran, pasteable

ROOT = Path(gitorch.__file__).parent.parent

BANNED = {
    r"mend(s|ed|ing)?": "fix",
    r"stands?|stood": "is, is installed",
    r"lies": "is",
    r"is not there|(is|are|was) gone": "does not exist, is missing, was deleted",
    r"in the way|in the place of": "blocks, replaces",
    r"meanwhile|come into being": "while gitorch was running, was created by another process",
    r"otherwise than": "differs from",
    r"(give|gives|gave|given) (\w+ )?back": "restore",
    r"(take|takes|took|taken) (\w+ )?(back|away)": "undo, remove",
    r"(repository|repositories) of (its|their) own": "nested repository",
    r"run bits?": "executable bit",
    r"nobody's|whoever|somebody else's": "not part of a build, another process",
    r"content with": "passes",
    r"may not be run": "is not executable",
    r"report that counts": "valid report",
}
"""What is not said → what is."""

FIND = re.compile(rf"\b({'|'.join(BANNED)})\b", re.IGNORECASE)

ALLOWED = {
    "gitorch/demo/content.py": "the program that the demo's workers write, comments of its own included",
}
"""Files whose texts no person reads as gitorch's words, and why."""

DOCS = sorted([ROOT / "README.md", ROOT / "action.yml", *(ROOT / "docs").rglob("*.*")])


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every text of a module that may reach a person: its strings, without its docstrings."""
    tree = ast.parse(path.read_text())
    silent = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in silent:
            yield node.lineno, node.value


def commands(group: click.Group, above: str = "gitorch") -> Iterator[tuple[str, click.Command]]:
    """Every command by the words that a person types."""
    yield above, group
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{above} {name}")
        elif command:
            yield f"{above} {name}", command


def test_no_message_has_a_banned_word() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text.strip()[:80]}"
        for path in sorted((ROOT / "gitorch").rglob("*.py"))
        if path.relative_to(ROOT).as_posix() not in ALLOWED
        for line, text in texts_of(path)
        if FIND.search(text)
    ]

    assert found == []


def test_no_help_has_a_banned_word() -> None:
    found = [
        f"{words}: {line.strip()}"
        for words, command in commands(app)
        for line in command.get_help(click.Context(command, info_name=words)).splitlines()
        if FIND.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("path", DOCS, ids=[path.relative_to(ROOT).as_posix() for path in DOCS])
def test_no_page_has_a_banned_word(path: Path) -> None:
    lines = path.read_text().splitlines()

    found = [f"{number}: {line}" for number, line in enumerate(lines, 1) if FIND.search(line)]

    assert found == []


def test_no_hook_says_a_banned_word() -> None:
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in sorted((ROOT / "hooks").iterdir())
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "gitorch: " in line.partition("#")[0] and FIND.search(line.partition("#")[0])
    ]

    assert found == []


@pytest.mark.parametrize(
    "line", ["hint: gitorch list", "hint: to see all, run: gitorch list   (every one)", "hint: to x, run: 'a"]
)
def test_a_hint_that_cannot_be_pasted_fails_every_test_that_prints_it(line: str) -> None:
    with pytest.raises(AssertionError, match=r"no purpose and command|sh does not read"):
        pasteable(Ran(1, "", f"error: x\n{line}\n"))
