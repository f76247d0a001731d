"""Options that several commands share, so that they read and complete the same everywhere."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


def _slugs(_ctx: click.Context, _parameter: click.Parameter, begun: str) -> "list[CompletionItem]":
    from gitorch.actions.listing import slugs

    return _items([(slug, "") for slug in slugs(Path.cwd())], begun)


def complete_worker(ctx: click.Context, _parameter: click.Parameter, begun: str) -> "list[CompletionItem]":
    """The ids and keys of the build's workers, for a shell."""
    from gitorch.actions.listing import worker_names

    return _items(worker_names(Path.cwd(), ctx.params.get("project")), begun)


def _items(found: Sequence[tuple[str, str]], begun: str) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    return [CompletionItem(value, help=text) for value, text in found if value.startswith(begun)]


def project(function: F) -> F:
    """`--project SLUG`, left out where GITORCH_PROJECT, the worktree or a single build says it."""
    return click.option(
        "-p",
        "--project",
        metavar="SLUG",
        help="The build; left out: the one of this worktree.",
        shell_complete=_slugs,
    )(function)


def worker(function: F) -> F:
    """A worker as an argument or as `--worker`: its id (W1.2) or the plan's own key."""
    function = click.option(
        "-w",
        "--worker",
        "worker_option",
        metavar="WORKER",
        help="The same as the argument.",
        shell_complete=complete_worker,
    )(function)
    return click.argument(
        "worker_argument", metavar="[WORKER]", required=False, shell_complete=complete_worker
    )(function)


def workers(function: F) -> F:
    """Any number of workers as arguments; none means all that are meant by the command."""
    return click.argument("workers", metavar="[WORKER]...", nargs=-1, shell_complete=complete_worker)(
        function
    )


def one_worker(function: F) -> F:
    """A worker that has to be named: nothing of the environment stands in for it."""
    return click.argument("worker", metavar="WORKER", shell_complete=complete_worker)(function)


def chosen(argument: str | None, option: str | None) -> str | None:
    """The one worker that was named; bad usage when two different ones were."""
    if argument and option and argument != option:
        raise click.UsageError(f"two workers are named: {argument} and {option}")
    return argument or option


def as_json(function: F) -> F:
    """`--json`: one document with `schema_version` on stdout, also on failure."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(function)
