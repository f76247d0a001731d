"""`.gitorch.yaml`: the person's policy. Parses text; which commit's text is read, others decide."""

import posixpath
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gitorch.core.claims import Severity
from gitorch.core.completion import describe
from gitorch.core.errors import bad_input

FILE_NAME = ".gitorch.yaml"

Unclaimed = Literal["fail", "include", "leave"]


class Policy(BaseModel):
    """A part of the configuration: unknown keys are refused, so that a typing error is seen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Validator(Policy):
    """One command that judges the candidate; exit status 0 is a pass."""

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
    command: str | Annotated[tuple[str, ...], Field(min_length=1)] = Field(
        description="a string is run by sh, a list is run as it stands"
    )
    timeout: Annotated[float, Field(gt=0)] = Field(600, description="seconds")


class Spawn(Policy):
    """How a worker is started."""

    command: Annotated[str, Field(min_length=1)] = Field(
        "cd {root} && gitorch brief {worker} --project {project} | "
        "GITORCH_PROJECT={project} GITORCH_WORKER={worker} GITORCH_PARENT={parent} claude -p",
        description="shell template; {root} {project} {worker} {parent}, {brief} (the brief's path) and "
        "{prompt} (what `gitorch brief` prints) stand for quoted words",
    )


class Claims(Policy):
    """How finalize and review take each way in which a claim and git disagree (`core/review.py`)."""

    missing: Severity = Severity.ERROR
    unchanged: Severity = Severity.WARNING
    ignored: Severity = Severity.ERROR
    claimed_twice: Severity = Severity.WARNING
    outside: Severity = Severity.ERROR
    conflict_markers: Severity = Severity.ERROR
    case_collision: Severity = Severity.ERROR
    oversized: Severity = Severity.ERROR
    stale: Severity = Field(Severity.WARNING, description="a completion is older than a file it claims")
    max_bytes: Annotated[int, Field(gt=0)] = Field(10 << 20, description="a larger file is oversized")

    @field_validator("*", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        return "off" if value is False else value  # YAML 1.1 reads a bare `off` as false


class MessagePolicy(Policy):
    """The build commit's message."""

    subject: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=60)] = Field(
        "build({slug}): {name}", description="first line; {slug} and {name} stand for the build's own"
    )
    co_authored_by: tuple[
        Annotated[str, Field(pattern=r"^[^<>\x00-\x1f\x7f]+ <[^<>\s\x00-\x1f\x7f]+@[^<>\s\x00-\x1f]+>$")], ...
    ] = Field((), description="`Name <mail>`, each a Co-authored-by trailer")

    @field_validator("subject")
    @classmethod
    def _named(cls, value: str) -> str:
        if "{name}" not in value or value.startswith("#"):
            raise ValueError("must hold {name}, and not begin with '#'")
        return value


class Config(Policy):
    """The whole file; every key may be left out."""

    builds_dir: str = Field("N5/builds", description="folder of the builds, relative to the root")
    validators: tuple[Validator, ...] = ()
    unclaimed: Unclaimed = Field("fail", description="what finalize does with changes that no worker claims")
    claims: Claims = Claims()
    message: MessagePolicy = MessagePolicy()
    spawn: Spawn = Spawn()

    @field_validator("builds_dir")
    @classmethod
    def _inside(cls, value: str) -> str:
        path = posixpath.normpath(value)
        parts = path.split("/")
        if path.startswith("/") or ".." in parts or path == "." or ".git" in map(str.lower, parts):
            raise ValueError(f"{value!r} is not a folder inside the repository")
        return path

    @field_validator("validators")
    @classmethod
    def _distinct(cls, value: tuple[Validator, ...]) -> tuple[Validator, ...]:
        names = [validator.name for validator in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two validators are named {twice[0]!r}")
        return value


def parse_config(data: bytes | None, where: str = FILE_NAME) -> Config:
    """The policy; the defaults when there is no file. GitorchError (exit 2) lists every problem."""
    if data is None:
        return Config()
    hint = "gitorch schema config   (prints what the file may hold)"
    try:
        value = yaml.safe_load(data.decode("utf-8-sig"))
        return Config.model_validate({} if value is None else value)
    except UnicodeDecodeError as error:
        raise bad_input(f"{where} is not UTF-8 at byte {error.start}") from error
    except yaml.YAMLError as error:
        raise bad_input(f"{where} is not YAML", details=str(error).splitlines(), hints=[hint]) from error
    except ValidationError as error:
        raise bad_input(f"{where} is not a configuration", details=describe(error), hints=[hint]) from error
