"""`gitorch snapshot`: keep what the worktree of an open build holds now."""

from pathlib import Path

import click

from gitorch.actions.snapshot import notes, snapshot_by_hand
from gitorch.actions.workplace import find_build
from gitorch.adapters.git.snapshots import chain_ref
from gitorch.cli import options, output
from gitorch.core.text import counted, shown_path


@click.command()
@options.project
@click.option("-m", "--message", default="taken by hand", help="Why, for those who read the chain.")
@options.as_json
def command(project: str | None, message: str, *, as_json: bool) -> None:
    """Keep every file that git does not ignore, and the build's folder, as a commit that no branch has.

    Nothing of yours is touched. The snapshots of a build are one chain, which git reads:
    `git log -p refs/gitorch/snapshots/SLUG`.
    """
    build = find_build(Path.cwd(), project, even_without_records=True)
    taken = snapshot_by_hand(build, message)
    if as_json:
        entry = {
            "project": build.slug,
            "snapshot": taken.commit,
            "new": taken.new,
            "ref": chain_ref(build.slug),
        }
        output.document("snapshot", {**entry, "left_out": dict(taken.left_out)})
        return
    output.data(taken.commit)
    if not taken.new:
        output.note(f"nothing has changed since the snapshot {taken.commit[:12]}")
    for line in notes(build, taken):
        output.note(line)
    for path, why in list(taken.left_out.items())[:20]:
        output.note(f"left out: {shown_path(path)} ({why})")
    if (more := len(taken.left_out) - 20) > 0:
        output.note(f"left out: {counted(more, 'more path')}")
