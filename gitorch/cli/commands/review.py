"""`gitorch review`: claims against git, concerns, success criteria, and how much each worker changed."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import click

from gitorch.actions.review import Reviewed, Size, review_build
from gitorch.cli import options, output
from gitorch.cli.workers import shown
from gitorch.core.brief import success_criteria
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.state import WorkerState
from gitorch.core.text import one_line


@click.command()
@options.project
@options.as_json
def command(project: str | None, as_json: bool) -> int:  # noqa: FBT001 (click hands it over by name)
    """Compare what the workers claim with what git sees; exit status 1 when the build would not land.

    Shows claims that are wrong, changes that no worker claims, how much each worker changed, open
    concerns, and the success criteria of each brief for you to check.
    """
    seen = review_build(Path.cwd(), project)
    if as_json:
        output.document("review", _content(seen))
        return int(not seen.passed)
    if seen.config_changed:
        changed = " and ".join(seen.config_changed)
        accept = f"gitorch finalize --project {seen.slug} --accept-config"
        hint = Hint("judge by the changed configuration and land it", accept)
        text = f"{changed} differs from the base"
        output.issue(Issue("changed-config", text, changed, hints=(hint,), severity=Severity.WARNING))
    if seen.unvalidated:
        output.issue(seen.unvalidated)
    claimed = seen.size
    output.data(
        f"build {seen.slug}: {len(seen.changes)} paths differ from {seen.base[:12]}; "
        f"claimed: {claimed.files} files, {_lines(claimed)}"
    )
    unreadable = [seen.problem.issue] if seen.problem else []
    output.issues("Keeps the build from landing:", [*seen.review.errors, *unreadable])
    output.issues("Look at:", [i for i in seen.review.issues if i.severity is Severity.WARNING])
    output.data("")
    output.table(
        ("Worker", "Task", "Status", "Files", "Lines"),
        (_row(seen, worker) for worker in seen.state.workers),
        groups=[worker.id.wave for worker in seen.state.workers],
    )
    _show_list("Concerns still open:", _concerns(seen))
    _show_list("Success criteria, for you to check:", _criteria(seen))
    if seen.passed:
        output.note(f"next: gitorch finalize --project {seen.slug}")
    return int(not seen.passed)


def _show_list(title: str, lines: Iterable[str]) -> None:
    if found := [f"  {line}" for line in lines]:
        output.data("\n".join(["", title, *found]))


def _row(seen: Reviewed, worker: WorkerState) -> tuple[str, ...]:
    size = seen.size_of(worker.id)
    status = worker.status.replace("_", " ")
    return (shown(worker), one_line(worker.brief.title), status, str(size.files), _lines(size))


def _lines(size: Size) -> str:
    return f"{size.lines}, {size.binary} not counted" if size.binary else str(size.lines)


def _concerns(seen: Reviewed) -> Iterator[str]:
    for worker in seen.state.workers:
        for concern in worker.completion.concerns if worker.completion else ():
            yield f"{worker.id}: {one_line(concern)}"


def _criteria(seen: Reviewed) -> Iterator[str]:
    for worker in seen.state.workers:
        for criterion in success_criteria(worker.brief):
            yield f"{worker.id}: {one_line(criterion)}"


def _content(seen: Reviewed) -> dict[str, object]:
    kinds = {change.path: change.kind for change in seen.changes}
    return {
        "project": seen.slug,
        "base": seen.base,
        "passed": seen.passed,
        "config_changed": list(seen.config_changed),
        "changed": len(seen.changes),
        **asdict(seen.size),
        "issues": output.entries(
            [
                *seen.review.issues,
                *([seen.problem.issue] if seen.problem else []),
                *([seen.unvalidated] if seen.unvalidated else []),
            ]
        ),
        "unclaimed": list(seen.review.unclaimed),
        "workers": [
            {
                "id": str(worker.id),
                "title": worker.brief.title,
                "status": worker.status,
                **asdict(seen.size_of(worker.id)),
                "changes": [
                    {
                        "path": path,
                        "kind": kinds[path],
                        "lines": (lines := seen.lines.get(path)) and asdict(lines),
                    }
                    for path in seen.review.by_worker[worker.id]
                ],
                "concerns": list(worker.completion.concerns) if worker.completion else [],
                "success_criteria": list(success_criteria(worker.brief)),
            }
            for worker in seen.state.workers
        ],
    }
