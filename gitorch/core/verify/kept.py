"""What a build commit's proof.json says of the reports' claims, against the reports and the tree."""

from collections.abc import Iterator

from gitorch.core.claims import KEYS
from gitorch.core.covering import Covering
from gitorch.core.issue import Issue, Severity
from gitorch.core.lost import NOTHING_KEPT, Kept, judge_kept
from gitorch.core.paths import repository_path
from gitorch.core.proof import FILE_NAME, BuildProof, find_proof
from gitorch.core.state import BuildState, WorkerState
from gitorch.core.text import one_line, shown_path
from gitorch.core.verify.model import Evidence, of_commit, remake


def kept_of(evidence: Evidence, state: BuildState) -> Kept:
    """What the reports' claims held when they were recorded, and what the tree holds.

    Whether a file that was claimed as deleted ever was, the snapshots told finalize, and none is here.
    """
    proof = find_proof(evidence.files)
    if proof is None:  # damaged or missing, which is said of the verdicts
        return NOTHING_KEPT
    digests = {(str(worker.id), worker.digest) for worker in state.workers}
    of_these = (it for it in proof.claims if (it.worker, it.digest) in digests)
    had = frozenset(path for report in of_these for path in report.held)
    return Kept(proof.claims, proof.accepted, evidence.entries, evidence.before, had=had)


def judge_recorded(evidence: Evidence, state: BuildState) -> Iterator[Issue]:
    """Claims of which the proof says nothing, and those that are vanished or altered, by the policy."""
    proof, hints = find_proof(evidence.files), remake(evidence.slug)
    if proof is None:
        return
    for worker in state.workers:
        if why := _unproven(worker, proof):
            text = f"{shown_path(f'{evidence.folder}/{FILE_NAME}')} {why}"
            yield of_commit("wrong-records", evidence.commit, text, FILE_NAME, hints=hints)
    briefs = [worker.brief for worker in sorted(state.workers, key=lambda worker: worker.id)]
    counting = {worker.id: worker.digest for worker in state.workers}
    reports = {worker.id: worker.report for worker in state.workers}
    for lost in judge_kept(briefs, counting, {}, (), kept_of(evidence, state)):
        severity: Severity = getattr(evidence.config.claims, KEYS[lost.code])
        if severity is not Severity.OFF:
            issue = lost.told(evidence.slug, "", severity)
            path = f"{evidence.folder}/{reports[lost.worker]}"
            text, details = one_line(issue.message, 300), issue.details
            yield of_commit(
                issue.code, evidence.commit, text, path, details=details, hints=hints, severity=severity
            )


def _unproven(worker: WorkerState, proof: BuildProof) -> str | None:
    """What the proof lacks of a worker's report."""
    report = next((it for it in proof.claims if it.worker == str(worker.id)), None)
    if report is None or report.digest != worker.digest:
        return (
            f"says nothing of the report of {worker.id}"
            if report is None
            else (f"is about another report of {worker.id} than the one in the commit")
        )
    held = Covering(report.held)
    for artifact in worker.completion.artifacts if worker.completion else ():
        path = repository_path(artifact)
        if path and not held.covered(path, is_folder=artifact.endswith("/")):
            return f"says nothing of {shown_path(path)}, which {worker.id} claims"
    return None
