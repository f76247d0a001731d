"""The Zo service's `/zo/ask`: one question, one answer. The token is sent, and kept and shown nowhere.

Format: spec, "Spawning Workers via /zo/ask API"; docs.zocomputer.com/api.md (body, reply, Bearer form).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gitorch.core.config import Zo
from gitorch.core.spawning import without

if TYPE_CHECKING:
    import httpx

ANSWER_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: an `output` and its conversation, or why there is none."""

    status: Literal["completed", "timeout", "error"]
    conversation_id: str | None = None
    output: str = ""
    error: str | None = None


@asynccontextmanager
async def client(settings: Zo, token: str, jobs: int) -> AsyncIterator["httpx.AsyncClient"]:
    """One pooled client for `jobs` questions at a time."""
    import httpx

    value = f"Bearer {token}" if settings.authorization == "bearer" else token
    async with httpx.AsyncClient(
        headers={"authorization": value},
        limits=httpx.Limits(max_connections=jobs, max_keepalive_connections=jobs),
        timeout=httpx.Timeout(None, connect=30.0),  # the whole answer has one limit, in `ask`
    ) as opened:
        yield opened


async def ask(opened: "httpx.AsyncClient", settings: Zo, token: str, question: str) -> Answer:
    """Ask once; again only where the request cannot have started work. Never raises on what comes back."""
    import httpx

    fields = {"input": question, "model_name": settings.model_name, "persona_id": settings.persona_id}
    body = {name: value for name, value in fields.items() if value is not None}
    answer = _failed("nothing was asked")
    try:
        async with asyncio.timeout(settings.timeout):
            for attempt in range(settings.retries + 1):
                if attempt:
                    await asyncio.sleep(settings.retry_wait * 2 ** (attempt - 1))
                try:
                    answered = await _once(opened, settings.url, body)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:  # nothing was sent
                    answer = _failed(f"no connection to {settings.url}: {error}")
                    continue
                if answered:
                    return _without(answered, token)
                answer = _failed("the service is busy (429)")
            return _without(answer, token)
    except TimeoutError:
        return Answer("timeout", error=f"no answer after {settings.timeout:g} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _without(_failed(f"{type(error).__name__}: {error}"), token)


async def _once(opened: "httpx.AsyncClient", url: str, body: dict[str, str]) -> Answer | None:
    """One request; None when the service refused to begin (429)."""
    async with opened.stream("POST", url, json=body) as reply:
        data = bytearray()
        async for part in reply.aiter_bytes():
            data += part
            if len(data) > ANSWER_BYTES:
                return _failed(f"the answer is larger than {ANSWER_BYTES >> 20} MiB")
    if reply.status_code == 429:  # RFC 6585, 4: refused, not begun
        return None
    text = data.decode("utf-8", "replace")
    if reply.status_code != 200:
        return _failed(f"HTTP status {reply.status_code}: {text[:200]}")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return _failed(f"the answer is not JSON: {text[:200]}")
    if not isinstance(value, dict) or "output" not in value:
        return _failed(f"the answer has no output: {text[:200]}")
    output, conversation = value["output"], value.get("conversation_id")
    return Answer(
        "completed",
        conversation_id=None if conversation is None else str(conversation),
        output=output if isinstance(output, str) else json.dumps(output),
    )


def _failed(why: str) -> Answer:
    return Answer("error", error=why)


def _without(answer: Answer, token: str) -> Answer:
    """The answer, should the service have repeated the token in it, without it."""
    return Answer(
        answer.status,
        answer.conversation_id and without(answer.conversation_id, token),
        without(answer.output, token),
        answer.error and without(answer.error, token),
    )
