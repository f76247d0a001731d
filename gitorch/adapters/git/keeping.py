"""The chains of builds that are closed: set aside, discarded, measured. Touches none of an open build.

refs/gitorch/earlier-snapshots/<slug>/<until>    of an older build; kept until that second
"""

import contextlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gitorch.adapters import process
from gitorch.adapters.git.chain_end import chain_path, chain_ref
from gitorch.adapters.git.repository import DURABLE, Repository
from gitorch.core.names import RefName, Slug

_EARLIER = "refs/gitorch/earlier-snapshots/"
_CHAINS = ("refs/gitorch/snapshots/", _EARLIER)

_MEASURE_SECONDS = 5.0


class Chain(NamedTuple):
    """The chain of one build; `until` (seconds of the epoch) where it is of an older one of that name."""

    ref: RefName
    slug: Slug
    tip: str
    until: int | None


class Usage(NamedTuple):
    """What snapshots take up: their number, and the bytes on disk that no branch or tag needs.

    `disk` is None where git cannot tell (before 2.31), or not soon.
    """

    number: int
    disk: int | None


def ref_of_earlier(slug: Slug, until: int) -> RefName:
    """Where the chain of an older build of that name is."""
    return RefName(f"{_EARLIER}{slug}/{until}")


def find_chains(repo: Repository) -> Iterator[Chain]:
    """Every chain of the repository."""
    for line in repo.run("for-each-ref", "--format=%(objectname) %(refname)", *_CHAINS).lines:
        tip, _, name = line.partition(" ")
        if found := re.fullmatch(r"refs/gitorch/(?:snapshots/([^/]+)|earlier-snapshots/([^/]+)/(\d+))", name):
            until = int(found[3]) if found[3] else None
            yield Chain(RefName(name), Slug(found[1] or found[2]), tip, until)


def set_aside(repo: Repository, slug: Slug, to: RefName) -> None:
    """Give the chain of a closed build the name `to`, so that a new one begins; harmless when it is done."""
    chain_path(repo, slug).unlink(missing_ok=True)  # first: by it a ref that is missing is restored
    ref = chain_ref(slug)
    if tip := repo.run("rev-parse", "--verify", "--quiet", ref, check=False).text:
        moves = f"create {to} {tip}\ndelete {ref} {tip}\n"
        repo.run(*DURABLE, "update-ref", "--stdin", stdin=moves.encode())
    with contextlib.suppress(FileNotFoundError):
        target = _originals(repo, slug, int(to.rpartition("/")[2]))
        target.parent.mkdir(parents=True, exist_ok=True)
        _originals(repo, slug, None).rename(target)


def discard(repo: Repository, chain: Chain) -> None:
    """Delete a chain, and the reports as their workers wrote them; git's gc frees the space."""
    if chain.until is None:
        chain_path(repo, chain.slug).unlink(missing_ok=True)
    repo.run("update-ref", "-d", chain.ref, chain.tip)
    shutil.rmtree(_originals(repo, chain.slug, chain.until), ignore_errors=True)


def _originals(repo: Repository, slug: Slug, until: int | None) -> Path:
    if until is None:
        return repo.shared / "originals" / slug
    return repo.shared / "earlier-originals" / slug / str(until)


def measure(repo: Repository) -> Usage:
    """What all snapshots take up."""
    tips = [f"--glob={prefix}*" for prefix in _CHAINS]
    known = ("--not", "--branches", "--tags", "--remotes")
    counted = repo.run("rev-list", "--first-parent", "--count", *tips, *known, check=False)
    if not counted.ok:  # a branch is broken, which is told by itself
        return Usage(0, None)
    count = int(counted.text)
    form = ["git", "rev-list", "--disk-usage", "--objects", *tips, *known]
    try:
        done = process.run(form, cwd=repo.root, timeout=_MEASURE_SECONDS)
    except TimeoutError:
        return Usage(count, None)
    return Usage(count, int(done.text) if done.ok and count else 0 if done.ok else None)
