"""`.gitorch.yaml`: the person's policy. Parses text; which commit's text is read, others decide."""

import re
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from gitorch.core import globs
from gitorch.core.completion import LISTS, describe
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import CODES, Hint, Severity
from gitorch.core.names import BUILDS_DIR, POLICY_FILE
from gitorch.core.paths import repository_path
from gitorch.core.text import named
from gitorch.core.tree import read_yaml

MAX_CONFIG_BYTES = 1 << 16
"""A policy is a few pages; a larger file is refused, and is not read where it was pushed to."""

SCHEMA = Hint("see what the file may contain", "gitorch schema config")

SET_UP = "workspace set-up"
"""Begins the name of every set-up command, where it is shown among the validators."""

Unclaimed = Literal["fail", "include", "leave"]


class Policy(BaseModel):
    """A part of the configuration: unknown keys are refused, so that a typing error is seen."""

    # What validates is built where there is something to validate: building it is a part of what a start
    # costs, and most commands need no more than the defaults (`model_construct`).
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


Where = Literal["in-place", "clean"]


_NO_NAME = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def _inside(value: str) -> str:
    path = repository_path(value)
    if path is None or _NO_NAME.search(path):
        raise ValueError(f"{named(value)} is not a folder inside the repository")
    return path


Folder = Annotated[str, AfterValidator(_inside)]
Glob = Annotated[str, Field(min_length=1, description=globs.DESCRIPTION), AfterValidator(globs.checked)]


class Inputs(Policy):
    """What a validator reads beside the files that git knows; while it is the same, a result holds."""

    files: tuple[Glob, ...] = Field((), description="ignored files, from the root")
    env: tuple[str, ...] = Field((), description="names of environment variables")


class Validator(Policy):
    """One command that judges the candidate; exit status 0 is a pass."""

    model_config = ConfigDict(populate_by_name=True)

    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
    command: str | Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(
        None, description="a string is run by sh, a list is run as it is"
    )
    pre_commit: bool = Field(
        default=False,
        alias="pre-commit",
        description="instead of a command: run the repository's pre-commit hooks on the changed files",
    )
    timeout: Annotated[float, Field(gt=0)] = Field(600, description="seconds")
    env: dict[str, str] = Field({}, description="added to the environment")
    cwd: Folder | None = Field(None, description="working folder, relative to the root")
    paths: tuple[Glob, ...] = Field((), description="runs only when the change touches one of these")
    needs: tuple[str, ...] = Field(
        (), description="validators that run before it; it does not start when one fails that may not"
    )
    allow_failure: bool = Field(
        default=False, description="its failure is shown, and keeps nothing from landing"
    )
    workspace: Where | None = Field(None, description="left out: what `workspace.kind` says")
    inputs: Inputs = Inputs.model_construct()
    versions: tuple[str, ...] = Field((), description="commands that print a tool's version")

    @model_validator(mode="after")
    def _one_thing_to_run(self) -> "Validator":
        if (self.command is None) is not self.pre_commit:
            raise ValueError("give either a `command` or `pre-commit: true`")
        if self.pre_commit and self.cwd is not None:
            raise ValueError("`pre-commit: true` runs at the root: leave out `cwd`")
        return self


class Workspace(Policy):
    """Where validators run: in the working tree, or in a clean checkout of exactly what would land."""

    kind: Where = "in-place"
    setup: tuple[str, ...] = Field((), description="sh commands, run in a clean checkout in this order")
    link: tuple[Folder, ...] = Field((), description="ignored folders that a clean checkout borrows")


class General(Policy):
    """When a build of type `general` is complete, and what finalize runs then (spec §6)."""

    complete_when: Literal["all", "last-wave", "reported"] = Field(
        "all",
        description="all: every worker is complete; last-wave: every worker of the last wave is; "
        "reported: every worker that could reported, be it blocked or failed",
    )
    finalize: str | Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(
        None, description="a command at the root; while it fails the build stays open"
    )
    timeout: Annotated[float, Field(gt=0)] = Field(600, description="seconds")


class Zo(Policy):
    """The service that spec "Spawning Workers via /zo/ask API" speaks of."""

    url: Annotated[str, Field(pattern=r"^https?://")] = "https://api.zo.computer/zo/ask"
    token_env: str = Field("ZO_CLIENT_IDENTITY_TOKEN", description="the variable with the token")
    authorization: Literal["bare", "bearer"] = Field("bare", description="the token as it is, or `Bearer …`")
    timeout: Annotated[float, Field(gt=0)] = Field(600, description="seconds for one worker")
    retries: Annotated[int, Field(ge=0)] = Field(3, description="only where no work can have begun")
    retry_wait: Annotated[float, Field(ge=0)] = Field(1.0, description="seconds; doubles each time")
    model_name: str | None = None
    persona_id: str | None = None


class Spawn(Policy):
    """How a worker is started."""

    backend: Literal["command", "zo"] = Field("command", description="what `gitorch spawn` uses")
    command: Annotated[str, Field(min_length=1)] = Field(
        "claude",
        description="`claude`, `codex`, `gemini`, `opencode`, or a shell template; {root} {project} {worker} "
        "{parent}, {brief} (the brief's path), {prompt} (what `gitorch brief` prints) and {hooks} (the file "
        "with gitorch's hooks for the client that the template names) are quoted words; "
        "`gitorch spawn` runs it at the root, with the prompt on standard input",
    )
    timeout: Annotated[float, Field(gt=0)] | None = Field(
        3600, description="seconds after which a command is ended; null: never"
    )
    jobs: Annotated[int, Field(gt=0)] = Field(20, description="workers at the same time")
    zo: Zo = Zo.model_construct()


