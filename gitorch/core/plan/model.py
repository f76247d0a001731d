"""A checked plan: every id is unique, every dependency lies in an earlier wave. Values only.

Nothing here checks; `gitorch.core.plan.parse` is the one way to a `Plan`.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gitorch.core.meta import BuildType, PlanHead
from gitorch.core.names import WorkerId
from gitorch.core.source import Remark


@dataclass(frozen=True, slots=True)
class Worker:
    """One task. Texts hold no control characters; those of one line no line ends either."""

    id: WorkerId
    title: str
    description: str = ""  # Markdown of the person's; may have several paragraphs
    key: str | None = None  # the person's own id, where it is not W<wave>.<seq>
    component: str | None = None
    depends_on: tuple[WorkerId, ...] = ()
    estimated_hours: float | None = None
    outputs: tuple[str, ...] = ()
    context: str = ""
    requirements: tuple[str, ...] = ()
    success_criteria: tuple[str, ...] = ()
    report_back: tuple[str, ...] = ()
    follow_up: str | None = None  # the suggestion of another worker that it was made from


@dataclass(frozen=True, slots=True)
class Wave:
    """Workers that can run at the same time."""

    number: int
    name: str | None
    workers: tuple[Worker, ...]


@dataclass(frozen=True)
class Plan:
    """A whole plan, workers in order of their ids. `head.name` is empty where the plan says none.

    What each of many workers asks for is computed once.
    """

    head: PlanHead
    workers: tuple[Worker, ...]
    build_type: BuildType = BuildType.CODE
    remarks: tuple[Remark, ...] = field(default=(), compare=False)

    @cached_property
    def waves(self) -> Mapping[int, Wave]:
        """The waves that have workers, in order, by their number."""
        groups = itertools.groupby(self.workers, key=lambda worker: worker.id.wave)
        return {
            number: Wave(number, self.head.wave_names.get(number), tuple(workers))
            for number, workers in groups
        }

    @cached_property
    def by_id(self) -> Mapping[WorkerId, Worker]:
        return {worker.id: worker for worker in self.workers}

    @cached_property
    def dependents(self) -> Mapping[WorkerId, Sequence[Worker]]:
        """The workers that wait for each worker, where there are some."""
        found: dict[WorkerId, list[Worker]] = {}
        for worker in self.workers:
            for need in dict.fromkeys(worker.depends_on):
                found.setdefault(need, []).append(worker)
        return found

    def find(self, name: str) -> Worker | None:
        """The worker whose id or key is `name`."""
        return next((worker for worker in self.workers if name in (str(worker.id), worker.key)), None)
