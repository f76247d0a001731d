"""`.gitorch.yaml`: the person's policy. Parses text; which commit's text is read, others decide."""

import posixpath
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

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


class Config(Policy):
    """The whole file; every key may be left out."""

    builds_dir: str = Field("N5/builds", description="folder of the builds, relative to the root")
    validators: tuple[Validator, ...] = ()
    unclaimed: Unclaimed = Field("fail", description="what finalize does with changes that no worker claims")
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
