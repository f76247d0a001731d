"""`gitorch review`: what the workers claim against what git sees, and how much each of them changed.

Writes no file of the person's; records new reports, and adds blobs of claimed files to git.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gitorch.actions.policy import policy_of
from gitorch.actions.recording import look_at
from gitorch.actions.surroundings import missing_validators
from gitorch.actions.workplace import find_build, need_open
from gitorch.adapters.git.borrowed import looking
from gitorch.adapters.git.candidate import compose
from gitorch.adapters.git.diffstat import diffstat
from gitorch.adapters.git.facts import gather
from gitorch.adapters.git.index import private
from gitorch.adapters.git.scan import scan
from gitorch.core import hints
from gitorch.core.changes import Change, Lines
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Issue
from gitorch.core.meta import BuildType
from gitorch.core.names import WorkerId
from gitorch.core.review import Review, review
from gitorch.core.state import BuildState


@dataclass(frozen=True)
class Size:
    """How much differs from the base: files, the lines of the text files, and how many are binary."""

    files: int
    lines: Lines
    binary: int


@dataclass(frozen=True)
class Reviewed:
    """A build compared with its base. `problem` says why the claimed files could not be read, if so."""

    slug: str
    base: str
    state: BuildState
    changes: tuple[Change, ...]
    review: Review
    lines: Mapping[str, Lines | None]  # claimed path → what it adds and removes; None: binary, or not read
    problem: GitorchError | None
    config_changed: tuple[str, ...]  # files by which the build is judged, and which it changes
    unvalidated: Issue | None = None  # the warning where something could be a validator and none is there

    @property
    def passed(self) -> bool:
        """Whether the claims would let the build land."""
        return not self.review.errors and self.problem is None

    def size_of(self, worker: WorkerId) -> Size:
        """How much of the change this worker claims."""
        return self._size(self.review.by_worker[worker])

    @property
    def size(self) -> Size:
        """How much all claims together change, each file counted once."""
        return self._size({path for paths in self.review.by_worker.values() for path in paths})

    def _size(self, paths: Iterable[str]) -> Size:
        counts = [self.lines.get(path) for path in paths]
        known = [lines for lines in counts if lines is not None]
        return Size(len(counts), sum(known, Lines(0, 0)), len(counts) - len(known))


def review_build(start: Path, project: str | None) -> Reviewed:
    """Judge the claims of the open code build that is meant, as finalize will.

    GitorchError when there is none, or the configuration at its base cannot be read.
    """
    build = find_build(start, project, to_look=True)
    state = look_at(build)
    need_open(state)
    if state.meta.build_type is not BuildType.CODE:
        text = f"build {build.slug} is of type {state.meta.build_type.shown}, and review is for code builds"
        raise GitorchError("wrong-build-type", text, hints=[hints.status(build.slug)])
    repo, opened = build.require_opened()
    base, folder = opened.base, build.folder.shown
    held = policy_of(build)
    policy = held.config
    with looking(repo) as repo, private(repo, base) as index:
        changes = scan(index)
        facts = gather(repo, state, changes, base, folder, policy.claims.max_bytes)
        judged = review(state, changes, facts, policy=policy.claims, unclaimed=policy.unclaimed)
        problem, lines = None, {}
        try:
            lines = diffstat(repo, base, compose(index, judged.included, {}))
        except GitorchError as error:
            problem = error
    bare = None if held.changed else missing_validators(build.place, policy, build.slug)
    lost = (issue for issue in state.issues if issue.code == "lost-files")
    judged = replace(judged, issues=(*build.folder.missing(), *lost, *judged.issues))
    return Reviewed(build.slug, base, state, tuple(changes), judged, lines, problem, held.changed, bare)
