"""What a client hands to a hook: one JSON value, in the shapes of four clients (docs/spawning.md).

Claude Code and Codex: `session_id, cwd, tool_name, tool_input`, `prompt`, `stop_hook_active`; Claude Code's
subagents also `agent_id, agent_transcript_path`. Gemini CLI the same, its shell tool with `dir_path`.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class Event(NamedTuple):
    """What of it matters here; empty or None for what the client does not say.

    `name` is what the client calls the event, `command` the text for a shell, `handed` the prompt that a
    session hands to a subagent. `transcript` is the file with what a subagent was told.
    """

    name: str = ""
    session: str = ""
    cwd: str = ""
    command: str | None = None
    prompt: str = ""
    handed: str = ""
    agent: str = ""
    transcript: str = ""
    blocked_before: bool = False


def parse_event(data: bytes) -> Event | None:
    """The event; None for what is not one JSON object."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    tool = said.get("tool_input")
    tool = tool if isinstance(tool, dict) else {}
    return Event(
        name=_text(said, "hook_event_name"),
        session=_text(said, "session_id"),
        cwd=_text(tool, "dir_path", "directory", "workdir") or _text(said, "cwd"),
        command=_command(tool),
        prompt=_text(said, "prompt"),
        handed=_text(tool, "prompt"),
        agent=_text(said, "agent_id"),
        transcript=_text(said, "agent_transcript_path"),
        blocked_before=said.get("stop_hook_active") is True,
    )


def _text(said: Mapping[str, Any], *names: str) -> str:
    found = (said.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value), "")


def _command(tool: Mapping[str, Any]) -> str | None:
    command = tool.get("command")
    if isinstance(command, list):  # Codex: an argument vector, most often `bash -lc TEXT`
        import shlex

        return shlex.join(str(word) for word in command)
    return command if isinstance(command, str) else None


def first_prompt(transcript: bytes) -> str:
    """The first thing that a subagent was told, of its transcript: a JSON object a line (Claude Code)."""
    for line in transcript.splitlines():
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict) and said.get("type") == "user" and isinstance(said.get("message"), dict):
            content = said["message"].get("content")
            if isinstance(content, str):
                return content
            if isinstance(content, list):
                texts = (part.get("text") for part in content if isinstance(part, dict))
                return "\n".join(text for text in texts if isinstance(text, str))
    return ""


def begins_with(prompt: str, brief: str) -> bool:
    """Whether a prompt begins with a brief; blank space at the ends of lines is lost on the way."""
    wanted = _lines(brief)
    return bool(wanted) and _lines(prompt)[: len(wanted)] == wanted


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]
    return lines if lines != [""] else []
