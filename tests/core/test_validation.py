"""What an end means, and what a person reads of an output."""

import pytest

from gitorch.core.config import Validator
from gitorch.core.text import plain_output
from gitorch.core.validation import log_names, reason, tail_text


@pytest.mark.parametrize(
    ("status", "problem", "timeout", "expected"),
    [
        (0, None, None, None),
        (1, None, None, "ended with exit status 1"),
        (126, None, None, "ended with exit status 126: the command is not executable"),
        (-9, None, None, "was ended by SIGKILL"),
        (-64, None, None, "was ended by SIGRTMAX"),
        (-99, None, None, "was ended by signal 99"),
        (-15, None, 1.5, "took longer than its 1.5 s"),
        (0, None, 600, "took longer than its 600 s"),
        (None, "the program x was not found", None, "the program x was not found"),
    ],
)
def test_reason(status: int | None, problem: str | None, timeout: float | None, expected: str | None) -> None:
    assert reason(status, problem, timeout) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"plain\n", "plain\n"),
        (b"\x1b[1;31mred\x1b[0m", "red"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b]0;never closed\nnext", "\nnext"),
        (b"10%\r50%\r100%\r\nend", "100%\nend"),
        (b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}x".encode(), "\N{REPLACEMENT CHARACTER}x"),
        (b"\x1b", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_plain_output(data: bytes, expected: str) -> None:
    assert plain_output(data) == expected


def test_only_the_end_of_an_output_is_shown_with_long_lines_cut() -> None:
    text = tail_text(b"".join(b"%d\n" % number for number in range(100)) + b"y" * 5000)
    lines = text.split("\n")
    assert (len(lines), lines[0], len(lines[-1])) == (40, "61", 400)


def test_every_validator_has_a_log_of_its_own() -> None:
    names = ["unit tests", "Unit-Tests", "../..", "..", "测试"]
    logs = log_names(Validator(name=name, command="true") for name in names)
    assert len(set(logs.values())) == len(names)
    assert not any("/" in log or log.startswith(".") for log in logs.values())
