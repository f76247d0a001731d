"""What a build commit's proof.json says of the validators, against the policy, the diff and the tree.

That a validator really ran cannot be derived from a commit.
"""

from gitorch.core import proof
from gitorch.core.changes import Verdict
from gitorch.core.config import Validator
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Issue
from gitorch.core.names import POLICY_FILE
from gitorch.core.text import one_line, shown_path
from gitorch.core.validation import judged, skip_reason, skipped
from gitorch.core.verify.model import Evidence, of_commit, remake


def recorded_verdicts(evidence: Evidence) -> tuple[Verdict, ...] | Issue:
    """One verdict for each validator of the policy, in its order, or what is wrong with the record."""
    path = f"{evidence.folder}/{proof.FILE_NAME}"
    shown, file, hints = shown_path(path), evidence.files.get(proof.FILE_NAME), remake(evidence.slug)
    if file is None or file.data is None:
        code = "damaged-records" if file else "missing-records"
        text = f"{shown} {file.problem if file else 'is not in the commit'}"
        return of_commit(code, evidence.commit, text, path, hints=hints)
    try:
        record = proof.parse_proof(file.data, path)
    except GitorchError as error:
        details = tuple(one_line(line, 200) for line in error.details[:3])
        text = f"{shown} is damaged"
        return of_commit(error.code, evidence.commit, text, path, details=details, hints=hints)
    validators = evidence.config.validators
    told, wanted = ([v.validator for v in record.verdicts], [v.name for v in validators])
    if told != wanted:
        text = f"{shown} has the verdicts of other validators than {POLICY_FILE}"
        details = (f"found: {_names(told)}", f"expected: {_names(wanted)}")
        return of_commit("wrong-verdicts", evidence.commit, text, path, details=details, hints=hints)
    verdicts = []
    for validator, said in zip(validators, record.verdicts, strict=True):
        verdict = _verdict(validator, said.result, evidence, path)
        name = one_line(validator.name)
        if verdict is None:
            text = f"{shown} says of the validator {name}: {said.result}, with which no commit lands"
            return of_commit("wrong-verdicts", evidence.commit, text, path, hints=hints)
        if said.tree != evidence.judged:
            text = f"{shown} says that the validator {name} judged another tree than the commit's"
            details = (f"found: {said.tree}", f"expected: {evidence.judged}, the tree without {shown}")
            return of_commit("wrong-verdicts", evidence.commit, text, path, details=details, hints=hints)
        verdicts.append(verdict)
    return tuple(verdicts)


def _names(names: list[str]) -> str:
    return ", ".join(one_line(name, 80) for name in names[:20]) or "none"


def _verdict(validator: Validator, result: proof.Result, evidence: Evidence, path: str) -> Verdict | None:
    """The verdict that the word stands for; None where a commit cannot land with it."""
    match result:
        case "passed":
            return judged(validator, why=None)
        case "failed":
            return judged(validator, why="it failed") if validator.allow_failure else None
        case "not run":
            changes = [change for change in evidence.changes if change.path != path]  # it came after them
            why = skip_reason(validator, changes)
            return skipped(validator, why) if why else None
