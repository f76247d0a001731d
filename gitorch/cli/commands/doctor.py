"""`gitorch doctor`: test what the other commands rely on."""

from pathlib import Path

import click

from gitorch.actions.doctor import doctor
from gitorch.cli import options, output
from gitorch.core.errors import ExitStatus


@click.command()
@click.option("--fix", is_flag=True, help="Fix what needs no decision.")
@options.as_json
def command(*, fix: bool, as_json: bool) -> int:
    """Test whether every worktree is guarded, and whether each open build is sound.

    It tries rather than believes: in each worktree git is asked to run the guard's hook, which must
    answer. Names what displaced the guard. Exit status 1 while something is wrong.
    """
    diagnosis = doctor(Path.cwd(), fix=fix)
    if as_json:
        issues = output.entries(diagnosis.issues)
        guarded = [str(root) for root in diagnosis.guarded]
        content = {"issues": issues, "fixed": diagnosis.fixed, "guarded": guarded}
        output.document("doctor", content)
    else:
        for root in diagnosis.guarded:
            output.data(f"the guard is installed in {root}")
        output.issues("Needs you:", diagnosis.issues)
    for line in diagnosis.fixed:
        output.note(line)
    return ExitStatus.REFUSED if diagnosis.issues else ExitStatus.DONE
