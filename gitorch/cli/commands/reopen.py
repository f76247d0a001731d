"""`gitorch reopen`: open a closed build again as it was before."""

from pathlib import Path

import click

from gitorch.actions.reopen import reopen
from gitorch.cli import options, output
from gitorch.core.text import shown_path


@click.command()
@options.project
@options.as_json
def command(project: str | None, *, as_json: bool) -> None:
    """Open a build again that landed, or that was aborted.

    A landed build is reopened only while its commit is on its own branch alone: not merged, not
    pushed. The files stay as they are, uncommitted; the commit is kept under refs/gitorch/landed.
    """
    done = reopen(Path.cwd(), project)
    if as_json:
        output.document(
            "reopen", {"project": done.slug, "worktree": done.worktree, "kept": done.kept, "left": done.left}
        )
        return
    output.data(f"build {done.slug} is open again")
    output.note(f"in: {shown_path(done.worktree)}")
    if done.kept:
        output.note(f"kept: {done.kept}")
    if done.left:
        paths = ", ".join(map(shown_path, done.left[:20]))
        output.note(f"warning: left as they are, because {done.kept} has other content: {paths}")
    output.note(f"undo: gitorch abort --project {done.slug}")
    output.synced(done.synced)
