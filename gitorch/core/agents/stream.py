"""What a client printed while its worker ran: a stream of JSON with plain lines in between.

Reads the streams of Claude Code (`stream-json`), Codex (`--json`), Gemini CLI (`stream-json`) and opencode
(`--format json`); of any other output the plain lines alone.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from gitorch.core.text import one_line, plain_output

_PLAIN_LINES = 200
"""So many of the last plain lines are kept."""

_PLAIN_BYTES = 2000
_SHOWN = 160

_HINDRANCES = (
    (
        "the client does not trust this folder",
        r"not (running )?in(side)? a trusted (directory|folder)|untrusted (folder|workspace)|not trusted",
    ),
    (
        "the client is not logged in",
        (
            r"not logged in|run /login|(invalid|incorrect|missing|no) (x-)?api[ _-]?key|api key not valid"
            r"|authentication[ _](error|failed)|unauthori[sz]ed|(status|http|error)[ :]*(code )?40[13]\b"
            r"|auth method|missing environment variable"
        ),
    ),
    (
        "the account's quota is used up",
        (
            r"insufficient_quota|quota (was |is )?(exceeded|exhausted)|exceeded your (current )?quota"
            r"|usage limit|credit balance is too low"
        ),
    ),
    (
        "the model's service limits the rate",
        r"rate[ _-]?limit|too many requests|(status|http|error)[ :]*(code )?429\b|overloaded",
    ),
    (
        "the model's service could not be reached",
        (
            r"ECONNREFUSED|ENOTFOUND|EAI_AGAIN|connection (refused|error)|unable to connect|fetch failed"
            r"|stream disconnected|error sending request"
        ),
    ),
    ("the client's sandbox refused it", r"read-only (sandbox|file system)|operation not permitted"),
    ("the client was not permitted to", r"requires approval|permission (was )?denied by|not granted"),
)
"""Why a worker could do nothing → how the clients say so, in this order."""


_IDLE = "the client tells of no command that it ran; its sandbox may be read-only"


class Said(NamedTuple):
    """What is known from it. `message` is the last thing that the agent said; `cost` is in US dollars.

    `reason` is one line: why the worker could do nothing, or not all; None where nothing hints at that.
    `plain` are the last lines that were no JSON.
    """

    session: str | None = None
    message: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    reason: str | None = None
    plain: tuple[str, ...] = ()


def read_stream(lines: Iterable[bytes]) -> Said:
    """Read a log from its beginning; what is cut off or no JSON of a client's is passed over."""
    reader = _Reader()
    for line in lines:
        reader.read(line)
    return reader.said()


