"""Issues, hints, and the table of codes."""

import os
import subprocess

import pytest

from gitorch.core.errors import GitorchError
from gitorch.core.issue import CODES, Hint, Issue, Severity, as_json
from gitorch.core.text import typed


def test_an_issue_has_the_severity_that_the_table_gives_its_code() -> None:
    assert Issue("stale-report", "a").severity is Severity.WARNING
    assert Issue("stale-report", "a", severity=Severity.ERROR).severity is Severity.ERROR


def test_an_unknown_code_is_refused_where_it_is_used() -> None:
    with pytest.raises(ValueError, match="'no-such-code' is not in the table of codes"):
        GitorchError("no-such-code", "text")


@pytest.mark.parametrize(("purpose", "command"), [("", "ls"), ("look", ""), ("look", "ls\nrm x")])
def test_a_hint_is_a_purpose_and_one_line_for_a_shell(purpose: str, command: str) -> None:
    with pytest.raises(ValueError, match="each on one line"):
        Hint(purpose, command)


def test_an_issue_has_one_form_in_json() -> None:
    issue = Issue(
        "blocked-worker", "W1.1 is blocked", "W1.1", ("why",), (Hint("start it", "gitorch launch W1.1"),)
    )

    shape = as_json(issue)

    assert shape == {
        "code": "blocked-worker",
        "severity": "error",
        "about": "W1.1",
        "message": "W1.1 is blocked",
        "details": ["why"],
        "hints": [{"purpose": "start it", "command": "gitorch launch W1.1"}],
    }


def test_each_code_is_kebab_case_and_its_meaning_one_sentence() -> None:
    for code, (severity, meaning) in CODES.items():
        assert code.replace("-", "").isalpha(), code
        assert code == code.lower()
        assert severity is not Severity.OFF
        assert meaning[0].isupper(), code
        assert meaning.index(".") == len(meaning) - 1, code


@pytest.mark.parametrize(
    "name", ["a b", "it's", "-x", "a\nb", "\x1b[31m", "a\u202eb", "caf\udce9", "$(id)`id`"]
)
def test_a_typed_word_is_one_line_that_sh_reads_as_the_same_bytes(name: str) -> None:
    word = typed(name)

    ran = subprocess.run(["sh", "-c", f"printf %s {word}"], capture_output=True, check=True)

    assert "\n" not in word
    assert ran.stdout == os.fsencode(name)
