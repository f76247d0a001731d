"""The top of the command tree: lists every command without importing it."""

import functools
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gitorch import __version__
from gitorch.cli.table import APART, BESIDE, LOOKS, SECTIONS, module_of


class Group(click.Group):
    """A group that prints its help, with status 0, where no command is named.

    click does so itself up to 8.1; from 8.2 on it raises an error whose message is the whole help.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or ["--help"])


class LazyGroup(Group):
    """Imports a command's module when that command is asked for; `--help` reads `SECTIONS` alone."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return [name for commands in SECTIONS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        return _load(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for section, commands in SECTIONS.items():
            with formatter.section(section.capitalize()):
                formatter.write_dl(list(commands.items()))


@functools.cache
def _load(name: str) -> click.Command:
    command = importlib.import_module(module_of(name)).command
    assert isinstance(command, click.Command)  # noqa: S101 (a defect in `table`, seen by its test)
    if name not in APART:
        for leaf in command.commands.values() if isinstance(command, click.Group) else (command,):
            assert leaf.callback  # noqa: S101 (the same)
            leaf.callback = _in_order(leaf.callback, is_look=name in LOOKS, recovers=name not in BESIDE)
    return command


def _in_order(act: Callable[..., Any], *, is_look: bool, recovers: bool) -> Callable[..., Any]:
    """`act`, once what was interrupted is completed: not before the words are read, nor for `--help`."""

    @functools.wraps(act)
    def callback(*args: Any, **words: Any) -> Any:
        from gitorch.adapters.git.repository import discovering_once
        from gitorch.cli import output
        from gitorch.core.errors import GitorchError
        from gitorch.transitions.pending import recover

        with discovering_once():
            try:
                for line in recover(Path.cwd()) if recovers else ():
                    output.note(line)
            except GitorchError as error:  # it says what to mend, and a look changes nothing
                if not is_look:
                    raise
                output.error(error)
            return act(*args, **words)

    return callback


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, 1 refused, 2 bad input, 3 a defect in gitorch, 130 interrupted.",
)
@click.version_option(__version__, prog_name="gitorch", message="%(prog)s %(version)s")
def app() -> None:
    """Many workers write, nobody commits, one validated commit lands."""
