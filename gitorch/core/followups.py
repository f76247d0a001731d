"""The follow-ups that workers suggested, and which of them became workers. Pure.

A worker made from one keeps its text in its brief's front matter, so that none is made twice.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gitorch.core.names import WorkerId
from gitorch.core.state import BuildState, WorkerState
from gitorch.core.text import first_sentence, one_line

_TITLE_LENGTH = 60
_KEPT_LENGTH = 500


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One suggestion. `number` counts from 1 in its report; `taken` is the worker made from it."""

    worker: WorkerState
    number: int
    text: str  # cleaned, on one line
    taken: WorkerId | None

    @property
    def name(self) -> str:
        """How it is chosen: `W1.1/2`."""
        return f"{self.worker.id}/{self.number}"

    @property
    def kept(self) -> str:
        """What a brief made from it keeps; two suggestions with the same are the same."""
        return one_line(self.text, _KEPT_LENGTH)

    @property
    def title(self) -> str:
        """A task's name: the first sentence without what Markdown would read as markup."""
        words = re.sub(r"[\\`*\[\]<>|~#]+", " ", first_sentence(self.text))
        return one_line(words, _TITLE_LENGTH) or "Follow-up"


def follow_ups(state: BuildState) -> Sequence[FollowUp]:
    """Every suggestion of a report that counts, in order of the workers; empty ones are left out."""
    taken = {worker.brief.follow_up: worker.id for worker in state.workers if worker.brief.follow_up}
    found = [
        FollowUp(worker, number, one_line(text), taken.get(one_line(text, _KEPT_LENGTH)))
        for worker in state.workers
        if worker.completion
        for number, text in enumerate(worker.completion.follow_up, 1)
    ]
    return [each for each in found if each.text]
