"""land: the build branch moves to the build commit, and the build is closed as complete."""

import contextlib
from dataclasses import dataclass
from typing import ClassVar

from gitorch.adapters.git import index, refs, worktrees
from gitorch.adapters.git.objects import blob_at, differing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core.errors import Busy, GitorchError
from gitorch.core.issue import Hint
from gitorch.core.meta import parse_meta
from gitorch.core.names import CommitId, RefName
from gitorch.core.proof import FILE_NAME
from gitorch.core.text import shown_path, typed
from gitorch.transitions.records import render
from gitorch.transitions.run import Transition

_ATTEMPTS = 5
"""So often an index that changes under our hands is merged with the commit again."""


class IndexMovedError(Exception):
    """The person's index is no longer what the next one was made from; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """A second ref that the build lands on: from `old` to `new`, where nobody else moved it."""

    ref: RefName
    old: CommitId
    new: CommitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Land(Transition[None]):
    """The landing of a build; `new` is the build commit."""

    ACTION: ClassVar[str] = "land"
    COMMAND: ClassVar[str] = "finalize"

    meta: str
    """The final meta.json, from which and the sources every final record follows."""
    onto: Onward | None
    origin: index.Signature
    """The person's index that the next one was made from."""

    @property
    def needs_index(self) -> bool:
        return True

    def prepare(self, repo: Repository) -> None:
        if index.signature(repo) != self.origin:
            raise IndexMovedError

    def complete(self, repo: Repository, since: float) -> None:
        _install(repo, self.new, self.origin)
        folder = self.build_folder(repo)
        meta = parse_meta(self.meta.encode(), f"{self.folder}/meta.json")
        if (proof := blob_at(repo, self.new, f"{self.folder}/{FILE_NAME}")) is not None:
            folder.write_rendered({FILE_NAME: proof.decode()})
        # Rendered, not taken from the commit: what the person wrote into BUILD.md since then stays.
        render(folder, folder.read_state(meta))
        if self.onto:
            _follow(repo, self.onto, since)
        decided = registry.read_decided(repo, self.slug)
        registry.write_decided(repo, self.slug, decided.model_copy(update={"landed": self.new}))
        registry.close_build(repo, self.slug)

    def kept(self) -> str:
        return f"build {self.slug} has landed as {self.new[:12]}"

    def tell(self, repo: Repository, outcome: None) -> list[str]:
        if not registry.is_open(repo, self.slug):
            done = (
                f"finalize of build {self.slug} was interrupted after its commit {self.new[:12]}: completed"
            )
            why = kept_back(repo, self.onto) if self.onto else None
            return [done, why] if why else [done]
        return [
            f"finalize of build {self.slug} was interrupted before its commit: nothing was changed",
            f"hint: {Hint('land the build', f'gitorch finalize --project {self.slug}')}",
        ]


def _install(repo: Repository, commit: str, origin: index.Signature) -> None:
    """The landing index becomes the person's; what they staged since the kill stays staged beside the commit.

    The landing file stays until that is done: while it is there, the index is still that of the base.
    """
    if index.install(repo, origin):
        return
    for _ in range(_ATTEMPTS):
        with index.private(repo, commit) as merged:
            if merged.unmerged:
                raise GitorchError(
                    "index-conflict",
                    "the index has unresolved conflicts",
                    details=map(shown_path, merged.unmerged),
                    hints=[Hint("mark a file as resolved", "git add -- PATH")],
                )
            merged.restore(differing(repo, f"{commit}^", commit))
            index.put_landing(merged)
            if index.install(repo, merged.origin):
                return
    raise Busy("busy", "another process keeps changing the index")


def _follow(repo: Repository, onto: Onward, since: float) -> None:
    """Move the second branch. The build has landed: what keeps this from being done undoes nothing of it."""
    if refs.settle(repo, onto.ref, onto.new, since) or refs.resolve(repo, onto.ref) != onto.old:
        return
    if (
        worktrees.standing_on(repo, onto.ref) is None
    ):  # asked before the validators, too, which take their time
        with contextlib.suppress(GitorchError):  # a hook's refusal, a lock: finalize tells where it stands
            refs.move(repo, onto.ref, onto.new, onto.old, "gitorch: finalize --onto")


def kept_back(repo: Repository, onto: Onward) -> str | None:
    """Why the second branch was not moved, and what to type; None where it was."""
    name, at = onto.ref.removeprefix("refs/heads/"), refs.resolve(repo, onto.ref)
    if at == onto.new:
        return None
    if at != onto.old:
        return f"{name} was moved by another process, and was left alone"
    if tree := worktrees.standing_on(repo, onto.ref):
        merge = f"git -C {typed(str(tree.root))} merge --ff-only {onto.new[:12]}"
        return f"{name} is checked out in {tree.root}, and was left alone; {Hint('move it there', merge)}"
    see = f"git update-ref {typed(onto.ref)} {onto.new} {onto.old}"
    return f"git refused to move {name}; {Hint('see why', see)}"
