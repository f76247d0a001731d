"""verify: judge commits that were made elsewhere, by nothing but their objects. Changes nothing."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gitorch.adapters.git import refs
from gitorch.adapters.git.entries import changed_entries, entries_at
from gitorch.adapters.git.objects import (
    Commit,
    blob_at,
    changes_between,
    commits_not_in,
    commits_touching,
    files_below,
    read_commit,
)
from gitorch.adapters.git.repository import PLAIN, Repository
from gitorch.adapters.git.trees import MAX_PATHS, folders_in, ids_at, is_bounded, paths_in, tree_without
from gitorch.adapters.guard import registry
from gitorch.core import proof
from gitorch.core.build_files import RawFile
from gitorch.core.completion import MAX_BYTES
from gitorch.core.config import MAX_CONFIG_BYTES, Config, parse_config
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.meta import BuildStatus, BuildType, parse_meta
from gitorch.core.names import BUILDS_DIR, POLICY_FILE, Slug, slug_problem
from gitorch.core.text import one_line
from gitorch.core.verify import TRAILER, Evidence, Proof, judge_branch, of_commit, prove, unnamed

_FOLDER_BYTES = 64 * MAX_BYTES  # what is read of the records of one build
_BRANCHES = "refs/heads/build/"


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of judging the commits that `tip` has beyond `base`; no proof: nothing to verify."""

    base: str | None
    tip: str
    branch: str | None  # the full name, where it is a build's
    commits: int
    proofs: tuple[Proof, ...]
    issues: tuple[Issue, ...]

    @property
    def passed(self) -> bool:
        return not self.having(Severity.ERROR)

    def having(self, severity: Severity) -> tuple[Issue, ...]:
        """The issues of that severity."""
        return tuple(issue for issue in self.issues if issue.severity is severity)


def verify(start: Path, span: str | None = None, *, branch: str | None = None) -> Verified:
    """Judge the commits of `span` (`BASE..TIP`; `TIP`: since the default branch), or those of HEAD.

    `branch` says to which branch the tip was pushed, where git does not know it. Without `span`, a
    build branch is judged from its build's base, another since its upstream or the default branch.
    GitorchError (exit 2) for a name that is no commit; exit 1 in a shallow clone, which cannot tell.
    """
    repo = Repository.discover(start) or Repository.discover_bare(start)
    if repo is None:
        text = f"{start} is not in a git repository"
        raise GitorchError("not-a-repository", text, hints=[Hint("make a repository", "git init")])
    repo = repo.within(PLAIN)
    refuse_shallow(repo)
    left, dots, right = (span or "HEAD").partition("...")
    if not dots:
        left, dots, right = (span or "HEAD").partition("..")
    tip = _commit(repo, (right if dots else left) or "HEAD")
    ref = (
        f"refs/heads/{branch.removeprefix('refs/heads/')}"
        if branch
        else _branch_of(repo, (right if dots else left) or "HEAD")
    )
    if dots and set(left) != {"0"}:
        base: str | None = _commit(repo, left or "HEAD")
        if "..." in (span or "") and base:
            base = refs.merge_base(repo, base, tip)
    else:
        base = (None if span else _base_on_record(repo, ref, tip)) or _since(repo, ref, tip, alone=not span)
    return judge(repo, tip, [base] if base else [], ref)


def verify_push(start: Path) -> Verified:
    """Judge what pre-commit or prek is about to push, by the variables that they set for a pre-push hook.

    Without these (a run by hand, a history that is new as a whole) HEAD is judged.
    """
    base, tip = (os.environ.get(f"PRE_COMMIT_{end}_REF") for end in ("FROM", "TO"))
    branch = os.environ.get("PRE_COMMIT_REMOTE_BRANCH")
    return verify(start, f"{base}..{tip}" if base and tip else None, branch=branch)


def judge(repo: Repository, tip: str, known: Sequence[str], ref: str | None) -> Verified:
    """Judge what `tip` adds to the commits `known`, as what `ref` (a full name) received."""
    slug = build_of(ref)
    proofs = tuple(_proofs(repo, tip, known))
    commits = commits_not_in(repo, tip, known)
    issues = tuple(issue for proof in proofs for issue in proof.issues)
    if slug:
        issues = (*judge_branch(slug, commits, proofs), *issues)
    shown = ref.removeprefix("refs/heads/") if ref and slug else None
    return Verified(known[0] if known else None, tip, shown, len(commits), proofs, issues)


