"""pre-receive: judge every update of a push before it is accepted. Changes nothing; all or nothing is git's.

Runs in the bare repository, and reads the pushed objects where git keeps them until then.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gitorch.actions.verify import Verified, build_of, default_branches, judge, refuse_shallow
from gitorch.adapters import process
from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import PLAIN, Repository
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.text import named, typed

_UPDATE = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs/.+)")


@dataclass(frozen=True, slots=True)
class Update:
    """One line of a push: `ref` moves from `old` to `new`, of which zeros mean none."""

    old: str
    new: str
    ref: str

    @property
    def creates(self) -> bool:
        return set(self.old) == {"0"}

    @property
    def deletes(self) -> bool:
        return set(self.new) == {"0"}


def receive(start: Path, lines: bytes) -> list[tuple[str, Verified]]:
    """Judge each updated branch of a push; (full name, what came of it) for each, deletions left out.

    `lines` are those of githooks(5), `pre-receive`. GitorchError where nothing can be judged.
    """
    repo = Repository.discover_bare(start)
    if repo is None:
        install = Hint("have a bare repository judge what is pushed", "gitorch install --server PATH")
        raise bad_input("not-bare", f"{start} is not a bare repository", hints=[install])
    repo = repo.within({**PLAIN, **process.quarantine()})
    updates = [update for update in _parse(os.fsdecode(lines)) if not update.deletes]
    branches = {update.ref: update for update in updates if update.ref.startswith("refs/heads/")}
    if branches:
        refuse_shallow(repo)
    return [
        (ref, judge(repo, update.new, _known(repo, update, branches), ref))
        for ref, update in branches.items()
    ]


def _parse(lines: str) -> Iterator[Update]:
    for line in filter(None, lines.split("\n")):  # a name may hold what ends a line elsewhere
        found = _UPDATE.fullmatch(line)
        if not found:
            text = f"{named(line, 200)} is not an update, which githooks(5) writes as `old new ref`"
            raise bad_input("bad-usage", text)
        yield Update(*found.groups())


def _known(repo: Repository, update: Update, pushed: Mapping[str, Update]) -> list[str]:
    """The commits whose history is not the matter of this update.

    What stood on a side branch before is no excuse: a commit is judged when it reaches a build branch.
    """
    known = [] if update.creates else [update.old]
    defaults = default_branches(repo)
    there = [(name, refs.resolve(repo, name)) for name in defaults]
    coming = [(name, pushed[name].new) for name in defaults if name in pushed]
    default, stands = next(((n, oid) for n, oid in [*there, *coming] if oid), (defaults[0], None))
    if stands and default != update.ref:
        known.append(stands)
    if build_of(update.ref):
        if not known:
            branch, name = (ref.removeprefix("refs/heads/") for ref in (update.ref, default))
            push = Hint("push both at once", f"git push REMOTE {typed(name)} {typed(branch)}")
            text = f"{branch} cannot be verified before the default branch was pushed"
            raise GitorchError("missing-history", text, about=branch, hints=[push])
        known += _base_elsewhere(repo, update, pushed)
    return known


def _base_elsewhere(repo: Repository, update: Update, pushed: Mapping[str, Update]) -> list[str]:
    """The tip's parent, where another branch has it: a build may open on any, and each is judged itself."""
    parent = refs.resolve(repo, f"{update.new}^1")
    if parent is None:
        return []
    listed = repo.run("for-each-ref", "--format=%(refname)", f"--contains={parent}", "refs/heads/").lines
    here = any(ref != update.ref for ref in listed)
    there = any(
        ref != update.ref and refs.merge_base(repo, parent, other.new) == parent
        for ref, other in pushed.items()
    )
    return [parent] if here or there else []
