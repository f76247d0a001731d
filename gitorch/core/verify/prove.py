"""A build commit against itself: its parent, its records, its diff and its message have to agree.

Everything is derived again from briefs and completions, by the functions that finalize uses. Nothing
here can tell whether a validator really ran: see `message`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gitorch.core.claims import Facts, Severity
from gitorch.core.errors import GitorchError
from gitorch.core.meta import BuildStatus, BuildType, Meta, parse_meta
from gitorch.core.names import Slug, branch_name
from gitorch.core.render import records
from gitorch.core.review import review
from gitorch.core.state import BuildState, RawFile, WorkerStatus, derive
from gitorch.core.text import one_line, shown_path
from gitorch.core.verify.message import judge_message
from gitorch.core.verify.model import Evidence, Proof, Reason

_NOT_FINALIZE = "only `gitorch finalize` makes the commit of a build"
_AS_IT_IS = "push the commit as finalize made it; to change the build: gitorch reopen, then gitorch finalize"


def prove(evidence: Evidence) -> Proof:
    """Judge one commit; every reason is listed. Raises nothing on what stands in the commit."""
    meta = _read_meta(evidence)
    if isinstance(meta, Reason):
        return Proof(evidence.commit, evidence.subject, evidence.slug, reasons=(meta,))
    state = derive(meta, _files_in(evidence, "workers"), _files_in(evidence, "completions"))
    said = judge_message(evidence, state)
    reasons = (*_lineage(evidence, meta), *_records(evidence, state), *_claims(evidence, state))
    return Proof(
        commit=evidence.commit,
        subject=evidence.subject,
        slug=evidence.slug,
        base=meta.base,
        workers=len(state.workers),
        changed=len(evidence.changes),
        reasons=(*reasons, *said.reasons),
        notes=said.notes,
    )


def unnamed(commit: str, subject: str, slug: str, path: str) -> Proof:
    """The judgement on a commit that brings the records of a code build and does not name it."""
    text = f"it brings the records of build {slug}, and finalize did not make it: it has no trailers"
    return Proof(commit, subject, slug, named=False, reasons=(Reason(commit, text, _NOT_FINALIZE, path),))


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
        yield Reason(newest, text, _AS_IT_IS)


def _read_meta(evidence: Evidence) -> Meta | Reason:
    path = f"{evidence.folder}/meta.json"
    file = evidence.files.get("meta.json")
    if file is None or file.data is None:
        problem = (file and file.problem) or "is not in the commit"
        return Reason(evidence.commit, f"{shown_path(path)} {problem}", _NOT_FINALIZE, path)
    try:
        return parse_meta(file.data, path)
    except GitorchError as error:
        text = "; ".join([error.message, *error.details[:3]])
        return Reason(evidence.commit, text, _NOT_FINALIZE, path)


def _files_in(evidence: Evidence, folder: str) -> list[RawFile]:
    """The files of `workers/` or `completions/` under their names there, as the disk would give them."""
    suffix = ".md" if folder == "workers" else ".json"
    found = []
    for path, file in evidence.files.items():
        above, _, name = path.partition("/")
        if above == folder and not name.startswith("."):
            wrong = None if name.endswith(suffix) else f"is not a {suffix} file"
            found.append(RawFile(name, None if wrong else file.data, wrong or file.problem))
    return found


def _lineage(evidence: Evidence, meta: Meta) -> Iterator[Reason]:
    path = f"{evidence.folder}/meta.json"

    def wrong(text: str, hint: str = _NOT_FINALIZE) -> Reason:
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


def _records(evidence: Evidence, state: BuildState) -> Iterator[Reason]:
    """Complete, without a finding, and byte for byte what their sources render."""
    folder = evidence.folder
    if not state.workers:
        yield Reason(evidence.commit, "its records have no worker", _NOT_FINALIZE, f"{folder}/workers")
    for worker in state.workers:
        if worker.status is not WorkerStatus.COMPLETE:
            text = f"{worker.id} is {worker.status.replace('_', ' ')} by the commit's own records"
            yield Reason(evidence.commit, text, _NOT_FINALIZE, f"{folder}/{worker.brief.path}")
    for finding in state.findings:
        path = f"{folder}/{finding.path}"
        text = f"{shown_path(path)} {one_line(finding.message, 200)}"
        yield Reason(evidence.commit, text, _AS_IT_IS, path)
    rendered = records(state, _text(evidence.files.get("BUILD.md")))
    for name in ("PLAN.md", *rendered):
        path = f"{folder}/{name}"
        file = evidence.files.get(name)
        if file is None:
            yield Reason(evidence.commit, f"{shown_path(path)} is not in the commit", _AS_IT_IS, path)
        elif file.data is None:
            yield Reason(evidence.commit, f"{shown_path(path)} {file.problem}", _AS_IT_IS, path)
        elif name in rendered and (line := _first_difference(file.data, rendered[name])):
            text = f"{shown_path(path)} is not what the build's sources give, from line {line} on"
            yield Reason(evidence.commit, text, _AS_IT_IS, path)


def _text(file: RawFile | None) -> str | None:
    return file.data.decode("utf-8", "surrogateescape") if file and file.data is not None else None


def _first_difference(data: bytes, rendered: str) -> int | None:
    """The first line, from 1, in which the two differ; None where they are the same."""
    wanted = rendered.encode("utf-8", "surrogateescape")
    if data == wanted:
        return None
    pairs = enumerate(zip(data.split(b"\n"), wanted.split(b"\n"), strict=False), start=1)
    last = min(data.count(b"\n"), wanted.count(b"\n")) + 2
    return next((number for number, (one, other) in pairs if one != other), last)


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
        yield Reason(evidence.commit, text, _NOT_FINALIZE, f"{evidence.folder}/meta.json")
