"""A build's own files as they were read: briefs, reports, and what keeps a file from being one. Pure.

Never raises on what a worker wrote. What they mean together, `gitorch.core.state` says.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from gitorch.core.brief import Brief, parse_brief
from gitorch.core.completion import Completion
from gitorch.core.hints import replace_report
from gitorch.core.issue import Hint, Issue
from gitorch.core.names import WorkerId, parse_worker_id
from gitorch.core.paths import repository_path
from gitorch.core.reading import digest_of, read_report
from gitorch.core.text import counted, one_line, typed

SETTLING_SECONDS = 2.0
"""A file that cannot be read yet and is younger than this is taken for half-written."""


class RawFile(NamedTuple):
    """A file of the build folder as it was read: `data`, or the `problem` that kept it from being read.

    `age` is seconds since its last modification, as of the reading; `modified` is when that was, if known.
    """

    name: str
    data: bytes | None
    problem: str | None = None
    age: float = SETTLING_SECONDS
    modified: datetime | None = None


class Corrected(NamedTuple):
    """A report that is not in the spec's form: its path in the build's folder, and its text in that form."""

    path: str
    data: bytes
    text: str
    issue: Issue


class Report(NamedTuple):
    """A worker's report; `path` is from the build's folder, `digest` of the file in the spec's form."""

    path: str
    digest: str
    completion: Completion


class BuildFiles(NamedTuple):
    """What the files of one build say; every one that says nothing is an issue, or still being written."""

    briefs: Mapping[WorkerId, Brief]
    reports: Mapping[WorkerId, Report]
    issues: tuple[Issue, ...] = ()
    unsettled: tuple[str, ...] = ()
    corrected: tuple[Corrected, ...] = ()

    def claimed(self) -> frozenset[str]:
        """Every path that a report claims and that can be one: what the disk is asked about."""
        artifacts = {artifact for report in self.reports.values() for artifact in report.completion.artifacts}
        return frozenset(path for artifact in artifacts if (path := repository_path(artifact)))


def parse_files(slug: str, briefs: Iterable[RawFile], completions: Iterable[RawFile]) -> BuildFiles:
    """Read `briefs`, the files of `workers/`, and `completions`, those of `completions/`."""
    issues: list[Issue] = []
    unsettled: list[str] = []
    corrected: list[Corrected] = []
    known = _read_briefs(briefs, issues)
    reports = _read_completions(slug, completions, known, issues, unsettled, corrected)
    return BuildFiles(known, reports, tuple(issues), tuple(unsettled), tuple(corrected))


def _read_briefs(briefs: Iterable[RawFile], issues: list[Issue]) -> dict[WorkerId, Brief]:
    known: dict[WorkerId, Brief] = {}
    keys: dict[str, Brief] = {}
    for raw in sorted(briefs, key=lambda raw: raw.name):
        path = f"workers/{raw.name}"
        brief = raw.problem or parse_brief(path, raw.data or b"")
        if isinstance(brief, str):
            issues.append(Issue("unreadable-brief", f"{path}: {brief}", path))
            continue
        if other := known.get(brief.id):
            text = f"{path} has the worker_id {brief.id}, which is that of {other.path}"
            issues.append(Issue("duplicate-id", text, path))
            continue
        if brief.key is not None and (twin := keys.setdefault(brief.key, brief)) is not brief:
            text = f"{path} has the key {one_line(brief.key, 60)}, which is that of {twin.path}"
            issues.append(Issue("duplicate-key", text, path))
        known[brief.id] = brief
    return known


def _read_completions(
    slug: str,
    completions: Iterable[RawFile],
    known: Mapping[WorkerId, Brief],
    issues: list[Issue],
    unsettled: list[str],
    corrected: list[Corrected],
) -> dict[WorkerId, Report]:
    by_key = {brief.key: brief.id for brief in known.values() if brief.key}

    def resolve(name: str) -> WorkerId | None:
        worker = parse_worker_id(name)
        return worker if worker in known else by_key.get(name)

    reports: dict[WorkerId, Report] = {}
    for raw in sorted(completions, key=lambda raw: raw.name):
        path = f"completions/{raw.name}"
        worker = resolve(raw.name.removesuffix(".json"))
        if worker is None:
            issues.append(Issue("no-brief", f"{path} has no brief", path))
            continue
        data = raw.data or b""
        read = raw.problem or read_report(data, raw.modified)
        if isinstance(read, str):
            if raw.age < SETTLING_SECONDS and raw.problem is None:
                unsettled.append(path)
            else:
                hints = (replace_report(slug, worker),)
                issues.append(Issue("unreadable-completion", f"{path}: {read}", path, hints=hints))
        elif resolve(read.completion.worker_id) != worker:
            text = f"{path} has the worker_id {one_line(read.completion.worker_id, 60)}, expected {worker}"
            issues.append(Issue("wrong-id", text, path, hints=(replace_report(slug, worker),)))
        elif other := reports.get(worker):
            text = f"{path} is a second report of {worker}, beside {other.path}"
            issues.append(Issue("second-completion", text, path))
        else:
            if read.corrections:
                count = counted(len(read.corrections), "correction")
                text = f"{path} is read with {count}"
                rewrite = Hint(
                    "rewrite the report in the spec's form", f"gitorch sync --project {typed(slug)}"
                )
                note = Issue("corrected-report", text, path, read.corrections, (rewrite,))
                issues.append(note)
                corrected.append(Corrected(path, data, read.text, note))
            reports[worker] = Report(path, digest_of(read, data), read.completion)
    return reports
