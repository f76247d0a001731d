"""A build commit against itself: its parent, its records, its diff and its message have to agree.

Everything is derived again from briefs and completions, by the functions that finalize uses. Nothing
here can tell whether a validator really ran: see `message`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gitorch.core import evidence as claims
from gitorch.core.build_files import parse_files
from gitorch.core.claims import Facts
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.meta import BuildStatus, BuildType, Meta, NewerRecords, parse_meta
from gitorch.core.names import Slug, branch_name
from gitorch.core.review import review
from gitorch.core.state import BuildState, derive
from gitorch.core.text import one_line, shown_path
from gitorch.core.verify.kept import judge_recorded, kept_of
from gitorch.core.verify.message import judge_message
from gitorch.core.verify.model import TRAILER, Evidence, Proof, of_commit, remake
from gitorch.core.verify.records import files_in, judge_records, not_compared


def prove(evidence: Evidence) -> Proof:
    """Judge one commit; every issue is listed. Raises nothing, whatever the commit holds."""
    meta = _read_meta(evidence)
    if isinstance(meta, Issue):
        return Proof(evidence.commit, evidence.subject, evidence.slug, issues=(meta,))
    files = parse_files(meta.slug, files_in(evidence, "workers"), files_in(evidence, "completions"))
    state = derive(meta, files)
    return Proof(
        commit=evidence.commit,
        subject=evidence.subject,
        slug=evidence.slug,
        base=meta.base,
        workers=len(state.workers),
        changed=len(evidence.changes),
        issues=(
            *_lineage(evidence, meta),
            *judge_records(evidence, state),
            *_claims(evidence, state, files.claimed() - evidence.present),
            *judge_recorded(evidence, state),
            *not_compared(evidence, meta),
            *judge_message(evidence, state),
        ),
    )


def unnamed(commit: str, subject: str, slug: str, path: str, *, parents: int, message: str) -> Proof:
    """The judgement on a commit that brings the records of a code build, which no trailer of it names."""
    line = f"{TRAILER}: {slug}"
    if line.lower() not in map(str.lower, message.split("\n")):
        why = "no trailer of the commit names the build"
    elif parents > 1:
        why = f"the commit has {parents} parents, expected one, the base"
    else:
        why = f"the line {line} is not in the message's last paragraph, where git reads trailers"
    text = f"finalize did not make the commit, which has the records of build {slug}"
    issue = of_commit("unnamed-commit", commit, text, path, details=(why,), hints=remake(slug))
    return Proof(commit, subject, slug, named=False, issues=(issue,))


def judge_branch(slug: str, commits: Sequence[tuple[str, str]], proofs: Sequence[Proof]) -> Iterator[Issue]:
    """What is wrong with the `commits` (id, subject; newest first) as all that the branch of `slug` adds."""
    made = {proof.commit for proof in proofs if proof.slug == slug and proof.named}
    for commit, subject in commits:
        if commit not in made:
            text = f"finalize did not make the commit on {branch_name(Slug(slug))}: {one_line(subject, 80)}"
            fold = Hint("fold it into the build's one commit", f"gitorch finalize --project {slug} --absorb")
            yield of_commit("rogue-commit", commit, text, hints=(fold,))
    if len(made) > 1:
        newest = next(commit for commit, _ in commits if commit in made)
        text = f"{branch_name(Slug(slug))} has {len(made)} build commits; a build lands as one"
        yield of_commit("several-commits", newest, text, hints=remake(slug))


def _read_meta(evidence: Evidence) -> Meta | Issue:
    path = f"{evidence.folder}/meta.json"
    file = evidence.files.get("meta.json")
    if file is None or file.data is None:
        text = f"{shown_path(path)} {(file and file.problem) or 'is not in the commit'}"
        code = "missing-records" if file is None else "damaged-records"
        return of_commit(code, evidence.commit, text, path, hints=remake(evidence.slug))
    try:
        return parse_meta(file.data, path)
    except GitorchError as error:
        details = tuple(one_line(line, 200) for line in error.details[:3])
        hints = error.hints if isinstance(error, NewerRecords) else remake(evidence.slug)
        text = one_line(error.message, 300)
        return of_commit(error.code, evidence.commit, text, path, details=details, hints=hints)


def _lineage(evidence: Evidence, meta: Meta) -> Iterator[Issue]:
    path, slug = f"{evidence.folder}/meta.json", evidence.slug

    def wrong(text: str, code: str = "wrong-records", *details: str) -> Issue:
        return of_commit(code, evidence.commit, text, path, details=details, hints=remake(slug))

    if len(evidence.parents) != 1:
        text = f"the commit has {len(evidence.parents)} parents, expected one, the base"
        yield wrong(text, "wrong-parent")
    elif evidence.parents[0] != meta.base:
        parent, base = evidence.parents[0][:12], one_line(str(meta.base), 12)
        how = "a squash, rebase or cherry-pick makes another commit; a fast-forward or a merge keeps it"
        yield wrong(f"the commit's parent is {parent}, expected the base {base}", "wrong-parent", how)
    if meta.slug != slug:
        yield wrong(f"{shown_path(path)} names build {one_line(meta.slug, 64)}, expected {slug}")
    elif meta.branch != branch_name(Slug(slug)):
        found = one_line(str(meta.branch), 80)
        yield wrong(f"{shown_path(path)} names the branch {found}, expected {branch_name(Slug(slug))}")
    if meta.build_type is not BuildType.CODE:
        yield wrong(f"build {slug} is of type {meta.build_type.shown}, and only a code build makes a commit")
    if meta.status is not BuildStatus.COMPLETE:
        yield wrong(f"build {slug} is {meta.status.shown} in the commit's own records, expected complete")


def _claims(evidence: Evidence, state: BuildState, absent: frozenset[str]) -> Iterator[Issue]:
    """The completions against the diff, weighed as finalize weighs them.

    Nothing here knows what was ignored: an ignored artifact is one that is missing in the tree.
    """
    policy = evidence.config.claims
    weaker = Severity.ERROR if policy.missing == policy.ignored == Severity.ERROR else Severity.WARNING
    judged = review(
        replace(state, meta=state.meta.model_copy(update={"plan_file": None})),  # it never lands by itself
        evidence.changes,
        Facts(evidence.folder, claims.Evidence(absent=absent, kept=kept_of(evidence, state))),
        policy=policy.model_copy(update={"missing": weaker}),
        unclaimed="leave",  # those that the person took in are named in meta.json
    )
    hints = remake(evidence.slug)
    for issue in judged.errors:
        details = issue.details
        yield of_commit(issue.code, evidence.commit, issue.message, issue.about, details=details, hints=hints)
    agreed = set(state.meta.unclaimed)
    for path in judged.unclaimed:
        if shown_path(path) not in agreed:
            text = f"{shown_path(path)} changed, no worker claims it, and the person did not include it"
            yield of_commit("unclaimed-file", evidence.commit, text, path, hints=hints)
    for path in sorted(agreed - set(map(shown_path, judged.unclaimed))):
        text = f"meta.json names {one_line(path, 200)} as included, which is not an unclaimed change"
        meta = f"{evidence.folder}/meta.json"
        yield of_commit("wrong-records", evidence.commit, text, meta, hints=hints)
