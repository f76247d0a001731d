"""`gitorch doctor`: test what the other commands rely on."""

from pathlib import Path

import click

from gitorch.actions.doctor import doctor
from gitorch.cli import options, output
from gitorch.core.errors import ExitStatus


@click.command()
@click.option("--fix", is_flag=True, help="Mend what needs no decision.")
@options.as_json
def command(*, fix: bool, as_json: bool) -> int:
    """Test whether every worktree is guarded, and whether each open build is sound.

    It tries rather than believes: in each worktree git is asked to run the guard's hook, which has to
    answer. Names what displaced the guard. Exit status 1 while something is wrong.
    """
    diagnosis = doctor(Path.cwd(), fix=fix)
    if as_json:
        problems = [
            {
                "kind": problem.kind,
                "message": problem.message,
                "hint": problem.hint,
                "details": problem.details,
            }
            for problem in diagnosis.problems
        ]
        guarded = [str(root) for root in diagnosis.guarded]
        content = {"problems": problems, "mended": diagnosis.mended, "guarded": guarded}
        output.document("doctor", content)
    else:
        for root in diagnosis.guarded:
            output.data(f"the guard stands in {root}")
        for problem in diagnosis.problems:
            output.data("\n  ".join([f"problem: {problem.message}", *problem.details, f"→ {problem.hint}"]))
    for line in diagnosis.mended:
        output.note(line)
    return ExitStatus.REFUSED if diagnosis.problems else ExitStatus.DONE
