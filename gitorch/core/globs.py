"""Patterns for paths, in the manner of `.gitignore`; compares text and never looks at a disk."""

import re
from collections.abc import Iterable
from functools import lru_cache

DESCRIPTION = (
    "`*` and `?` stay inside one folder, `**` crosses folders; a pattern without an inner slash matches "
    "at any depth, and a folder's pattern everything below it"
)

_TOKEN = re.compile(r"\*\*/|/\*\*\Z|\*\*|\*|\?|\[!?\]?[^]/]*\]|.", re.DOTALL)
_MEANING = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def matches(patterns: Iterable[str], path: str) -> bool:
    """Whether one of `patterns` matches `path`, which is relative to the root, with slashes."""
    return any(_compiled(pattern).fullmatch(path) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    body = pattern.rstrip("/")
    start = "" if "/" in body else "(?:.*/)?"
    end = "/.*" if pattern.endswith("/") else "(?:/.*)?"
    return re.compile(start + "".join(map(_token, _TOKEN.findall(body.removeprefix("/")))) + end, re.DOTALL)


def _token(token: str) -> str:
    if token in _MEANING:
        return _MEANING[token]
    if len(token) == 1:
        return re.escape(token)
    inside = token[1:-1].replace("\\", "\\\\").replace("[", "\\[")
    negated = inside.startswith("!")
    inside = inside.removeprefix("!")
    if inside.startswith("]"):
        inside = "\\" + inside
    return f"[^/{inside}]" if negated else f"[{inside}]"
