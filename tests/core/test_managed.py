"""The block that gitorch owns in a person's file: put in, replaced, taken out, and never a byte beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitorch.core import managed

TEXTS = ["", "\n", "mine", "mine\n", "mine\n\n", "mine\r\n", "\ufeffmine\r\n\r\n", "a\udcffb \t\n"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_block_comes_behind_the_text_and_goes_without_a_trace(text: str) -> None:
    once = managed.put(text, "first\n")
    assert once.startswith(text)
    assert managed.put(once, "first\n") == once
    again = managed.put(once, "second\n")
    assert (again.count("second\n"), again.count("first\n")) == (1, 0)
    assert managed.remove(again) == text


@given(st.text(alphabet="ab\r\n <!-", max_size=20), st.text(alphabet="ab\r\n", max_size=20))
def test_text_around_a_block_stays_byte_for_byte(before: str, after: str) -> None:
    text = managed.put(before, "old\n") + after
    replaced = managed.put(text, "new\n")
    assert replaced == text.replace("old\n", "new\n", 1)
    assert managed.outside(replaced) == managed.outside(text)
