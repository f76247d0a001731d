"""What a command is in the middle of: one JSON file per worktree, written before the first change.

    <git dir>/gitorch/journal.json     {"action": "init" | "finalize" | …, …}

A journal that is there while nobody holds the lock belongs to a command that was killed; `recover`
then completes it or takes it back. Nothing here knows what an action means.
"""

import contextlib
import json
import shlex
import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from gitorch.adapters import files
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.core.errors import UPGRADE, ExitStatus, GitorchError
from gitorch.core.text import one_line

Record = TypeVar("Record")


@contextlib.contextmanager
def exclusive(repo: Repository, *, wait: float = 0.0) -> Iterator[None]:
    """Only one command at a time changes refs and bindings of this repository.

    Held by init, finalize and the like for their whole length, and by `recover`.
    """
    sharing.make_folder(repo, repo.shared)
    with files.lock(repo.shared, "this repository", wait=wait):
        yield


def write(repo: Repository, record: Mapping[str, Any]) -> None:
    """Say what is about to be done; on the disk before this returns. Call it with `exclusive` held."""
    sharing.make_folder(repo, repo.private)
    sharing.write(repo, repo.private / "journal.json", json.dumps(record).encode(), durable=True)


def read(repo: Repository) -> dict[str, Any] | None:
    """The record, or None when nothing was interrupted here; GitorchError when it cannot be read.

    No kill and no power loss cuts it short: a disk did, or another program.
    """
    try:
        record = json.loads((repo.private / "journal.json").read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _unreadable(repo, "is damaged", str(error)) from error
    if not isinstance(record, dict):
        raise _unreadable(repo, "is damaged", "it holds no JSON object")
    return record


def parse(repo: Repository, record: Mapping[str, Any], kind: type[Record]) -> Record:
    """The record as the dataclass `kind`; what that does not know is passed over, and a default may lack.

    GitorchError when it is not one: another version wrote it.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(kind).validate_python(record)
    except ValidationError as error:
        problem = error.errors()[0]
        raise foreign(repo, f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from error


def foreign(repo: Repository, problem: str) -> GitorchError:
    """The error for a record of another version than this one."""
    return _unreadable(repo, "is of another version of gitorch", problem, UPGRADE)


def _unreadable(repo: Repository, why: str, problem: str, *hints: str) -> GitorchError:
    path = repo.private / "journal.json"
    place = shlex.quote(str(path))
    return GitorchError(
        f"{path} {why}: it says what a command that was killed was in the middle of",
        details=[one_line(problem, 200)],
        hints=[
            *hints,
            f"mv {place} {place}.old && gitorch doctor   (gives it up; doctor shows what is left of it)",
        ],
    )


def since(repo: Repository) -> float:
    """When the record was written, in epoch seconds; now where there is none."""
    try:
        return (repo.private / "journal.json").stat().st_mtime
    except FileNotFoundError:
        return time.time()


@contextlib.contextmanager
def completing(repo: Repository, done: str) -> Iterator[None]:
    """Around what follows from a change that is made, as `done` says; clears the record at its end.

    GitorchError, with the record kept, when it cannot be done now, or is interrupted.
    """
    again = "gitorch list   (completes it, like any gitorch command"
    try:
        yield
        clear(repo)
    except (OSError, GitorchError) as error:
        raise GitorchError(
            f"{done}, but what follows cannot be done now: {error}",
            details=error.details if isinstance(error, GitorchError) else (),
            hints=[f"{again}, once that is mended)"],
        ) from error
    except KeyboardInterrupt:
        status = ExitStatus.INTERRUPTED
        raise GitorchError(f"interrupted, but {done}", hints=[f"{again})"], status=status) from None


def clear(repo: Repository) -> None:
    """Say that it is done, or taken back."""
    (repo.private / "journal.json").unlink(missing_ok=True)
