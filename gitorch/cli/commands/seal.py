"""`gitorch seal on|off`: git's own lock on the build branch."""

from pathlib import Path

import click

from gitorch.actions.seal import set_seal
from gitorch.cli import options, output
from gitorch.core.names import branch_name


@click.command()
@click.argument("switch", metavar="on|off", type=click.Choice(["on", "off"]))
@options.project
@options.as_json
def command(switch: str, project: str | None, *, as_json: bool) -> None:
    """Lock the build branch for clients that run no hooks, or remove that lock.

    The guard stops whatever runs git's hooks; the seal also stops libraries that do not. It is git's
    own lock file on the branch, so git gc fails until finalize or abort removes it.
    """
    done = set_seal(Path.cwd(), project, on=switch == "on")
    slug = done.build.slug
    if as_json:
        output.document("seal", {"project": slug, "sealed": done.on, "changed": done.changed})
    else:
        state = "sealed" if done.on else "not sealed"
        output.data(f"{branch_name(slug)} is {state}{'' if done.changed else ', as it was before'}")
    for line in done.costs:
        output.note(line)
