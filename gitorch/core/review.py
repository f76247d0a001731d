"""What the workers claim against what git sees: which changes belong to the build, and what disagrees.

A pure function of the completions, the changes since the base, and what was read from the disk. A path
is never interpreted: it is compared, and shown (`core/text.shown_path`).
"""

import itertools
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitorch.core.changes import Change, ChangeKind
from gitorch.core.claims import ClaimKind, Facts, Severity, claim_path, is_record
from gitorch.core.config import Claims, Unclaimed
from gitorch.core.names import WorkerId
from gitorch.core.state import SETTLING_SECONDS, BuildState, WorkerState
from gitorch.core.text import shown_path


@dataclass(frozen=True, slots=True)
class ClaimFinding:
    """One disagreement: which worker, which path, what is wrong, what to do."""

    kind: ClaimKind
    severity: Severity
    path: str
    worker: WorkerId | None
    message: str
    hint: str

    @property
    def line(self) -> str:
        """The finding in one line, for a list."""
        who = f"{self.worker}: " if self.worker else ""
        return f"{who}{shown_path(self.path)} {self.message}; {self.hint}"


@dataclass(frozen=True, slots=True)
class Review:
    """What belongs to the build (`included`: claimed, or its records), and what the person must see."""

    findings: tuple[ClaimFinding, ...]
    included: tuple[str, ...]
    unclaimed: tuple[str, ...]
    by_worker: Mapping[WorkerId, tuple[str, ...]]  # the changed paths that each worker claims

    @property
    def errors(self) -> tuple[ClaimFinding, ...]:
        """What keeps finalize from landing."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)


def claimed_paths(state: BuildState) -> frozenset[str]:
    """Every path that a completion claims and that can be one: what the disk is asked about."""
    return frozenset(
        path for worker in state.workers for artifact in _artifacts(worker) if (path := claim_path(artifact))
    )


def review(
    state: BuildState,
    changes: Sequence[Change],
    facts: Facts,
    *,
    policy: Claims | None = None,
    unclaimed: Unclaimed = "fail",
) -> Review:
    """Judge every claim of `state` against `changes`. `unclaimed` is the person's decision on the rest.

    Raises nothing on what a worker wrote. Findings come sorted by path, kind and worker.
    """
    policy = policy or Claims()
    index = _Index(changes)
    claims = [
        _resolve(worker, artifact, index) for worker in state.workers for artifact in _artifacts(worker)
    ]
    owners: dict[str, list[WorkerId]] = defaultdict(list)
    # A worker may name one place ten thousand times (`a/`, `a//`, `./a/`): what it covers is walked once.
    distinct = {(claim.worker, claim.path, claim.artifact.endswith("/")): claim for claim in claims}
    for claim in distinct.values():
        for path in claim.covers:
            if owners[path][-1:] != [claim.worker]:  # the claims come worker by worker
                owners[path].append(claim.worker)
    owners |= _replaced(changes, owners)
    by_worker: dict[WorkerId, list[str]] = {worker.id: [] for worker in state.workers}
    for path in sorted(owners):
        for who in owners[path]:
            by_worker[who].append(path)
    mine = {change.path for change in changes if is_record(change.path, facts.folder)}
    alone = {change.path for change in changes if change.kind is ChangeKind.ADDED} & {state.meta.plan_file}
    rest = sorted({change.path for change in changes} - set(owners) - mine - alone)
    found = [
        *(finding for claim in claims for finding in _judge_claim(claim, facts)),
        *_judge_owners(owners, state),
        *_judge_changes(changes, owners, facts, policy.max_bytes),
        *_judge_age(owners, facts),
        *(_unclaimed(path, unclaimed) for path in rest),
    ]
    return Review(
        findings=tuple(_weighed(found, policy, unclaimed)),
        included=tuple(sorted(set(owners) | mine)),
        unclaimed=tuple(rest),
        by_worker={worker: tuple(paths) for worker, paths in by_worker.items()},
    )


def _replaced(changes: Sequence[Change], owners: Mapping[str, list[WorkerId]]) -> dict[str, list[WorkerId]]:
    """The deletions that nobody claims and that come with a claim.

    Where a file took a folder's place, or a folder a file's, no tree holds both: each belongs to whoever
    claims what stands there now.
    """
    gone = {change.path for change in changes if change.kind is ChangeKind.DELETED}
    found: dict[str, list[WorkerId]] = {}
    for path in sorted(owners.keys() - gone):
        found |= {above: owners[path] for above in _above(path) if above in gone and above not in owners}
    for path in sorted(gone - owners.keys()):
        for above in _above(path):
            if above in owners and above not in gone:
                found[path] = owners[above]
    return found


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _artifacts(worker: WorkerState) -> tuple[str, ...]:
    return tuple(dict.fromkeys(worker.completion.artifacts)) if worker.completion else ()


class _Index:
    """The changed paths, found by name or by folder; composed and decomposed letters are the same."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.paths = {change.path for change in changes}
        self._normal: dict[str, list[str]] = defaultdict(list)
        self._below: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.paths):
            normal = unicodedata.normalize("NFC", path)
            self._normal[normal].append(path)
            while "/" in normal:
                normal = normal.rpartition("/")[0]
                self._below[normal].append(path)

    def covered(self, path: str, *, is_folder: bool) -> Sequence[str]:
        """The changes that a claim of this path covers: the file itself, or all below the folder."""
        normal = unicodedata.normalize("NFC", path)
        here = [path] if path in self.paths else self._normal.get(normal, [])
        below = self._below.get(normal, [])
        return (below or here) if is_folder else (here or below)