class Claims(Policy):
    """How finalize and review take each way in which a claim and git disagree (`core/review.py`)."""

    missing: Severity = CODES["missing-artifact"].severity
    unchanged: Severity = CODES["unchanged-file"].severity
    ignored: Severity = CODES["ignored-file"].severity
    claimed_twice: Severity = CODES["claimed-twice"].severity
    outside: Severity = CODES["claim-outside"].severity
    conflict_markers: Severity = CODES["conflict-markers"].severity
    case_collision: Severity = CODES["case-collision"].severity
    oversized: Severity = CODES["oversized-file"].severity
    stale: Severity = Field(
        CODES["stale-report"].severity, description="a completion is older than a file it claims"
    )
    vanished: Severity = Field(
        CODES["vanished-claim"].severity, description="a claimed file is missing or back at the base"
    )
    altered: Severity = Field(
        CODES["altered-claim"].severity, description="a claimed file holds something else than was reported"
    )
    max_bytes: Annotated[int, Field(gt=0)] = Field(10 << 20, description="a larger file is oversized")

    @field_validator("*", mode="before")
    @classmethod
    def _off(cls, value: object) -> object:
        return "off" if value is False else value  # YAML 1.1 reads a bare `off` as false


class Snapshots(Policy):
    """What a snapshot of the working tree takes, how often one is taken, and how long it is kept."""

    exclude: tuple[Glob, ...] = Field((), description="never read into git, such as secrets")
    max_file_bytes: Annotated[int, Field(gt=0)] = Field(512 << 20, description="a larger file is left out")
    every: Annotated[float, Field(gt=0)] = Field(300, description="seconds between those that `watch` takes")
    keep: Annotated[float, Field(ge=0)] = Field(30, description="days, once the build is closed")


class MessagePolicy(Policy):
    """The build commit's message."""

    subject: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", max_length=60)] = Field(
        "build({slug}): {name}", description="first line; {slug} and {name} are the build's"
    )
    co_authored_by: tuple[
        Annotated[str, Field(pattern=r"^[^<>\x00-\x1f\x7f]+ <[^<>\s\x00-\x1f\x7f]+@[^<>\s\x00-\x1f]+>$")], ...
    ] = Field((), description="`Name <mail>`, each a Co-authored-by trailer")

    template: str | None = Field(
        None,
        description="jinja2, for all but the trailers; knows subject, body, slug, base, name, objective, "
        "waves (number, name, workers), workers (id, wave, title, summary, artifacts, "
        f"{', '.join(listed.name for listed in LISTS)}) and validators (name, outcome)",
    )

    @field_validator("subject")
    @classmethod
    def _named(cls, value: str) -> str:
        if "{name}" not in value or value.startswith("#"):
            raise ValueError("must have {name} in it and must not begin with '#'")
        return value


class Config(Policy):
    """The whole file; every key may be left out."""

    builds_dir: Folder = Field(BUILDS_DIR, description="folder of the builds, relative to the root")
    validators: tuple[Validator, ...] = ()
    workspace: Workspace = Workspace.model_construct()
    unclaimed: Unclaimed = Field("fail", description="what finalize does with changes that no worker claims")
    claims: Claims = Claims.model_construct()
    snapshots: Snapshots = Snapshots.model_construct()
    message: MessagePolicy = MessagePolicy.model_construct()
    general: General = General.model_construct()
    spawn: Spawn = Spawn.model_construct()

    @field_validator("validators")
    @classmethod
    def _distinct(cls, value: tuple[Validator, ...]) -> tuple[Validator, ...]:
        names = [validator.name for validator in value]
        if taken := [name for name in names if name.startswith(SET_UP)]:
            raise ValueError(f"{named(taken[0])} is the name of a set-up command of the workspace")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two validators are named {named(twice[0])}")
        for validator in value:
            for need in validator.needs:
                if need not in names:
                    raise ValueError(f"{named(validator.name)} needs {named(need)}, which is not a validator")
        left = list(value)
        while left:
            waiting = {validator.name for validator in left}
            kept = [validator for validator in left if waiting.intersection(validator.needs)]
            if len(kept) == len(left):
                raise ValueError(f"these validators need each other: {', '.join(sorted(waiting))}")
            left = kept
        return value


def parse_config(data: bytes | None, where: str = POLICY_FILE) -> Config:
    """The policy; the defaults when there is no file. GitorchError (exit 2) lists every problem."""
    if data is None:
        return Config.model_construct()

    def wrong(text: str, details: Iterable[str] = ()) -> GitorchError:
        return bad_input("bad-config", f"{where} {text}", about=where, details=details, hints=[SCHEMA])

    if len(data) > MAX_CONFIG_BYTES:
        raise wrong(f"is larger than {MAX_CONFIG_BYTES // 1024} KiB")
    try:
        source = read_yaml(data.decode("utf-8-sig"))
        if source.problems:
            raise wrong("is not a configuration", [problem.located(where) for problem in source.problems])
        return Config.model_validate({} if source.value is None else source.value)
    except UnicodeDecodeError as error:
        raise wrong(f"is not UTF-8 at byte {error.start}") from error
    except ValidationError as error:
        raise wrong("is not a configuration", describe(error)) from error
