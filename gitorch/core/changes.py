"""What differs from the base, as git sees it, and what the validators said: values to pass on."""

from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """How a path differs from the base commit."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    TYPE_CHANGED = "type_changed"
    UNMERGED = "unmerged"


KIND_OF_LETTER = {
    "A": ChangeKind.ADDED,
    "M": ChangeKind.MODIFIED,
    "D": ChangeKind.DELETED,
    "T": ChangeKind.TYPE_CHANGED,
}
"""git's status letters (gitdiff-core(7)), without renames and copies, for which nobody asks."""


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One path of the working tree that differs from the base; from the root, with slashes.

    Bytes of a name that are not UTF-8 stand as surrogates (`os.fsdecode`).
    """

    path: str
    kind: ChangeKind


@dataclass(frozen=True, slots=True)
class Lines:
    """How many lines a change adds and removes."""

    added: int
    removed: int

    def __add__(self, other: "Lines") -> "Lines":
        return Lines(self.added + other.added, self.removed + other.removed)

    def __str__(self) -> str:
        return f"+{self.added} -{self.removed}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one validator judged the candidate. `reason` is set when it did not pass."""

    name: str
    command: str
    passed: bool
    seconds: float
    reason: str | None = None
    output_tail: str = ""  # cleaned, the last lines of what it printed
    log: str | None = None  # where the whole output is kept
    remembered: bool = False  # judged before: same tree, definition, inputs and tools
    allowed_to_fail: bool = False
    skipped: str | None = None  # why it had nothing to look at, and was not run
