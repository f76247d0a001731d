"""One worker of the demo, a process of its own: reads its brief, writes files and one completion JSON.

It knows nothing of gitorch but the brief, and never stages; run as `python -m gitorch.demo.worker`.
"""

import json
import os
import re
import sys
from pathlib import Path

from gitorch.adapters import process
from gitorch.demo.content import DEEDS


def work(brief: str, root: Path) -> None:
    """Do what the brief of this worker asks for, below `root`."""
    worker = os.environ["GITORCH_WORKER"]
    report = re.search(r"`(\S+/completions/[^`]+\.json)`", brief)
    if report is None:
        raise SystemExit(f"the brief of {worker} does not say where to write the completion")
    deed = DEEDS[worker]
    for name, text in deed.files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if deed.tries_to_commit:
        _try_to_commit(root)
    completion = {
        "worker_id": worker,
        "status": "complete",
        "timestamp": "2026-01-18T18:30:00-05:00",
        "summary": deed.summary,
        "artifacts": list(deed.files),
        **deed.lists,
    }
    (root / report[1]).write_text(json.dumps(completion, indent=2) + "\n", encoding="utf-8")


def _try_to_commit(root: Path) -> None:
    """What an eager worker does; what the guard answered goes to standard error."""
    for extra in ([], ["--no-verify"]):
        tried = process.run(["git", "commit", "--allow-empty", "-m", "wip", *extra], cwd=root)
        sys.stderr.write(f"$ git commit -m wip {' '.join(extra)}\n{tried.error_text}\n")
        if tried.ok:
            raise SystemExit("the commit went through")


if __name__ == "__main__":
    work(sys.stdin.read(), Path.cwd())
