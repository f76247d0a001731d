"""Dependencies as people write them inside of a text: `(depends: W1.1)`, `blocked by T3`, `← W1.1`.

Pure. A clause that is plainly a dependency and names no worker keeps its words as names, so that they are
refused.
"""

import re
from dataclasses import dataclass, field

from gitorch.core.plan.ids import Ids, is_nothing, is_prose, leading, mentioned, names, read_list

_HARD = r"depends?(?:ent|ing)?(?:[ _-]*(?:up)?on)?|dependenc(?:y|ies)|deps?|blocked[ _-]*by"
_SOFT = (
    r"requires?|requiring|needs?|needing|wait(?:s|ing)?[ _-]+(?:for|on)|after|"
    r"pre-?req(?:uisite)?s?(?![ _-]+(?:for|of))|predecessors?|"
    r"(?:blocked|waits?|waiting|starts?|begins?)[ _-]+until|follows|builds[ _-]+on|building[ _-]+on"
)
_BEFORE = (
    r"(?:un)?blocks|enables|required[ _-]+by|needed[ _-]+by|before|precedes|prerequisite[ _-]+(?:for|of)"
)
_CLAUSE = re.compile(
    rf"(?:(?<![^\W_])(?<!-)(?<![^\W_]_)(?:(?P<before>{_BEFORE})|(?P<hard>{_HARD})|(?P<soft>{_SOFT}))(?![\w-]|[./]\w)|"
    r"(?P<from>[←⟵⇐]|<--?(?!-))|(?P<to>[→⟶⇒]|--?>|=>))(?P<colon>[*_`]*+(?:\s*+:)?[*_`]*+)\s*+",
    re.I,
)
_NO_NEED = re.compile(r"\s*+[(\[]\s*+(?:no (?:dependenc(?:y|ies)|deps)|independent|parallel)\s*+[)\]]", re.I)
_NEGATED = re.compile(
    r"(?:\bnot|n't|\bno|\bnever|\bwithout|\bnothing|\bindependent(?:ly)?)\s+(?:\w+\s+)?\Z", re.I
)
_SUBJECT = re.compile(r"([^\W_][\w.+-]*)[*_`)\]]*\s+(?:also\s+|only\s+|both\s+)?\Z")
_STARTS = re.compile(
    r"(?:\A|[(\[;.,:—–|\n]|\*\*|__|\s-)\s*(?:\*\*|__|[*_`])?(?:(?:must|should|can|may|has|have|to|only|runs?|starts?|begins?|do)\s+){0,3}\Z",
    re.I,
)
_ENDS = re.compile(r"[\s*_`]*(?:[.,;)\n]|\Z)")
_STEP = re.compile(r"\s*(?:--+>|-+>|→|⟶|=+>)(?:\|[^|\n]*\|)?\s*")
_BRACKETED = re.compile(rf"[(\[]\s*+[*_`]*+(?:{_HARD})[*_`]*+\s*+:", re.I)
LEADS = re.compile(r"(?:\[[xX]\]|[\W_0-9])*?(?=[^\W_\d])")
"""What may stand in a line before its first word."""
_WINDOW = 1 << 16

Edges = list[tuple[str | None, str | None]]
"""(who, needs whom); None is the worker whose text it is."""


@dataclass(slots=True)
class Needs:
    """What a text says; `text` is what is left of it without its clauses."""

    text: str
    edges: Edges = field(default_factory=list)
    whole: bool = False
    """The text says nothing else."""


def read(text: str, ids: Ids, *, own: bool = True) -> Needs:
    """Every dependency that `text` says; `own` is a worker's text, any other names its subject itself."""
    said = Needs("")
    kept, done = [], 0
    text = _NO_NEED.sub("", text) if own else text
    for match in _CLAUSE.finditer(text):
        start = match.start()
        until = (match["soft"] or "").casefold().endswith("until")  # 'do not start until' is one
        if start < done or (not until and _NEGATED.search(text, max(0, start - 40), start)):
            continue
        clause = _Clause(text, match, done, own=own)
        found, end = clause.workers(ids)
        who = None if clause.arrow else _subject(text, start, ids)
        if end is None or (who is None and not own):
            continue
        reverse = bool(match["before"] or match["to"])
        said.edges += [(name, who) if reverse else (who, name) for name in found]
        if own and who is None and (cut := clause.cut(end)):
            kept.append(text[done : cut[0]])
            done = cut[1]
    kept.append(text[done:])
    said.text = "".join(kept)
    said.whole = bool(said.edges or done) and not re.search(r"\w", said.text)
    return said


def _subject(text: str, end: int, ids: Ids) -> str | None:
    """The worker named right before the clause: `W2.1 depends on …`."""
    subject = _SUBJECT.search(text, max(0, end - 90), end)
    return ids.find(subject[1], plain_words=False) if subject else None


