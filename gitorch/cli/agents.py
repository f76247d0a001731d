"""What `install --agent` and `uninstall --agent` share: whose hooks are moved, and what is told of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitorch.cli import output

if TYPE_CHECKING:
    from gitorch.actions.agents import Placed

_DONE = {
    "install": ("are in", "the hooks were up to date, nothing was changed"),
    "uninstall": ("were removed from", "no hooks were there, nothing was changed"),
}
_UNDO = {"install": "uninstall", "uninstall": "install"}


def move(verb: str, act: "Callable[..., Placed]", name: str | None, *, user: bool, as_json: bool) -> None:
    """Do `act` for the client `name`, and tell it as the command `verb`."""
    if name is None:
        raise click.UsageError("--user is for --agent")
    placed = act(Path.cwd(), name, user=user)
    done, nothing = _DONE[verb]
    if as_json:
        paths = [str(path) for path in placed.files]
        output.document(verb, {"files": paths, "changed": bool(paths), "notes": placed.notes})
    for note in placed.notes:
        output.note(note)
    for path in () if as_json else placed.files:
        output.data(f"the hooks for {name} {done} {path}")
    undo = f"undo: gitorch {_UNDO[verb]} --agent {name}" + (" --user" if user else "")
    output.note(undo if placed.files else nothing)
