"""Where validators run, and what moved there while they did. Restores nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from gitorch.adapters.git import look
from gitorch.adapters.git.look import Seen
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.workspace import intact
from gitorch.core import validation
from gitorch.core.config import Snapshots
from gitorch.core.errors import GitorchError
from gitorch.core.text import typed_paths


@dataclass
class Place:
    """A working tree in which validators run. `first` and `last` are how it looked at these times."""

    repo: Repository
    base: str
    rules: Snapshots
    first: Seen
    last: Seen
    is_clean: bool
    is_broken: bool = False  # a validator ruined the workspace's git directory

    @classmethod
    def look_at(cls, repo: Repository, base: str, rules: Snapshots, *, is_clean: bool = False) -> "Place":
        seen = look.look(repo, base, rules)
        return cls(repo, base, rules, seen, seen, is_clean)

    def moved(self) -> tuple[list[str], list[str]]:
        """The paths that are not what they were at the last look, and those that were written and are.

        `.git` among the first when that is no more.
        """
        try:
            if self.is_clean and not intact(self.repo):
                self.is_broken = True
                return [".git"], []
            now = look.look(self.repo, self.base, self.rules, self.last)
            found = look.moved(self.repo, self.last, now)
        except GitorchError:
            if not self.is_clean:
                raise
            self.is_broken = True
            return [".git"], []
        self.last = now
        return found

    def diff(self, tree: str, paths: Sequence[str]) -> str:
        """How `paths` differ from `tree`, and what undoes the change."""
        if self.is_broken:
            return ""
        patch, known = look.diff(self.repo, tree, self.last, paths)
        text = validation.patch_text(patch)
        if known and not self.is_clean:  # the clean workspace is cleaned by itself
            text += f"\nundo: git restore --source={tree[:12]} -- {typed_paths(known)}"
        return text
