"""Options that several commands share, so that they read and complete the same everywhere."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def project(function: F) -> F:
    """`--project SLUG`, left out where GITORCH_PROJECT, the worktree or a single build says it."""
    return click.option(
        "-p", "--project", metavar="SLUG", help="The build; left out: the one of this worktree."
    )(function)


def worker(function: F) -> F:
    """A worker as an argument or as `--worker`: its id (W1.2) or the plan's own key."""
    function = click.option(
        "-w", "--worker", "worker_option", metavar="WORKER", help="The same as the argument."
    )(function)
    return click.argument("worker_argument", metavar="[WORKER]", required=False)(function)


def chosen(argument: str | None, option: str | None) -> str | None:
    """The one worker that was named; bad usage when two different ones were."""
    if argument and option and argument != option:
        raise click.UsageError(f"two workers are named: {argument} and {option}")
    return argument or option


def as_json(function: F) -> F:
    """`--json`: one document with `schema_version` on stdout, also on failure."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(function)
