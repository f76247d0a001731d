"""An open build with a guard, as a person has it, and workers who deliver."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from gitorch.actions.init import PlanSource, init
from gitorch.actions.install import install
from tests.builds import report
from tests.remembered import remembered
from tests.support import Ran, git, orch, write

SLUG = "calendar-v2"
FOLDER = f"N5/builds/{SLUG}"

PLAN = {
    "name": "Calendar",
    "workers": [
        {"id": "schema", "component": "schema", "description": "Define tables"},
        {"id": "views", "component": "views", "description": "Show months", "dependencies": ["schema"]},
    ],
}


@remembered
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


def finalize(root: Path, *options: str, **env: str) -> Ran:
    return orch(root, "finalize", *options, env=env)


def picture(root: Path) -> tuple[str, ...]:
    """All that a refusal must leave as it was: refs, index, every file, the bindings."""
    files = [
        f"{path.relative_to(root)} {path.read_bytes()!r}"
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and (".git" not in path.parts or ("gitorch" in path.parts and "logs" not in path.parts))
    ]
    return (git(root, "for-each-ref"), git(root, "symbolic-ref", "HEAD"), git(root, "ls-files", "-s"), *files)


def refused(root: Path, *options: str, says: str, **env: str) -> Ran:
    before = picture(root)
    ran = finalize(root, *options, **env)
    assert (ran.status, says in ran.err) == (1, True), ran.err
    assert picture(root) == before
    return ran


def landed(root: Path, base: str, *options: str) -> Ran:
    ran = finalize(root, *options)
    assert ran.status == 0, ran.err
    assert git(root, "rev-list", "--count", f"{base}..build/{SLUG}") == "1"
    assert git(root, "rev-parse", "HEAD") == git(root, "rev-parse", f"build/{SLUG}")
    assert not (root / ".git" / "gitorch" / "open").exists()
    assert not (root / ".git" / "gitorch" / "permit").exists()
    assert not (root / ".git" / "gitorch" / "journal.json").exists()
    return ran
