"""A stand-in for the Zo service on 127.0.0.1: answers as a test says, and notes what it was asked."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behave = Callable[["Request"], None]


class Request:
    """One question, and ways to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, number: int) -> None:
        self._handler = handler
        self.number = number  # from 1
        self.headers = dict(handler.headers.items())
        self.body: dict[str, Any] = json.loads(handler.rfile.read(int(handler.headers["content-length"])))

    @property
    def worker(self) -> str:
        return str(self.body["input"]).split("worker_id: ")[1].split()[0]

    def answer(
        self, content: bytes | dict[str, Any], status: int = 200, *, promised: int | None = None
    ) -> None:
        """Send `content`; `promised` is the length that is announced, where it is another one."""
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self._handler.send_response(status)
        self._handler.send_header("content-length", str(len(data) if promised is None else promised))
        self._handler.end_headers()
        self._handler.wfile.write(data)
        if promised is not None:
            self._handler.close_connection = True

    def drop(self) -> None:
        """Close the connection without a word."""
        self._handler.close_connection = True


class Server:
    """`url`, the questions so far, and how many were open at the same time at most."""

    def __init__(self, behave: Behave) -> None:
        self.requests: list[Request] = []
        self.most = 0
        self._open = 0
        lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                with lock:
                    request = Request(self, len(server.requests) + 1)
                    server.requests.append(request)
                    server._open += 1
                    server.most = max(server.most, server._open)
                try:
                    with contextlib.suppress(ConnectionError):
                        behave(request)
                finally:
                    with lock:
                        server._open -= 1

            def log_message(self, format: str, *words: object) -> None:  # noqa: A002
                pass

        class Http(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128  # else the kernel resets some of many that connect at once

        self.http = Http(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/zo/ask"


@contextlib.contextmanager
def serving(behave: Behave) -> Iterator[Server]:
    server = Server(behave)
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join(10)
