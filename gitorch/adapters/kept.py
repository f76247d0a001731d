"""What was recorded of an open build's reports against what its files hold now, for `core/lost.py`.

Changes nothing but its own memory of stat data. Where nothing changed it starts no git.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from gitorch.adapters.git import chain_end, snapshots
from gitorch.adapters.git.entries import entries_at
from gitorch.adapters.git.present import entries_now
from gitorch.adapters.git.repository import Repository
from gitorch.core.build_files import BuildFiles
from gitorch.core.covering import Covering
from gitorch.core.lost import Kept
from gitorch.core.opened import Decided, Opened
from gitorch.core.paths import repository_path


def look_at_kept(
    repo: Repository, opened: Opened, decided: Decided, files: BuildFiles, missing: Collection[str]
) -> Kept:
    """What is known of the claims of recorded reports, and of those that are not recorded yet.

    `missing` are the claimed paths at which nothing is, and at which the base has nothing. Asks the chain of
    snapshots where a report is new, or where no recorded report had one of them.
    """
    expected: dict[str, set[str]] = defaultdict(set)
    for report in decided.reports:
        for path, entry in report.held.items():
            expected[path].update([entry] if entry else [])
    held = {path: entries for path, entries in expected.items() if entries}
    new = _new_claims(decided, files)
    had = _had(missing, held)
    changed: dict[str, set[str]] = {}
    if new or len(had) < len(missing):
        last = chain_end.recorded(repo, opened.slug)
        found = snapshots.contents(repo, opened.base, last) if last else {}
        whole = {path: found.get(path, set()) | held.get(path, set()) for path in found.keys() | held.keys()}
        changed = _covered(new, {path: entries for path, entries in whole.items() if entries})
        had = _had(missing, [path for path, entries in whole.items() if entries])
    for path in changed:
        expected.setdefault(path, set())
    if not expected:
        return Kept(decided.reports, decided.accepted, had=had)
    now = entries_now(repo, expected)
    differing = {path for path, entry in now.items() if expected[path] != ({entry} if entry else set())}
    base = entries_at(repo, opened.base, differing | changed.keys())
    own = {path: frozenset(entries - {base.get(path)}) for path, entries in changed.items()}
    own = {path: entries for path, entries in own.items() if entries}
    return Kept(decided.reports, decided.accepted, now, base, own, had)


def _had(missing: Collection[str], there: Iterable[str]) -> frozenset[str]:
    """Those of `missing` that are among `there`, or the folder of one."""
    covering = Covering(there) if missing else None
    return frozenset(path for path in missing if covering and covering.covered(path, is_folder=False))


def _new_claims(decided: Decided, files: BuildFiles) -> list[str]:
    """The artifacts of the reports that are not recorded yet."""
    recorded = {(report.worker, report.digest) for report in decided.reports}
    return [
        artifact
        for worker, report in files.reports.items()
        if (str(worker), report.digest) not in recorded
        for artifact in report.completion.artifacts
    ]


def _covered(claims: Collection[str], there: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """What is `there` of the files that `claims` cover."""
    covering = Covering(there) if claims else None
    return {
        path: there[path]
        for artifact in claims
        if covering and (claim := repository_path(artifact))
        for path in covering.covered(claim, is_folder=artifact.endswith("/"))
    }
