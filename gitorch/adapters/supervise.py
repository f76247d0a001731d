"""Run commands side by side, each with its group, time limit and log, in bounded memory.

When the block is left, for whatever reason, no process group that was started in it runs on; a process
that left its group (setsid) may. What to start, when, and what an end means, the caller decides.
"""

import contextlib
import math
import os
import selectors
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, BinaryIO

from gitorch.adapters.process import Group
from gitorch.core.text import named

GRACE_SECONDS = 2.0
"""From the polite signal to the one that cannot be ignored."""

TAIL_BYTES = 64 << 10
LOG_BYTES = 64 << 20
"""A log keeps the first so many bytes, and the tail."""

_TICK = 0.05  # seconds; how late the end of a command is seen that closed its output before
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Job:
    """One command. `env` is its whole environment; `timeout` is in seconds.

    With `direct`, it writes into its log by itself: it prints nothing here, and its log has no bound,
    but it can outlive this process. `keep` are file descriptors that it inherits.
    """

    name: str
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    timeout: float
    log: Path
    stdin: Path | None = None
    direct: bool = False
    keep: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Printed:
    """A job wrote something; `line` is the last whole line of it, at most a kilobyte."""

    name: str
    line: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """A job and all of its group are gone. `status` is negative for a signal, None if nothing started."""

    name: str
    status: int | None
    seconds: float
    tail: bytes
    timed_out: bool = False
    problem: str | None = None  # why it could not be started


@dataclass
class _Running:
    job: Job
    group: Group
    log: BinaryIO
    started: float
    tail: bytearray = field(default_factory=bytearray)
    written: int = 0
    dropped: int = 0
    timed_out: bool = False
    kill_at: float | None = None

    def take(self, data: bytes) -> None:
        self.tail += data
        del self.tail[:-TAIL_BYTES]
        kept = data[: max(0, LOG_BYTES - self.written)]
        self.log.write(kept)
        self.written += len(kept)
        self.dropped += len(data) - len(kept)

    def close(self) -> None:
        self.group.close()
        if self.dropped:
            tail = bytes(self.tail[-self.dropped :])
            if left_out := self.dropped - len(tail):
                self.log.write(f"\n[gitorch left out {left_out} bytes here]\n".encode())
            self.log.write(tail)
        self.log.close()