class _Clause:
    """One word of dependency in a text, and what is around it. `done` is how far the text was taken."""

    def __init__(self, text: str, match: re.Match[str], done: int, *, own: bool) -> None:
        self.text, self.done, self.start, self.after = text, done, match.start(), match.end()
        before = text[max(done, self.start - 80) : self.start]
        self.begins = bool(_STARTS.search(before))
        self.closed = before.rstrip(" *_`")[-1:] in ("(", "[")
        self.colon = ":" in match["colon"]
        self.arrow = bool(match["from"] or match["to"])
        alone = not before.strip(" *_`")
        sure = self.closed or (own and (self.colon or alone))
        self.strict = bool(match["hard"]) and self.begins and sure

    def workers(self, ids: Ids) -> tuple[list[str], int | None]:
        """Whom it names, and where they end; None where it is no dependency."""
        text, sure = self.text, self.colon or self.closed or self.arrow
        found, end = read_list(text, self.after, ids, plain_words=sure or self.begins)
        if self.begins and not sure and not _ENDS.match(text[end : end + 80]):
            found, end = read_list(text, self.after, ids, plain_words=False)
        if self.closed or self.strict:
            stop = _closing(text, end, closed=self.closed)
            rest = text[end:stop].strip(" .*_`")
            if rest and (self.strict or (found and self.colon)) and not (found and is_prose(rest, ids)):
                return names(text[self.after : stop].strip(" .*_`"), ids), stop
        if found:
            return found, end
        nothing = self.strict and is_nothing(text[self.after : _closing(text, end, closed=self.closed)])
        return [], end if nothing else None

    def cut(self, end: int) -> tuple[int, int] | None:
        """Where it begins and ends, if it can be taken out of the text without breaking a sentence."""
        text, done = self.text, self.done
        begin = _stripped(text, done, self.start, " *_`")
        if self.closed:
            stop = _closing(text, end, closed=True)
            prose = text[end:stop].strip(" *_`.")
            return None if prose else (_stripped(text, done, begin - 1, " \n"), min(stop + 1, len(text)))
        after = text[end : end + 80].lstrip(" *_`")
        if after and not after.startswith((".", ";", "\n", ")")):
            return None
        if begin > done and text[begin - 1] not in ".;,—–-|\n":
            marked = text[self.start - 1] in "*_`" or self.arrow
            return (begin, end) if marked else None
        return _stripped(text, done, begin, " ;,—–-|"), end + (1 if after[:1] in (".", ";") else 0)


def _closing(text: str, start: int, *, closed: bool) -> int:
    ends = [at for mark in (")]" if closed else "\n") if (at := text.find(mark, start, start + _WINDOW)) >= 0]
    return min(ends, default=len(text))


def _stripped(text: str, start: int, end: int, characters: str) -> int:
    """The end of the text less these characters at it."""
    while end > start and text[end - 1] in characters:
        end -= 1
    return max(start, end)


def is_clause(text: str) -> bool:
    """Whether `(depends: …)` stands in a text."""
    return bool(_BRACKETED.search(text))


def begins(line: str, ids: Ids) -> bool:
    """Whether a line begins with `Depends on X`, X being a worker of the plan: nobody knows whose it is."""
    lead = LEADS.match(line)
    match = _CLAUSE.match(line, lead.end()) if lead else None
    found = read_list(line, match.end(), ids, plain_words=True)[0] if match and match["hard"] else []
    return any(name in ids.positions for name in found)


def sides(line: str) -> tuple[str, str] | None:
    """(who, needs whom) as a line names them, in any words: `UI depends on Schema`."""
    match = _CLAUSE.search(line)
    if not match:
        return None
    both = [part.strip(" \t>|#*+-_`()[].:") for part in (line[: match.start()], line[match.end() :])]
    return (both[1], both[0]) if match["before"] or match["to"] else (both[0], both[1])


def is_plain(text: str, ids: Ids) -> bool:
    """Whether `depends on X` or the like stands in a text, X being a worker of the plan."""
    found = (match for match in _CLAUSE.finditer(text) if match["hard"])
    named = (
        read_list(text, match.end(), ids, plain_words=True)[0]
        for match in found
        if not _NEGATED.search(text, max(0, match.start() - 40), match.start())
    )
    return any(name in ids.positions for names in named for name in names)


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
        said = read(rest.lstrip(" :|*_`—–-"), ids).edges
        if rest.startswith((":", "|")):
            listed, end = leading(rest[1:].lstrip(), 0, ids)
            again = listed == first and rest[1:].lstrip()[end:].strip(
                " |*_`."
            )  # `W2.1: W2.1 depends on W1.1`
            found = [] if again else [(who, need) for who in first for need in listed]
        found += [(who or own, need or own) for own in first for who, need in said]
    if not found and len(set(mentioned(line, ids))) > 1:
        return None
    return found
