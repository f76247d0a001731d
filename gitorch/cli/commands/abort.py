"""`gitorch abort`: give a build up."""

from dataclasses import asdict
from pathlib import Path

import click

from gitorch.actions.abort import Aborted, abort
from gitorch.cli import options, output
from gitorch.core.text import shown_path


@click.command()
@options.project
@click.option(
    "--discard-files", is_flag=True, help="Give the branch and the files back as they were at the base."
)
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
        output.data(f"its work is kept in {ended.ref}")
        where = f"as at {ended.base[:12]}" if ended.discarded else "as they are, uncommitted"
        output.note(f"the files in {shown_path(ended.worktree)} are {where}")
        if ended.left:
            paths = ", ".join(map(shown_path, ended.left[:20]))
            output.note(f"note: left as they are, since {ended.ref} does not have them so: {paths}")
        for path in ended.apart:
            text = "is a repository of its own: what only it holds stays there, and is not in the snapshot"
            output.note(f"note: {shown_path(path)} {text}")
        if ended.staged:
            paths = ", ".join(map(shown_path, ended.staged[:20]))
            output.note(f"note: staged otherwise than in the files, and kept in {ended.ref}^2: {paths}")
        if ended.discarded and ended.modes:
            paths = ", ".join(map(shown_path, ended.modes[:20]))
            output.note(f"note: git keeps no modes but the run bit, and these had others: {paths}")
        output.note(f"look: git diff --stat {ended.base[:12]} {ended.ref}")
    if ended.records:
        output.note(f"undo: gitorch reopen --project {ended.slug}")
    elif ended.ref:
        output.note("undo: put its records back where they were, then gitorch doctor --fix")
    else:
        output.note("note: its worktree is not there, so there was nothing to keep; its branch stays")
