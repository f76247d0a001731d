"""What is wrong and what to do about it, as one value; and the table of everything that can be wrong.

A code is named after the bad thing, in kebab case, and never changes its meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, cast


class Severity(StrEnum):
    """An error stops; a warning is told, and somebody should look; off is not told."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Hint:
    """What a person may do next: a purpose, as in "to PURPOSE", and the command that serves it."""

    purpose: str
    command: str
    """One line for sh, safe to paste; capitals stand for what gitorch cannot know."""

    def __post_init__(self) -> None:
        if not self.purpose or not self.command or "\n" in self.purpose + self.command:
            raise ValueError(f"a hint is a purpose and a command, each on one line: {self!r}")

    def __str__(self) -> str:
        return f"to {self.purpose}, run: {self.command}"


class Code(NamedTuple):
    """One row of the table of codes."""

    severity: Severity
    meaning: str
    """One sentence."""


_AS_THE_TABLE_SAYS = cast("Severity", None)


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong. ValueError for a code that is not in `CODES`."""

    code: str
    message: str
    """One line, lower case, without a full stop, that names the thing."""
    about: str | None = None
    """The file, branch, worker or build that the issue is about; with `code` it tells issues apart."""
    details: tuple[str, ...] = ()
    """Facts, one a line."""
    hints: tuple[Hint, ...] = ()
    severity: Severity = _AS_THE_TABLE_SAYS
    """Left out: as `CODES` has it."""

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"{self.code!r} is not in the table of codes")
        if self.severity is _AS_THE_TABLE_SAYS:
            object.__setattr__(self, "severity", CODES[self.code].severity)


def lines(issue: Issue) -> list[str]:
    """The message, its details indented by two, its hints: the one form in which an issue is read."""
    return [
        issue.message,
        *(f"  {line}" for line in issue.details),
        *(f"hint: {hint}" for hint in issue.hints),
    ]


def as_json(issue: Issue) -> dict[str, object]:
    """The one form in which every document of `--json` has an issue (docs/json.md)."""
    return {
        "code": issue.code,
        "severity": str(issue.severity),
        "about": issue.about,
        "message": issue.message,
        "details": list(issue.details),
        "hints": [{"purpose": hint.purpose, "command": hint.command} for hint in issue.hints],
    }


_ERRORS = {
    "aborted-build": "The build was aborted, and the command needs one that was not.",
    "ambiguous-build": "Several builds are open, and the command was told none of them.",
    "ambiguous-worker": "The command was not told which worker it is for.",
    "bad-artifact": "A report names an artifact that is not a path in the repository.",
    "bad-commit-message": "The message for the build commit is empty or is not text.",
    "bad-config": "The configuration cannot be read, or does not follow its schema.",
    "bad-plan": "The plan cannot be read, or its workers do not fit together.",
    "bad-report": "A report is not a completion as the schema describes one.",
    "bad-settings": "The settings of an agent's client cannot be changed as they are.",
    "bad-slug": "A name for a build has characters that a branch or a folder may not have.",
    "bad-token": "The token for the service that starts workers is missing or malformed.",
    "bad-usage": "The command line or the input of a command is not one that the command takes.",
    "bare-repository": "The repository has no working tree to build in.",
    "behind-link": "A path leads through a symbolic link, and gitorch writes through none.",
    "blocked-branch": "Another branch's name keeps the build branch from being made.",
    "blocked-files": "Files block those that the command would write.",
    "blocked-worker": "A worker reported that it is blocked.",
    "branch-in-use": "The branch is checked out in a worktree, whose files would not follow it.",
    "broken-worktree": "The link between a worktree and its repository is broken.",
    "build-branch": "A branch of a build was named where another branch is needed.",
    "busy": "Another process has a lock that the command needs.",
    "case-collision": "Two paths differ in upper and lower case alone.",
    "changed-build": "The build changed while the command was running.",
    "changed-config": "The build changes the configuration by which it is judged.",
    "changed-files": "Files changed while the command was running.",
    "changed-merge": "Merging twice gave two results.",
    "claim-outside": "A report claims what is not a path of a file in the repository.",
    "closed-build": "The build is closed already, and the command needs an open one.",
    "commit-failed": "Git could not make the commit.",
    "complete-worker": "The worker is complete, and the command needs one that is not.",
    "conflict-markers": "A changed file has conflict markers, or is unmerged in the index.",
    "cycle": "Workers wait for each other.",
    "damaged-journal": "The journal of an interrupted command cannot be read.",
    "damaged-records": "A record of a build cannot be read, or says what cannot be.",
    "defect": "Gitorch itself failed.",
    "demo-failed": "A step of the demo failed.",
    "destroyed-claim": "Files of a report were destroyed before the report was recorded.",
    "dirty-submodule": "A submodule has work that is not committed in it.",
    "dirty-workspace": "The workspace for validators could not be made clean.",
    "dirty-worktree": "The working tree has changes, and the command needs one without.",
    "duplicate-id": "Two briefs have the same worker id.",
    "duplicate-key": "Two briefs have the same key.",
    "editor-failed": "Git's editor ended with an error.",
    "empty-build": "The build has no workers.",
    "empty-repository": "The repository has no commit yet.",
    "existing-branch": "The branch of the build exists already.",
    "existing-build": "A build of this name exists already.",
    "existing-report": "The worker has reported already.",
    "failed-filter": "A filter of git's attributes fails in the clean workspace.",
    "failed-finalization": "The finalization command of a general build failed.",
    "failed-validators": "Validators failed, and the build cannot land.",
    "failed-worker": "A worker reported that it failed.",
    "file-type": "A record of gitorch is not a regular file or a folder.",
    "foreign-brief": "A brief is not in gitorch's own form, and only a person may edit it.",
    "git-failed": "A git command failed.",
    "guard-failed": "The guard cannot be installed.",
    "ignored-file": "A report claims a file that git ignores, and that would not be committed.",
    "ignored-records": "Git ignores the folder of the builds, and their records could not land.",
    "index-conflict": "The index has unresolved conflicts.",
    "interrupted": "The command was interrupted.",
    "journal-stuck": "The deciding step is done, and what follows from it cannot be done now.",
    "launched-worker": "The worker is in progress already.",
    "left-binding": "A worktree is bound to a build that is not open.",
    "left-branch": "The build's worktree has another branch checked out.",
    "left-permit": "A killed command left a permit to move a branch.",
    "left-seal": "A branch is sealed whose build is not open.",
    "lost-seal": "The seal of the build branch was removed.",
    "merge-conflict": "The build and the branch to merge it into changed the same lines.",
    "merge-failed": "Git could not make the merge.",
    "missing-artifact": "A report claims a file that does not exist.",
    "missing-builder": "The environment or git's configuration names no usable author.",
    "missing-changes": "Commits on the build branch have changes that the files do not have.",
    "missing-commit": "There is no such commit.",
    "missing-editor": "Git has no editor that works here.",
    "missing-folder": "The current folder does not exist.",
    "missing-git": "Git is not installed, or too old.",
    "missing-history": "The clone is shallow, and the commits to judge are not in it.",
    "missing-records": "The records of a build do not exist.",
    "missing-report": "The worker has not reported.",
    "missing-seal": "The build branch cannot be sealed.",
    "missing-trailers": "The message lacks the trailers that name the build.",
    "missing-worktree": "The worktree of the build does not exist.",
    "moved-branch": "The build branch is not where gitorch put it.",
    "needed-worker": "Other workers depend on the worker.",
    "nested-repository": "A git repository within the worktree would not be committed.",
    "newer-gitorch": "A newer gitorch wrote this.",
    "no-branch": "The build branch does not exist.",
    "no-brief": "A report is there whose worker has no brief.",
    "no-dependency": "A brief depends on a worker that has no brief.",
    "no-open-build": "No build is open.",
    "no-ready-worker": "No worker is ready to start.",
    "not-a-repository": "The folder is not in a git repository.",
    "nothing-to-accept": "The files hold what was reported, or nothing was accepted of them.",
    "not-bare": "The repository is not bare, and the command needs one that is.",
    "not-guarded": "The guard does not protect the build or a worktree.",
    "not-launched": "The worker was not launched or spawned, or has ended.",
    "occupied-folder": "The folder is not empty.",
    "open-build": "A build is open, and the command needs it closed.",
    "open-issues": "Records of the build have issues that keep it from landing.",
    "operation-in-progress": "A merge, rebase or the like has begun and not ended.",
    "oversized-file": "A changed file is larger than the configuration allows.",
    "oversized-tree": "A commit has more paths than verify goes through.",
    "ref-failed": "Git could not move or delete a ref.",
    "refused-by-hook": "A hook of the repository refused.",
    "refused-command": "A worker ran a command that only the person may run.",
    "refused-repository": "Git refuses to work in this repository.",
    "rogue-commit": "The build branch has commits that finalize did not make.",
    "running-worker": "A worker's process is running.",
    "second-completion": "A worker has two reports.",
    "several-commits": "The build branch has more than one build commit.",
    "superseded-report": "The report is the one for which the worker was launched again.",
    "too-early": "A worker reported before those that it depends on were complete.",
    "unclaimed-file": "A file changed, and no report claims it.",
    "unfinished-worker": "Workers are not complete.",
    "unknown-branch": "There is no such branch.",
    "unknown-build": "There is no such build.",
    "unknown-follow-up": "There is no such follow-up.",
    "unknown-path": "There is no such path where the command looks for it.",
    "unknown-snapshot": "The build has no such snapshot.",
    "unknown-validator": "The configuration has no such validator.",
    "unknown-worker": "The build has no such worker.",
    "unnamed-commit": "A commit has the records of a build, and no trailer that names the build.",
    "unreadable-brief": "A brief cannot be read.",
    "unreadable-completion": "A report cannot be read, or is not one.",
    "unreadable-file": "A file cannot be read.",
    "unreadable-worktree": "Git cannot read the files of the working tree.",
    "unrecorded-report": "A report is not recorded yet, so that its files are in no snapshot.",
    "unsound-claims": "Issues with changed files keep the build from landing.",
    "unwritable-file": "A file cannot be written or deleted.",
    "used-id": "The id for a new worker was used before.",
    "vanished-claim": "A file that a recorded report claims is missing or back at the base.",
    "waiting-worker": "The worker waits for others.",
    "worker-state": "The worker's state does not allow the command.",
    "wrong-branch": "Another branch is checked out than the command needs.",
    "wrong-build-type": "The command does not exist for builds of this type.",
    "wrong-id": "A report names another worker than its file.",
    "wrong-parent": "The build commit does not follow the base of its build.",
    "wrong-records": "The records in a commit differ from what their sources say.",
    "wrong-trailers": "The trailers of the message differ from the records.",
    "wrong-verdicts": "What the message says about validators differs from the configuration.",
    "wrong-wave": "A worker's id and its dependencies put it in different waves.",
    "wrong-worktree": "The worktree belongs to another build.",
}

_WARNINGS = {
    "altered-claim": "A file that a recorded report claims holds something else now.",
    "changed-brief": "A brief changed after its worker was launched with it.",
    "claimed-twice": "Two workers claim one file, and neither depends on the other.",
    "corrected-report": "A report is not in the spec's form, and was understood all the same.",
    "edited-message": "The message differs from the one that the records give.",
    "edited-record": "A record that gitorch renders was edited, and is ignored.",
    "foreign-branch": "The build branch of a remote has commits that are not ours.",
    "left-out": "A plan of another tool has tasks that are not in the build.",
    "like-a-worker": "A section of a plan lists what looks like workers, with ids of another kind.",
    "lost-files": "Many files that snapshots hold are back at the base, empty or missing.",
    "moved-chain": "Another program moved or deleted the ref of a build's snapshots.",
    "named-worker": "A worker's text names another worker, and neither depends on the other.",
    "no-last-instant": "Git takes no snapshot before it overwrites files in the worktree of an open build.",
    "no-validators": "The repository has tests or pre-commit hooks, and no validator runs them.",
    "older-records": "Records were rendered by an older gitorch and cannot be compared.",
    "shared-output": "Two workers of a plan have the same output.",
    "stale-report": "A file was written after the report that claims it.",
    "unchanged-file": "A report claims a file that does not differ from the base.",
}

CODES: Mapping[str, Code] = {
    **{code: Code(Severity.ERROR, meaning) for code, meaning in _ERRORS.items()},
    **{code: Code(Severity.WARNING, meaning) for code, meaning in _WARNINGS.items()},
}
"""Every code that an issue may have, with its severity unless the policy sets another."""
