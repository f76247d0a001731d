"""A scripted model on loopback that speaks what four clients speak, by streams of server-sent events.

Anthropic Messages (Claude Code), OpenAI Responses (Codex), OpenAI chat completions (opencode), Gemini
generateContent (Gemini CLI). It keeps nothing: which turn it is, the conversation in the request says.
"""

import itertools
import json
import threading
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.agents.script import Op, next_op

_IDS = itertools.count(1)


def text_of(content: Any) -> str:
    """All text in a message's content, whatever its shape."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return "\n".join(text_of(content[key]) for key in ("text", "content", "output") if key in content)
    return "\n".join(map(text_of, content or ()))


class Model(BaseHTTPRequestHandler):
    """One request. `root` is the folder in which the clients work, `told` the file with what they said."""

    protocol_version = "HTTP/1.1"
    root = Path()
    told = Path()

    def do_POST(self) -> None:
        size = int(self.headers.get("content-length") or 0)
        request = json.loads(self.rfile.read(size) or b"{}")
        speak = {"messages": self.anthropic, "responses": self.openai, "completions": self.chat}
        last = self.path.partition("?")[0].rpartition("/")[2]
        if "enerateContent" in last:
            self.gemini(request, stream=last.endswith("streamGenerateContent"))
        elif last in speak:
            speak[last](request)
        else:
            self.document({"input_tokens": 100, "totalTokens": 100})

    def do_GET(self) -> None:
        self.document({"data": [], "models": []})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""

    def anthropic(self, request: Mapping[str, Any]) -> None:
        messages = request["messages"]
        op = self.next(
            (text_of(m["content"]) for m in messages if m["role"] == "user"),
            sum(m["role"] == "assistant" for m in messages),
            bool(request.get("tools")),
        )
        if op.kind == "say":
            block: dict[str, Any] = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": op.text}
        else:
            name, given = self.tool(op, "Write", "file_path", "Bash")
            block = {"type": "tool_use", "id": f"toolu_{next(_IDS)}", "name": name, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(given)}
        why = "end_turn" if op.kind == "say" else "tool_use"
        start = {
            "id": f"msg_{next(_IDS)}",
            "type": "message",
            "role": "assistant",
            "model": request["model"],
            "content": [],
            "stop_reason": None,
            "usage": {"input_tokens": 100, "output_tokens": 1},
        }
        self.events(
            {"type": "message_start", "message": start},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": why}, "usage": {"output_tokens": 20}},
            {"type": "message_stop"},
        )

    def openai(self, request: Mapping[str, Any]) -> None:
        items = request["input"]
        op = self.next(
            (text_of(i) for i in items if i.get("role") == "user" or str(i.get("type")).endswith("_output")),
            sum(i.get("role") == "assistant" or i.get("type") == "function_call" for i in items),
            bool(request.get("tools")),
        )
        if op.kind == "say":
            content = [{"type": "output_text", "text": op.text}]
            item = {"type": "message", "role": "assistant", "id": f"m_{next(_IDS)}", "content": content}
        else:
            command = op.text
            if op.kind == "write":
                command = f"mkdir -p $(dirname {op.path}) && cat > {op.path} <<'EOF'\n{op.text}EOF"
            given = json.dumps({"cmd": command})
            item = {"type": "function_call", "name": "exec_command", "call_id": f"call_{next(_IDS)}"}
            item["arguments"] = given
        done = {"id": f"resp_{next(_IDS)}"}
        usage = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}
        self.events(
            {"type": "response.created", "response": done},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": {**done, "usage": usage}},
        )

    def chat(self, request: Mapping[str, Any]) -> None:
        messages = request["messages"]
        op = self.next(
            (text_of(m.get("content")) for m in messages if m["role"] in ("user", "tool")),
            sum(m["role"] == "assistant" for m in messages),
            bool(request.get("tools")),
        )
        delta: dict[str, Any] = {"role": "assistant", "content": op.text}
        if op.kind != "say":
            name, given = self.tool(op, "write", "filePath", "bash")
            call = {"name": name, "arguments": json.dumps(given)}
            calls = [{"index": 0, "id": f"call_{next(_IDS)}", "type": "function", "function": call}]
            delta = {"role": "assistant", "tool_calls": calls}
        base = {"id": f"c{next(_IDS)}", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
        why = "stop" if op.kind == "say" else "tool_calls"
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        self.events(
            {**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
            {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": why}], "usage": usage},
            end="data: [DONE]\n\n",
        )

    def gemini(self, request: Mapping[str, Any], *, stream: bool) -> None:
        contents = request.get("contents", [])
        tools = any(tool.get("functionDeclarations") for tool in request.get("tools") or ())
        texts = [
            json.dumps(c["parts"]) if "functionResponse" in str(c) else text_of(c["parts"]) for c in contents
        ]
        first = next((at for at, text in enumerate(texts) if "worker_id: W" in text), 0)
        op = self.next(
            (text for content, text in zip(contents, texts, strict=True) if content.get("role") == "user"),
            sum(content.get("role") == "model" for content in contents[first:]),
            tools,
        )
        part: dict[str, Any] = {"text": op.text}
        if op.kind != "say":
            name, given = self.tool(op, "write_file", "file_path", "run_shell_command")
            part = {"functionCall": {"name": name, "args": given}}
        elif not tools:  # which model, and who speaks next
            part = {"text": json.dumps({"reasoning": "", "model_choice": "flash", "next_speaker": "user"})}
        answer = {
            "candidates": [
                {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
            ],
            "usageMetadata": {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120},
        }
        if stream:
            self.events(answer)
        else:
            self.document(answer)

    def next(self, prompts: Iterable[str], turn: int, tools: bool) -> Op:
        """The op of this turn; what the client said since the last is noted."""
        said = list(prompts)
        op = next_op("\n".join(said), turn) if tools else Op("say", "ok")
        with self.told.open("a") as told:
            told.write(
                json.dumps({"turn": turn, "told": said[-1][-3000:] if said else "", "does": op}) + "\n"
            )
        if op.kind == "hang":
            threading.Event().wait()
        return op

    def tool(self, op: Op, writes: str, path: str, runs: str) -> tuple[str, dict[str, str]]:
        """The client's name of the tool for an op, and what it is given."""
        if op.kind == "write":
            return writes, {path: str(self.root / op.path), "content": op.text}
        return runs, {"command": op.text, "description": "run it"}

    def events(self, *events: Mapping[str, Any], end: str = "") -> None:
        names = (f"event: {event['type']}\n" if "type" in event else "" for event in events)
        lines = [f"{name}data: {json.dumps(event)}\n\n" for name, event in zip(names, events, strict=True)]
        self.answer("text/event-stream", "".join([*lines, end]))

    def document(self, document: Mapping[str, Any]) -> None:
        self.answer("application/json", json.dumps(document))

    def answer(self, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def serve(root: Path, told: Path) -> int:
    """Start it, to the end of this process; the port."""
    Model.root, Model.told = root, told
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return int(server.server_address[1])
