"""What is known on disk of started workers. Starts and ends nothing.

    <private>/spawns/<slug>/<worker>/     record.json, prompt.md, log, group, status, stop, alive, corrected
    <private>/spawns/<slug>/run.<id>      locked while the process that looks after a run lives
    <private>/spawns/<slug>/run.<id>.json the settings that the run was started with
    <build's folder>/spawn_results.jsonl  a line for each worker that ended

`group` and `status` are the process group and the exit status, as the shell around the command wrote
them; `alive` is locked for as long as anything of the worker lives, so that nobody has to trust a process
id; `corrected` says how its report was rewritten in the spec's form.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitorch.adapters import files
from gitorch.core.config import Spawn
from gitorch.core.names import WorkerId, parse_worker_id
from gitorch.core.spawning import Record, Result, parse_results

_MAX_RESULTS = 64 << 20  # bytes that are read of it


@dataclass(frozen=True)
class SpawnStore:
    """The started workers of one build."""

    path: Path
    results_path: Path

    def folder(self, worker: str) -> Path:
        """The worker's own folder; `worker` is a checked id."""
        return self.path / worker

    def log(self, worker: str) -> Path:
        return self.folder(worker) / "log"

    def prompt(self, worker: str) -> Path:
        return self.folder(worker) / "prompt.md"

    def put(self, record: Record, prompt: str) -> None:
        """Begin afresh for this worker."""
        folder = self.folder(record.worker_id)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.prompt(record.worker_id).write_text(prompt, encoding="utf-8")
        self.log(record.worker_id).touch()
        self.write(record)

    def write(self, record: Record) -> None:
        path = self.folder(record.worker_id) / "record.json"
        files.write_atomically(path, record.model_dump_json().encode())

    def read(self, worker: str) -> Record | None:
        """The last start of this worker, or None."""
        try:
            return Record.model_validate_json((self.folder(worker) / "record.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def records(self) -> list[Record]:
        """The last start of each worker, in order of their ids."""
        found: list[tuple[WorkerId, Record]] = []
        with contextlib.suppress(FileNotFoundError):
            for entry in self.path.iterdir():
                worker = parse_worker_id(entry.name)
                record = self.read(entry.name) if worker else None
                if worker and record:
                    found.append((worker, record))
        return [record for _, record in sorted(found, key=lambda pair: pair[0])]

    def note_correction(self, worker: str, lines: Sequence[str]) -> None:
        """Keep how the report of this worker was corrected; the last time counts."""
        self.folder(worker).mkdir(parents=True, exist_ok=True)
        files.write_atomically(self._corrected(worker), "".join(f"{line}\n" for line in lines).encode())

    def correction(self, worker: str) -> list[str]:
        """How the report of this worker was corrected where nobody was told: the issue's line, its facts."""
        try:
            return self._corrected(worker).read_text().splitlines()
        except FileNotFoundError:
            return []

    def _corrected(self, worker: str) -> Path:
        return self.folder(worker) / "corrected"

    def exit_status(self, worker: str) -> int | None:
        """What the shell around the command wrote at its end."""
        return _number(self.folder(worker) / "status")

    def group(self, worker: str) -> int | None:
        """The process group of a command that was started."""
        return _number(self.folder(worker) / "group")

    def is_running(self, worker: str) -> bool:
        """Whether a command was started and has not come to its end."""
        return self.exit_status(worker) is None and is_held(self.worker_lock(worker))

    def at_work(self) -> list[str]:
        """The ids of the workers that run, or wait for their turn."""
        return [
            record.worker_id
            for record in self.records()
            if (self.is_running(record.worker_id) or is_held(self.run_lock(record.run)))
            and self.result_of(record) is None
        ]

    def ask_to_stop(self, worker: str) -> None:
        (self.folder(worker) / "stop").touch()

    def is_stopped(self, worker: str) -> bool:
        return (self.folder(worker) / "stop").exists()

    def results(self) -> list[Result]:
        """Every line that was written so far; none where something else is in the file's place."""
        try:
            return parse_results(files.read_regular(self.results_path, _MAX_RESULTS)[0])
        except (FileNotFoundError, files.NotRegular):
            return []

    def result_of(self, record: Record) -> Result | None:
        """The line of this very start."""
        same = (r for r in self.results() if (r.worker_id, r.run) == (record.worker_id, record.run))
        return next(same, None)

    def append(self, result: Result) -> None:
        """Write the line of an ended worker, once, whoever noticed it; on the disk before this returns."""
        with files.lock(self.path, "the spawned workers"):
            if self.result_of_run(result):
                return
            if not self.results_path.is_file() or self.results_path.is_symlink():
                files.write_atomically(self.results_path, b"")  # also where a link or a FIFO is
            descriptor = os.open(self.results_path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(descriptor, "r+b", buffering=0) as file:
                size = file.seek(0, os.SEEK_END)
                cut = size and os.pread(descriptor, 1, size - 1) != b"\n"  # a crash cut the last line short
                file.write((b"\n" if cut else b"") + result.line().encode())
                os.fsync(descriptor)

    def result_of_run(self, result: Result) -> bool:
        """Whether this start has its line already."""
        return any((r.worker_id, r.run) == (result.worker_id, result.run) for r in self.results())

    def put_settings(self, run: str, settings: Spawn) -> None:
        """Keep what a run was started with; no token is among it."""
        self.path.mkdir(parents=True, exist_ok=True)
        files.write_atomically(self.path / f"run.{run}.json", settings.model_dump_json().encode())

    def settings(self, run: str) -> Spawn:
        """What the run was started with."""
        return Spawn.model_validate_json((self.path / f"run.{run}.json").read_bytes())

    def run_lock(self, run: str) -> Path:
        return self.path / f"run.{run}"

    def worker_lock(self, worker: str) -> Path:
        return self.folder(worker) / "alive"


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


@contextlib.contextmanager
def held(path: Path) -> Iterator[int]:
    """A locked descriptor of `path`. Whoever inherits it keeps the lock, to the end of the last of them."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # at most a moment's wait, for one who asks `is_held`
        yield descriptor
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock of `path`."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
