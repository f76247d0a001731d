"""Landing on a second branch: by fast-forward, else as a merge that is computed beside every worktree.

Moves no ref; writes objects that nothing refers to.
"""

from dataclasses import dataclass

from gitorch.adapters.git import refs, worktrees
from gitorch.adapters.git.repository import DURABLE, Repository, split_paths
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.names import CommitId, RefName
from gitorch.core.text import named, shown_path, typed


@dataclass(frozen=True, slots=True)
class Target:
    """The branch `ref` that the build is to land on as well, as it stood at `tip` when finalize began."""

    ref: RefName
    tip: CommitId
    forward: bool  # its tip is in the build's base: the build commit itself can be its next

    @property
    def name(self) -> str:
        """As a person types it."""
        return self.ref.removeprefix("refs/heads/")


def target(repo: Repository, name: str, base: str) -> Target:
    """The branch `name`; GitorchError when there is none, or a worktree would no longer match it."""
    ref = f"refs/heads/{name.removeprefix('refs/heads/')}"
    ref = refs.link(repo, ref) or ref  # a symbolic ref stays one, and what it leads to is what moves
    tip = refs.resolve(repo, ref) if refs.exists(repo, ref) else None  # else main~1 would be one
    if tip is None:
        see = Hint("see all branches", "git branch --list")
        raise bad_input("unknown-branch", f"there is no branch {named(name)} to land on", hints=[see])
    if ref.startswith("refs/heads/build/"):
        see = Hint("see all branches", "git branch --list")
        text = f"{name} is the branch of a build, and no build lands on one"
        raise bad_input("build-branch", text, about=name, hints=[see])
    if tree := worktrees.standing_on(repo, ref):
        where = tree.root
        raise GitorchError(
            "branch-in-use",
            f"{name} is checked out in {where}, whose files would differ from the branch afterwards",
            about=name,
            hints=[Hint("free the branch", f"git -C {typed(str(where))} switch --detach")],
        )
    forward = repo.run("merge-base", "--is-ancestor", tip, base, check=False).ok
    return Target(RefName(ref), CommitId(tip), forward)


def merged_tree(repo: Repository, onto: Target, commit: str, branch: str) -> str:
    """The tree of a merge of `commit`, on `branch`, into `onto`; GitorchError names each conflict."""
    done = repo.run(
        "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", onto.tip, commit, check=False
    )
    tree, *conflicts = split_paths(done.stdout) or [""]
    if done.status == 1:
        slug = branch.removeprefix("build/")
        land = f"gitorch finalize --project {slug}"
        by_hand = f"{land} && git switch {typed(onto.name)} && git merge {branch}"
        raise GitorchError(
            "merge-conflict",
            f"the build and {onto.name} changed the same lines; nothing was committed",
            about=onto.name,
            details=map(shown_path, conflicts),
            hints=[Hint("land on the build branch and merge by hand", by_hand)],
        )
    if not done.ok:
        text = f"git could not merge into {onto.name}; nothing was committed"
        details = done.error_text.splitlines()
        raise GitorchError("merge-failed", text, details=details, hints=repo.ways_out(done.error_text))
    return tree


def provisional(repo: Repository, tree: str, base: str) -> str:
    """A commit of `tree` on `base` that stands in for the build's own, to compute a merge with."""
    return repo.run(*DURABLE, "commit-tree", "-p", base, tree, stdin=b"provisional\n").text
