"""`gitorch abort`: close a build without a commit."""

from dataclasses import asdict
from pathlib import Path

import click

from gitorch.actions.abort import Aborted, abort
from gitorch.cli import options, output
from gitorch.core.text import shown_path


@click.command()
@options.project
@click.option("--discard-files", is_flag=True, help="Reset the branch and the files to the base.")
@options.as_json
def command(project: str | None, *, discard_files: bool, as_json: bool) -> None:
    """Close a build without a commit; its work is kept in a snapshot first.

    Without --discard-files every file stays as it is, uncommitted. Ignored files are neither kept nor
    touched.
    """
    ended = abort(Path.cwd(), project, discard=discard_files)
    if as_json:
        content = asdict(ended)
        output.document("abort", {"project": content.pop("slug"), **content})
    else:
        _tell(ended)


def _tell(ended: Aborted) -> None:
    output.data(f"build {ended.slug} is aborted")
    if ended.ref and ended.base and ended.worktree:
        output.data(f"the work is kept in {ended.ref}")
        where = f"as at {ended.base[:12]}" if ended.discarded else "as they are, uncommitted"
        output.note(f"the files in {shown_path(ended.worktree)} are {where}")
        if ended.left:
            paths = ", ".join(map(shown_path, ended.left[:20]))
            output.note(f"warning: not discarded, because {ended.ref} has other content: {paths}")
        for path, why in list(ended.left_out.items())[:20]:
            output.note(f"note: {shown_path(path)} is left as it is, and is not in the snapshot: {why}")
        if ended.staged:
            paths = ", ".join(map(shown_path, ended.staged[:20]))
            output.note(f"note: what was staged differed from the files, and is in {ended.ref}^2: {paths}")
        if ended.discarded and ended.modes:
            paths = ", ".join(map(shown_path, ended.modes[:20]))
            output.note(f"warning: git keeps no modes but the executable bit, and these had others: {paths}")
        output.note(f"look: git diff --stat {ended.base[:12]} {ended.ref}")
    if ended.records:
        output.note(f"undo: gitorch reopen --project {ended.slug}")
    elif ended.ref:
        output.note("note: the build cannot be opened again while its records are missing")
    else:
        output.note("note: the worktree does not exist, nothing was kept; the branch stays")
