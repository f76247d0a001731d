"""`gitorch hook`: what an agent's client calls; it hands over one JSON value on standard input."""

import json
import sys

import click

from gitorch.actions import hook
from gitorch.cli import output
from gitorch.core.agents.event import Event, parse_event
from gitorch.core.errors import GitorchError

_REFUSED = 2
"""The one exit status that a client takes for a refusal, with the reason on standard error."""

_MAX_BYTES = 16 << 20


@click.command()
@click.argument("moment", type=click.Choice(["before-shell", "git", "stop", "prompt"]))
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def command(moment: str, words: tuple[str, ...]) -> int:
    """Judge what an agent is about to do: run a command or a git, end its session, begin with a prompt.

    Exit status 2 holds the agent, with the reason on standard error; 0 lets it go on, and so does any
    other. In a session that is no worker's, and where no build is open, nothing is said.
    """
    event = Event() if moment == "git" else parse_event(sys.stdin.buffer.read(_MAX_BYTES)) or Event()
    try:
        if moment == "prompt":
            if told := hook.prompt(event):
                context = {"hookEventName": event.name, "additionalContext": told.agent}
                output.data(json.dumps({"systemMessage": told.person, "hookSpecificOutput": context}))
            return 0
        reason = _ask(moment, event, words)
    except GitorchError as error:  # what is wrong with the build is no reason to hold an agent
        output.error(error)
        return 1
    if reason is None:
        return 0
    output.note(reason)
    return _REFUSED


def _ask(moment: str, event: Event, words: tuple[str, ...]) -> str | None:
    match moment:
        case "before-shell":
            return hook.before_shell(event)
        case "git":
            return hook.before_git(words)
    return hook.stop(event)