@dataclass(frozen=True, slots=True)
class _Claim:
    worker: WorkerId
    artifact: str  # as the worker wrote it
    path: str | None
    covers: Sequence[str]


def _resolve(worker: WorkerState, artifact: str, index: _Index) -> _Claim:
    path = claim_path(artifact)
    return _Claim(
        worker.id, artifact, path, index.covered(path, is_folder=artifact.endswith("/")) if path else ()
    )


# kind, path, worker, what is wrong, what to do: a finding before its weight is known
_Found = tuple[ClaimKind, str, WorkerId | None, str, str]


def _judge_claim(claim: _Claim, facts: Facts) -> Iterator[_Found]:
    mend = f"mend `artifacts` in the completion of {claim.worker}"
    path = claim.path
    if path is None:
        inside = claim.artifact.removeprefix(facts.root.rstrip("/") + "/")
        if inside != claim.artifact and claim_path(inside):
            mend += f": write {shown_path(inside)}"
        text = "is claimed, and is not the path of a file in this repository"
        yield (ClaimKind.OUTSIDE, claim.artifact, claim.worker, text, mend)
    elif claim.covers:
        return
    elif wall := facts.behind.get(path):
        text = f"is claimed behind {shown_path(wall)}, a symbolic link or another repository"
        todo = f"{mend}: name the place that the link leads to, or {shown_path(wall)} itself"
        yield (ClaimKind.OUTSIDE, path, claim.worker, text, todo)
    elif path in facts.ignored:
        text = "is claimed but ignored by git, and would silently stay out of the commit"
        todo = f"add it with `git add --force`, change .gitignore, or {mend}"
        yield (ClaimKind.IGNORED, path, claim.worker, text, todo)
    elif path in facts.present:
        text = "is claimed but does not differ from the base"
        yield (ClaimKind.UNCHANGED, path, claim.worker, text, f"finish the work, or {mend}")
    else:
        text = "is claimed but does not exist"
        yield (ClaimKind.MISSING, path, claim.worker, text, f"write the file, or {mend}")


