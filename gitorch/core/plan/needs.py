"""Dependencies as people write them inside of a text: `(depends: W1.1)`, `blocked by T3`, `← W1.1`.

Pure. A clause that is plainly a dependency and names no worker keeps its words as names, so that they are
refused.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gitorch.core.plan.words import SPEC_ID, family

_HARD = r"depends?(?:ent|ing)?(?:[ _-]+(?:up)?on)?|dependenc(?:y|ies)|deps?|blocked[ _-]+by"
_SOFT = (
    r"requires?|requiring|needs?|needing|wait(?:s|ing)?[ _-]+(?:for|on)|after|"
    r"prereq(?:uisite)?s?(?![ _-]+(?:for|of))|follows|builds[ _-]+on|building[ _-]+on"
)
_BEFORE = (
    r"(?:un)?blocks|enables|required[ _-]+by|needed[ _-]+by|before|precedes|prerequisite[ _-]+(?:for|of)"
)
_CLAUSE = re.compile(
    rf"(?:(?<![\w-])(?:(?P<before>{_BEFORE})|(?P<hard>{_HARD})|(?P<soft>{_SOFT}))(?![\w-])|(?P<from>[←⟵⇐]|<--?(?!-))|"
    r"(?P<to>[→⟶⇒]|--?>|=>))(?P<colon>[*_`]*+(?:\s*+:)?[*_`]*+)\s*+",
    re.I,
)
_ITEM = re.compile(
    r"[*_`\"]*+(?:(?:all\s++(?:of\s++|workers\s++(?:of|in)\s++)?)?(?P<wave>wave|phase|step|milestone|stage)s?\s++(?P<number>\d{1,4})\b|"
    r"(?:(?:task|worker|ticket|story)s?\s++\#?(?=[\w.-]*\d))?(?P<link>\[(?=[^\]\s]++\]))?(?P<id>[^\W_](?:[\w.+-]*[^\W_])?+)"
    r"(?(link)[*_`]*+\](?:\([^()\s]*+\))?))[*_`\"]*+",
    re.I,
)
_AND = re.compile(r"\s*+(?:,\s*+(?:and\b|&)?|;|&|\+|/|\band\b)\s*+", re.I)
_UNTIL = re.compile(r"(?:\s*+–\s*+|-|\.\.+|…|\s++(?:to|through)\s++)", re.I)
_NOTHING = re.compile(r"[(\[\s]*(?:none|nothing|no one|nil|n/?a|no|[-—–]|\(none\))[)\]\s.]*\Z", re.I)
_NO_NEED = re.compile(r"\s*+[(\[]\s*+(?:no (?:dependenc(?:y|ies)|deps)|independent|parallel)\s*+[)\]]", re.I)
_NEGATED = re.compile(
    r"(?:\bnot|n't|\bno|\bnever|\bwithout|\bnothing|\bindependent(?:ly)?)\s+(?:\w+\s+)?\Z", re.I
)
_SUBJECT = re.compile(r"([^\W_][\w.+-]*)[*_`)\]]*\s+(?:also\s+|only\s+|both\s+)?\Z")
_STARTS = re.compile(r"(?:\A|[(\[;.,:—–|\n]|\*\*|__|\s-)\s*(?:\*\*|__|[*_`])?\Z")
_BRACKETS = re.compile(r"\s*+(?:\([^()\n]*\)|\[[^\[\]\n]*\])[*_`]*+")
_STEP = re.compile(r"\s*(?:--+>|-+>|→|⟶|=+>)(?:\|[^|\n]*\|)?\s*")
LEADS = re.compile(r"[\s>|#*+\-.)\]xX(\[_`~0-9]*?(?=[^\W_\d])")
"""What may stand in a line before its first word."""
_BRACKETED = re.compile(rf"[(\[]\s*+[*_`]*+(?:{_HARD})[*_`]*+\s*+:", re.I)
_WINDOW = 1 << 16


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


@dataclass(slots=True)
class Needs:
    """What a text says; `text` is what is left of it without its clauses."""

    text: str
    edges: list[tuple[str | None, str | None]] = field(default_factory=list)
    """(who, needs whom); None is the worker whose text it is."""
    whole: bool = False
    """The text says nothing else."""


def names(text: str, ids: Ids, *, strict: bool = True) -> list[str]:
    """The workers of a list; in a strict one every part is a name, known or not."""
    text = re.sub(r"\A\s*[(\[](.*)[)\]]\s*\Z", r"\1", text, flags=re.S) if "](" not in text else text
    if not text.strip() or _NOTHING.match(text.strip()):
        return []
    found, end = _list(text, 0, ids, plain_words=True)
    if not strict or not text[end:].strip(" .)]"):
        return found
    parts = [part.strip().strip('`*_"[]') for part in re.split(r"[,\n]", text) if part.strip()]
    return [name for part in parts for name in _named(part, ids)]


def _named(part: str, ids: Ids) -> list[str]:
    """`W1.1 (Schema)`, `W1.1: Schema` → W1.1; anything else as it is."""
    found, end = _list(part, 0, ids, plain_words=True)
    rest = part[end:].lstrip()
    return found if found and (not rest or rest[0] in "(:—–-") else [part]


def _list(text: str, start: int, ids: Ids, *, plain_words: bool) -> tuple[list[str], int]:
    """The ids that stand at `start`, and where they end."""
    found: list[str] = []
    end, place = start, start
    while item := _ITEM.match(text, place):
        if item["wave"]:
            if int(item["number"]) not in ids.waves:
                break
            found += ids.waves[int(item["number"])]
        elif both := _range(item["id"], ids):
            found += both
        elif name := ids.find(item["id"], plain_words=plain_words):
            found.append(name)
        else:
            break
        end = item.end()
        if (until := _UNTIL.match(text, end)) and (last := _ITEM.match(text, until.end())):
            found += _between(found[-1:], last["id"] and ids.find(last["id"], plain_words=False), ids)
            end = last.end() if last["id"] and ids.find(last["id"], plain_words=False) else end
        more = _AND.match(text, end)
        if not more:
            break
        place = more.end()
    return found, end


def _range(text: str, ids: Ids) -> list[str]:
    """`W1.1-W1.3` as every id from the one to the other; nothing where it is an id itself."""
    first, dash, last = text.partition("-")
    if not dash or text.casefold() in ids.folded:
        return []
    ends = [ids.folded.get(name.casefold(), "") for name in (first, last)]
    return ends[:1] + _between(ends[:1], ends[1], ids) if all(ends) else []


def _between(first: list[str], last: str | None, ids: Ids) -> list[str]:
    if not first or not last:
        return []
    if first[0] not in ids.positions or last not in ids.positions:
        return [last]
    start, end = ids.positions[first[0]], ids.positions[last]
    return [name for name in ids.order[start + 1 : end + 1] if family(name) == family(last)]


def read(text: str, ids: Ids, *, own: bool = True) -> Needs:
    """Every dependency that `text` says; `own` is a worker's text, any other names its subject itself."""
    said = Needs("")
    kept, done = [], 0
    text = _NO_NEED.sub("", text) if own else text
    for clause in _CLAUSE.finditer(text):
        if clause.start() < done or _NEGATED.search(text, max(0, clause.start() - 40), clause.start()):
            continue
        before = text[max(done, clause.start() - 80) : clause.start()]
        begins, closed = bool(_STARTS.search(before)), before.rstrip(" *_`")[-1:] in ("(", "[")
        colon = ":" in clause["colon"]
        arrow = bool(clause["from"] or clause["to"])
        sure = colon or closed or arrow
        found, end = _list(text, clause.end(), ids, plain_words=sure or begins)
        if begins and not sure and not re.match(r"[\s*_`]*(?:[.,;)\n]|\Z)", text[end : end + 80]):
            found, end = _list(text, clause.end(), ids, plain_words=False)
        strict = (
            bool(clause["hard"])
            and begins
            and (own or closed)
            and (colon or closed or not before.strip(" *_`"))
        )
        if closed or strict:
            stop = _closing(text, end, closed=closed)
            if text[end:stop].strip(" .*_`") and (strict or (found and colon)):
                found, end = names(text[clause.end() : stop].strip(" .*_`"), ids), stop
        if not found and not (
            strict and _NOTHING.match(text[clause.end() : _closing(text, end, closed=closed)] or "-")
        ):
            continue
        subject = _SUBJECT.search(text, max(0, clause.start() - 90), clause.start()) if not arrow else None
        who = ids.find(subject[1], plain_words=False) if subject else None
        if who is None and not own:
            continue
        reverse = bool(clause["before"] or clause["to"])
        said.edges += [(name, who) if reverse else (who, name) for name in found]
        if own and who is None:
            cut, end = _cut(text, done, clause.start(), end, closed=closed)
            if cut is not None:
                kept.append(text[done:cut])
                done = end
    kept.append(text[done:])
    said.text = "".join(kept)
    said.whole = bool(said.edges or done) and not re.search(r"\w", said.text)
    return said


