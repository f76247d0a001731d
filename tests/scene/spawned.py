"""Builds whose workers are spawned: scripted workers, and waiting for what they do."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.builds import CALENDAR, bind, make_build, meta
from tests.scene.remembered import remembered
from tests.scene.shell import Ran, git, orch, process, write

SLUG = "calendar-v2"


def until(condition: Callable[[], bool], seconds: float = 40) -> None:
    """Wait for `condition`, and fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        threading.Event().wait(0.05)


def open_build(
    root: Path, spawn: Mapping[str, Any], workers: Iterable[tuple[str, str, tuple[str, ...]]] = CALENDAR
) -> Path:
    """A build in `root` whose workers start as `spawn` says; its folder."""
    return root / _open_build(root, json.dumps({"spawn": dict(spawn)}), tuple(workers))


@remembered
def _open_build(root: Path, policy: str, workers: tuple[tuple[str, str, tuple[str, ...]], ...]) -> str:
    write(root / ".gitorch.yaml", policy)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "policy")
    folder = make_build(root, meta(base=git(root, "rev-parse", "HEAD")), workers=workers)
    git(root, "switch", "-q", "-c", f"build/{SLUG}")
    bind(root)
    return str(folder.relative_to(root))


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """The lines of spawn_results.jsonl by worker; two lines for one start would be a defect."""
    path = folder / "spawn_results.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    assert len({(line["worker_id"], line["run"]) for line in lines}) == len(lines)
    return {line["worker_id"]: line for line in lines}


def completion(folder: Path, worker: str) -> dict[str, Any]:
    path = folder / "completions" / f"{worker}.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def spawns(root: Path) -> dict[str, dict[str, Any]]:
    ran = orch(root, "spawns", "--json")
    assert ran.status == 0, ran.err
    return {entry["worker"]: entry for entry in json.loads(ran.out)["spawns"]}


def statuses(root: Path) -> dict[str, str]:
    ran = orch(root, "status", "--json")
    return {worker["id"]: worker["status"] for worker in json.loads(ran.out)["workers"]}


def spawn(root: Path, *arguments: str, **env: str) -> Ran:
    ran = process(root, "spawn", *arguments, env=env)
    assert ran.status == 0, ran.err
    return ran
