"""How a worker's claim and git can disagree: the codes that the policy weighs, and what only the disk knows.

Values; nothing here looks at a disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
}
"""Code of an issue → the key below `claims:` in .gitorch.yaml that sets its severity."""


@dataclass(frozen=True, slots=True)
class FileFact:
    """A changed regular file as it lies on the disk. `modified` in seconds of the epoch, `size` in bytes."""

    size: int
    modified: float
    conflict_line: int | None = None  # of the first conflict marker that the base did not have
    stored_elsewhere: bool = False  # by git LFS: git itself gets a few lines


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the disk knows. Paths are relative to the root.

    A claimed path stands here as `repository_path` gives it.
    """

    root: str  # of the working tree, absolute
    folder: str  # of the build, relative to the root
    present: frozenset[str] = frozenset()  # claimed paths at which something lies
    ignored: frozenset[str] = frozenset()  # claimed paths that `.gitignore` and the like keep out
    behind: Mapping[str, str] = field(default_factory=dict)  # claimed path → link or repository above it
    files: Mapping[str, FileFact] = field(default_factory=dict)  # changed path → what lies there
    collisions: Mapping[str, str] = field(default_factory=dict)  # added path → one that differs in case
    reported: Mapping[WorkerId, float] = field(default_factory=dict)  # when each completion was written
