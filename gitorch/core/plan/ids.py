"""Lists of workers as people write them: `W1.1, W1.2 and W1.4`, `W1.1-W1.3`, `all of wave 1`. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gitorch.core.plan.words import SPEC_ID, family

_ITEM = re.compile(
    r"[*_`\"]*+(?:(?:all\s++(?:of\s++|workers\s++(?:of|in)\s++)?)?"
    r"(?P<wave>wave|phase|step|milestone|stage)s?\s++(?P<number>\d{1,4})\b|"
    r"(?:(?:task|worker|ticket|story)s?\s++\#?(?=[\w.-]*\d))?"
    r"(?P<link>\[(?=[^\]\s]++\]))?(?P<id>[^\W_](?:[\w.+-]*[^\W_])?+)"
    r"(?(link)[*_`]*+\](?:\([^()\s]*+\))?))[*_`\"]*+",
    re.I,
)
_AND = re.compile(r"\s*+(?:,\s*+(?:and\b|&)?|;|&|\+|/|\band\b)\s*+|\s++", re.I)
_UNTIL = re.compile(r"(?:\s*+–\s*+|-|\.\.+|…|\s++(?:to|through)\s++)", re.I)
_NOTHING = re.compile(r"[(\[\s]*(?:none|nothing|no one|nil|n/?a|no|[-—–]|\(none\))[)\]\s.]*\Z", re.I)
_JOINS = re.compile(
    r"\A(?:(?:and|also|both|plus|then|after|needs?|requires?|as\s+well\s+as|depends\s+on)\s+|[&+]\s*)+|\A\#(?=\w)",
    re.I,
)
_TITLED = re.compile(r"\(([^()]*)\)\Z")
_BRACKETS = re.compile(r"\s*+(?:\([^()\n]*\)|\[[^\[\]\n]*\])[*_`]*+")
_GOES_ON = re.compile(r"\s*(?:[,;&+/]|and\b)", re.I)
_WORD = re.compile(r"[^\W_](?:[\w.+-]*[^\W_])?")


@dataclass(frozen=True, slots=True)
class Ids:
    """The workers that a text may name: every id in the plan's order, and those of each wave."""

    order: Sequence[str]
    waves: Mapping[int, Sequence[str]]
    folded: Mapping[str, str]
    positions: Mapping[str, int]
    families: frozenset[str]

    @staticmethod
    def of(order: Sequence[str], waves: Mapping[int, Sequence[str]]) -> "Ids":
        positions = {name: position for position, name in enumerate(order)}
        families = frozenset(map(family, order)) - {""}
        return Ids(order, waves, {name.casefold(): name for name in order}, positions, families)

    def find(self, name: str, *, plain_words: bool) -> str | None:
        """The id that `name` is, or would be if the plan had it."""
        known = self.folded.get(name.casefold())
        if known is not None and (plain_words or re.search(r"[\d_-]", name)):
            return known
        return name if SPEC_ID.match(name) or family(name) in self.families else None


def is_nothing(text: str) -> bool:
    """`none`, `n/a`, `-`."""
    return not text.strip() or bool(_NOTHING.match(text.strip()))


def names(text: str, ids: Ids) -> list[str]:
    """The workers that a text lists; parts of it that are none are names all the same, and refused later."""
    text = re.sub(r"\A\s*[(\[](.*)[)\]]\s*\Z", r"\1", text, flags=re.S) if "](" not in text else text
    if is_nothing(text):
        return []
    found, end = read_list(text, 0, ids, plain_words=True)
    if found and is_prose(text[end:], ids):
        return found
    parts = [
        _JOINS.sub("", part.strip().strip('`*_"[]')) for part in re.split(r"[,;\n]", text) if part.strip()
    ]
    return [name for part in parts for name in _named(part, ids)]


def _named(part: str, ids: Ids) -> list[str]:
    """`W1.1 (Schema)`, `W1.1: Schema`, `Schema (W1.1)` → W1.1; anything else as it is."""
    found, end = read_list(part, 0, ids, plain_words=True)
    rest = part[end:].lstrip()
    if not found:
        title = _TITLED.search(part)
        inside = read_list(title[1], 0, ids, plain_words=False) if title else ([], 0)
        return inside[0] if title and inside[0] and inside[1] == len(title[1]) else [part]
    if not rest:
        return found
    if rest[0] not in "(:—–-":
        return [part]
    more = _JOINS.sub("", rest.lstrip("(:—–- "))
    further = read_list(more, 0, ids, plain_words=False)[0] if more != rest.lstrip("(:—–- ") else []
    other = {word for word in _WORD.findall(rest) if word in ids.positions and re.search(r"[\d_-]", word)}
    return [*found, *further] if other <= {*found, *further} else [part]


def is_prose(text: str, ids: Ids) -> bool:
    """Whether what follows a list goes on with no further worker."""
    return not _GOES_ON.match(text) and not any(
        SPEC_ID.match(word) or word in ids.positions for word in _WORD.findall(text)
    )


def read_list(text: str, start: int, ids: Ids, *, plain_words: bool) -> tuple[list[str], int]:
    """The ids that stand at `start`, and where they end."""
    found: list[str] = []
    end, place = start, start
    while item := _ITEM.match(text, place):
        some = _of_item(item, ids, plain_words=plain_words)
        if not some:
            break
        found += some
        end = item.end()
        until = _UNTIL.match(text, end)
        last = _ITEM.match(text, until.end()) if until else None
        if last and last["id"] and (name := ids.find(last["id"], plain_words=False)):
            found += _between(found[-1], name, ids)
            end = last.end()
        more = _AND.match(text, end)
        if not more:
            break
        place = more.end()
    return found, end


def _of_item(item: re.Match[str], ids: Ids, *, plain_words: bool) -> Sequence[str]:
    if item["wave"]:
        return ids.waves.get(int(item["number"]), ())
    if both := _range(item["id"], ids):
        return both
    name = ids.find(item["id"], plain_words=plain_words)
    return [name] if name else []


def _range(text: str, ids: Ids) -> list[str]:
    """`W1.1-W1.3` as every id from the one to the other; nothing where it is an id itself."""
    first, dash, last = text.partition("-")
    if not dash or text.casefold() in ids.folded:
        return []
    if last.isdigit():  # `W1.1-3`
        last = re.sub(r"\d+\Z", last, first)
    start, end = (ids.folded.get(name.casefold()) for name in (first, last))
    return [start, *_between(start, end, ids)] if start and end else []


def _between(first: str, last: str, ids: Ids) -> list[str]:
    """What comes after `first` up to `last`, of one family, in the plan's order."""
    if first not in ids.positions or last not in ids.positions:
        return [last]
    inside = ids.order[ids.positions[first] + 1 : ids.positions[last] + 1]
    return [name for name in inside if family(name) == family(last)]


def leading(text: str, start: int, ids: Ids) -> tuple[list[str], int]:
    """The ids with which `text` goes on at `start`, and where they end, a title in brackets included."""
    found, end = read_list(text, start, ids, plain_words=True)
    if found and (title := _BRACKETS.match(text, end)):
        end = title.end()
    return found, end


def mentioned(text: str, ids: Ids) -> list[str]:
    """Every id of the plan that stands in a text, by its looks no plain word."""
    return [word for word in _WORD.findall(text) if word in ids.positions and re.search(r"[\d_-]", word)]
