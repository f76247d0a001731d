"""Names that may become paths and branches."""

import pytest

from gitorch.core.names import WorkerId, file_name_part, parse_worker_id, slug_problem


@pytest.mark.parametrize("text", ["a", "calendar-v2", "auth-system", "x.y_z", "0"])
def test_a_safe_slug_is_taken(text: str) -> None:
    assert slug_problem(text) is None


@pytest.mark.parametrize(
    "text", ["", "..", "a..b", "../a", "a/b", "A", "-a", "a-", "a.lock", "é", "a\n", "a b", "x" * 65]
)
def test_an_unsafe_slug_is_refused(text: str) -> None:
    assert slug_problem(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("W1.1", WorkerId(1, 1)),
        ("W12.30", WorkerId(12, 30)),
        ("W0.1", None),
        ("w1.1", None),
        ("W1.1\n", None),
    ],
)
def test_worker_ids(text: str, expected: WorkerId | None) -> None:
    assert parse_worker_id(text) == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Database Schema", "database-schema"), ("../../etc", "etc"), ("日本 語", "日本-語"), ("!!", "worker")],
)
def test_a_file_name_holds_no_separator(title: str, expected: str) -> None:
    assert file_name_part(title) == expected
