"""The `zo` backend against a local server that is slow, fails, half-answers, refuses and answers hugely."""

import asyncio
import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from gitorch.adapters import zo
from gitorch.core.config import Zo
from tests.builds import report
from tests.scene import Scene, write
from tests.scene.spawned import completion, open_build, results, spawn, spawns, statuses, until
from tests.spawn.test_commands import spawner_of
from tests.spawn.zo_server import Behave, Request, serving

pytestmark = pytest.mark.slow

TOKEN = "zo_sk_very-secret"  # noqa: S105 (of the stand-in)
ENV = {"ZO_CLIENT_IDENTITY_TOKEN": TOKEN, "NO_PROXY": "127.0.0.1"}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def asked(behave: Behave, **settings: Any) -> tuple[zo.Answer, int]:
    """One question to a server that behaves so: the answer, and how often it was asked."""
    with serving(behave) as server:
        policy = Zo(url=server.url, **{"retry_wait": 0.01, **settings})

        async def ask() -> zo.Answer:
            async with zo.client(policy, TOKEN, 1) as client:
                return await zo.ask(client, policy, TOKEN, "the brief")

        return asyncio.run(ask()), len(server.requests)


def good(request: Request) -> None:
    request.answer({"output": "done", "conversation_id": "con_7"})


def slow(request: Request) -> None:
    threading.Event().wait(3)


def huge(request: Request) -> None:
    request.answer(b'{"output": "' + b"x" * zo.ANSWER_BYTES + b'"}')


@pytest.mark.parametrize(
    ("behave", "status", "error"),
    [
        (good, "completed", None),
        (slow, "timeout", "no answer after 1 s"),
        (lambda r: r.answer(b"oh no " + TOKEN.encode(), 500), "error", "HTTP status 500: oh no [the token]"),
        (lambda r: r.answer({"error": "no"}, 401), "error", 'HTTP status 401: {"error": "no"}'),
        (lambda r: r.answer(b"", 302), "error", "HTTP status 302: "),
        (lambda r: r.answer(b"<html>"), "error", "the answer is not JSON: <html>"),
        (lambda r: r.answer(b"[1]"), "error", "the answer has no output: [1]"),
        (lambda r: r.answer(b'{"output": "ha', promised=100), "error", "RemoteProtocolError: "),
        (lambda r: r.drop(), "error", "RemoteProtocolError: Server disconnected without sending a response."),
        (huge, "error", "the answer is larger than 32 MiB"),
    ],
)
def test_whatever_comes_back_is_an_answer_and_nothing_that_may_have_begun_is_asked_twice(
    behave: Behave, status: str, error: str | None
) -> None:
    answer, times = asked(behave, timeout=1 if behave is slow else 60)
    assert answer.status == status
    assert (answer.error or "").startswith(error or "")
    assert times == 1
    if status == "completed":
        assert (answer.output, answer.conversation_id) == ("done", "con_7")


def test_a_busy_service_is_asked_again_and_given_up_in_the_end() -> None:
    answer, times = asked(lambda r: r.answer(b"", 429) if r.number < 3 else good(r))
    assert (answer.status, times) == ("completed", 3)
    answer, times = asked(lambda r: r.answer(b"", 429), retries=2)
    assert (answer.error, times) == ("the service is busy (429)", 3)


def test_a_connection_that_is_refused_is_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    policy = Zo(url=f"http://127.0.0.1:{port}/", retries=2, retry_wait=0.01)

    async def ask() -> zo.Answer:
        async with zo.client(policy, TOKEN, 1) as client:
            return await zo.ask(client, policy, TOKEN, "x")

    answer = asyncio.run(ask())
    assert answer.status == "error"
    assert answer.error
    assert answer.error.startswith(f"no connection to http://127.0.0.1:{port}/: ")


@pytest.mark.parametrize(("form", "header"), [("bare", TOKEN), ("bearer", f"Bearer {TOKEN}")])
def test_a_worker_goes_to_the_service_and_comes_back(scene: Scene, form: str, header: str) -> None:
    folder = scene / "N5/builds/calendar-v2"

    def work(request: Request) -> None:
        write(folder / f"completions/{request.worker}.json", report(request.worker))
        request.answer({"output": "y" * 600, "conversation_id": f"con_{request.worker}"})

    with serving(work) as server:
        settings = {"url": server.url, "authorization": form, "model_name": "m", "persona_id": "p"}
        open_build(scene.root, {"backend": "zo", "zo": settings})
        spawn(scene.root, "W1.1", **ENV)
        until(lambda: "W1.1" in results(folder))
    (request,) = server.requests
    assert request.headers["authorization"] == header
    brief = (folder / "workers/W1.1-x.md").read_text()
    assert request.body == {"input": brief, "model_name": "m", "persona_id": "p"}
    line = results(folder)["W1.1"]
    assert (line["status"], line["conversation_id"]) == ("completed", "con_W1.1")
    assert line["output_preview"] == "y" * 500
    assert scene.gitorch("spawns", "--follow", "W1.1").out == "y" * 600 + "\n"
    assert statuses(scene.root)["W1.1"] == "complete"


