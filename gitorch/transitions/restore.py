"""restore: files become what a snapshot has again. The chain's next snapshot, which says so, decides."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from gitorch.adapters.git import index, refs, snapshots, switching
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.adapters.guard import registry
from gitorch.core.errors import Busy, GitorchError
from gitorch.core.names import CommitId, branch_ref
from gitorch.core.opened import as_meta
from gitorch.core.text import shown_path
from gitorch.transitions.records import render, stage_records
from gitorch.transitions.run import Transition

_TRIES = 5
"""So often the files are looked at that somebody is writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore(Transition[Sequence[str]]):
    """The restoring of files. `ref` is the chain, `old` the snapshot taken before, `new` the one to be.

    Its outcome is the paths that stay as they are, because somebody wrote there since `old`.
    """

    ACTION: ClassVar[str] = "restore"
    COMMAND: ClassVar[str] = "restore"

    base: CommitId
    led: CommitId | None
    """The commit to which HEAD was led away from the build branch; None where it was not."""

    @property
    def needs_index(self) -> bool:
        return True

    def misplaced(self, repo: Repository) -> str | None:
        is_led = self.led and refs.resolve(repo, "HEAD") == self.led
        return None if is_led else Transition.misplaced(self, repo)

    def is_decided(self, repo: Repository, since: float) -> bool:
        if Transition.is_decided(self, repo, since):
            return True
        tip = refs.resolve(repo, self.ref)
        return tip is not None and snapshots.is_on_line(repo, self.new, tip)

    def complete(self, repo: Repository, since: float) -> Sequence[str]:
        snapshots.tip(repo, self.slug)  # which writes down where the chain is now
        left = self._write(repo)
        index.release(repo)
        if self.led and refs.head_ref(repo) != branch_ref(self.slug):
            self._put_index(repo, self.led)
            refs.point_head_at(repo, branch_ref(self.slug), f"gitorch: restore {self.slug}")
        self._bring_up_to_date(repo)
        return left

    def _write(self, repo: Repository) -> Sequence[str]:
        for tries_left in range(_TRIES, 0, -1):
            try:
                with switching.switched(repo, self.old, self.new) as switched:
                    return switched.left
            except GitorchError as error:
                if error.code != "unreadable-worktree" or tries_left == 1:
                    raise
        raise AssertionError  # the last try returns or raises

    def _put_index(self, repo: Repository, led: CommitId) -> None:
        """Bring the index from the commit that HEAD was led to back to the base, but for what was staged."""
        form = ("diff-index", "--cached", "--name-only", "-z", "--no-renames", "--ignore-submodules=none")
        staged = set(split_paths(repo.run(*form, led, "--").stdout))
        index.put(repo, led, self.base, differing(repo, led, self.base) - staged)

    def _bring_up_to_date(self, repo: Repository) -> None:
        """Render and stage the records; what is wrong with them, every other command says."""
        opened, folder = registry.find_opened(repo, self.slug), self.build_folder(repo)
        if opened is None or folder.seems_damaged():
            return
        state = None
        with contextlib.suppress(GitorchError, OSError):
            (folder.path / "completions").mkdir(exist_ok=True)  # git keeps no empty folder
            state = folder.read_state(as_meta(opened, registry.read_decided(repo, self.slug)))
            render(folder, state)
        if state and (problem := stage_records(repo, folder, state).problem):
            raise Busy("busy", f"the records are not staged: {problem}", about=self.slug)

    def kept(self) -> str:
        return f"what the files were is kept in {self.old[:12]}"

    def tell(self, repo: Repository, outcome: Sequence[str] | None) -> list[str]:
        if outcome is None:
            return [f"restore of build {self.slug} was interrupted before it began; nothing was changed"]
        return [
            f"restore of build {self.slug} was interrupted; completed",
            *left_lines(outcome),
            f"undo: gitorch restore --from {self.old[:12]} --project {self.slug}",
        ]


def left_lines(left: Sequence[str]) -> list[str]:
    """What is told of the paths that stay as they are."""
    return [f"{shown_path(path)} was left as it is: another process wrote it" for path in left]
