"""Patterns as a person writes them in `paths`."""

import pytest

from gitorch.core.globs import matches


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.py", ["a.py", "src/deep/a.py", ".py", "a\nb.py"], ["a.pyc", "py"]),
        ("src/*.py", ["src/a.py"], ["src/deep/a.py", "x/src/a.py"]),
        ("/README", ["README"], ["docs/README"]),
        ("README", ["README", "docs/README", "README/inside"], ["README.md"]),
        ("src/", ["src/a", "x/src/a/b"], ["src"]),
        ("src", ["src", "src/a/b", "x/src/a"], ["srcs/a"]),
        ("src/**", ["src/a", "src/a/b"], ["src", "x/src/a"]),
        ("**/test_*.py", ["test_a.py", "a/b/test_a.py"], ["a/tests.py"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["a/bz", "b/z"]),
        ("a?c", ["abc", "x/a-c"], ["ac", "a/c"]),
        ("[ab]x", ["ax", "bx"], ["cx", "abx"]),
        ("[!ab]x", ["cx"], ["ax", "/x"]),
        ("[]]x", ["]x"], ["x"]),
        ("a+b(c).{d}^$", ["a+b(c).{d}^$"], ["aab(c).{d}"]),
        ("[", ["["], ["a"]),
    ],
)
def test_matches(pattern: str, yes: list[str], no: list[str]) -> None:
    assert [path for path in yes if not matches([pattern], path)] == []
    assert [path for path in no if matches([pattern], path)] == []


def test_one_of_several_patterns_is_enough_and_none_matches_nothing() -> None:
    assert matches(["*.c", "*.h"], "a.h")
    assert not matches([], "a.h")