def test_the_token_stands_in_no_file_and_on_no_command_line(scene: Scene) -> None:
    hold = threading.Event()

    def echo(request: Request) -> None:
        hold.wait(60)
        request.answer({"output": f"your token is {TOKEN}", "conversation_id": TOKEN})

    with serving(echo) as server:
        folder = open_build(scene.root, {"backend": "zo", "zo": {"url": server.url}})
        ran = spawn(scene.root, "W1.1", **ENV)
        until(lambda: len(server.requests) == 1)
        assert TOKEN.encode() not in Path(f"/proc/{spawner_of(scene.root)}/cmdline").read_bytes()
        hold.set()
        until(lambda: completion(folder, "W1.1") != {})
    seen = scene.gitorch("spawns", "--json")
    assert TOKEN not in ran.out + ran.err + seen.out + seen.err
    for path in scene.root.rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes(), path
    assert results(folder)["W1.1"]["output_preview"] == "your token is [the token]"


@pytest.mark.parametrize("token", ["SEKRET\n12345", "SEKR\u00c9T", "two words", "SEKRET\x7f"])
def test_a_token_that_cannot_be_sent_starts_nothing_and_is_not_shown(scene: Scene, token: str) -> None:
    folder = open_build(scene.root, {"backend": "zo", "zo": {"authorization": "bearer"}})
    ran = scene.process("spawn", "W1.1", env={"ZO_CLIENT_IDENTITY_TOKEN": token})
    assert ran.status == 1
    assert (
        "error: the variable ZO_CLIENT_IDENTITY_TOKEN has no token but a text with white space or beyond ASCII"
        in ran.err
    )
    assert "SEKR" not in ran.out + ran.err
    assert statuses(scene.root)["W1.1"] == "ready"
    assert results(folder) == {}


def test_without_a_token_nothing_is_started(scene: Scene) -> None:
    folder = open_build(scene.root, {"backend": "zo", "zo": {"token_env": "MY_ZO"}})
    before = (folder / "meta.json").read_bytes()
    ran = scene.process("spawn", "--ready", env=ENV)
    assert (ran.status, "error: the variable MY_ZO has no token\n" in ran.err) == (1, True)
    assert (folder / "meta.json").read_bytes() == before


def test_what_is_asked_can_be_stopped(scene: Scene) -> None:
    hold = threading.Event()

    def wait(request: Request) -> None:
        hold.wait(60)

    with serving(wait) as server:
        folder = open_build(scene.root, {"backend": "zo", "jobs": 1, "zo": {"url": server.url}})
        spawn(scene.root, "--ready", **ENV)
        until(lambda: len(server.requests) == 1)
        for worker in ("W1.2", "W1.1"):  # one waits for its turn, one is asked
            ran = scene.gitorch("stop", worker)
            assert (ran.status, ran.out) == (0, f"{worker} is stopped\n")
            assert results(folder)[worker]["error"] == "stopped by gitorch stop"
        assert len(server.requests) == 1
        hold.set()
    until(
        lambda: (
            completion(folder, "W1.1").get("status") == completion(folder, "W1.2").get("status") == "failed"
        )
    )


def test_when_the_spawner_is_killed_every_answer_is_there_and_the_rest_is_told(scene: Scene) -> None:
    hold = threading.Event()
    workers = [(f"W1.{number}", "x", ()) for number in range(1, 8)]

    def some(request: Request) -> None:
        if request.number > 3:
            hold.wait(60)
        else:
            good(request)

    with serving(some) as server:
        folder = open_build(
            scene.root, {"backend": "zo", "jobs": 2, "zo": {"url": server.url}}, workers=workers
        )
        spawn(scene.root, "--ready", **ENV)
        until(lambda: len(results(folder)) == 3 and len(server.requests) == 5)
        os.kill(spawner_of(scene.root), signal.SIGKILL)
        hold.set()
    states = spawns(scene.root)
    lines = results(folder)
    assert sorted(line["status"] for line in lines.values()) == ["completed"] * 3 + ["error"] * 4
    errors = sorted(line["error"] for line in lines.values() if line["status"] == "error")
    assert (
        errors
        == ["the spawner was killed before the answer came"] * 2
        + ["was not started: the spawner was killed before"] * 2
    )
    assert {entry["state"] for entry in states.values()} == {"completed", "error"}
    assert set(statuses(scene.root).values()) == {"failed"}


def test_two_hundred_workers_twenty_at_a_time(scene: Scene) -> None:
    together = threading.Barrier(20)
    folder = scene / "N5/builds/calendar-v2"

    def work(request: Request) -> None:
        if request.number <= 20:
            together.wait(60)  # passes only when twenty are there at the same time
        write(folder / f"completions/{request.worker}.json", report(request.worker))
        good(request)

    workers = [(f"W1.{number}", "x", ()) for number in range(1, 201)]
    with serving(work) as server:
        open_build(scene.root, {"backend": "zo", "jobs": 20, "zo": {"url": server.url}}, workers=workers)
        spawn(scene.root, "--ready", **ENV)
        until(lambda: len(results(folder)) == 200)
    assert server.most == 20
    assert [line["error"] for line in results(folder).values() if line["status"] != "completed"] == []
    until(lambda: "- [x] W1.200" in (folder / "STATUS.md").read_text())
