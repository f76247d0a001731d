"""A completion report, `completions/<id>.json`: spec §8; `gitorch.core.reading` reads the file.

Lenient where a worker's JSON has more than we know, strict on what gitorch relies on. `Completion` is the
one table of a report's fields: schema, messages, briefs, records and the options of `complete` come from it.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gitorch.core.source import shown
from gitorch.core.text import one_line

MAX_BYTES = 1 << 20
"""A report is a page, not an archive; a larger file is a finding, and is not read."""


class Outcome(StrEnum):
    """The spec's three values of `status`."""

    COMPLETE = "complete"
    BLOCKED = "blocked"
    FAILED = "failed"


class Listed(NamedTuple):
    """How people read one of a report's lists; stands at its field, and completed by that in `LISTS`."""

    order: int  # among the lists, wherever people read them
    title: str  # its heading within one report
    so_far: str  # its heading where all reports of a build are summed up
    message: str | None = None  # its heading in the build commit's message; None: it is not in there
    handed_on: bool = True  # whether workers that start later are told
    reviewed: bool = False  # whether the brief of the last review names it
    pressing: bool = False  # whether it comes first where all reports are summed up
    name: str = ""  # the field's
    about: str = ""  # the field's description

    @property
    def option(self) -> str:
        """What `gitorch complete` calls one entry of it: `follow-up`, `concern`."""
        return self.name.removesuffix("s").replace("_", "-")

    def of(self, report: "Completion | None") -> tuple[str, ...]:
        """The entries in `report`."""
        return getattr(report, self.name) if report else ()


Text = Annotated[str, Field(strict=True)]
Texts = tuple[Text, ...]


class Completion(BaseModel):
    """What one worker reported (spec §8). Paths in `artifacts` are relative to the repository's root."""

    model_config = ConfigDict(frozen=True, extra="ignore", title="gitorch completion", defer_build=True)

    worker_id: Text = Field(description="Matches the brief's worker_id")
    status: Outcome
    timestamp: datetime = Field(description="When the worker closed, ISO 8601")
    summary: Text = Field(description="One paragraph describing what was done")
    artifacts: Texts = Field((), description="File paths created, modified or deleted")
    learnings: Annotated[Texts, Listed(2, "Learnings", "Learnings so far")] = Field(
        (), description="What was discovered during execution"
    )
    concerns: Annotated[
        Texts,
        Listed(3, "Concerns", "Open concerns", message="Concerns still open", reviewed=True, pressing=True),
    ] = Field((), description="Issues for the orchestrator to consider")
    decisions: Annotated[Texts, Listed(1, "Decisions", "Decisions so far", message="Decisions")] = Field(
        (), description="Choices made during execution"
    )
    follow_up: Annotated[
        Texts,
        Listed(4, "Follow-ups", "Follow-ups suggested", message="Follow-ups", handed_on=False, reviewed=True),
    ] = Field((), description="Suggested future work")


LISTS = tuple(
    sorted(
        (
            listed._replace(name=name, about=field.description or "")
            for name, field in Completion.model_fields.items()
            for listed in field.metadata
            if isinstance(listed, Listed)
        ),
        key=lambda listed: listed.order,
    )
)
"""What a report lists beside its artifacts, in the order in which people read it."""


def form(**said: object) -> dict[str, object]:
    """A report's document, in the spec's order; what is not `said` is an empty list."""
    return {name: said.get(name, []) for name in Completion.model_fields}


def describe(error: ValidationError) -> list[str]:
    """Each problem of a pydantic error as `path: what is wrong`, the path as `workers[0].id`."""
    lines = []
    for item in error.errors(include_url=False, include_input=False):
        path = one_line(shown(item["loc"]), 200)  # a key is whatever the file says
        said = item["msg"].removeprefix("Value error, ").replace("a valid tuple", "a list")
        lines.append(f"{path or 'the document'}: {one_line(said[:1].lower() + said[1:])}")
    return lines


def dump_completion(completion: Completion) -> str:
    """The file as gitorch writes it: the spec's field order, two spaces, one final line end."""
    return as_json(completion.model_dump(mode="json"))


def as_json(document: Mapping[str, Any]) -> str:
    """A report's text. A byte of a file name that is not UTF-8, a surrogate here, stands as `\\udce9`."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()
