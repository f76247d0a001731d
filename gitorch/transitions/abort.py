"""abort: the work is kept as a commit that no branch has, and the build is closed. Keeping it decides."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from gitorch.adapters import files
from gitorch.adapters.build_folder import RENDERED
from gitorch.adapters.git import index, refs, switching
from gitorch.adapters.git.objects import blob_at
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core.meta import BuildStatus
from gitorch.core.names import CommitId, branch_name, branch_ref
from gitorch.core.opened import as_meta
from gitorch.core.text import shown_path
from gitorch.transitions.records import render
from gitorch.transitions.run import Transition, moved_once


@dataclass(frozen=True, slots=True, kw_only=True)
class Abort(Transition[Sequence[str]]):
    """The end of a build without a commit; `ref` is where the work is kept, `new` its snapshot.

    Its outcome is the paths that stay as they are although the files were discarded.
    """

    ACTION: ClassVar[str] = "abort"
    COMMAND: ClassVar[str] = "abort"

    base: CommitId
    tip: CommitId
    """Where the build branch is when it is given up."""
    staged: CommitId
    """A commit with what the index held when the build was given up."""
    discard: bool
    """Whether branch and files return to the base."""

    @property
    def needs_index(self) -> bool:
        return self.discard

    def misplaced(self, repo: Repository) -> str | None:
        ref = branch_ref(self.slug)
        return branch_name(self.slug) if refs.exists(repo, ref) and refs.head_ref(repo) != ref else None

    def complete(self, repo: Repository, since: float) -> Sequence[str]:
        left: Sequence[str] = ()
        branch = branch_ref(self.slug)
        if refs.exists(repo, branch):
            refs.settle(repo, branch, self.base, since)
        elif self.discard:  # its branch was deleted since the kill, and the files may be those of another
            index.release(repo)
            return replace(self, discard=False).complete(repo, since)
        if self.discard:
            left = self._discard(repo)
        else:
            self._close_records(repo)
        decided = registry.read_decided(repo, self.slug)
        registry.write_decided(repo, self.slug, decided.model_copy(update={"kept": self.ref}))
        registry.close_build(repo, self.slug)
        return left

    def _close_records(self, repo: Repository) -> None:
        """Say in the records that the build was aborted, where they are there."""
        opened = registry.find_opened(repo, self.slug)
        folder = self.build_folder(repo)
        if opened is None or folder.seems_damaged():
            return
        state = folder.read_state(as_meta(opened, registry.read_decided(repo, self.slug)))
        render(folder, replace(state, meta=state.meta.model_copy(update={"status": BuildStatus.ABORTED})))

    def _discard(self, repo: Repository) -> Sequence[str]:
        """Return branch, files and index to the base; the paths that stay as they are."""
        branch = branch_ref(self.slug)
        if refs.resolve(repo, branch) == self.tip != self.base:
            with moved_once(repo, self.slug, self.tip, self.base):
                refs.move(repo, branch, self.base, self.tip, f"gitorch: abort {self.slug}")
        self._put_records(repo)
        with switching.switched(repo, self.new, self.base) as switched:
            unlike = switching.not_as_written(switched.index, index.settle(switched.index))
            left = {*switched.left, *unlike}
            index.carry_over(switched.index, self.staged)  # what was staged since a kill stays staged
            index.replace(switched.index)
        folder = repo.root / self.folder
        for empty in (folder / "completions", folder / "workers", folder, *folder.parents):
            try:
                empty.rmdir()
            except FileNotFoundError:
                continue
            except OSError:  # it holds what was there before the build, or what git ignores
                if empty not in (folder / "completions", folder / "workers"):
                    break
        return tuple(sorted(left))

    def _put_records(self, repo: Repository) -> None:
        """Bring what gitorch renders to what was kept of it, so that it goes with the rest."""
        folder = self.build_folder(repo)
        folder.sweep()
        for name in RENDERED if folder.path.is_dir() else ():
            if (data := blob_at(repo, self.new, f"{self.folder}/{name}")) is not None:
                files.write_if_different(folder.path / name, data)

    def kept(self) -> str:
        return f"the work of build {self.slug} is kept in {self.ref}"

    def tell(self, repo: Repository, outcome: Sequence[str] | None) -> list[str]:
        if outcome is None:
            return [f"abort of build {self.slug} was interrupted before it began; the build is open"]
        done = f"abort of build {self.slug} was interrupted; completed, and the work is kept in {self.ref}"
        if self.discard and not refs.exists(repo, branch_ref(self.slug)):
            done += f"; {branch_name(self.slug)} does not exist any more, so the files were left as they are"
        return [
            done,
            *(f"{shown_path(path)} is left as it is, and differs from what was kept" for path in outcome),
        ]
