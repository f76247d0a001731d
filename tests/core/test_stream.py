"""What is read from the streams of four clients; the lines are theirs, shortened (docs/spawning.md has versions)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitorch.core.agents.stream import Said, read_stream


def lines(*events: object) -> list[bytes]:
    texts = (event if isinstance(event, str) else json.dumps(event) for event in events)
    return [f"{text}\n".encode() for text in texts]


CLAUDE: list[dict[str, Any]] = [
    {"type": "system", "subtype": "init", "session_id": "c1"},
    {"type": "assistant", "message": {"content": [{"type": "text", "text": "Done."}]}, "session_id": "c1"},
    {
        "type": "result",
        "is_error": False,
        "result": "Done.",
        "session_id": "c1",
        "total_cost_usd": 0.003,
        "usage": {"input_tokens": 300, "cache_read_input_tokens": 7, "output_tokens": 60},
        "permission_denials": [],
    },
]
CODEX = [
    {"type": "thread.started", "thread_id": "x1"},
    {"type": "item.completed", "item": {"type": "error", "message": "Model metadata not found"}},
    {
        "type": "item.completed",
        "item": {"type": "command_execution", "exit_code": 0, "aggregated_output": ""},
    },
    {"type": "item.completed", "item": {"type": "agent_message", "text": "Done."}},
    {"type": "turn.completed", "usage": {"input_tokens": 307, "cached_input_tokens": 0, "output_tokens": 60}},
]
GEMINI = [
    "YOLO mode is enabled. All tool calls will be automatically approved.",
    {"type": "init", "session_id": "g1"},
    {"type": "message", "role": "user", "content": "the brief: 429 unauthorized"},
    {"type": "message", "role": "assistant", "content": "I look.", "delta": True},
    {"type": "tool_use", "tool_name": "write_file"},
    {"type": "message", "role": "assistant", "content": "Do", "delta": True},
    {"type": "message", "role": "assistant", "content": "ne.", "delta": True},
    {"type": "result", "status": "success", "stats": {"input_tokens": 307, "output_tokens": 60}},
]
OPENCODE = [
    {
        "type": "step_finish",
        "sessionID": "o1",
        "part": {"tokens": {"input": 300, "output": 40}, "cost": 0.002},
    },
    {"type": "text", "sessionID": "o1", "part": {"text": "Done."}},
    {"type": "step_finish", "sessionID": "o1", "part": {"tokens": {"input": 7, "output": 20}, "cost": 0.001}},
]


@pytest.mark.parametrize(
    ("events", "session", "cost"),
    [(CLAUDE, "c1", 0.003), (CODEX, "x1", None), (GEMINI, "g1", None), (OPENCODE, "o1", 0.003)],
    ids=["claude", "codex", "gemini", "opencode"],
)
def test_c4_a_stream_says_session_last_words_tokens_and_cost(
    events: list[object], session: str, cost: float | None
) -> None:
    said = read_stream(lines(*events))

    assert said[:4] == (session, "Done.", 307, 60)
    assert said.cost == (cost and pytest.approx(cost))
    assert said.reason is None


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        (
            [
                {
                    **CLAUDE[2],
                    "permission_denials": [
                        {"tool_name": "Write"},
                        {"tool_name": "Write"},
                        {"tool_name": "Bash"},
                    ],
                }
            ],
            "the client was not permitted to use Write, use Bash",
        ),
        (
            [
                {
                    "type": "item.completed",
                    "item": {
                        "type": "command_execution",
                        "exit_code": 1,
                        "aggregated_output": "bash: line 1: src/a: Read-only file system\n",
                    },
                },
                CODEX[-1],
            ],
            "the client was not permitted to write files: its sandbox is read-only",
        ),
        (
            ["Gemini CLI is not running in a trusted directory. To proceed, use `--skip-trust`."],
            "the client does not trust this folder: Gemini CLI is not running in a trusted directory. To proceed, use `--skip-trust`.",
        ),
        (
            [
                {
                    "type": "assistant",
                    "message": {"content": [{"type": "text", "text": "Not logged in · Please run /login"}]},
                    "error": "authentication_failed",
                },
                {"type": "result", "is_error": True, "result": "Not logged in · Please run /login"},
            ],
            "the client is not logged in: Not logged in · Please run /login",
        ),
        (
            [{"type": "turn.failed", "error": {"message": "Missing environment variable: `KEY`."}}],
            "the client is not logged in: Missing environment variable: `KEY`.",
        ),
        (
            [
                {
                    "type": "error",
                    "error": {"name": "APIError", "data": {"message": "insufficient_quota: pay"}},
                }
            ],
            "the account's quota is used up: insufficient_quota: pay",
        ),
        (
            [
                {
                    "type": "result",
                    "status": "error",
                    "error": {"type": "Error", "message": "got status: 429 Too Many Requests"},
                }
            ],
            "the model's service limits the rate: got status: 429 Too Many Requests",
        ),
        (
            [CODEX[0], *CODEX[3:]],
            "the client tells of no command that it ran; its sandbox may be read-only",
        ),
        ([{"type": "error", "message": "the moon is full"}], "the client says: the moon is full"),
    ],
    ids=["permission", "sandbox", "trust", "login", "key", "quota", "rate", "idle", "other"],
)
def test_c1_why_a_worker_could_do_nothing_is_one_line(events: list[object], reason: str) -> None:
    assert read_stream(lines(*events)).reason == reason


@pytest.mark.parametrize(
    "events",
    [
        [{"type": "error", "message": "stream disconnected, retrying"}, *CODEX],
        ["429 tests passed", "the permission table is 401 lines long"],
        [
            {
                "type": "item.completed",
                "item": {
                    "type": "command_execution",
                    "exit_code": 128,
                    "aggregated_output": "fatal: Unable to create '/r/.git/index.lock': Read-only file system",
                },
            }
        ],
        [
            {
                "type": "assistant",
                "message": {"content": [{"type": "text", "text": "the API said unauthorized"}]},
            }
        ],
    ],
    ids=["overcome", "other words", "git in a sandbox", "what the agent says"],
)
def test_what_hinders_nobody_is_no_reason(events: list[object]) -> None:
    assert read_stream(lines(*events)).reason is None


@given(
    st.lists(
        st.binary(max_size=40)
        | st.recursive(
            st.none() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        [
                            "type",
                            "message",
                            "content",
                            "part",
                            "item",
                            "usage",
                            "tokens",
                            "error",
                            "text",
                            "session_id",
                            "permission_denials",
                            "result",
                            "stats",
                        ]
                    ),
                    inner
                    | st.sampled_from(
                        ["result", "assistant", "error", "item.completed", "step_finish", "message", "text"]
                    ),
                    max_size=5,
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
        max_size=8,
    )
)
def test_no_log_breaks_the_reading(log: list[bytes]) -> None:
    assert isinstance(read_stream(log), Said)