def build_of(ref: str | None) -> Slug | None:
    """The build whose branch `ref` is by its name."""
    slug = (ref or "").removeprefix(_BRANCHES)
    return Slug(slug) if ref and slug != ref and slug_problem(slug) is None else None


def refuse_shallow(repo: Repository) -> None:
    """A clone whose history is cut off cannot tell what was pushed."""
    if repo.run("rev-parse", "--is-shallow-repository").text == "true":
        raise GitorchError(
            "missing-history",
            "the clone is shallow, and commits that were cut off cannot be verified",
            details=["in CI: fetch-depth: 0 for GitHub's checkout, GIT_DEPTH: 0 for GitLab"],
            hints=[Hint("get the whole history", "git fetch --unshallow")],
        )


def default_branches(repo: Repository) -> list[str]:
    """The full names that the branch may have to which everything goes, the likeliest first."""
    where = ["refs/heads"] if repo.root == repo.git_dir else ["refs/remotes/origin", "refs/heads"]
    heads = ("HEAD",) if repo.root == repo.git_dir else ("refs/remotes/origin/HEAD",)
    told = [repo.run("symbolic-ref", "--quiet", name, check=False).text for name in heads]
    return [*filter(None, told), *(f"{place}/{name}" for name in ("main", "master") for place in where)]


def _commit(repo: Repository, name: str) -> str:
    oid = refs.resolve(repo, name)
    if oid is None:
        hints = [
            Hint("get what was pushed", "git fetch"),
            Hint("name the commits", "gitorch verify BASE..TIP"),
        ]
        raise bad_input("missing-commit", f"{one_line(name, 200)} does not name a commit", hints=hints)
    return oid


def _branch_of(repo: Repository, name: str) -> str | None:
    if name == "HEAD":
        return refs.head_ref(repo)
    done = repo.run("rev-parse", "--symbolic-full-name", "--verify", "--quiet", name, check=False)
    _, _, remote = done.text.partition("refs/remotes/")
    return f"refs/heads/{remote.partition('/')[2]}" if remote else done.text or None


def _base_on_record(repo: Repository, ref: str | None, tip: str) -> str | None:
    """The base that the records of the branch's build name: those of its tip, else those that lie here."""
    slug = build_of(ref)
    if slug is None:
        return None
    path = f"{_config_at(repo, tip).builds_dir}/{slug}/meta.json"
    data = blob_at(repo, tip, path, MAX_BYTES)
    if data is not None:
        base = parse_meta(data, f"{tip[:12]}:{path}").base
    elif opened := registry.find_opened(repo, slug) or registry.find_closed(repo, slug):
        base = opened.base
    else:
        return None
    return refs.resolve(repo, base) if base else None


def _since(repo: Repository, ref: str | None, tip: str, *, alone: bool) -> str | None:
    """Where the tip left its upstream (for HEAD alone) or the default branch."""
    upstream = refs.resolve(repo, "@{upstream}") if alone and build_of(ref) is None else None
    names = default_branches(repo)
    if not alone:  # what the default branch itself received is not excused by its being there
        names = [name for name in names if ref != name.replace("refs/remotes/origin/", "refs/heads/")]
    others = map(partial(refs.resolve, repo), names)
    other = upstream or next(filter(None, others), None)
    return refs.merge_base(repo, other, tip) if other else None


def _config_at(repo: Repository, commit: str) -> Config:
    return parse_config(blob_at(repo, commit, POLICY_FILE, MAX_CONFIG_BYTES), f"{commit[:12]}:{POLICY_FILE}")


def _proofs(repo: Repository, tip: str, known: Sequence[str]) -> Iterator[Proof]:
    """A proof for each build whose records a commit brings, or which it names in a trailer."""
    folders = {_builds_dir(repo, commit) for commit in (tip, *known)}
    for oid in commits_touching(repo, tip, known, folders, TRAILER):
        commit = read_commit(repo, oid)
        try:
            config = _config_at(repo, oid)
        except GitorchError as error:
            details = tuple(one_line(line, 200) for line in error.details[:3])
            text = one_line(error.message, 300)
            yield Proof(
                oid,
                commit.subject,
                "",
                issues=(of_commit(error.code, oid, text, POLICY_FILE, details=details),),
            )
            continue
        for slug, named in sorted(_builds_in(repo, commit, config.builds_dir).items()):
            if problem := slug_problem(slug):
                issue = of_commit("bad-slug", oid, f"the trailer {TRAILER}: {one_line(problem, 200)}")
                yield Proof(oid, commit.subject, one_line(slug, 64), issues=(issue,))
                continue
            folder = f"{config.builds_dir}/{slug}"
            if named:
                evidence = _gather(repo, commit, config, slug)
                yield prove(evidence) if evidence else _unread(commit, slug)
            elif _is_code_build(repo, oid, f"{folder}/meta.json"):
                path, parents = f"{folder}/meta.json", len(commit.parents)
                yield unnamed(oid, commit.subject, slug, path, parents=parents, message=commit.message)


