"""What a restore has to do: each path, what it becomes, and the snapshot that has it so. Changes no file."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from gitorch.actions.policy import policy_of
from gitorch.actions.workplace import Build
from gitorch.adapters.git import chain, scan, switching
from gitorch.adapters.git.capture import Capture
from gitorch.adapters.git.objects import files_below, find_paths
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core import globs
from gitorch.core.chain import Message, Snapshot, Target, find_lost, is_covered
from gitorch.core.completion import MAX_BYTES
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.names import CommitId, parse_worker_id
from gitorch.core.opened import Recorded
from gitorch.core.paths import repository_path
from gitorch.core.reading import Reading, digest_of, read_report
from gitorch.core.text import named, shown_path

_FEWEST = 4
"""So many digits of an id name a snapshot, at least."""

_MOST = 64 * MAX_BYTES  # of the reports of one snapshot


class Wanted(NamedTuple):
    """What was asked for: from a snapshot or worker, or, without one, what was lost; of `paths`, or all."""

    source: str | None
    paths: tuple[str, ...]

    @property
    def words(self) -> str:
        """As it was typed."""
        return "restore --lost" if self.source is None else f"restore --from {self.source}"

    def has(self, path: str) -> bool:
        """Whether the path is among those that were asked for."""
        return (
            not self.paths
            or "" in self.paths
            or is_covered(path, [*self.paths, *(f"{p}/" for p in self.paths)])
        )


class Plan(NamedTuple):
    """What becomes of each path, why others stay as they are, and the tree that this leads to."""

    targets: Mapping[str, Target]
    kept: Mapping[str, str]
    tree: str


def plan_restore(
    build: Build, wanted: Wanted, seen: Capture, last: CommitId | None, led: CommitId | None
) -> Plan:
    """Plan it for the working tree as it was `seen`; `last` is the chain's last snapshot.

    With `led`, the commit to which HEAD was led away, what was lost includes what that took.
    """
    repo, opened = build.require_opened()
    line = chain.read_chain(repo, opened.base, last)
    if wanted.source is None:
        elsewhere = chain.changes(repo, opened.base, led) if led else {}
        now = Snapshot(
            CommitId(""),
            last or opened.base,
            datetime.now(UTC),
            Message("now"),
            chain.changes_since(repo, line, opened.base, seen.tree),
        )
        there = {path: after for path, (_, after) in elsewhere.items()}
        decided = registry.read_decided(repo, build.slug)
        accepted = {(one.path, one.holds) for one in decided.accepted}
        targets = _lost(repo, opened.folder, [now, *line], there, accepted)
        kept: dict[str, str] = {}
    else:
        targets, kept = _from_snapshot(build, wanted, seen, line)
    targets = {path: target for path, target in targets.items() if wanted.has(path)}
    left_out = {
        path: f"has content that no snapshot has ({seen.left_out[path]})"
        for path in targets
        if path in seen.left_out
    }
    kept |= left_out
    return _without_blocked(repo, seen.tree, {p: t for p, t in targets.items() if p not in left_out}, kept)


def _lost(
    repo: Repository,
    folder: str,
    line: Sequence[Snapshot],
    elsewhere: Mapping[str, str | None],
    accepted: Collection[tuple[str, str | None]],
) -> dict[str, Target]:
    found = find_lost(line, {}, elsewhere, accepted)
    claims = {s.commit: _claims(repo, folder, s) for s in line if found and s.message.reports}
    return find_lost(line, claims, elsewhere, accepted) if claims else found


def _claims(repo: Repository, folder: str, snapshot: Snapshot) -> frozenset[str]:
    """What the reports in a snapshot claim; folders end with a slash."""
    found = set()
    digests = {digest for _, digest in snapshot.message.reports}
    below = f"{folder}/completions"
    for file in files_below(repo, snapshot.commit, below, MAX_BYTES, _MOST).values():
        read = read_report(file.data or b"", datetime.now(UTC))
        if isinstance(read, Reading) and file.data and digest_of(read, file.data) in digests:
            for artifact in read.completion.artifacts:
                if path := repository_path(artifact):
                    found.add(f"{path}/" if artifact.endswith("/") else path)
    return frozenset(found)


def _from_snapshot(
    build: Build, wanted: Wanted, seen: Capture, line: Sequence[Snapshot]
) -> tuple[dict[str, Target], dict[str, str]]:
    repo, _ = build.require_opened()
    chosen, report = find_snapshot(build, line, wanted.source or "")
    source, kept = chosen.commit, {}
    differing = chain.changes(repo, seen.tree, source)
    if report and not wanted.paths:
        differing = {path: change for path, change in differing.items() if path in report.held}
    _check_paths(repo, chosen, wanted)
    whole = not report and not wanted.paths
    deleted = [path for path, (_, then) in differing.items() if then is None and whole]
    ignored = scan.ignored(
        repo, [path for path in deleted if (repo.root / path).is_symlink() or (repo.root / path).exists()]
    )
    exclude = policy_of(build).config.snapshots.exclude
    targets = {}
    for path, (now, then) in differing.items():
        if any(entry and entry.startswith("160000 ") for entry in (now, then)):
            continue
        if path in chosen.message.left_out:
            kept[path] = f"was left out of {source[:12]}"
        elif then is not None:
            targets[path] = Target(then, source)
        elif whole and path not in ignored and not globs.matches(exclude, path):
            if chosen.message.unnamed:
                kept[path] = f"may have been left out of {source[:12]}"
            else:
                targets[path] = Target(None, source)
    return targets, kept


def find_snapshot(build: Build, line: Sequence[Snapshot], name: str) -> tuple[Snapshot, Recorded | None]:
    """The snapshot of this id, or the one in which this worker's report was recorded last, and that report.

    GitorchError (exit 2) when the chain has none, or several whose ids begin so.
    """
    worker, report = _worker_id(build, name), None
    if worker:
        decided = registry.read_decided(build.place.need_repo(), build.slug)
        report = next((report for report in decided.reports if report.worker == worker), None)
        found = [s for s in line if report and s.commit == report.snapshot]
    else:
        found = [s for s in line if len(name) >= _FEWEST and s.commit.startswith(name)]
    if len(found) == 1:
        return found[0], report
    what = f"{len(found)} snapshots of build {build.slug} begin with {named(name)}"
    if not found and worker:
        what = f"no report of {worker} has been recorded in a snapshot"
    elif not found:
        what = f"build {build.slug} has no snapshot {named(name)}"
    see = Hint("see every snapshot", f"gitorch log --project {build.slug}")
    raise GitorchError("unknown-snapshot", what, about=name, hints=[see])


def _worker_id(build: Build, name: str) -> str | None:
    """The worker's id, by its key too; None for no worker of the build."""
    if parse_worker_id(name):
        return name
    try:
        found = build.read_state().find(name)
    except GitorchError:  # the records are missing, and may be what is to be restored
        return None
    return str(found.id) if found else None


