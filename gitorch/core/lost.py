"""What became of recorded claims: which are vanished or altered, and which reports were destroyed. Pure.

`vanished` is gone or back at the base, `altered` holds anything else than the report said. Neither is what a
later report of a dependent worker claims, or what the person accepted. Whoever asks, asks here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from gitorch.core.brief import Brief
from gitorch.core.covering import Covering
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.kin import find_kin
from gitorch.core.names import WorkerId
from gitorch.core.opened import Allowed, Claimed
from gitorch.core.paths import repository_path
from gitorch.core.text import counted, shown_path, typed

VANISHED, ALTERED, DESTROYED = "vanished-claim", "altered-claim", "destroyed-claim"
CODES = (VANISHED, ALTERED, DESTROYED)

_NAMED = 40
"""So many of the paths of one issue are named."""
_IN_A_HINT = 20


class Kept(NamedTuple):
    """What was recorded of a build's reports, and what the files that they claim hold now."""

    reports: tuple[Claimed, ...] = ()
    accepted: tuple[Allowed, ...] = ()
    now: Mapping[str, str | None] = {}
    """Path → `MODE ID`, None for nothing; what nobody can read now is not among them."""
    base: Mapping[str, str] = {}
    """The same as of the base, of those that differ from what a report said."""
    own: Mapping[str, frozenset[str]] = {}
    """What snapshots and recorded reports hold, other than the base, at the paths that new reports claim."""
    had: frozenset[str] = frozenset()
    """Of the claimed paths at which nothing is, those at which a snapshot or a recorded report has more."""

    def by_report(self) -> dict[tuple[str, str | None], Claimed]:
        """What was recorded of each report, by its worker and its digest."""
        return {(report.worker, report.digest): report for report in self.reports}


NOTHING_KEPT = Kept()


class Lost(NamedTuple):
    """Claims of one worker that do not hold any more, of one kind; `paths` with what they hold now."""

    worker: WorkerId
    code: str
    paths: Mapping[str, str | None]

    def told(self, slug: str, about: str, severity: Severity) -> Issue:
        """The one issue that all of them are."""
        code, one = self.code, len(self.paths) == 1
        path, entry = next(iter(self.paths.items()))
        which = shown_path(path) if one else counted(len(self.paths), "file")
        if code == ALTERED:
            text = f"{which} {'differs' if one else 'differ'} from what {self.worker} reported"
        else:
            state = _how(entry) if one else "missing or back at the base"
            said = "reported" if code == VANISHED else "claims"
            text = f"{which} that {self.worker} {said} {'is' if one else 'are'} {state}"
        if code == DESTROYED:
            text += f", and {'was' if one else 'were'} not when a snapshot was taken"
        details = () if one else tuple(self._details())
        return Issue(code, text, about, details, self._hints(slug), severity)

    def _details(self) -> Iterator[str]:
        for path, entry in list(self.paths.items())[:_NAMED]:
            yield shown_path(path) if self.code == ALTERED else f"{shown_path(path)}: {_how(entry)}"
        if (more := len(self.paths) - _NAMED) > 0:
            yield f"and {more} more"

    def _hints(self, slug: str) -> tuple[Hint, ...]:
        project, who = f"--project {typed(slug)}", typed(str(self.worker))
        few = len(self.paths) <= _IN_A_HINT
        paths = "".join(f" {typed(f':/{path}')}" for path in self.paths) if few else ""  # from any folder
        if self.code == DESTROYED:
            restore = Hint("restore everything that was lost", f"gitorch restore --lost {project}")
        else:
            what = f"restore what {self.worker} reported"
            restore = Hint(what, f"gitorch restore {project} --from {who}{paths}")
        aim = "accept what is there now" if few else f"accept all files of {self.worker} as they are now"
        return (restore, Hint(aim, f"gitorch accept {project} {who}{paths}"))


def _how(entry: str | None) -> str:
    return "missing" if entry is None else "back at the base"


