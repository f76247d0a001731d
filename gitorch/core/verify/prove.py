"""A build commit against itself: its parent, its records, its diff and its message have to agree.

Everything is derived again from briefs and completions, by the functions that finalize uses. Nothing
here can tell whether a validator really ran: see `message`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gitorch.core.claims import Facts, Severity
from gitorch.core.errors import GitorchError
from gitorch.core.meta import BuildStatus, BuildType, Meta, NewerRecords, parse_meta
from gitorch.core.names import Slug, branch_name
from gitorch.core.review import review
from gitorch.core.state import BuildState, derive
from gitorch.core.text import one_line, shown_path
from gitorch.core.verify.message import judge_message
from gitorch.core.verify.model import AS_IT_IS, NOT_FINALIZE, TRAILER, Evidence, Proof, Reason
from gitorch.core.verify.records import files_in, judge_records, not_compared


def prove(evidence: Evidence) -> Proof:
    """Judge one commit; every reason is listed. Raises nothing on what stands in the commit."""
    meta = _read_meta(evidence)
    if isinstance(meta, Reason):
        return Proof(evidence.commit, evidence.subject, evidence.slug, reasons=(meta,))
    state = derive(meta, files_in(evidence, "workers"), files_in(evidence, "completions"))
    said = judge_message(evidence, state)
    reasons = (*_lineage(evidence, meta), *judge_records(evidence, state), *_claims(evidence, state))
    return Proof(
        commit=evidence.commit,
        subject=evidence.subject,
        slug=evidence.slug,
        base=meta.base,
        workers=len(state.workers),
        changed=len(evidence.changes),
        reasons=(*reasons, *said.reasons),
        notes=(*not_compared(meta), *said.notes),
    )


def unnamed(commit: str, subject: str, slug: str, path: str, *, parents: int, message: str) -> Proof:
    """The judgement on a commit that brings the records of a code build, which no trailer of it names."""
    line = f"{TRAILER}: {slug}"
    if line.lower() not in map(str.lower, message.split("\n")):
        why = "it has no trailers"
    elif parents > 1:
        why = f"it has {parents} parents; a build commit has one, its base"
    else:
        why = f"its line {line!r} is not in the message's last paragraph, where git reads trailers"
    text = f"it brings the records of build {slug}, and finalize did not make it: {why}"
    return Proof(commit, subject, slug, named=False, reasons=(Reason(commit, text, NOT_FINALIZE, path),))


def judge_branch(slug: str, commits: Sequence[tuple[str, str]], proofs: Sequence[Proof]) -> Iterator[Reason]:
    """What is wrong with the `commits` (id, subject; newest first) as all that the branch of `slug` adds."""
    made = {proof.commit for proof in proofs if proof.slug == slug and proof.named}
    for commit, subject in commits:
        if commit not in made:
            text = f"{one_line(subject, 80)!r} is on {branch_name(Slug(slug))}, and finalize did not make it"
            yield Reason(commit, text, "gitorch finalize --absorb   (folds it into the one commit)")
    if len(made) > 1:
        newest = next(commit for commit, _ in commits if commit in made)
        text = f"{branch_name(Slug(slug))} has {len(made)} build commits; a build lands as one"
        yield Reason(newest, text, AS_IT_IS)


def _read_meta(evidence: Evidence) -> Meta | Reason:
    path = f"{evidence.folder}/meta.json"
    file = evidence.files.get("meta.json")
    if file is None or file.data is None:
        problem = (file and file.problem) or "is not in the commit"
        return Reason(evidence.commit, f"{shown_path(path)} {problem}", NOT_FINALIZE, path)
    try:
        return parse_meta(file.data, path)
    except GitorchError as error:
        text = one_line("; ".join([error.message, *error.details[:3]]), 500)
        hint = str(error.hints[0]) if isinstance(error, NewerRecords) else NOT_FINALIZE
        return Reason(evidence.commit, text, hint, path)


def _lineage(evidence: Evidence, meta: Meta) -> Iterator[Reason]:
    path = f"{evidence.folder}/meta.json"

    def wrong(text: str, hint: str = NOT_FINALIZE) -> Reason:
        return Reason(evidence.commit, text, hint, path)

    if len(evidence.parents) != 1:
        yield wrong(f"has {len(evidence.parents)} parents; a build commit has one, its base")
    elif evidence.parents[0] != meta.base:
        text = f"its parent is {evidence.parents[0][:12]}, and the build opened at {str(meta.base)[:12]}"
        hint = "merge the branch by fast-forward or a merge commit; do not squash, rebase or cherry-pick it"
        yield wrong(text, hint)
    if meta.slug != evidence.slug:
        yield wrong(f"meta.json is that of build {one_line(meta.slug, 64)}, in the folder of {evidence.slug}")
    elif meta.branch != branch_name(Slug(evidence.slug)):
        yield wrong(f"meta.json names the branch {one_line(str(meta.branch), 80)}")
    if meta.build_type is not BuildType.CODE:
        yield wrong(f"a {meta.build_type} build makes no commit")
    if meta.status is not BuildStatus.COMPLETE:
        yield wrong(f"the build is {meta.status} in its own records, not complete")


def _claims(evidence: Evidence, state: BuildState) -> Iterator[Reason]:
    """The completions against the diff, weighed as finalize weighs them.

    Nothing here knows what was ignored: an ignored artifact is one that is missing in the tree.
    """
    policy = evidence.config.claims
    weaker = Severity.ERROR if policy.missing == policy.ignored == Severity.ERROR else Severity.WARNING
    judged = review(
        replace(state, meta=state.meta.model_copy(update={"plan_file": None})),  # it never lands by itself
        evidence.changes,
        Facts(root=".", folder=evidence.folder, present=evidence.present),
        policy=policy.model_copy(update={"missing": weaker}),
        unclaimed="leave",  # those that the person took in are named in meta.json
    )
    for finding in judged.errors:
        who = f"{finding.worker}: " if finding.worker else ""
        yield Reason(
            evidence.commit,
            f"{who}{shown_path(finding.path)} {finding.message}",
            "every path has to be as its completion claims it",
            finding.path,
        )
    agreed = set(state.meta.unclaimed)
    for path in judged.unclaimed:
        if shown_path(path) not in agreed:
            text = f"{shown_path(path)} is changed, no worker claims it, and nobody took it in"
            yield Reason(evidence.commit, text, "name it in a completion, or: gitorch finalize", path)
    for gone in sorted(agreed - set(map(shown_path, judged.unclaimed))):
        text = f"meta.json says that {one_line(gone, 200)} was taken in, and it is not an unclaimed change"
        yield Reason(evidence.commit, text, NOT_FINALIZE, f"{evidence.folder}/meta.json")
