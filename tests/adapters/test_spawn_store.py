"""The ends of started workers: a worker that tampers with their file costs nobody else a line."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gitorch.adapters.spawn_store import SpawnStore
from gitorch.core.spawning import Result

NOW = datetime(2026, 1, 18, 12, tzinfo=UTC)


def _ended(worker: str) -> Result:
    return Result(
        worker_id=worker, status="completed", backend="command", run="1", queued_at=NOW, ended_at=NOW
    )


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_a_line_is_neither_written_nor_read_through_a_link_or_a_fifo(tmp_path: Path, kind: str) -> None:
    store = SpawnStore(tmp_path, tmp_path / "spawn_results.jsonl")
    precious = tmp_path / "precious"
    precious.write_text(_ended("W1.1").line())
    if kind == "link":
        store.results_path.symlink_to(precious)
    else:
        os.mkfifo(store.results_path)
    assert store.results() == []
    store.append(_ended("W1.2"))
    store.append(_ended("W1.2"))
    store.append(_ended("W1.3"))
    assert [result.worker_id for result in store.results()] == ["W1.2", "W1.3"]
    assert precious.read_text() == _ended("W1.1").line()
