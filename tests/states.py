"""A build's state from a few words, for tests of what is made of it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gitorch.core.meta import BuildType, Meta, PlanHead
from gitorch.core.state import BuildState, RawFile, derive

NOON = datetime(2026, 1, 18, 12, tzinfo=UTC)


def brief(worker: str, *needs: str, title: str = "Task") -> RawFile:
    """A brief file with this id, title and dependencies."""
    head = f"worker_id: {worker}\ntitle: {json.dumps(title)}\ndepends_on: [{', '.join(needs)}]\n"
    return RawFile(f"{worker}-task.md", f"---\n{head}---\n\n**Your Mission:** do it\n".encode())


def report(worker: str, **fields: Any) -> RawFile:
    """A completion file; `fields` are the spec's."""
    whole = {
        "worker_id": worker,
        "status": "complete",
        "timestamp": "2026-01-18T18:30:00-05:00",
        "summary": "Did it",
        **fields,
    }
    return RawFile(f"{worker}.json", json.dumps(whole).encode())


def state_of(
    briefs: list[RawFile], reports: list[RawFile], *, slug: str = "calendar-v2", **plan: Any
) -> BuildState:
    """The state of a code build; `plan` are fields of `PlanHead`."""
    head = PlanHead.model_validate({"name": "Calendar v2", **plan})
    meta = Meta(build_type=BuildType.CODE, slug=slug, opened_at=NOON, plan=head)
    return derive(meta, briefs, reports)


def claiming(claims: Mapping[str, list[str]], *needs: tuple[str, str]) -> BuildState:
    """A build in which each worker claims these artifacts; `needs` are (worker, what it depends on)."""
    briefs = [brief(worker, *(on for who, on in needs if who == worker)) for worker in claims]
    return state_of(briefs, [report(worker, artifacts=paths) for worker, paths in claims.items()])