def judge_kept(
    briefs: Collection[Brief],
    counting: Mapping[WorkerId, str | None],
    new: Mapping[WorkerId, Iterable[str]],
    at_work: Collection[str],
    kept: Kept,
) -> Iterator[Lost]:
    """The claims that are vanished or altered, worker by worker.

    `briefs` come each after those that it depends on; `counting` are the digests of the reports that count,
    `new` the artifacts of those that are not recorded yet; `at_work` are the paths, folders with a slash,
    that launched workers claim or own.
    """
    found = _differing(kept)
    if not found:
        return
    kin = find_kin(briefs)
    ids = {str(worker): worker for worker in kin.bit}
    excused = {(accepted.worker, accepted.path, accepted.holds) for accepted in kept.accepted}
    later: dict[str, int] = defaultdict(int)  # path → who claims it in a later report, a bit each
    covering = Covering(path for paths in found.values() for path in paths)
    for who, artifacts in new.items():
        for path in (path for artifact in artifacts for path in _covered(covering, artifact)):
            later[path] |= kin.bit[who]
    lost = []
    for place, report in reversed([*enumerate(kept.reports)]):
        worker = ids.get(report.worker)
        if worker is None:
            continue
        wrong: dict[str, dict[str, str | None]] = {VANISHED: {}, ALTERED: {}}
        for path in found[place] if counting.get(worker) == report.digest else ():
            entry = kept.now[path]
            if later[path] & kin.needed[worker] or (report.worker, path, entry) in excused:
                continue
            is_lost = entry is None or entry == kept.base.get(path)
            if is_lost or not _is_below(path, at_work):
                wrong[VANISHED if is_lost else ALTERED][path] = entry
        lost += [Lost(worker, code, paths) for code, paths in wrong.items() if paths]
        for path in report.held:
            later[path] |= kin.bit[worker]
    yield from reversed(lost)


def _differing(kept: Kept) -> dict[int, list[str]]:
    """Of each report, by its place, the paths that hold something else now."""
    found = {
        place: [p for p, entry in report.held.items() if p in kept.now and kept.now[p] != entry]
        for place, report in enumerate(kept.reports)
    }
    return found if any(found.values()) else {}


def _is_below(path: str, places: Collection[str]) -> bool:
    if path in places:
        return True
    end = path.find("/")
    while end >= 0:
        if path[: end + 1] in places:
            return True
        end = path.find("/", end + 1)
    return False


def judge_new(
    briefs: Collection[Brief],
    claims: Mapping[WorkerId, Iterable[str]],
    new: Collection[WorkerId],
    counting: Collection[WorkerId],
    kept: Kept,
) -> Iterator[Lost]:
    """The claims of `new` reports, which are not recorded yet, whose files were destroyed before.

    `claims` are the artifacts of all reports. A file that a report of a dependent worker claims as well was
    deleted by that one, if it is among the `counting`; what a snapshot holds of a worker that this one
    depends on was not its own.
    """
    gone = {path for path in kept.own if kept.now.get(path, "") in (None, kept.base.get(path))}
    if not gone:
        return
    kin, covering = find_kin(briefs), Covering(gone)
    owners: dict[str, int] = defaultdict(int)
    mine: dict[WorkerId, list[str]] = {}
    for worker, artifacts in claims.items():
        mine[worker] = [path for artifact in artifacts for path in _covered(covering, artifact)]
        for path in mine[worker] if worker in counting else ():
            owners[path] |= kin.bit[worker]
    theirs = {str(worker): kin.bit[worker] for worker in kin.bit}
    excused = {(accepted.worker, accepted.path, accepted.holds) for accepted in kept.accepted}
    for worker in new:
        paths = {}
        above = [report for report in kept.reports if theirs.get(report.worker, 0) & kin.needs[worker]]
        for path in dict.fromkeys(mine.get(worker, ())):
            before = {report.held.get(path) for report in above}
            accepted = (str(worker), path, kept.now[path]) in excused
            if not (accepted or owners[path] & kin.needed[worker] or kept.own[path] <= before):
                paths[path] = kept.now[path]
        if paths:
            yield Lost(worker, DESTROYED, paths)


def _covered(covering: Covering, artifact: str) -> Collection[str]:
    path = repository_path(artifact)
    return covering.covered(path, is_folder=artifact.endswith("/")) if path else ()
