"""Which workers build upon which, near and far, a bit for each: sets would fill the memory."""

from collections.abc import Collection
from typing import NamedTuple

from gitorch.core.brief import Brief
from gitorch.core.names import WorkerId


class Kin(NamedTuple):
    """The bit of each worker, and the bits of what it needs, near and far, of what needs it, and of both."""

    bit: dict[WorkerId, int]
    needs: dict[WorkerId, int]
    needed: dict[WorkerId, int]
    related: dict[WorkerId, int]


def find_kin(briefs: Collection[Brief]) -> Kin:
    """The kin of each worker; `briefs` come each after those that it depends on."""
    bit = {brief.id: 1 << place for place, brief in enumerate(briefs)}
    needs = dict.fromkeys(bit, 0)
    needed = dict.fromkeys(bit, 0)
    for brief in briefs:
        for near in brief.depends_on:
            needs[brief.id] |= bit.get(near, 0) | needs.get(near, 0)
    for brief in reversed([*briefs]):
        for near in brief.depends_on:
            if near in needed:
                needed[near] |= bit[brief.id] | needed[brief.id]
    return Kin(bit, needs, needed, {worker: needs[worker] | needed[worker] for worker in bit})