class _Reader:
    def __init__(self) -> None:
        self.session: str | None = None
        self.message: str | None = None
        self.begun = False  # a message that arrives in pieces
        self.tokens: list[tuple[int, int]] = []
        self.costs: list[float] = []
        self.errors: list[str] = []
        self.refused: list[str] = []
        self.plain: list[str] = []
        self.acted = False  # Codex told of a command or a change
        self.idle = False  # and never did, which it also does not where a command fails at once

    def read(self, line: bytes) -> None:
        event = _event(line)
        if event is None:
            if text := plain_output(line[:_PLAIN_BYTES]).strip():
                self.plain = [*self.plain[1 - _PLAIN_LINES :], text]
            return
        for name in ("session_id", "thread_id", "sessionID"):
            if self.session is None and isinstance(event.get(name), str):
                self.session = event[name]
        kind = event.get("type")
        if reading := _EVENTS.get(kind if isinstance(kind, str) else ""):
            reading(self, event)
        self.begun = self.begun and kind == "message"

    def said(self) -> Said:
        given, made = (
            (sum(column) for column in zip(*self.tokens, strict=True)) if self.tokens else (None, None)
        )
        cost = sum(self.costs) if self.costs else None
        return Said(self.session, self.message, given, made, cost, self.reason(), tuple(self.plain))

    def reason(self) -> str | None:
        """The client's own word for it first; then what it was refused; then what it printed."""
        texts = [*reversed(self.errors)]
        found = next((found for text in texts if (found := hindrance(text))), None)
        found = found or (f"the client says: {one_line(texts[0], _SHOWN)}" if texts else None)
        if found is None and self.refused:
            found = f"the client was not permitted to {', '.join(dict.fromkeys(self.refused))}"
        found = found or next((found for text in reversed(self.plain) if (found := hindrance(text))), None)
        return found or (_IDLE if self.idle else None)

    # One for each type of event, of whichever client.

    def assistant(self, event: Mapping[str, Any]) -> None:
        """Claude Code."""
        said = _texts(_inner(event, "message").get("content"))
        self.message = said or self.message
        if event.get("error") and said:
            self.errors.append(said)

    def result(self, event: Mapping[str, Any]) -> None:
        """Claude Code's end, and Gemini CLI's."""
        usage, stats = _inner(event, "usage"), _inner(event, "stats")
        self.count(usage or stats, "input_tokens", "output_tokens")
        self.spend(event.get("total_cost_usd"))
        text = event.get("result")
        if isinstance(text, str) and text:
            self.message = text
        failed = event.get("is_error") is True or event.get("status") == "error"
        if failed:
            self.error(event)
        else:
            self.errors.clear()
        denials = event.get("permission_denials")
        for denied in denials if isinstance(denials, list) else ():
            if isinstance(denied, Mapping) and isinstance(denied.get("tool_name"), str):
                self.refused.append(f"use {one_line(denied['tool_name'], 40)}")

    def piece(self, event: Mapping[str, Any]) -> None:
        """Gemini CLI: a message, or the next part of it."""
        text = event.get("content")
        if event.get("role") == "assistant" and isinstance(text, str):
            self.message = (self.message or "") + text if self.begun else text
            self.begun = True

    def item(self, event: Mapping[str, Any]) -> None:
        """Codex."""
        item = _inner(event, "item")
        if item.get("type") == "agent_message" and isinstance(item.get("text"), str):
            self.message = item["text"]
        self.acted = self.acted or item.get("type") in ("command_execution", "file_change", "mcp_tool_call")
        output = item.get("aggregated_output")
        if item.get("exit_code") and isinstance(output, str):
            lines = [line for line in output.splitlines() if "/.git/" not in line]
            if any("read-only file system" in line.lower() for line in lines):
                self.refused.append("write files: its sandbox is read-only")

    def turn(self, event: Mapping[str, Any]) -> None:
        """Codex: the end of a turn that did not fail."""
        self.errors.clear()
        self.count(_inner(event, "usage"), "input_tokens", "output_tokens")
        self.idle = not self.acted

    def text(self, event: Mapping[str, Any]) -> None:
        """opencode."""
        said = _inner(event, "part").get("text")
        if isinstance(said, str):
            self.message = said

    def step(self, event: Mapping[str, Any]) -> None:
        """opencode."""
        part = _inner(event, "part")
        self.errors.clear()
        self.count(_inner(part, "tokens"), "input", "output")
        self.spend(part.get("cost"))

    def error(self, event: Mapping[str, Any]) -> None:
        """Of each client; the text is wherever it likes."""
        for place in (event, _inner(event, "error"), _inner(_inner(event, "error"), "data")):
            for name in ("message", "result"):
                if isinstance(text := place.get(name), str) and text:
                    self.errors.append(text)

    def count(self, usage: Mapping[str, Any], given: str, made: str) -> None:
        numbers = [usage.get(given), usage.get(made)]
        if all(isinstance(number, int) for number in numbers):
            cached = [usage.get(name) for name in ("cache_creation_input_tokens", "cache_read_input_tokens")]
            more = sum(number for number in cached if isinstance(number, int))
            self.tokens.append((usage[given] + more, usage[made]))

    def spend(self, cost: object) -> None:
        if isinstance(cost, int | float):
            self.costs.append(float(cost))


_EVENTS = {
    "assistant": _Reader.assistant,
    "result": _Reader.result,
    "message": _Reader.piece,
    "item.completed": _Reader.item,
    "turn.completed": _Reader.turn,
    "text": _Reader.text,
    "step_finish": _Reader.step,
    "error": _Reader.error,
    "turn.failed": _Reader.error,
}


def hindrance(text: str) -> str | None:
    """Why a worker could do nothing, where a text of its client says so, with that text; else None."""
    for told, pattern in _HINDRANCES:
        if re.search(pattern, text, re.IGNORECASE):
            return f"{told}: {one_line(text, _SHOWN)}"
    return None


def _event(line: bytes) -> Mapping[str, Any] | None:
    if not line.startswith(b"{"):
        return None
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and "type" in event else None


def _inner(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = event.get(name)
    return found if isinstance(found, dict) else {}


def _texts(content: object) -> str:
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text")
    return "\n".join(text for text in texts if isinstance(text, str))
