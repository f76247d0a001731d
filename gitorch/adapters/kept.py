"""What was recorded of an open build's reports against what its files hold now, for `core/lost.py`.

Changes nothing but its own memory of stat data. Where nothing changed it starts no git.
"""

from collections import defaultdict
from collections.abc import Mapping

from gitorch.adapters.git import chain_end, snapshots
from gitorch.adapters.git.entries import entries_at
from gitorch.adapters.git.present import entries_now
from gitorch.adapters.git.repository import Repository
from gitorch.core.build_files import BuildFiles
from gitorch.core.covering import Covering
from gitorch.core.lost import Kept
from gitorch.core.opened import Decided, Opened
from gitorch.core.paths import repository_path


def look_at_kept(repo: Repository, opened: Opened, decided: Decided, files: BuildFiles) -> Kept:
    """What is known of the claims of recorded reports, and of those that are not recorded yet."""
    expected: dict[str, set[str]] = defaultdict(set)
    for report in decided.reports:
        for path, entry in report.held.items():
            expected[path].update([entry] if entry else [])
    changed = _of_new_reports(repo, opened, decided, files)
    for path in changed:
        expected.setdefault(path, set())
    if not expected:
        return Kept(decided.reports, decided.accepted)
    now = entries_now(repo, expected)
    differing = {path for path, entry in now.items() if expected[path] != ({entry} if entry else set())}
    base = entries_at(repo, opened.base, differing | changed.keys())
    own = {path: frozenset(held - {base.get(path)}) for path, held in changed.items()}
    return Kept(
        decided.reports, decided.accepted, now, base, {path: held for path, held in own.items() if held}
    )


def _of_new_reports(
    repo: Repository, opened: Opened, decided: Decided, files: BuildFiles
) -> Mapping[str, set[str]]:
    """What snapshots hold of the files that reports claim which are not recorded yet."""
    recorded = {(report.worker, report.digest) for report in decided.reports}
    claims = [
        artifact
        for worker, report in files.reports.items()
        if (str(worker), report.digest) not in recorded
        for artifact in report.completion.artifacts
    ]
    if not claims or (last := chain_end.recorded(repo, opened.slug)) is None:
        return {}
    found = snapshots.contents(repo, opened.base, last)
    covering = Covering(found)
    covered = {
        path
        for artifact in claims
        if (claim := repository_path(artifact))
        for path in covering.covered(claim, is_folder=artifact.endswith("/"))
    }
    return {path: found[path] for path in covered if found[path]}
