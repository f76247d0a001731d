"""Whether a report's claims are true: what the disk and git know of them, and what is wrong by that. Pure.

A claim that does not hold is an issue with one of `CODES_OF_CLAIMS`; whoever judges claims does it here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from gitorch.core import lost
from gitorch.core.hints import replace_report
from gitorch.core.issue import CODES, Hint, Issue, Severity
from gitorch.core.lost import NOTHING_KEPT, Kept
from gitorch.core.names import WorkerId
from gitorch.core.paths import repository_path
from gitorch.core.text import shown_path, typed_paths

CODES_OF_CLAIMS = ("missing-artifact", "claim-outside", "ignored-file", *lost.CODES)

_WEIGHTS = {code: CODES[code].severity for code in CODES_OF_CLAIMS}

_NAMED = 40
"""So many of the paths of one issue are named."""


class Evidence(NamedTuple):
    """What is known of the paths that reports claim, each as `repository_path` gives it."""

    root: str = ""  # the folder that artifacts are relative to, absolute
    in_git: bool = True  # False: nothing is committed, and an address (`https://…`) may be claimed
    absent: frozenset[str] = frozenset()  # nothing is there that git could commit, or a person read
    in_base: frozenset[str] = frozenset()  # of those that are absent or behind something: the base has them
    ignored: frozenset[str] = frozenset()  # they are there, and git would commit nothing of them
    behind: Mapping[str, str] = {}  # path → the link that leads out, or the other repository above it
    weights: Mapping[str, Severity] = _WEIGHTS
    kept: Kept = NOTHING_KEPT  # of the reports that were recorded


NOTHING_KNOWN = Evidence()


class Untrue(NamedTuple):
    """Claims of one worker that do not hold, for one reason; `paths` outside are as they were written."""

    worker: WorkerId
    code: str
    paths: tuple[str, ...]
    wall: str = ""  # the link or the other repository that is above them

    def without(self, known: Collection[str]) -> "Untrue | None":
        """The same without missing files that are `known`; None where nothing is left."""
        if self.code != "missing-artifact":
            return self
        left = tuple(path for path in self.paths if path not in known)
        return self._replace(paths=left) if left else None

    def told(self, slug: str, about: str, evidence: Evidence) -> Issue:
        """The one issue that all of `paths` are, weighed; the first is named in the message."""
        code, text = self.code, f"{self.worker} claims {_listed(self.paths)}, {_why(self, evidence)}"
        details = tuple(_details(self, evidence))
        hints = (*_hints(self), replace_report(slug, self.worker))
        return Issue(code, text, about, details, hints, evidence.weights[code])


def judge_claims(claims: Mapping[WorkerId, Collection[str]], evidence: Evidence) -> Iterator[Untrue]:
    """What is wrong with the artifacts that each worker claims; nothing of what the policy does not look at.

    A file that is missing can only have been deleted or renamed where it once was: at the base, in a
    snapshot, or as a recorded report had it. Who deleted it, `lost.judge_new` asks. Where nothing is
    committed, what is claimed has to be there.
    """
    for worker, artifacts in claims.items():
        wrong: dict[tuple[str, str], list[str]] = defaultdict(list)
        for artifact in dict.fromkeys(artifacts):
            if not evidence.in_git and "://" in artifact:
                continue
            path = repository_path(artifact)
            if path is None:
                wrong["claim-outside", ""].append(artifact)
            elif path in evidence.in_base:
                continue
            elif path in evidence.behind:
                wrong["claim-outside", evidence.behind[path]].append(path)
            elif path in evidence.ignored:
                wrong["ignored-file", ""].append(path)
            elif path in evidence.absent and path not in evidence.kept.had:
                wrong["missing-artifact", ""].append(path)
        for (code, wall), paths in wrong.items():
            if evidence.weights[code] is not Severity.OFF:
                yield Untrue(worker, code, tuple(dict.fromkeys(paths)), wall)


def folders_above(path: str) -> Iterator[str]:
    """`a/b` and `a` of `a/b/c`."""
    while path := path.rpartition("/")[0]:
        yield path


def _listed(paths: Sequence[str]) -> str:
    more = len(paths) - 1
    return f"{shown_path(paths[0])} and {more} more" if more else shown_path(paths[0])


def _why(untrue: Untrue, evidence: Evidence) -> str:
    one = len(untrue.paths) == 1
    if untrue.code == "missing-artifact":
        return "which does not exist" if one else "which do not exist"
    if untrue.code == "ignored-file":
        return "which git ignores, and which would not be committed"
    if untrue.wall and not evidence.in_git:
        verb = "leads" if one else "lead"
        return f"which {verb} out of this folder through {shown_path(untrue.wall)}, a symbolic link"
    if untrue.wall:
        verb = "is" if one else "are"
        return f"which {verb} behind {shown_path(untrue.wall)}, a symbolic link or another repository"
    what = "is not the path of a file" if one else "are not paths of files"
    return f"which {what} in this {'repository' if evidence.in_git else 'folder'}"


def _details(untrue: Untrue, evidence: Evidence) -> Iterator[str]:
    named = untrue.paths[:_NAMED]
    if len(untrue.paths) > 1:
        yield from map(shown_path, named)
        if more := len(untrue.paths) - len(named):
            yield f"and {more} more"
    for path in named if untrue.code == "claim-outside" else ():
        inside = path.removeprefix(evidence.root.rstrip("/") + "/")
        if inside != path and repository_path(inside):
            yield f"relative to the {'repository' if evidence.in_git else 'folder'}: {shown_path(inside)}"


def _hints(untrue: Untrue) -> tuple[Hint, ...]:
    if untrue.code != "ignored-file":
        return ()
    what = "the file" if len(untrue.paths) == 1 else "the files"
    command = f"git add --force -- {typed_paths(untrue.paths[:_NAMED])}"
    return (Hint(f"commit {what} all the same", command),)
