"""Patterns as a person writes them in `paths`."""

import time

import pytest

from gitorch.core.config import parse_config
from gitorch.core.errors import ExitStatus, GitorchError
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
        ("[]", ["[]"], ["a"]),
        ("[!]", ["[!]"], ["a", "!"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[+-9]x", ["+x", "5x"], ["/x", "ax"]),
        ("[!a-c]", ["d"], ["b"]),
        ("[a&&b]", ["a", "&"], ["c"]),
        ("[[a||~~]", ["[", "a", "|", "~"], ["b"]),
        ("[\\]", ["\\"], ["a"]),
        ("src/**.py", ["src/a.py", "src/b/c.py"], ["src/a.pyc", "a.py"]),
        ("a**b/c", ["ab/c", "a/x/b/c"], ["a/c", "b/c"]),
        ("**/a*b*c/**/d", ["abc/d", "x/abbc/y/z/d"], ["ab/c/d", "abc/de"]),
        ("a*b", ["abab", "x/acbb/y"], ["a/b", "abc"]),
    ],
)
def test_matches(pattern: str, yes: list[str], no: list[str]) -> None:
    assert [path for path in yes if not matches([pattern], path)] == []
    assert [path for path in no if matches([pattern], path)] == []


SLOW = [
    ("**/" * 17 + "x", "d/" * 25 + "f"),
    ("*a" * 30 + "b", "a" * 250),
    ("**a" * 30 + "b", "a/" * 2000),
    ("**a*b" * 30 + "c", "ab" * 2000),
    ("**/a*" * 100 + "/z", "a/" * 20_000),
]


@pytest.mark.parametrize(("pattern", "path"), SLOW, ids=[pattern[:10] for pattern, _ in SLOW])
def test_no_pattern_takes_longer_than_it_takes_to_read_the_path(pattern: str, path: str) -> None:
    began = time.process_time()
    assert not matches([pattern], path)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("pattern", ["[z-a]", "src/[a--]x", "[!9-0]"])
def test_a_range_that_runs_backwards_is_a_problem_of_the_configuration(pattern: str) -> None:
    for key in (f"paths: ['{pattern}']", f"inputs: {{files: ['{pattern}']}}"):
        with pytest.raises(GitorchError) as caught:
            parse_config(f"validators:\n- {{name: a, command: b, {key}}}\n".encode())
        assert caught.value.status == ExitStatus.BAD_INPUT
        [detail] = caught.value.details
        place = key.partition(":")[0] + (".files" if "files" in key else "")
        assert detail.startswith(f"validators[0].{place}[0]: the range ")
        assert detail.endswith(" runs backwards")


def test_one_of_several_patterns_is_enough_and_none_matches_nothing() -> None:
    assert matches(["*.c", "*.h"], "a.h")
    assert not matches([], "a.h")
