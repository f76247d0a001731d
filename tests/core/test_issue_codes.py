"""Every issue of the package, over its syntax tree: a known code, hints that are hints, no code unused."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

import gitorch
from gitorch.core.issue import CODES

PACKAGE = Path(gitorch.__file__).parent
MAKERS = ("GitorchError", "bad_input", "Busy", "Issue", "NewerRecords", "Undecided", "of_commit")
"""What makes an issue, its code first."""

HELPERS = {"gitorch/core/errors.py", "gitorch/core/verify/model.py"}
"""Where such a maker is defined: it hands on the code that it was given."""

HANDED_ON = {"issue.code", "error.code", "code"}
"""A code that is not written out where the issue is made: that of another issue, or of a helper's caller."""


@functools.cache
def nodes() -> list[tuple[str, ast.AST]]:
    """Every node of the package's syntax trees, with its file."""
    return [
        (path.relative_to(PACKAGE.parent).as_posix(), node)
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
    ]


def calls(name: str) -> Iterator[tuple[str, ast.Call]]:
    """Each call of a function `name`, by its place in the package."""
    for shown, node in nodes():
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
            yield f"{shown}:{node.lineno}", node


def codes_in(node: ast.expr) -> set[str]:
    """The codes that an expression may be; the empty text for one that was handed on."""
    if isinstance(node, ast.IfExp):
        return codes_in(node.body) | codes_in(node.orelse)
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.JoinedStr):  # the states of a worker that need the person
        ends = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
        return {code for code in CODES if code.endswith(ends)}
    return {""} if ast.unparse(node) in HANDED_ON else {ast.unparse(node)}


@pytest.mark.parametrize("maker", MAKERS)
def test_an_issue_is_made_with_a_code_of_the_table(maker: str) -> None:
    found = {
        place: codes_in(call.args[0])
        for place, call in calls(maker)
        if place.partition(":")[0] not in HELPERS
    }

    unknown = {place: codes - CODES.keys() - {""} for place, codes in found.items()}

    assert {place: codes for place, codes in unknown.items() if codes} == {}


def test_every_code_of_the_table_is_used() -> None:
    texts = {
        node.value
        for shown, node in nodes()
        if shown != "gitorch/core/issue.py" and isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    unused = set(CODES) - texts - {"blocked-worker", "failed-worker"}  # named after the worker's status

    assert unused == set()


def test_no_command_of_a_hint_has_a_remark_behind_it_or_is_cut() -> None:
    for place, call in calls("Hint"):
        text = ast.unparse(call.args[1])
        assert "   (" not in text, place
        assert "…" not in text, place
        assert " | " not in text, place
        assert not any(f" {short} " in text for short in ("-p", "-w", "-o", "-j")), place