def _check_paths(repo: Repository, chosen: Snapshot, wanted: Wanted) -> None:
    """Every path that was asked for is in the snapshot."""
    if not any(wanted.paths):
        return
    there = find_paths(repo, chosen.commit, [path for path in wanted.paths if path])
    for path in wanted.paths:
        if path and path not in there:
            out = (
                f"{shown_path(path)} was left out of"
                if path in chosen.message.left_out
                else f"{shown_path(path)} is not in"
            )
            raise GitorchError(
                "unknown-path",
                f"{out} the snapshot {chosen.commit[:12]}",
                about=path,
                hints=[Hint("see what is in it", f"git ls-tree -r --name-only {chosen.commit[:12]}")],
            )


def _without_blocked(repo: Repository, now: str, targets: dict[str, Target], kept: dict[str, str]) -> Plan:
    """Leave out what could only be written where something else is, or through a link."""
    for path, wall in switching.walls(repo, targets).items():
        del targets[path]
        kept[path] = f"{shown_path(wall)} is a symbolic link, and gitorch writes through none"
    while True:
        tree, taken = chain.compose(repo, now, {path: target.entry for path, target in targets.items()})
        if not taken:
            return Plan(targets, kept, tree)
        for path in [p for p in targets if any(_meet(p, other) for other in taken)]:
            del targets[path]
            kept[path] = "a folder or a file that is there now blocks it"


def _meet(one: str, other: str) -> bool:
    return one.startswith(f"{other}/") or other.startswith(f"{one}/")
