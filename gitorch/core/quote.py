"""Foreign text inside a commit message: quoted, wrapped, and with nothing in it that a tool obeys.

A `> ` before every line keeps it from being a trailer, a heading, a comment or a version bump;
`neutral` takes the force out of what tools find anywhere in a message. Nothing readable is lost.
"""

import re
from collections.abc import Callable, Iterator

from gitorch.core.text import display_width, one_line

WIDTH = 72
"""Columns of a message's body (git's own habit, `git help commit`)."""

_ISSUE_KEY = r"[A-Za-z][A-Za-z0-9_]*-[0-9]+"
_CLOSING = r"(?:clos|fix|resolv|implement|complet)[a-z]*"
_CLOSED_KEY = re.compile(
    rf"\b{_CLOSING}(?:\s*:\s*|\s+)(?:issues?\s+)?{_ISSUE_KEY}(?:(?:\s*,\s*|\s+)(?:and\s+|&\s*)?{_ISSUE_KEY})*",
    re.IGNORECASE,
)

_SKIPS = re.compile(r"skip|no[\s_-]*ci", re.IGNORECASE)


def _rounded(match: re.Match[str]) -> str:
    """What stands in square brackets; in round ones where CI would obey it."""
    return f"({match[1]})" if _SKIPS.search(match[1]) else match[0]


# Each expression takes time in proportion to the text, which may be a worker's and large.
_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # Issues: GitHub's and GitLab's `closes #1`, `owner/repo#1`, JIRA's smart `#close`, `#major`.
    (re.compile(r"#(?=\w)"), "# "),
    (re.compile(r"\b(GH)-(?=[0-9])", re.IGNORECASE), r"\1 "),
    # An issue's or merge request's address; GitLab, Linear and GitHub close by it.
    (
        re.compile(r"/(issues?|pulls?|merge_requests|work_items|epics|browse)/(?=[\w-])", re.IGNORECASE),
        r"/\1/ ",
    ),
    # Mentions. An address such as a@b.example has a letter or digit before the sign; those of GitHub's
    # bots have not: 12+name[bot]@users.noreply.github.com.
    (re.compile(r"(?<![A-Za-z0-9])@(?!users\.noreply\.)(?=\w)"), "@ "),
    # CI: `[skip ci]`, `[ci-skip]`, `[no ci]`, `[actions skip]`, Azure's ***NO_CI***, `skip-checks: true`.
    (re.compile(r"\[([^\[\]]*)\]"), _rounded),
    (re.compile(r"\*{3,}"), "**"),
    (re.compile(r"\bskip-(?=(?:checks|ci)\b)", re.IGNORECASE), "skip "),
    # Versions: Conventional Commits' `feat!:` and footer, GitVersion's `+semver: major`.
    (re.compile(r"!:"), "! :"),
    (re.compile(r"\bBREAKING[\s-]CHANGE"), "breaking change"),
    (re.compile(r"\+(?=semver\s*:)", re.IGNORECASE), "+ "),
    # A line of scissors is one for `git am --scissors` even behind a quotation mark.
    (re.compile(r"(?<![^\s-])(?:>([8%])|([8%])<)(?![^\s-])"), r"\1\2"),
)


def neutral(text: str, limit: int | None = None) -> str:
    """`text` on one clean line, in which no forge, CI or release tool finds a command.

    A reference keeps its words and loses its force: `closes #12` becomes `closes # 12`.
    """
    return one_line(disarm(one_line(text)), limit)


def disarm(line: str) -> str:
    """The same for a line that is clean already; white space stays as it is."""
    line = _CLOSED_KEY.sub(lambda match: re.sub(r"-(?=[0-9])", " ", match[0]), line)
    for pattern, replacement in _RULES:
        line = pattern.sub(replacement, line)
    return line


def quote(text: str, *, first: str = "", limit: int | None = None) -> list[str]:
    """The lines of `text`, made neutral, each beginning with `> ` and at most `WIDTH` columns wide.

    `first` opens the first line; the others are indented below it. No line for an empty text.
    """
    line = neutral(text, limit)
    if not line:
        return []
    indent = "  " if first else ""
    width = WIDTH - display_width("> ") - display_width(indent)
    wrapped = list(_wrap(first + line, width))
    return [f"> {wrapped[0]}", *(f"> {indent}{rest}" for rest in wrapped[1:])]


def fit(line: str, columns: int) -> str:
    """`line`, cut with `…` where it is wider than `columns`."""
    return line if display_width(line) <= columns else line[: _fitting(line, columns - 1)].rstrip() + "…"


def _wrap(line: str, width: int) -> Iterator[str]:
    """Break at spaces; a word longer than a line (an address, Chinese text) is broken where it must be."""
    current, used = "", 0
    for word in line.split(" "):
        columns = display_width(word)
        if current and used + 1 + columns <= width:
            current, used = f"{current} {word}", used + 1 + columns
            continue
        if current:
            yield current
        start = 0
        while columns > width:
            end = _fitting(word, width, start)
            yield word[start:end]
            columns -= display_width(word[start:end])
            start = end
        current, used = word[start:], columns
    if current:
        yield current


def _fitting(word: str, columns: int, start: int = 0) -> int:
    """Where what fits into `columns` from `start` on ends: at least one character further."""
    used = 0
    for place in range(start, len(word)):
        used += display_width(word[place])
        if used > columns:
            return max(place, start + 1)
    return len(word)
