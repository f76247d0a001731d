"""How a worker is started and how it ended: shell templates, and the lines of `spawn_results.jsonl`.

Runs nothing.
"""

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from gitorch.core.agents.stream import Said
from gitorch.core.names import WorkerId
from gitorch.core.state import WorkerStatus
from gitorch.core.text import one_line
from gitorch.core.validation import reason

_ID_CHARACTERS = 200
PREVIEW_CHARACTERS = 500  # spec, "Spawning Workers via /zo/ask API"


def is_token(text: str) -> bool:
    """Whether `text` can stand in an HTTP header: printable ASCII without white space (RFC 9110, 5.5)."""
    return re.fullmatch(r"[\x21-\x7e]+", text) is not None


def without(text: str, secret: str | None) -> str:
    """`text`, with `secret` made unreadable as it stands and as Python and JSON would quote it."""
    if not secret:
        return text
    for form in sorted({secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]}, key=len, reverse=True):
        text = text.replace(form, "[the token]")
    return text


def fill(template: str, words: Mapping[str, str]) -> str:
    """`template` with each `{name}` of `words` replaced by the word as one shell word.

    Any other brace stays, so that `${HOME}` and awk's blocks mean what they say.
    """
    names = "|".join(map(re.escape, words))
    return re.sub(rf"(?<!\$)\{{({names})\}}", lambda match: shlex.quote(words[match[1]]), template)


def for_a_shell(preset: str, *, guarded: bool) -> str:
    """The command with a client's template that a person can type anywhere; it fetches its brief by itself.

    `guarded`: with the guard's git first on the PATH.
    """
    return (
        "cd {root} && gitorch brief {worker} --project {project} | "
        "GITORCH_PROJECT={project} GITORCH_WORKER={worker} GITORCH_PARENT={parent} "
        + ('PATH={guard}:"$PATH" ' if guarded else "")
        + preset
    )


class Record(BaseModel):
    """One started worker, as kept below the git directory; `run` names the process that looks after it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    worker_id: str
    run: str
    backend: Literal["command", "zo"]
    brief: str  # relative to the build's folder
    queued_at: datetime
    started_at: datetime | None = None


RESULTS = "spawn_results.jsonl"
"""The file in the build's folder with a line for each worker that ended."""


class Result(BaseModel):
    """One line of `spawn_results.jsonl`; the first five fields are the spec's. Times with their zone.

    `cost_usd` is what the client says of it. `reason` is why a worker could do nothing, or not all, where its
    client says so.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    worker_id: str
    status: Literal["completed", "timeout", "error"]
    conversation_id: str | None = None
    output_preview: str | None = None
    error: str | None = None
    backend: Literal["command", "zo"]
    run: str
    queued_at: datetime
    started_at: datetime | None = None
    ended_at: datetime
    exit_status: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    reason: str | None = None

    @property
    def why(self) -> str:
        """How it ended, and what its client says of that; empty for an end with nothing to say."""
        return ": ".join(filter(None, (self.error, self.reason)))

    def line(self) -> str:
        """The line, with its end; what does not apply is left out."""
        return json.dumps(self.model_dump(mode="json", exclude_none=True)) + "\n"


def parse_results(data: bytes) -> list[Result]:
    """The lines that can be read; a line that was cut short by a crash is passed over."""
    found = []
    for line in data.splitlines():
        try:
            found.append(Result.model_validate_json(line))
        except ValidationError:
            continue
    return found


def dump_results(results: Iterable[Result]) -> bytes:
    """The file of these lines, as gitorch writes it."""
    return "".join(result.line() for result in results).encode()


class SpawnState(StrEnum):
    """Where a started worker stands."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True)
class Spawned:
    """A started worker as a person sees it."""

    worker: WorkerId
    record: Record
    state: SpawnState
    result: Result | None
    log: str
    stands: WorkerStatus | None = None  # of the worker, by its report; None where it has no brief any more
    correction: tuple[str, ...] = ()  # of its report, by the spawner: what was done, and each correction

    @property
    def since(self) -> datetime:
        return self.record.started_at or self.record.queued_at


def result_of(
    record: Record,
    *,
    status: int | None,
    timeout: float | None = None,
    problem: str | None = None,
    output: str,
    said: Said,
    ended_at: datetime,
) -> Result:
    """The line for a command. `status` is its exit status, negative for a signal, None if unknown;

    `timeout` is set when that many seconds were up, `problem` when something else ended it. `said` is what
    its client printed; of any other, `output` is the beginning.
    """
    if status is None and problem is None and timeout is None:
        problem = "ended without saying how: it or its machine was killed"
    # sh says 128 + N for a command that signal N ended (POSIX, 2.8.2).
    told = 128 - status if status and 128 < status < 160 else status
    error = reason(told, problem, timeout)
    preview = said.message or output
    kind: Literal["completed", "timeout", "error"] = "error" if error else "completed"
    if timeout is not None and problem is None:
        kind = "timeout"
    return Result(
        worker_id=record.worker_id,
        status=kind,
        conversation_id=said.session and one_line(said.session, _ID_CHARACTERS),
        output_preview=preview[:PREVIEW_CHARACTERS] if error is None else None,
        error=error,
        backend=record.backend,
        run=record.run,
        queued_at=record.queued_at,
        started_at=record.started_at,
        ended_at=ended_at,
        exit_status=status if record.backend == "command" else None,
        input_tokens=said.input_tokens,
        output_tokens=said.output_tokens,
        cost_usd=said.cost,
        reason=said.reason,
    )
