"""proof.json: what the build commit proves beside briefs and reports, written by finalize and held by verify.

It says what the validators said of the commit's tree without this very file. No times, so that the same work
gives the same file.
"""

import json
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from gitorch.core.changes import Verdict
from gitorch.core.completion import describe
from gitorch.core.errors import GitorchError
from gitorch.core.meta import Frozen

FILE_NAME = "proof.json"

Result = Literal["passed", "failed", "not run"]
"""`failed` of a validator that is allowed to; `not run` of one that the change gives nothing to do."""


class Judgement(Frozen):
    """How one validator judged the tree."""

    validator: str
    result: Result
    tree: Annotated[str, Field(pattern=r"\A(?:[0-9a-f]{40}|[0-9a-f]{64})\z")]
    """The commit's tree without proof.json: what was checked out for the validator, or was in its place."""


class BuildProof(Frozen):
    """The file."""

    verdicts: tuple[Judgement, ...]
    """In the order of the policy; empty where it has no validators."""


def build_proof(verdicts: Iterable[Verdict], tree: str) -> BuildProof:
    """The file's content for what the validators said of `tree`."""
    return BuildProof(
        verdicts=tuple(Judgement(validator=v.name, result=result_of(v), tree=tree) for v in verdicts)
    )


def result_of(verdict: Verdict) -> Result:
    """A verdict in one word."""
    return "not run" if verdict.skipped else "passed" if verdict.passed else "failed"


def dump_proof(proof: BuildProof) -> str:
    """The file's text."""
    return json.dumps(proof.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def parse_proof(data: bytes, where: str) -> BuildProof:
    """The file's content; a GitorchError names `where`."""
    try:
        return BuildProof.model_validate_json(data)
    except ValidationError as error:
        text = f"{where} is damaged"
        raise GitorchError("damaged-records", text, about=where, details=describe(error)) from error
