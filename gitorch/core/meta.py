"""`meta.json`: a build's identity, type, base, launches and outcome (spec §6), and what scripts read.

The fields `current_wave`, `status` and `blocked_workers` are rendered from the state; the rest has
its home here. Nothing here reads the file.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gitorch.core.completion import describe
from gitorch.core.errors import GitorchError
from gitorch.core.hints import UPGRADE
from gitorch.core.issue import Hint
from gitorch.core.text import one_line

SCHEMA_VERSION = 2
"""The number of the records' form: the fields of meta.json, and the text that the rest is rendered as.

Raised by one whenever either changes in what is released, so that `verify` elsewhere knows whether it renders
the same; 1 is what was written before the text counted. Any number up to this one is read.
"""


class BuildType(StrEnum):
    """Spec §6."""

    CODE = "code_build"
    CONTENT = "content"
    RESEARCH = "research"
    GENERAL = "general"

    @property
    def shown(self) -> str:
        """As a person reads it."""
        return self.removesuffix("_build")


class BuildStatus(StrEnum):
    """`in_progress` until finalize says `complete` (spec §6, §9) or the person says `aborted`."""

    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    ABORTED = "aborted"

    @property
    def shown(self) -> str:
        """As a person reads it."""
        return "open" if self is BuildStatus.IN_PROGRESS else str(self)


class Frozen(BaseModel):
    """What gitorch itself writes: nothing unknown, nothing changed in place."""

    # Built on the first use: a model that is a part of `Meta` is built with it, and rarely used alone.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


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
    sections: dict[str, str] = {}
    wave_names: dict[int, str] = {}


class Meta(Frozen):
    """The file. Paths are relative to the repository's root, ids are git's in full."""

    schema_version: Annotated[int, Field(strict=True, ge=1, le=SCHEMA_VERSION)] = 1
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


class NewerRecords(GitorchError):  # noqa: N818 (it is a state, and reads as one)
    """A newer gitorch wrote them."""


def parse_meta(data: bytes, where: str, *, hints: Sequence[Hint] = ()) -> Meta:
    """The file's content; a GitorchError names `where`, with `hints` to get the file back.

    NewerRecords for a file whose number is above ours.
    """
    try:
        return Meta.model_validate_json(data)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            if (item["loc"], item["type"]) == (("schema_version",), "less_than_equal"):
                number = one_line(str(item["input"]), 20)
                text = f"{where} has schema_version {number}, and this gitorch knows up to {SCHEMA_VERSION}"
                raise NewerRecords("newer-gitorch", text, about=where, hints=[UPGRADE]) from error
        details = describe(error)
        raise GitorchError(
            "damaged-records", f"{where} is damaged", about=where, details=details, hints=hints
        ) from error


def dump_meta(meta: Meta) -> str:
    """The file as gitorch writes it: with its own number, since it renders the rest as well."""
    now = meta.model_copy(update={"schema_version": SCHEMA_VERSION})
    return json.dumps(now.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"
