"""Patterns for paths, in the manner of `.gitignore`; compares text and never looks at a disk.

No pattern makes it slow: of each stretch between two stars the first place where it fits is taken, and
none other is tried (atomic groups), which is enough because a star takes whatever lies before it.
"""

import itertools
import re
from collections.abc import Iterable
from functools import lru_cache

DESCRIPTION = (
    "`*` and `?` stay inside one folder, `**` crosses folders; a pattern without an inner slash matches "
    "at any depth, and a folder's pattern everything below it"
)

_TOKEN = re.compile(r"(?<![^/])(?:\*\*/)+|\*\*+|\*|\?|\[!?+[^/][^]/]*\]|.", re.DOTALL)
_RANGE = re.compile(r"(.)-(.)|(.)", re.DOTALL)

# The expression is `(?>FOLDERS(?>STRETCH)(?>STAR STRETCH)…)(?>FOLDERS…)…`; what stands here ends one group
# and opens the next.
_FOLDERS = "(?:[^/]*+/)*?"
_STAR = ")(?>[^/]*?"
_ACROSS = f"))(?>{_FOLDERS}(?>"


def matches(patterns: Iterable[str], path: str) -> bool:
    """Whether one of `patterns` matches `path`, which is relative to the root, with slashes."""
    return any(_compiled(pattern).match(path) for pattern in patterns)


def checked(pattern: str) -> str:
    """`pattern` itself; ValueError says what keeps it from being one."""
    _compiled(pattern)
    return pattern


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    body = pattern.rstrip("/")
    start = "(?>(?>" if "/" in body else f"(?>{_FOLDERS}(?>"
    end = "/))" if pattern.endswith("/") else r"(?=/|\Z)))"
    return re.compile(start + "".join(map(_meaning, _TOKEN.findall(body.removeprefix("/")))) + end, re.DOTALL)


def _meaning(part: str) -> str:
    if part.startswith("**"):
        return _ACROSS if part.endswith("/") else _ACROSS + _STAR
    if part == "*":
        return _STAR
    if part == "?":
        return "[^/]"
    return _class(part) if len(part) > 1 else re.escape(part)


def _class(part: str) -> str:
    """`[a-c_]`, which stands for one character that is no slash."""
    inside = part[1:-1].removeprefix("!")
    members = ""
    for first, last, single in _RANGE.findall(inside):
        if first > last:
            raise ValueError(f"the range {first}-{last} in {part} runs backwards")
        members += re.escape(single) or f"{re.escape(first)}-{re.escape(last)}"
    return f"(?!/)[{'^' if part.startswith('[!') else ''}{members}]"


def pathspecs(pattern: str) -> list[str]:
    """Words that have a git command leave out what `pattern` matches (gitglossary(7), `exclude`)."""
    body = pattern.rstrip("/")
    tokens = _TOKEN.findall(body.removeprefix("/"))
    parts = [_for_git(token) for token in tokens]
    starts = ("".join(words) for words in itertools.product(["" if "/" in body else "**/"], *parts) if body)
    ends = ("/**",) if pattern.endswith("/") else ("", "/**")
    return [f":(exclude,glob){start}{end}" for start in starts for end in ends]


def _for_git(part: str) -> tuple[str, ...]:
    """A part as git's wildmatch has it, which lets `**` cross folders only between slashes."""
    if part.startswith("**") and not part.endswith("/"):
        return ("*", "*/**/*")
    if part.endswith("/") and len(part) > 1:
        return ("**/",)
    if len(part) > 1:
        inside = part[1:-1]
        negated = inside.startswith("!")
        members = "".join(f"\\{one}" if one in "\\[]^!" else one for one in inside.removeprefix("!"))
        return (f"[{'!' if negated else ''}{members}]",)
    return ("?" if part == "\n" else f"\\{part}" if part in "\\[" else part,)