def _judge_owners(owners: Mapping[str, Sequence[WorkerId]], state: BuildState) -> Iterator[_Found]:
    """Two claims of one file are fine where one worker built upon the other."""
    bit = {worker.id: 1 << place for place, worker in enumerate(state.workers)}
    needs: dict[WorkerId, int] = {}  # near and far, one bit each: a chain's sets would fill the memory
    for worker in state.workers:
        needs[worker.id] = 0
        for near in worker.brief.depends_on:
            needs[worker.id] |= bit.get(near, 0) | needs.get(near, 0)
    for path, who in owners.items():
        apart = [  # neighbours are enough: who needs a worker needs all that it needs
            (first, second)
            for first, second in itertools.pairwise(who)
            if not (bit[first] & needs[second] or bit[second] & needs[first])
        ]
        if apart:
            first, second = apart[0]
            text = (
                f"is claimed by {' and '.join(map(str, who))}; neither of {first}, {second} needs the other"
            )
            todo = "look whose work is in it, and mend `artifacts` in the other completion"
            yield (ClaimKind.CLAIMED_TWICE, path, second, text, todo)


def _judge_changes(
    changes: Iterable[Change], owners: Mapping[str, Sequence[WorkerId]], facts: Facts, max_bytes: int
) -> Iterator[_Found]:
    """What is wrong with a changed file itself, whoever claims it."""
    for change in changes:
        path = change.path
        worker = owners[path][-1] if path in owners else None
        fact = facts.files.get(path)
        if change.kind is ChangeKind.UNMERGED:
            todo = "resolve the conflict, then git add it"
            yield (ClaimKind.CONFLICT_MARKERS, path, worker, "is unmerged in the index", todo)
        elif fact and fact.conflict_line:
            text = f"has a conflict marker in line {fact.conflict_line}"
            yield (ClaimKind.CONFLICT_MARKERS, path, worker, text, "resolve the conflict")
        if other := facts.collisions.get(path):
            text = f"differs from {shown_path(other)} in upper and lower case alone"
            todo = "rename or delete one of them; macOS and Windows keep only one"
            yield (ClaimKind.CASE_COLLISION, path, worker, text, todo)
        if fact and fact.size > max_bytes and not fact.stored_elsewhere:
            text = f"has {fact.size:,} bytes, more than the {max_bytes:,} of claims.max_bytes"
            todo = "delete or ignore it, keep it in git LFS, or raise claims.max_bytes in .gitorch.yaml"
            yield (ClaimKind.OVERSIZED, path, worker, text, todo)


def _judge_age(owners: Mapping[str, Sequence[WorkerId]], facts: Facts) -> Iterator[_Found]:
    """A file that was written after the last report that claims it: the report may not describe it."""
    for path, who in owners.items():
        fact = facts.files.get(path)
        times = {worker: facts.reported[worker] for worker in who if worker in facts.reported}
        if fact is None or not times:
            continue
        last = max(times, key=lambda worker: (times[worker], worker))
        late = fact.modified - times[last]
        if late > SETTLING_SECONDS:
            text = f"was written {late:.0f} s after the completion of {last} that claims it"
            yield (ClaimKind.STALE, path, last, text, f"look at it, then let {last} report again")


def _unclaimed(path: str, decided: Unclaimed) -> _Found:
    todo = {
        "fail": "name it in a completion, delete it, or: gitorch finalize --unclaimed include|leave",
        "include": "it becomes part of the commit",
        "leave": "it stays uncommitted",
    }[decided]
    return (ClaimKind.UNCLAIMED, path, None, "changed, and no worker claims it", todo)


def _weighed(found: Iterable[_Found], policy: Claims, unclaimed: Unclaimed) -> Iterator[ClaimFinding]:
    for kind, path, worker, message, hint in sorted(found, key=lambda f: (f[1], f[0], f[2] or (0, 0), f[3])):
        if kind is ClaimKind.UNCLAIMED:
            severity = Severity.ERROR if unclaimed == "fail" else Severity.WARNING
        else:
            severity = getattr(policy, kind)
        if severity is not Severity.OFF:
            yield ClaimFinding(kind, severity, path, worker, message, hint)