class Supervisor:
    """Start jobs and wait for what they do; a context manager that ends them all (or, with `leave`,
    lets them run on).

    While it is entered in the main thread, Ctrl-C, SIGTERM and SIGHUP are kept until `wait` or the
    end of the block, so that none of them can fall between the start of a group and its noting.
    """

    def __init__(self, *, leave: bool = False) -> None:
        self._leave = leave
        self._running: dict[str, _Running] = {}
        self._ended: list[Ended] = []
        self._selector = selectors.DefaultSelector()
        self._handlers: dict[signal.Signals, Any] = {}
        self._caught: int | None = None

    def __enter__(self) -> "Supervisor":
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
                    self._handlers[number] = signal.signal(number, self._catch)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        caught = self._caught
        self._caught = None  # a second Ctrl-C is noticed while the groups end
        try:
            if self._leave:
                for running in self._running.values():
                    running.group.forget()
            else:
                self._end_all()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
            self._selector.close()
        if caught and not isinstance(error, KeyboardInterrupt | SystemExit):
            _raise(caught)

    def __bool__(self) -> bool:
        return bool(self._running or self._ended)

    def start(self, job: Job) -> None:
        """Start `job`; one that cannot be started is `Ended` with its `problem` at the next `wait`."""
        try:
            job.log.parent.mkdir(parents=True, exist_ok=True)
            job.log.unlink(missing_ok=True)
            log = job.log.open("xb", buffering=0)
        except OSError as error:
            self._refuse(job, f"its log cannot be written: {error}")
            return
        try:
            output = log.fileno() if job.direct else None
            group = Group(job.argv, cwd=job.cwd, env=job.env, stdin=job.stdin, output=output, keep=job.keep)
        except (OSError, ValueError) as error:  # ValueError: a NUL in a word
            log.close()
            self._refuse(job, _why(job, error))
            return
        running = _Running(job, group, log, time.monotonic())
        self._running[job.name] = running
        if group.pipe:
            self._selector.register(group.pipe, selectors.EVENT_READ, running)

    def end(self, name: str) -> None:
        """End a job as if its time were up, but not `timed_out`; harmless where none of this name runs."""
        running = self._running.get(name)
        if running and running.kill_at is None:
            running.group.send(signal.SIGTERM)
            running.kill_at = time.monotonic() + GRACE_SECONDS

    def wait(self, seconds: float = math.inf) -> list[Printed | Ended]:
        """Block until a job printed or ended, at most `seconds`.

        KeyboardInterrupt or SystemExit when a signal came.
        """
        until = time.monotonic() + seconds
        while True:
            if self._caught:
                _raise(self._caught)
            events: list[Printed | Ended] = [*self._ended]
            self._ended.clear()
            for key, _ in self._selector.select(0 if events else _TICK):
                events += self._read(key.data)
            for running in list(self._running.values()):
                if ended := self._step(running, time.monotonic()):
                    events.append(ended)
            if events or not self._running or time.monotonic() >= until:
                return events

    def _catch(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (signal's signature)
        self._caught = number

    def _refuse(self, job: Job, problem: str) -> None:
        self._ended.append(Ended(job.name, None, 0.0, b"", problem=problem))

    def _read(self, running: _Running) -> list[Printed]:
        data = running.group.read()
        if data is None:
            return []
        if not data:
            self._unregister(running)
            return []
        running.take(data)
        line = data.rstrip().rpartition(b"\n")[2]
        return [Printed(running.job.name, line[:1024])] if line else []

    def _step(self, running: _Running, now: float) -> Ended | None:
        group, status = running.group, running.group.status()
        if status is not None and not group.alive():
            return self._finish(running, status, now)
        if running.kill_at is None:
            running.timed_out = status is None and now >= running.started + running.job.timeout
            if running.timed_out or status is not None:  # it hangs, or it left children behind
                group.send(signal.SIGTERM)
                running.kill_at = now + GRACE_SECONDS
        elif now >= running.kill_at:
            group.send(signal.SIGKILL)
            if status is not None and now >= running.kill_at + 1:  # nothing left but what nobody reaps
                return self._finish(running, status, now)
        return None

    def _finish(self, running: _Running, status: int | None, now: float) -> Ended:
        for _ in range(64):  # a process that left the group could write for ever
            data = running.group.read()
            if not data:
                break
            running.take(data)
        self._unregister(running)
        tail = _end_of(running.job.log) if running.job.direct else bytes(running.tail)
        running.close()
        del self._running[running.job.name]
        return Ended(
            running.job.name,
            status,
            now - running.started,
            tail,
            running.timed_out,
        )

    def _unregister(self, running: _Running) -> None:
        if running.group.pipe:
            with contextlib.suppress(KeyError):  # it had closed its output before
                self._selector.unregister(running.group.pipe)

    def _end_all(self) -> None:
        for running in self._running.values():
            running.group.send(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while self._running:
            now = time.monotonic()
            for running in list(self._running.values()):
                status = running.group.status()
                if now >= deadline or self._caught:
                    running.group.send(signal.SIGKILL)
                gone = status is not None and not running.group.alive()
                if gone or now >= deadline + 1:
                    self._finish(running, status, now)
            if self._running:
                for key, _ in self._selector.select(_TICK):
                    self._read(key.data)


def _end_of(log: Path) -> bytes:
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL_BYTES))
        return file.read()


def _raise(number: int) -> None:
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)


def _why(job: Job, error: Exception) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if not job.cwd.is_dir():
            return f"the folder {job.cwd} does not exist"
        return f"the program {named(job.argv[0])} was not found"
    if isinstance(error, PermissionError):
        return f"{named(job.argv[0])} is not executable"
    return f"{os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error}"
