"""The paths in a line of outputs, without what people write around them. Pure."""

import re
from collections.abc import Sequence

from gitorch.core.plan.blocks import bare
from gitorch.core.plan.ids import is_nothing

_BEFORE = re.compile(
    r"\A(?:(?:new|changed|updated?|modified|created?|modify|edits?|the|a|files?|and|in)\s+)*(?=`)", re.I
)
_SPANS = re.compile(r"`\s+(?:and|&|\+)\s+(?=`)", re.I)
_PLAIN = re.compile(
    r"\b(?:new|changed|updated?|modified|created?|the|a|files?|and|none|nothing|n/a)\b|&|\+", re.I
)
_AFTER = re.compile(r"\s+(?:\(|—|–|--?\s)")
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def outputs(text: str, *, point: bool = False) -> Sequence[str]:
    """Each path or artifact: `` `a.py` and `b.py` ``, `a.py (new)`; one in other words stays as it is.

    A `point` of a list is one output, whatever commas are in it, unless it has several in code.
    """
    text = _SPANS.sub("`, ", text)
    parts = [text] if point and text.count("`") < 4 else _parts(text)
    return [found for part in parts if (found := _path(part))]


def is_more(text: str, found: Sequence[str]) -> bool:
    """Whether the outputs leave words of their line out that say something."""
    kept, place = [], 0
    for path in found:  # in the order of the line
        start = max(place, text.find(path, place))
        kept.append(text[place:start])
        place = start + len(path)
    return bool(_PLAIN.sub("", "".join([*kept, text[place:]])).strip(" `,;()."))


def _parts(text: str) -> Sequence[str]:
    """Split at commas and semicolons that are in no code and in no brackets."""
    last = {mark: text.rfind(mark) for mark in ("`", *_PAIRS.values())}
    found, start, code, within = [], 0, False, ""
    for place, mark in enumerate(text):
        if mark == "`":
            code = not code and last["`"] > place
        elif not code and not within and mark in _PAIRS and last[_PAIRS[mark]] > place:
            within = _PAIRS[mark]
        elif mark == within and not code:
            within = ""
        elif mark in ",;" and not code and not within:
            found.append(text[start:place])
            start = place + 1
    return [*found, text[start:]]


def _path(part: str) -> str:
    text = part.strip()
    if is_nothing(text):
        return ""
    before = _BEFORE.match(text)
    span = text[before.end() :] if before else text
    if span.startswith("`") and (end := span.find("`", 1)) > 1:
        after = span[end + 1 :].rstrip(". ")
        return span[1:end] if not after or _AFTER.match(after) else bare(text)
    decoration = _AFTER.search(text)
    head = text[: decoration.start()] if decoration else text
    return head if re.search(r"[./]\w", head) and " " not in head else text
