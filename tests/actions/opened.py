"""An open build with a guard, as a person has it, and workers who deliver."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from gitorch.actions.init import PlanSource, init
from gitorch.actions.install import install
from tests.builds import report
from tests.support import git, write

SLUG = "calendar-v2"
FOLDER = f"N5/builds/{SLUG}"

PLAN = {
    "name": "Calendar",
    "workers": [
        {"id": "schema", "component": "schema", "description": "Define tables"},
        {"id": "views", "component": "views", "description": "Show months", "dependencies": ["schema"]},
    ],
}


def opened(root: Path, config: str | None = None) -> str:
    """Commit `config`, install the guard, open the build; the base."""
    if config is not None:
        write(root / ".gitorch.yaml", config)
        git(root, "add", ".gitorch.yaml")
        git(root, "commit", "-q", "-m", "policy")
    install(root)
    source = PlanSource(json.dumps(PLAN).encode(), None)
    init(root, SLUG, source, build_type=None, now=datetime(2026, 1, 18, 12, tzinfo=UTC))
    return git(root, "rev-parse", "HEAD")


def deliver(root: Path, worker: str, artifacts: Iterable[str], **fields: object) -> None:
    """The completion of a worker whose files lie there already."""
    text = report(worker, f"{worker} is done.", artifacts=list(artifacts), **fields)
    write(root / FOLDER / "completions" / f"{worker}.json", text)


def delivered(root: Path) -> None:
    """Both workers wrote their file and their report."""
    write(root / "src" / "schema.py", "TABLES = 5\n")
    write(root / "README", "a project with a calendar\n")
    deliver(root, "W1.1", ["src/schema.py"])
    deliver(root, "W2.1", ["README"])
