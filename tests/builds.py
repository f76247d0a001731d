"""Builds made by hand: the files that init leaves behind, without init."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml

from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core.build_files import RawFile, parse_files
from gitorch.core.evidence import Evidence
from gitorch.core.meta import BuildType, Launch, Meta, PlanHead, dump_meta, parse_meta
from gitorch.core.names import CommitId, Slug
from gitorch.core.opened import Decided, Opened, as_meta
from gitorch.core.state import BuildState, derive
from tests.scene.shell import git, write

CALENDAR = (
    ("W1.1", "Database Schema", ()),
    ("W1.2", "API Routes", ()),
    ("W2.1", "Event CRUD", ("W1.1", "W1.2")),
    ("W2.2", "Calendar Views", ("W1.1",)),
    ("W3.1", "Recurring Events", ("W2.1",)),
)
"""The spec's example (§10): id, title, dependencies."""

Workers = Iterable[tuple[str, str, Sequence[str]]]


def brief_text(worker: str, title: str, needs: Sequence[str], *, key: str | None = None) -> str:
    head = [
        "---",
        f"worker_id: {worker}",
        yaml.safe_dump({"title": title}, default_style='"', width=10_000).rstrip("\n"),
        f"depends_on: [{', '.join(needs)}]",
        *([f"key: {json.dumps(key)}"] if key else []),
        "---",
    ]
    return "\n".join([*head, f"# Worker Brief: {title}", "", f"**Your Mission:** Do {title}", ""])


def report(worker: str, summary: str = "Done.", **fields: object) -> str:
    """A completion as a worker writes it."""
    content = {
        "worker_id": worker,
        "status": "complete",
        "timestamp": "2026-01-18T18:30:00-05:00",
        "summary": summary,
    }
    return json.dumps({**content, **fields}, indent=2) + "\n"


def meta(slug: str = "calendar-v2", launched: Iterable[str] = (), **fields: object) -> Meta:
    content: dict[str, object] = {
        "build_type": BuildType.CODE,
        "slug": slug,
        "opened_at": "2026-01-18T12:00:00Z",
        "plan": PlanHead(name=slug),
        "launches": tuple(
            Launch.model_validate({"worker_id": worker, "at": "2026-01-18T12:30:00Z"}) for worker in launched
        ),
    }
    return Meta.model_validate({**content, **fields})


def state(
    head: Meta | None = None,
    *,
    workers: Workers = CALENDAR,
    reports: Mapping[str, str] | None = None,
    evidence: Evidence | None = None,
) -> BuildState:
    """The state that these files have: `reports` holds summaries or whole reports by worker."""
    briefs = [RawFile(f"{w}-x.md", brief_text(w, title, needs).encode()) for w, title, needs in workers]
    texts = {w: text if text.startswith("{") else report(w, text) for w, text in (reports or {}).items()}
    files = [RawFile(f"{w}.json", t.encode()) for w, t in texts.items()]
    return derive(head or meta(), parse_files("calendar-v2", briefs, files), evidence)


def claiming(claims: Mapping[str, Sequence[str]], *needs: tuple[str, str]) -> BuildState:
    """A build whose workers claim these artifacts; `needs` are (worker, what it depends on)."""
    workers = [(worker, "Task", [on for who, on in needs if who == worker]) for worker in claims]
    return state(
        workers=workers, reports={w: report(w, artifacts=list(paths)) for w, paths in claims.items()}
    )


def make_build(root: Path, head: Meta | None = None, *, workers: Workers = CALENDAR) -> Path:
    """The build's folder below `root`, with its sources and nothing rendered yet."""
    head = head or meta()
    folder = root / "N5" / "builds" / head.slug
    for worker, title, needs in workers:
        write(folder / "workers" / f"{worker}-x.md", brief_text(worker, title, needs))
    (folder / "completions").mkdir()
    write(folder / "PLAN.md", f"# Build Plan: {head.slug}\n")
    write(folder / "meta.json", dump_meta(head))
    return folder


def bind(root: Path, slug: str = "calendar-v2") -> None:
    """Tell the guard's registry that the working tree `root` belongs to the open build `slug`."""
    repo = Repository.discover(root)
    assert repo
    head = parse_meta((root / "N5" / "builds" / slug / "meta.json").read_bytes(), slug)
    entry = identity(slug, head.base or "1" * 40).model_copy(
        update={"opened_at": head.opened_at, "plan": head.plan, "opened_from": head.opened_from}
    )
    decided = Decided(launches=head.launches)
    registry.open_build(repo, entry, decided)
    write(root / "N5" / "builds" / slug / "meta.json", dump_meta(as_meta(entry, decided)))


def make_open_build(root: Path, *, workers: Workers = CALENDAR) -> Path:
    """The folder of a code build that is open on its branch at the last commit, with nothing rendered yet."""
    folder = make_build(root, meta(base=git(root, "rev-parse", "HEAD")), workers=workers)
    git(root, "checkout", "-q", "-b", "build/calendar-v2")
    bind(root)
    return folder


def identity(slug: str, base: str = "1" * 40) -> Opened:
    """What an open build `slug` with the base `base` is."""
    opened_at = datetime(2026, 1, 18, tzinfo=UTC)
    return Opened(
        slug=Slug(slug),
        folder=f"N5/builds/{slug}",
        base=CommitId(base),
        opened_at=opened_at,
        plan=PlanHead(name=slug),
    )
