"""`meta.json`: a build's identity, type, base, launches and outcome (spec §6), and what scripts read.

The fields `current_wave`, `status` and `blocked_workers` are rendered from the state; the rest has
its home here. Nothing here reads the file.
"""

import json
from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from gitorch.core.completion import describe
from gitorch.core.errors import GitorchError

SCHEMA_VERSION = 1


class BuildType(StrEnum):
    """Spec §6."""

    CODE = "code_build"
    CONTENT = "content"
    RESEARCH = "research"
    GENERAL = "general"


class BuildStatus(StrEnum):
    """`in_progress` until finalize says `complete` (spec §6, §9) or the person says `aborted`."""

    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    ABORTED = "aborted"


class Frozen(BaseModel):
    """What gitorch itself writes: nothing unknown, nothing changed in place."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Launch(Frozen):
    """A worker was started. `supersedes` is the SHA-256 of the completion file that lay there then:

    a worker launched again after `blocked` or `failed` is in progress until it writes a new report.
    `brief` is the SHA-256 of the brief's text as it was handed out.
    """

    worker_id: str
    at: datetime
    thread: str | None = None
    supersedes: str | None = None
    brief: str | None = None


class PlanHead(Frozen):
    """What a plan says of the whole build; the workers' part lives in their briefs."""

    name: str
    description: str = ""
    objective: str = ""
    key_decisions: tuple[str, ...] = ()
    relevant_files: tuple[str, ...] = ()
    wave_names: dict[int, str] = {}


class Meta(Frozen):
    """The file. Paths are relative to the repository's root, ids are git's in full."""

    schema_version: Literal[1] = 1
    build_type: BuildType
    slug: str
    current_wave: int = 1
    status: BuildStatus = BuildStatus.IN_PROGRESS
    branch: str | None = None
    base: str | None = None
    opened_from: str | None = None  # the full name of the branch that was checked out before
    unclaimed: tuple[str, ...] = ()  # paths that no worker claims and the person took in, as shown
    plan_file: str | None = None  # an untracked file of the person's, from the root; it is left alone
    opened_at: datetime
    blocked_workers: tuple[str, ...] = ()
    plan: PlanHead
    launches: tuple[Launch, ...] = ()


def parse_meta(data: bytes, where: str) -> Meta:
    """The file's content; a GitorchError names `where` and how to get the file back."""
    hint = f"git restore -- {where}   (gitorch staged it; this brings the staged version back)"
    try:
        return Meta.model_validate_json(data)
    except ValidationError as error:
        raise GitorchError(f"{where} is damaged", details=describe(error), hints=[hint]) from error


def dump_meta(meta: Meta) -> str:
    """The file as gitorch writes it."""
    return json.dumps(meta.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
