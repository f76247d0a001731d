"""reopen: the build branch returns to the base, and the build is open as it was before it was closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from gitorch.adapters.git import index, refs, switching
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.snapshots import chain_ref
from gitorch.adapters.guard import registry
from gitorch.core.names import CommitId, earlier_ref, landed_ref
from gitorch.core.opened import Decided, Opened, Recorded, as_meta
from gitorch.core.proof import FILE_NAME
from gitorch.core.text import shown_path
from gitorch.transitions.records import render, stage_records
from gitorch.transitions.run import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen(Transition[Sequence[str]]):
    """The way back of a closed build. `ref` is its branch, `new` its base, or its tip if it was aborted.

    Where `old` is `new` the branch stays, and the journal itself decides. The outcome is the paths that
    differ from what was kept, because somebody wrote there since.
    """

    ACTION: ClassVar[str] = "reopen"
    COMMAND: ClassVar[str] = "reopen"

    opened: Opened
    landed: bool
    """Whether the tip is the build commit; it is kept, and taken back."""
    files: str
    """The commit whose files come back; `new` where the files are there."""

    @property
    def needs_index(self) -> bool:
        return True

    def complete(self, repo: Repository, since: float) -> Sequence[str]:
        left: Sequence[str] = ()
        if self.landed:
            kept = landed_ref(self.slug)
            refs.settle(repo, kept, self.old, since)
            before = refs.resolve(repo, kept)
            if before and before != self.old:  # of an earlier landing
                earlier = earlier_ref(self.slug, CommitId(before))
                if not refs.exists(repo, earlier):
                    refs.move(repo, earlier, before, refs.zero(before), f"gitorch: reopen {self.slug}")
            if before != self.old:
                refs.move(repo, kept, self.old, before or refs.zero(self.old), f"gitorch: reopen {self.slug}")
        if self.files != self.new:
            with switching.switched(repo, self.new, self.files) as switched:
                left = switched.left
        if self.landed:  # what the validators said then is no record of the open build
            (self.build_folder(repo).path / FILE_NAME).unlink(missing_ok=True)
        with index.private(repo, self.new) as opened:
            index.put_unseen(opened, self.old if self.landed else self.files)
            if self.files != self.new and (staged := refs.resolve(repo, f"{self.files}^2")):
                index.put_staged(opened, staged, self.files)
            index.carry_over(opened, self.old)
            index.replace(opened)
        decided = registry.read_decided(repo, self.slug)
        reports = self._evidence(repo, decided)
        still = decided.model_copy(update={"kept": None, "landed": None, "reports": reports})
        registry.open_build(repo, self.opened, still)
        folder = self.build_folder(repo)
        state = folder.read_state(as_meta(self.opened, decided))
        render(folder, state)
        stage_records(repo, folder, state)
        return left

    def _evidence(self, repo: Repository, decided: Decided) -> tuple[Recorded, ...]:
        """The recorded reports; where snapshots were pruned, what was kept of the build has their files."""
        name = self.old if self.landed else decided.kept
        kept = refs.resolve(repo, name) if name else None
        if kept is None or refs.exists(repo, chain_ref(self.slug)):
            return decided.reports
        return tuple(it.model_copy(update={"snapshot": CommitId(kept)}) for it in decided.reports)

    def kept(self) -> str:
        return f"build {self.slug} is being reopened"

    def tell(self, repo: Repository, outcome: Sequence[str] | None) -> list[str]:
        if outcome is None:
            return [f"reopen of build {self.slug} was interrupted before it began; nothing was changed"]
        done = f"reopen of build {self.slug} was interrupted; it is complete now, and the build is open"
        return [
            done,
            *(f"{shown_path(path)} is left as it is, and differs from what was kept" for path in outcome),
        ]
