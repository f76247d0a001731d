"""A part of a person's file that gitorch owns: one block of whole lines between two markers. Pure text.

Everything outside the block is the person's and comes back byte for byte, whatever became of the markers.
"""

import re

BEGIN = "<!-- gitorch:begin (gitorch writes the text from here down to gitorch:end) -->"
END = "<!-- gitorch:end -->"
_MARKER = re.compile(r"^[ \t]*<!-- gitorch:(begin|end)\b[^\n]*?-->[ \t]*\r?(?:\n|\Z)", re.MULTILINE)


def block(content: str) -> str:
    """`content` (whole lines) between its markers."""
    return f"{BEGIN}\n{content}{END}\n"


def put(existing: str, content: str) -> str:
    """`existing` with `content` as its block: in its old place, or else behind everything.

    With markers that are damaged or doubled nobody can tell whose text stands between them: then
    only the marker lines go, every other line stays, and a fresh block follows at the end.
    """
    if place := _place(existing):
        return existing[: place[0]] + block(content) + existing[place[1] :]
    kept = _MARKER.sub("", existing)
    return kept + ("\n" if kept else "") + block(content)  # one line end, which `remove` takes away


def outside(existing: str) -> str:
    """The person's text: all of it but the block."""
    if place := _place(existing):
        return existing[: place[0]] + existing[place[1] :]
    return _MARKER.sub("", existing)


def remove(existing: str) -> str:
    """What `put` began with: `existing` without its block, and without the line end before one at the end."""
    if (place := _place(existing)) and place[1] == len(existing):
        return existing[: place[0]].removesuffix("\n")
    return outside(existing)


def _place(existing: str) -> tuple[int, int] | None:
    """Where the block begins and ends; None unless there is exactly one, whole."""
    markers = list(_MARKER.finditer(existing))
    if [marker[1] for marker in markers] != ["begin", "end"]:
        return None
    return markers[0].start(), markers[1].end()