def _closing(text: str, start: int, *, closed: bool) -> int:
    ends = [at for mark in (")]" if closed else "\n") if (at := text.find(mark, start, start + _WINDOW)) >= 0]
    return min(ends, default=len(text))


def _cut(text: str, done: int, start: int, end: int, *, closed: bool) -> tuple[int | None, int]:
    """Where the clause begins and ends in the text, if it can be taken out without breaking a sentence."""
    begin = _stripped(text, done, start, " *_`")
    if closed:
        stop = _closing(text, end, closed=True)
        if text[end:stop].strip(" *_`."):
            return None, end
        return _stripped(text, done, begin - 1, " \n"), min(stop + 1, len(text))
    after = text[end : end + 80].lstrip(" *_`")
    if after and not after.startswith((".", ";", "\n", ")")):
        return None, end
    if begin > done and text[begin - 1] not in ".;,—–-|\n":
        marked = text[start - 1] in "*_`" or not text[start].isalpha()  # a mark, or an arrow
        return (begin, end) if marked else (None, end)
    return _stripped(text, done, begin, " ;,—–-|"), end + (1 if after[:1] in (".", ";") else 0)


def _stripped(text: str, start: int, end: int, characters: str) -> int:
    """The end of the text less these characters at it."""
    while end > start and text[end - 1] in characters:
        end -= 1
    return max(start, end)


