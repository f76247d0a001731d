"""Hooks in a client's settings: put in, found by the client, and taken away byte for byte."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitorch.core.agents.settings import with_hooks, without_hooks

MARK = "/gitorch/guard/agent"
HOOKS: dict[str, list[dict[str, object]]] = {
    "PreToolUse": [
        {"matcher": "Bash|Task", "hooks": [{"type": "command", "command": f"'/x y{MARK}' before-shell"}]}
    ],
    "Stop": [{"hooks": [{"type": "command", "command": f"'/x y{MARK}' stop"}]}],
}

SETTINGS = [
    "{}",
    "{}\n",
    "{ }",
    '{"model": "opus"}',
    '{\n  "model": "opus"\n}\n',
    '{\n\t"model": "ü€",\n\t"hooks": {\n\t\t"Stop": [\n\t\t\t{"hooks": []}\n\t\t]\n\t}\n}\n',
    '// mine\n{\n  // why\n  "hooks": {\n    "Stop": [{"hooks": [{"type": "command", "command": "beep"}]}] // end\n  }, /* , */\n  "a": 1\n}\n',
    '{"hooks": {"Stop": []}, "z": [1,2 ,3]}',
    '{"hooks": {}}',
    '{"hooks": {"Other": [{"hooks": [{"type": "command", "command": "x"}]}]},"b":{"hooks":{"Stop":1}}}',
    '\n\n  {"a":\n1}\n\n',
    '{\r\n  "a": 1\r\n}\r\n',
    '{\n    "a": {"b": [\n        1\n    ]}\n}',
]


def plain(text: str) -> object:
    return json.loads(re.sub(r"//[^\n]*|/\*.*?\*/", "", text))


@pytest.mark.parametrize("before", SETTINGS)
def test_they_are_behind_what_is_there_and_nothing_else_moves(before: str) -> None:
    after = with_hooks(before, HOOKS)

    was, now = plain(before), plain(after)
    assert isinstance(was, dict)
    assert isinstance(now, dict)
    assert {k: v for k, v in now.items() if k != "hooks"} == {k: v for k, v in was.items() if k != "hooks"}
    for event, entries in HOOKS.items():
        assert now["hooks"][event] == [*was.get("hooks", {}).get(event, []), *entries]
    for event in set(was.get("hooks", {})) - set(HOOKS):
        assert now["hooks"][event] == was["hooks"][event]


@pytest.mark.parametrize("before", SETTINGS)
def test_taken_away_no_entry_is_left_and_all_that_was_there_is(before: str) -> None:
    after = without_hooks(with_hooks(before, HOOKS), MARK)

    was, now = plain(before), plain(after)
    assert isinstance(was, dict)
    assert isinstance(now, dict)
    assert MARK not in after
    kept = {event: entries for event, entries in was.get("hooks", {}).items() if entries}
    assert {k: v for k, v in now.items() if k != "hooks"} == {k: v for k, v in was.items() if k != "hooks"}
    assert {event: entries for event, entries in now.get("hooks", {}).items() if entries} == kept
    for comment in re.findall(r"//[^\n]*|/\*.*?\*/", before):
        assert comment in after


def test_an_empty_file_gets_them_alone() -> None:
    assert json.loads(with_hooks("", HOOKS)) == {"hooks": HOOKS}


@pytest.mark.parametrize("text", ["[]", "3", "nonsense", '{"hooks": 3}', '{"hooks": {"Stop": {}}}'])
def test_what_is_no_place_for_hooks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        with_hooks(text, HOOKS)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.text(max_size=6).filter(lambda key: key != "hooks"), VALUES, max_size=4),
    st.sampled_from([None, 1, 2, 4, "\t"]),
    st.booleans(),
)
def test_any_settings_survive_both_ways(
    settings: dict[str, object], indent: int | str | None, ascii_only: bool
) -> None:
    before = json.dumps(settings, indent=indent, ensure_ascii=ascii_only)

    after = with_hooks(before, HOOKS)

    assert json.loads(after) == {**settings, "hooks": HOOKS}
    assert json.loads(without_hooks(after, MARK)) == settings
