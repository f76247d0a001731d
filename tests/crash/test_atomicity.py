"""docs/design/atomicity.md names a test for each of its rows, and each of them is there."""

import re
from pathlib import Path

from tests.crash.test_interleaved import KILLED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "design" / "atomicity.md").read_text()


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(tests/\S+\.py)::(\w+)`", PAGE)

    missing = [name for file, name in named if f"def {name}(" not in (ROOT / file).read_text()]

    assert named
    assert missing == []


def test_the_page_has_a_row_for_each_command_that_is_killed() -> None:
    cases = re.findall(r"`(\w+: [\w-]+, [\w-]+)` \|$", PAGE, re.MULTILINE)

    assert sorted(cases) == sorted(map(str, KILLED))