def leading(text: str, start: int, ids: Ids) -> tuple[list[str], int]:
    """The ids with which `text` goes on at `start`, and where they end, a title in brackets included."""
    found, end = _list(text, start, ids, plain_words=True)
    if found and (title := _BRACKETS.match(text, end)):
        end = title.end()
    return found, end


def is_clause(text: str) -> bool:
    """Whether `(depends: …)` stands in a text."""
    return bool(_BRACKETED.search(text))


def mentioned(text: str, ids: Ids) -> list[str]:
    """Every id of the plan that stands in a text, by its looks no plain word."""
    words = re.findall(r"[^\W_](?:[\w.+-]*[^\W_])?", text)
    return [word for word in words if word in ids.positions and re.search(r"[\d_-]", word)]


def edge_line(line: str, ids: Ids) -> list[tuple[str, str]] | None:
    """Who needs whom, by a line of a list of dependencies; None where it names some and is not understood.

    `W2.1 depends on W1.1`, `W2.1: W1.1`, `W1.1 → W2.1 → W3.1`, `| W2.1 | W1.1 |`.
    """
    lead = LEADS.match(line)
    first, place = leading(line, lead.end() if lead else 0, ids)
    rest = line[place:].lstrip(" *_`)")
    found: list[tuple[str, str]] = []
    chain = first
    while chain and (step := _STEP.match(line, place)):
        then, place = leading(line, step.end(), ids)
        found += [(who, need) for who in then for need in chain]
        chain = then
    if not first:
        found = [(who or "", need or "") for who, need in read(line, ids, own=False).edges]
    elif not found:
        if rest.startswith((":", "|")):
            found = [(who, need) for who in first for need in leading(rest[1:].lstrip(), 0, ids)[0]]
        said = read(rest.lstrip(" :|*_`—–-"), ids).edges
        found += [(who or own, need or own) for own in first for who, need in said]
    if not found and len(set(mentioned(line, ids))) > 1:
        return None
    return [(who, need) for who, need in found if who != need]
