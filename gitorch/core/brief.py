"""A worker's brief, `workers/W<wave>.<seq>-<name>.md`: spec §4. Reads and renders text only.

After init the file belongs to the person: what is to be done is what the file says now.
"""

import hashlib
import re
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gitorch.core.completion import describe
from gitorch.core.names import WorkerId, parse_worker_id
from gitorch.core.text import named
from gitorch.core.tree import read_yaml

FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?\r?\n)---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_PREFIX = re.compile(r"\[[^\]]*\]\s*([^:\s]*):\s*")
MISSION = re.compile(r"^\*\*Your Mission:\*\*[ \t]*(.+)$", re.MULTILINE)


_OUTPUT = re.compile(r"^\*\*Output:\*\*[ \t]*(.+)$", re.MULTILINE)
_CRITERIA = re.compile(r"^## Success Criteria[ \t]*\r?\n(.*?)(?=^#|^---|\Z)", re.MULTILINE | re.DOTALL)
_CHECKBOX = re.compile(r"^[-*+] \[[ xX]\] +(\S.*)$", re.MULTILINE)


class FrontMatter(BaseModel):
    """The YAML head of a brief: the spec's fields, and further ones that gitorch knows."""

    model_config = ConfigDict(frozen=True, extra="allow")

    worker_id: str
    title: str
    build_slug: str | None = None
    wave: int | None = None
    depends_on: tuple[str, ...] = ()
    thread_title: str | None = None
    key: str | None = None
    component: str | None = None
    estimated_hours: Annotated[float, Field(ge=0)] | None = None
    follow_up: str | None = None


class Brief(NamedTuple):
    """One brief as it stands on disk. `path` is relative to the build's folder."""

    id: WorkerId
    key: str | None
    title: str  # the task's name, without the thread prefix
    component: str | None
    mission: str
    depends_on: tuple[WorkerId, ...]
    estimated_hours: float | None
    thread_title: str
    path: str
    text: str
    follow_up: str | None = None  # the suggestion of another worker that it was made from

    @property
    def digest(self) -> str:
        """The SHA-256 of the text: tells whether it is still what a worker was given."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def parse_brief(path: str, data: bytes) -> Brief | str:
    """The brief, or one sentence that says what is wrong with the file."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"is not UTF-8 at byte {error.start}"
    match = FRONT.match(text)
    if not match:
        return "has no front matter, a YAML block between two lines of '---'"
    front = read_yaml(match[1])
    if front.value is None and front.problems:
        problem = front.problems[0]
        below = 1 if problem.line else 0  # the line of '---'
        return f"front matter: {problem._replace(line=problem.line + below)}"
    try:
        head = FrontMatter.model_validate(front.value)
    except ValidationError as error:
        return "front matter: " + "; ".join(describe(error)[:5])
    worker = parse_worker_id(head.worker_id)
    if worker is None:
        return f"front matter: worker_id {named(head.worker_id)} is not W<wave>.<seq>"
    needs = []
    for name in head.depends_on:
        need = parse_worker_id(name)
        if need is None:
            return f"front matter: depends_on {named(name)} is not W<wave>.<seq>"
        needs.append(need)
    prefix = _PREFIX.match(head.title)
    title = head.title[prefix.end() :] if prefix and prefix[1] == str(worker) else head.title
    mission = MISSION.search(text, match.end())
    return Brief(
        id=worker,
        key=head.key,
        title=title,
        component=head.component,
        mission=mission[1].strip() if mission else "",
        depends_on=tuple(needs),
        estimated_hours=head.estimated_hours,
        thread_title=head.thread_title or head.title,
        path=path,
        text=text,
        follow_up=head.follow_up,
    )


def success_criteria(brief: Brief) -> tuple[str, ...]:
    """The checkboxes of the brief's section "Success Criteria", without their boxes."""
    section = _CRITERIA.search(brief.text)
    return tuple(map(str.rstrip, _CHECKBOX.findall(section[1]))) if section else ()


def outputs_of(brief: Brief) -> list[str]:
    """The paths that the brief names as its worker's output."""
    named_there = _OUTPUT.search(brief.text)
    return re.findall(r"`([^`]+)`", named_there[1]) if named_there else []
