"""The chain of snapshots of a build, `refs/gitorch/snapshots/<slug>`: first parent the one before.

    refs/gitorch/snapshots/<slug>         the last one; the first one's parent is the base
    <git dir>/gitorch/snapshots/          the private index of a worktree; the folder is its lock

`git log -p BASE..REF` reads as the build's story.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gitorch.adapters.git import refs
from gitorch.adapters.git.capture import Scope, alone, capture
from gitorch.adapters.git.chain_end import chain_ref, find_tip, is_on_line, record, tip
from gitorch.adapters.git.repository import DURABLE, Repository, split_paths
from gitorch.core.chain import write_message
from gitorch.core.errors import GitorchError
from gitorch.core.names import CommitId, Slug

__all__ = ["Taken", "begin", "chain_ref", "commit_tree", "is_on_line", "take", "tip"]

_NAME = {"NAME": "gitorch", "EMAIL": "gitorch@localhost"}
IDENTITY = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in _NAME.items()}
"""Who makes snapshots: no `user.name` is needed."""

_TRIES = 10


class Taken(NamedTuple):
    """The chain's last snapshot after a look at the working tree; `new` where that has made it.

    `left_out` says of a path why it is not in it as it is; `restored` is set where the chain's ref had been
    moved or deleted by somebody else.
    """

    commit: CommitId
    tree: str
    new: bool
    left_out: Mapping[str, str]
    restored: bool = False


def take(
    repo: Repository,
    slug: Slug,
    base: CommitId,
    why: str,
    scope: Scope,
    *,
    reports: Sequence[str] = (),
) -> Taken:
    """Keep what the working tree holds as the chain's next snapshot; an unchanged tree makes none.

    `why` is the subject of its message. `reports` are lines `WORKER SHA256` of the reports that it is the
    evidence of: with some there is always one. GitorchError when something cannot be read, and nothing is
    kept then.
    """
    with alone(repo):
        seen = capture(repo, base, scope)
        for _ in range(_TRIES):
            last, restored = find_tip(repo, slug)
            if last and not reports and _holds(repo, last, seen.tree, seen.staged):
                return Taken(last, seen.tree, new=False, left_out=seen.left_out, restored=restored)
            parents = [last or base]
            if seen.staged:
                parents.append(commit_tree(repo, seen.staged, [base], f"the index beside: {why}\n"))
            commit = commit_tree(repo, seen.tree, parents, write_message(why, reports, seen.left_out))
            if _advance(repo, slug, commit, last):
                return Taken(commit, seen.tree, new=True, left_out=seen.left_out, restored=restored)
    raise GitorchError("ref-failed", f"{chain_ref(slug)} was moved by others at every try", about=slug)


def contents(repo: Repository, base: str, tip: str) -> dict[str, set[str]]:
    """Each path that a snapshot from `base` to `tip` changed, and every `MODE ID` that one has there."""
    form = ("--first-parent", "-m", "--raw", "-z", "--no-renames", "--no-abbrev", "--format=")
    settings = ("-c", "log.showSignature=false")
    done = repo.run(*settings, "log", *form, tip, f"^{base}", "--", check=False)
    found: dict[str, set[str]] = defaultdict(set)
    fields = iter(split_paths(done.stdout))
    for head in fields:  # :OLD-MODE NEW-MODE OLD-ID NEW-ID LETTER
        _, mode, _, oid, letter = head.strip("\n").split(" ")
        found[next(fields)].update([] if letter == "D" else [f"{mode} {oid}"])
    return found


def begin(repo: Repository, slug: Slug, commit: CommitId) -> None:
    """Have the chain of a build that is opened again begin with its `commit`, where it was pruned."""
    if find_tip(repo, slug)[0] is None:
        _advance(repo, slug, commit, None)


def _advance(repo: Repository, slug: Slug, commit: CommitId, last: CommitId | None) -> bool:
    """Move the chain from `last` to `commit`; False when another process was first."""
    try:
        refs.move(repo, chain_ref(slug), commit, last or refs.zero(commit), "gitorch: snapshot")
    except GitorchError:
        if refs.resolve(repo, chain_ref(slug)) == last:
            raise
        return False
    record(repo, slug, commit)
    return True


def _holds(repo: Repository, commit: str, tree: str, staged: str | None) -> bool:
    """Whether the snapshot `commit` is of this tree, and of this index."""
    wanted = [f"{commit}^{{tree}}", f"{commit}^2^{{tree}}"]
    stdin = "".join(f"{name}\n" for name in wanted).encode()
    said = repo.run("cat-file", "--batch-check=%(objectname)", stdin=stdin).lines
    return said[0] == tree and (said[1] if " " not in said[1] else None) == staged


def commit_tree(repo: Repository, tree: str, parents: Sequence[str], message: str) -> CommitId:
    """A commit of ours, which no ref has yet."""
    words = [word for parent in parents for word in ("-p", parent)]
    settings = (*DURABLE, "-c", "i18n.commitEncoding=UTF-8")
    done = repo.run(*settings, "commit-tree", *words, tree, stdin=message.encode(), env=IDENTITY)
    return CommitId(done.text)
