"""Foreign text inside a commit message: quoted, wrapped, and with nothing in it that a tool obeys.

A `> ` before every line keeps it from being a trailer, a heading, a comment or a version bump;
`neutral` takes the force out of what tools find anywhere in a message. Nothing readable is lost.
"""

import re
from collections.abc import Iterator

from gitorch.core.text import display_width, one_line

WIDTH = 72
"""Columns of a message's body (git's own habit, `git help commit`)."""

_ISSUE_KEY = r"[A-Za-z][A-Za-z0-9_]*-[0-9]+"
_CLOSING = r"(?:clos|fix|resolv|implement|complet)[a-z]*"
_CLOSED_KEY = re.compile(
    rf"\b{_CLOSING}(?:\s*:\s*|\s+)(?:issues?\s+)?{_ISSUE_KEY}(?:(?:\s*,\s*|\s+)(?:and\s+|&\s*)?{_ISSUE_KEY})*",
    re.IGNORECASE,
)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
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
    (re.compile(r"\[([^\[\]]*(?:skip|no[\s_-]*ci)[^\[\]]*)\]", re.IGNORECASE), r"(\1)"),
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
    current = ""
    for word in line.split(" "):
        joined = f"{current} {word}" if current else word
        if display_width(joined) <= width:
            current = joined
            continue
        if current:
            yield current
        current = word
        while display_width(current) > width:
            head = _fitting(current, width)
            yield current[:head]
            current = current[head:]
    if current:
        yield current


def _fitting(word: str, width: int) -> int:
    """How many characters of `word` fit into `width` columns, at least one."""
    used = 0
    for count, character in enumerate(word):
        used += display_width(character)
        if used > width:
            return max(count, 1)
    return len(word)
