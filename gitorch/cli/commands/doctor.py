"""`gitorch doctor`: test what the other commands rely on."""

from pathlib import Path

import click

from gitorch.actions.doctor import doctor
from gitorch.cli import options, output
from gitorch.core.errors import ExitStatus
from gitorch.core.text import counted


@click.command()
@click.option("--fix", is_flag=True, help="Fix what needs no decision.")
@options.as_json
def command(*, fix: bool, as_json: bool) -> int:
    """Test whether every worktree is guarded, and whether each open build is sound.

    It tries rather than believes: in each worktree git is asked to run the guard's hook, and in that of
    an open build its program before files are overwritten, which must answer. Names what displaced the
    guard. Exit status 1 while something is wrong, which a setting of yours is not.
    """
    diagnosis = doctor(Path.cwd(), fix=fix)
    if as_json:
        issues = output.entries((*diagnosis.issues, *diagnosis.chosen))
        guarded = [str(root) for root in diagnosis.guarded]
        watched = [str(root) for root in diagnosis.watched]
        usage = {"number": diagnosis.snapshots.number, "disk": diagnosis.snapshots.disk}
        content = {
            "issues": issues,
            "fixed": diagnosis.fixed,
            "guarded": guarded,
            "watched": watched,
            "without_hooks": list(diagnosis.without_hooks),
            "snapshots": usage,
        }
        output.document("doctor", content)
    else:
        for root in diagnosis.guarded:
            output.data(f"the guard is installed in {root}")
        if diagnosis.guarded:
            output.data(_without_hooks(diagnosis.without_hooks))
        for root in diagnosis.watched:
            output.data(f"git takes a snapshot before it overwrites files in {root}")
        if number := diagnosis.snapshots.number:
            disk = diagnosis.snapshots.disk
            size = "size unknown" if disk is None else f"{disk / (1 << 20):,.1f} MiB"
            output.data(f"{counted(number, 'snapshot')}: {size}, beside what branches and tags have")
        output.issues("Needs you:", diagnosis.issues)
        for issue in diagnosis.chosen:
            output.issue(issue)
    for line in diagnosis.fixed:
        output.note(line)
    return ExitStatus.REFUSED if diagnosis.issues else ExitStatus.DONE


def _without_hooks(stopped_by: tuple[str, ...]) -> str:
    """What holds where a client switches git's hooks off, in one line."""
    if "git" in stopped_by:
        return "a client that switches git's hooks off is refused by git all the same"
    names = {
        "worker": "the first git on a spawned worker's PATH, and the hook of its client",
        "seal": "the seal",
    }
    others = "; ".join(text for name, text in names.items() if name in stopped_by) or "nothing"
    return f"a client that switches git's hooks off is not refused by this git, but by: {others}"
