"""How a worker's claim and git can disagree: the codes that the policy weighs, and what only the disk knows.

Values; nothing here looks at a disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gitorch.core.config import Claims
from gitorch.core.evidence import CODES_OF_CLAIMS, NOTHING_KNOWN, Evidence
from gitorch.core.issue import Severity
from gitorch.core.names import WorkerId

KEYS: Mapping[str, str] = {
    "missing-artifact": "missing",
    "unchanged-file": "unchanged",
    "ignored-file": "ignored",
    "claimed-twice": "claimed_twice",
    "claim-outside": "outside",
    "conflict-markers": "conflict_markers",
    "case-collision": "case_collision",
    "oversized-file": "oversized",
    "stale-report": "stale",
    "vanished-claim": "vanished",
    "altered-claim": "altered",
    "destroyed-claim": "vanished",
}
"""Code of an issue → the key below `claims:` in .gitorch.yaml that sets its severity."""


def weights_of(policy: Claims) -> Mapping[str, Severity]:
    """How much each way weighs in which a report's claim does not hold, for `Evidence.weights`."""
    return {code: getattr(policy, KEYS[code]) for code in CODES_OF_CLAIMS}


@dataclass(frozen=True, slots=True)
class FileFact:
    """A changed regular file as it lies on the disk. `modified` in seconds of the epoch, `size` in bytes."""

    size: int
    modified: float
    conflict_line: int | None = None  # of the first conflict marker that the base did not have
    stored_elsewhere: bool = False  # by git LFS: git itself gets a few lines


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the disk knows. Paths are relative to the root."""

    folder: str  # of the build, relative to the root
    evidence: Evidence = NOTHING_KNOWN  # about the claims
    files: Mapping[str, FileFact] = field(default_factory=dict)  # changed path → what lies there
    collisions: Mapping[str, str] = field(default_factory=dict)  # added path → one that differs in case
    reported: Mapping[WorkerId, float] = field(default_factory=dict)  # when each completion was written
