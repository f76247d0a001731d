"""An open build with a guard, as a person has it, and workers who deliver."""

import json
from collections.abc import Iterable
from pathlib import Path

from tests.builds import report
from tests.support import git, orch, write

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
    for command in (("install",), ("init", "--project", SLUG, "--plan-file", "-")):
        ran = orch(root, *command, stdin=json.dumps(PLAN))
        assert ran.status == 0, ran.err
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
