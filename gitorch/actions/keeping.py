"""Keeping: snapshots of a closed build are pruned when their time is over, none of an open one ever is."""

import contextlib
import time

from gitorch.actions.policy import policy_at
from gitorch.adapters.git import keeping
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core.config import Snapshots
from gitorch.core.errors import GitorchError
from gitorch.core.names import Slug

_DAY = 24 * 60 * 60


def kept_until(repo: Repository, slug: Slug) -> int:
    """The second of the epoch until which a closed build's snapshots are kept, by the policy of its base."""
    keep = Snapshots().keep
    with contextlib.suppress(GitorchError):  # no or a damaged record, a broken policy
        if opened := registry.find_closed(repo, slug):
            keep = policy_at(repo, opened.base).config.snapshots.keep
    return int((registry.closed_at(repo, slug) or time.time()) + keep * _DAY)


def prune(repo: Repository) -> None:
    """Delete what is over, and note when to look again. Call it with the repository's lock held.

    What goes wrong keeps no command from its work: the next one tries again.
    """
    with contextlib.suppress(GitorchError, OSError):
        now, later = time.time(), []
        opened = registry.recorded_roots(repo)
        for chain in keeping.find_chains(repo):
            if chain.until is None and chain.slug in opened:
                continue
            until = chain.until if chain.until is not None else kept_until(repo, chain.slug)
            if until <= now:
                keeping.discard(repo, chain)
            else:
                later.append(until)
        registry.set_prune_time(repo, min(later, default=None))