def _builds_dir(repo: Repository, commit: str) -> str:
    try:
        return _config_at(repo, commit).builds_dir
    except GitorchError:  # is told of a build's commit; anybody else may push it
        return BUILDS_DIR


def _builds_in(repo: Repository, commit: Commit, builds: str) -> dict[str, bool]:
    """The builds whose meta.json the commit writes, or which its trailers name (then True)."""
    found = dict.fromkeys(_written(repo, commit, builds), False)
    if len(commit.parents) < 2:
        found |= {value: True for key, value in commit.trailers if key.lower() == TRAILER.lower()}
    return found


def _written(repo: Repository, commit: Commit, builds: str) -> list[str]:
    """The builds whose meta.json the commit has, and none of its parents has so. No tree is gone through."""
    family = (commit.oid, *commit.parents)
    trees = ids_at(repo, [(one, builds) for one in family])
    own, *theirs = (folders_in(repo, trees[one, builds]) if (one, builds) in trees else {} for one in family)
    changed = [
        slug
        for slug, tree in own.items()
        if slug_problem(slug) is None and all(parent.get(slug) != tree for parent in theirs)
    ]
    metas = ids_at(repo, [(one, f"{builds}/{slug}/meta.json") for slug in changed for one in family])

    def writes(slug: str) -> bool:
        mine, *others = (metas.get((one, f"{builds}/{slug}/meta.json")) for one in family)
        return mine is not None and mine not in others

    return [slug for slug in changed if writes(slug)]


def _unread(commit: Commit, slug: str) -> Proof:
    """The judgement on a commit whose tree, or its parent's, is beyond the bounds."""
    text = f"the commit or its parent has more than {MAX_PATHS:,} paths, or names too long to list"
    return Proof(commit.oid, commit.subject, slug, issues=(of_commit("oversized-tree", commit.oid, text),))


def _is_code_build(repo: Repository, commit: str, path: str) -> bool:
    """Whether these are the records of a build that only finalize commits; damaged ones may be."""
    try:
        meta = parse_meta(blob_at(repo, commit, path, MAX_BYTES) or b"", path)
    except GitorchError:
        return True
    return meta.build_type is BuildType.CODE and meta.status is not BuildStatus.ABORTED


def _gather(repo: Repository, commit: Commit, config: Config, slug: str) -> Evidence | None:
    """All that is judged; None where the trees are beyond the bounds."""
    folder = f"{config.builds_dir}/{slug}"
    present = paths_in(repo, commit.oid)
    if present is None or not all(is_bounded(repo, parent) for parent in commit.parents):
        return None
    parent = commit.parents[0] if commit.parents else None
    files = files_below(repo, commit.oid, folder, MAX_BYTES, _FOLDER_BYTES, large=proof.FILE_NAME)
    entries, before = _of_claims(repo, parent, commit.oid, files)
    return Evidence(
        commit=commit.oid,
        subject=commit.subject,
        parents=commit.parents,
        message=commit.message,
        trailers=commit.trailers,
        slug=slug,
        folder=folder,
        files=files,
        changes=changes_between(repo, parent, commit.oid),
        present=present,
        config=config,
        judged=tree_without(repo, commit.oid, f"{folder}/{proof.FILE_NAME}"),
        entries=entries,
        before=before,
    )


def _of_claims(
    repo: Repository, parent: str | None, commit: str, files: Mapping[str, RawFile]
) -> tuple[dict[str, str | None], dict[str, str]]:
    """What commit and parent have at the paths that proof.json names, `MODE ID` each."""
    found = proof.find_proof(files)
    paths = {path for report in found.claims for path in report.held} if found else set()
    if parent is None or not paths:
        return {}, {}
    changed = changed_entries(repo, parent, commit)
    before = entries_at(repo, parent, paths)
    return {path: changed.get(path, before.get(path)) for path in paths}, before
