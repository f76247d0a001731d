"""The shape of a plan as a person writes it: field by field what may stand there, and its JSON Schema.

What the fields say together (ids, dependencies, waves) is checked by `gitorch.core.plan.check`.
"""

import difflib
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gitorch.core.meta import BuildType
from gitorch.core.source import Place, Problem, Source, Values
from gitorch.core.text import clean, named

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MAX_LINE = 200
MAX_TEXT = 64 * 1024


def _line(text: str) -> str:
    text = text.strip()
    if "\n" in text or "\r" in text:
        raise ValueError("must be one line")
    return _checked(text, MAX_LINE)


def _item(text: str) -> str:
    return _checked(" ".join(text.split()), MAX_TEXT)


def _prose(text: str) -> str:
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    return _checked("\n".join(lines).strip("\n"), MAX_TEXT)


def _checked(text: str, limit: int) -> str:
    if len(text) > limit:
        raise ValueError(f"is longer than {limit} characters")
    if unsafe := next((c for c, ok in zip(text, clean(text), strict=True) if c != ok), None):
        raise ValueError(f"has the control or direction character U+{ord(unsafe):04X}")
    return text


def _present(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


def _numbered(names: Any) -> Any:
    """JSON and YAML keys are texts here; a wave's has to be a number."""
    if not isinstance(names, dict):
        return names
    for key in names:
        if not (str(key).isascii() and str(key).isdigit() and 0 < int(key) < 10_000):
            raise ValueError(f"{named(str(key), 20)} is not the number of a wave")
    return {int(key): name for key, name in names.items()}


Line = Annotated[str, Field(strict=True), AfterValidator(_line)]
"""A name: one line without control characters."""
Prose = Annotated[str, Field(strict=True), AfterValidator(_prose)]
"""Markdown of the person's."""
Item = Annotated[str, Field(strict=True), AfterValidator(_item), AfterValidator(_present)]
"""One point of a list; line ends in it are folded."""
Name = Annotated[Line, AfterValidator(_present)]


class Document(BaseModel):
    """Unknown keys are refused, so that a typing error is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WorkerDocument(Document):
    """One task of the plan."""

    id: Name = Field(description="W<wave>.<seq>, or a name of your own that is then numbered")
    key: Name | None = Field(None, description="a second name for a worker whose id is W<wave>.<seq>")
    title: Line = Field("", description="the task's name")
    component: Line | None = None
    description: Prose = Field("", description="the goal; the first paragraph becomes the mission")
    dependencies: tuple[Name, ...] | None = Field(None, description="ids of earlier waves that come first")
    depends_on: tuple[Name, ...] | None = Field(None, description="the same as dependencies")
    estimated_hours: Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)] | None = None
    outputs: tuple[Item, ...] = Field((), description="file paths or artifacts to create")
    context: Prose = ""
    requirements: tuple[Item, ...] = ()
    success_criteria: tuple[Item, ...] = ()
    report_back: tuple[Item, ...] = ()
    wave: Any = Field(None, description="left unread, as in a build's plan.json: id and dependencies say it")
    status: Any = Field(None, description="left unread, as in a build's plan.json")


class PlanDocument(Document):
    """A whole plan."""

    model_config = ConfigDict(title="gitorch plan")

    name: Line = ""
    build_type: BuildType = BuildType.CODE
    description: Prose = ""
    objective: Prose = ""
    key_decisions: tuple[Item, ...] = ()
    relevant_files: tuple[Item, ...] = ()
    sections: Annotated[
        dict[Name, Prose], Field(description="further context for every brief: heading and text")
    ] = {}
    wave_names: Annotated[dict[int, Name], BeforeValidator(_numbered)] = {}
    workers: tuple[WorkerDocument, ...]


def read_document(source: Source) -> tuple[PlanDocument | None, list[Problem]]:
    """The document, and every problem of form with its line and its place.

    Where something is wrong with a worker the document comes without that part, so that what is wrong
    with ids and dependencies can be found at once; without any id that can be read there is none.
    """
    problems = list(source.problems)
    if not isinstance(source.value, dict):
        if not problems:
            problems.append(source.problem((), "is empty" if source.value is None else "is not a mapping"))
        return None, problems
    try:
        return PlanDocument.model_validate(source.value), problems
    except ValidationError as error:
        items = error.errors(include_url=False, include_input=False)
    problems += [source.problem(place, message) for place, message in map(_described, items)]
    try:
        return PlanDocument.model_validate(_without(source.value, [tuple(i["loc"]) for i in items])), problems
    except ValidationError:
        return None, problems


_PLAINLY = {
    "missing": "is missing",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "string_type": "must be a text (a number or yes/no needs quotes)",
    "float_type": "must be a number",
}


def _described(item: "ErrorDetails") -> tuple[Place, str]:
    place: Place = tuple(item["loc"])
    if item["type"] == "extra_forbidden":
        model = WorkerDocument if len(place) > 1 else PlanDocument
        near = difflib.get_close_matches(str(place[-1]).casefold(), model.model_fields, n=1)
        return place, "is not a key of a plan" + (f"; did you mean {near[0]}?" if near else "")
    if item["type"] == "value_error":
        return place, item["msg"].removeprefix("Value error, ")
    return place, _PLAINLY.get(item["type"], item["msg"][:1].lower() + item["msg"][1:])


def _without(value: Values, places: list[Place]) -> Values:
    """A copy of the plan's values less the fields that hold one of `places`."""
    copy = dict(value)
    for place in places:
        if place[0] != "workers":
            copy.pop(str(place[0]), None)
        elif len(place) > 2 and place[2] != "id":
            copy["workers"] = list(copy["workers"])
            worker = dict(copy["workers"][int(place[1])])
            worker.pop(str(place[2]), None)
            copy["workers"][int(place[1])] = {"title": "?", **worker}  # so that it still says something
    return copy
