"""What the guard's hooks wrote down of what they refused."""

from datetime import UTC, datetime

import pytest

from gitorch.core.refused import Refused, parse_refused, tell_refused, write_refused

AT = datetime(2026, 11, 28, 9, 4, 51, tzinfo=UTC)


@pytest.mark.parametrize("worker", ["W1.2", None])
def test_what_is_written_is_read(worker: str | None) -> None:
    assert parse_refused(write_refused(AT, worker, "git commit").encode()) == (
        Refused(AT, worker, "git commit"),
    )


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"0Z W1.2 git commit",
        b"2026-11-28T09:04:51 W1.2 git commit",
        b"\xff\x00",
        b"2026-11-28T09:04:51Z W1.2",
    ],
)
def test_a_line_that_no_hook_writes_is_passed_over(line: bytes) -> None:
    good = write_refused(AT, "W1.2", "git stash").encode()

    assert parse_refused(line + b"\n" + good) == (Refused(AT, "W1.2", "git stash"),)


def test_no_text_of_a_process_reaches_the_terminal_as_it_is() -> None:
    hostile = b"2026-11-28T09:04:51Z W1.2 git \x1b[31m\xff" + b"x" * 200

    (found,) = parse_refused(hostile)

    assert found.command.isprintable()
    assert len(found.command) == 60
    assert write_refused(AT, "W1 2\n", "git\nlog") == "2026-11-28T09:04:51Z - git log\n"


def test_each_worker_is_told_once_the_latest_last() -> None:
    refused = [
        Refused(AT, "W1.2", "git commit"),
        Refused(AT.replace(minute=9), None, "git stash"),
        Refused(AT.replace(minute=5), "W1.2", "git reset --hard"),
    ]

    assert tell_refused(refused) == [
        "W1.2 was refused 2 times (last: git reset --hard)",
        "a process of no worker was refused 1 time (last: git stash)",
    ]
