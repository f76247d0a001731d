"""`gitorch restore`: files become again what a snapshot of their build has."""

from pathlib import Path

import click

from gitorch.actions.restore import Restored, restore
from gitorch.cli import options, output
from gitorch.core.text import counted, shown_path
from gitorch.transitions.restore import left_lines

SHOWN = 20
"""So many paths are named once they are restored; `--dry-run` and `--json` name all."""


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--lost", is_flag=True, help="Restore what was deleted, emptied or reset to the base.")
@click.option("--from", "source", metavar="SNAPSHOT|WORKER", help="Restore what this snapshot has.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@options.project
@options.as_json
def command(
    paths: tuple[str, ...],
    project: str | None,
    source: str | None,
    *,
    lost: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Restore files of an open build: whatever was lost, or what a snapshot has.

    PATH is a file or a folder. A snapshot is taken first; its id undoes the restore. WORKER means what that
    worker claims, as it was when its report was recorded. Files are deleted only where a whole snapshot is
    restored that knows them to be absent.
    """
    if lost == (source is not None):
        raise click.UsageError("expected either --lost or --from SNAPSHOT|WORKER")
    done = restore(Path.cwd(), project, source, paths, dry_run=dry_run)
    if as_json:
        output.document("restore", _content(done, dry_run=dry_run))
    else:
        _tell(done, dry_run=dry_run)


def _tell(done: Restored, *, dry_run: bool) -> None:
    written, deleted = ("write", "delete") if dry_run else ("restored", "deleted")
    shown = len(done.targets) if dry_run else SHOWN
    for path, target in list(done.targets.items())[:shown]:
        if target.entry is None:
            output.data(f"{deleted} {shown_path(path)}")
        else:
            output.data(f"{written} {shown_path(path)} from {target.source[:12]}")
    if (more := len(done.targets) - shown) > 0:
        output.data(f"{written} {counted(more, 'more path')}")
    if done.head:
        output.data(f"{'return' if dry_run else 'returned'} HEAD to {done.head}")
    for path, why in done.kept.items():
        output.note(f"note: {shown_path(path)} stays as it is: {why}")
    for line in left_lines(done.left):
        output.note(f"warning: {line}")
    if not done.targets and not done.head:
        output.data("nothing to restore")
    if done.before:
        output.note(f"undo: gitorch restore --from {done.before[:12]} --project {done.slug}")


def _content(done: Restored, *, dry_run: bool) -> dict[str, object]:
    return {
        "project": done.slug,
        "dry_run": dry_run,
        "restored": [
            {"path": path, "from": target.source, "deleted": target.entry is None}
            for path, target in done.targets.items()
        ],
        "kept": dict(done.kept),
        "left": list(done.left),
        "head": done.head,
        "before": done.before,
        "after": done.after,
    }
