"""`gitorch validate`: run the validators alone."""

from dataclasses import asdict
from pathlib import Path

import click

from gitorch.cli import options, output
from gitorch.core.issue import Hint, Issue, Severity


@click.command()
@click.argument("names", metavar="[VALIDATOR]...", nargs=-1)
@options.project
@click.option("--accept-config", is_flag=True, help="Judge by .gitorch.yaml as the file is now.")
@click.option("--no-cache", is_flag=True, help="Run all, whatever is remembered, and remember nothing.")
@options.as_json
def command(
    names: tuple[str, ...],
    project: str | None,
    accept_config: bool,  # noqa: FBT001 (click hands it over by name)
    no_cache: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> int:
    """Run the validators of .gitorch.yaml on the work as it is; exit status 1 when one fails.

    In a build the configuration at its base commit counts, as for finalize.
    """
    from gitorch.actions.validate import validate
    from gitorch.cli.progress import validators as live
    from gitorch.core.text import shown_path
    from gitorch.core.validation import explain, outcome, rows

    with live() as progress:
        result = validate(
            Path.cwd(),
            project,
            names,
            accept_config=accept_config,
            remember=not no_cache,
            progress=progress,
        )
    if as_json:
        output.document(
            "validate",
            {
                "project": result.slug,
                "base": result.base,
                "tree": result.tree,
                "apart": result.apart,
                "passed": result.passed,
                "config_changed": result.policy.changed,
                "config_accepted": result.policy.accepted,
                "validators": [asdict(verdict) for verdict in result.verdicts],
            },
        )
        return int(not result.passed)
    if result.policy.diff and not result.policy.accepted:
        changed = " and ".join(result.policy.changed)
        hint = Hint("judge by the changed configuration", "gitorch validate --accept-config")
        text = f"{changed} differs from the base"
        output.issue(Issue("changed-config", text, changed, hints=(hint,), severity=Severity.WARNING))
    for path in result.apart:
        output.note(f"note: {shown_path(path)} is a nested repository, whose own files are not judged")
    for line in explain(result.verdicts):
        output.note(line)
    if result.verdicts:
        output.table(("validator", "verdict", "time", "command"), rows(result.verdicts))
    output.data(outcome(result.verdicts))
    return int(not result.passed)
