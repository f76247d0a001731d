"""proof.json: what the build commit proves beside briefs and reports, written by finalize and held by verify.

It says what the validators said of the commit's tree without this very file, what each claim held when its
report was recorded, and what the person accepted. No times, so that the same work gives the same file.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from gitorch.core.build_files import RawFile
from gitorch.core.changes import Verdict
from gitorch.core.completion import as_json, describe
from gitorch.core.errors import GitorchError
from gitorch.core.evidence import folders_above
from gitorch.core.meta import Frozen
from gitorch.core.opened import Allowed, Claimed, Decided

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
    claims: tuple[Claimed, ...] = ()
    """Of each report, in the order in which they were recorded."""
    accepted: tuple[Allowed, ...] = ()


def build_proof(
    verdicts: Iterable[Verdict], tree: str, decided: Decided, ignored: Collection[str]
) -> BuildProof:
    """The file's content for what the validators said of `tree`, and what was decided.

    `ignored` are claimed paths, files or folders, that git leaves out of the commit.
    """

    def landed(held: Mapping[str, str | None]) -> dict[str, str | None]:
        return {path: None if _is_among(path, ignored) else entry for path, entry in held.items()}

    reports = (Claimed(worker=it.worker, digest=it.digest, held=landed(it.held)) for it in decided.reports)
    accepted = (Allowed(worker=it.worker, path=it.path, holds=it.holds) for it in decided.accepted)
    return BuildProof(
        verdicts=tuple(Judgement(validator=v.name, result=result_of(v), tree=tree) for v in verdicts),
        claims=tuple(reports),
        accepted=tuple(accepted),
    )


def _is_among(path: str, places: Collection[str]) -> bool:
    return bool(places) and (path in places or any(folder in places for folder in folders_above(path)))


def result_of(verdict: Verdict) -> Result:
    """A verdict in one word."""
    return "not run" if verdict.skipped else "passed" if verdict.passed else "failed"


def dump_proof(proof: BuildProof) -> str:
    """The file's text; a byte of a path that is not UTF-8 is escaped, as in reports."""
    return as_json(proof.model_dump())


def parse_proof(data: bytes, where: str) -> BuildProof:
    """The file's content; a GitorchError names `where`."""
    try:
        return BuildProof.model_validate(json.loads(data))
    except (ValueError, RecursionError) as error:
        details = describe(error) if isinstance(error, ValidationError) else [str(error)]
        raise GitorchError("damaged-records", f"{where} is damaged", about=where, details=details) from error


def find_proof(files: Mapping[str, RawFile]) -> BuildProof | None:
    """The one among the files of a build's folder, by their names; None where it is missing or damaged."""
    file = files.get(FILE_NAME)
    try:
        return parse_proof(file.data, FILE_NAME) if file and file.data is not None else None
    except GitorchError:
        return None
