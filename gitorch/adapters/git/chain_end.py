"""Where the chain of a build's snapshots ends, and whether somebody else moved it.

    refs/gitorch/snapshots/<slug>         the last snapshot
    <common dir>/gitorch/chain/<slug>     its id, by which a ref that somebody else moved is noticed

The id is written when the ref has moved: a ref that has the id in its history is ahead of it because a
process was killed, and any other is put back.
"""

import contextlib
import re
from pathlib import Path

from gitorch.adapters.git import refs, sharing
from gitorch.adapters.git.repository import Repository
from gitorch.core.names import CommitId, RefName, Slug


def chain_ref(slug: Slug) -> RefName:
    """The ref of the chain."""
    return RefName(f"refs/gitorch/snapshots/{slug}")


def tip(repo: Repository, slug: Slug) -> CommitId | None:
    """The last snapshot, None without one; a ref that somebody else moved is put back first."""
    return find_tip(repo, slug)[0]


def find_tip(repo: Repository, slug: Slug) -> tuple[CommitId | None, bool]:
    """The same, and whether it was put back."""
    ref = chain_ref(slug)
    found, known = refs.resolve(repo, ref), recorded(repo, slug)
    if known is None or found == known:
        return (CommitId(found) if found else None), False
    if found and is_on_line(repo, known, found):  # a process was killed before it wrote the id
        record(repo, slug, found)
        return CommitId(found), False
    if refs.resolve(repo, known) is None:  # its objects do not exist any more
        return (CommitId(found) if found else None), False
    refs.move(repo, ref, known, found or refs.zero(known), "gitorch: restore the snapshots")
    return known, True


def seen_tip(repo: Repository, slug: Slug) -> CommitId | None:
    """The last snapshot for a look, which puts nothing back."""
    found = recorded(repo, slug) if was_moved(repo, slug) else refs.resolve(repo, chain_ref(slug))
    return CommitId(found) if found else None


def is_on_line(repo: Repository, commit: str, tip: str) -> bool:
    """Whether `commit` is on the first-parent line of `tip`."""
    line = repo.run("rev-list", "--first-parent", tip, f"^{commit}^@", check=False).lines
    return commit in line


def chain_path(repo: Repository, slug: Slug) -> Path:
    """The file with the id of the last snapshot."""
    return repo.shared / "chain" / slug


def recorded(repo: Repository, slug: Slug) -> CommitId | None:
    """The id in that file, None without one."""
    with contextlib.suppress(FileNotFoundError):
        found = re.fullmatch(rb"([0-9a-f]{40,64})\n", chain_path(repo, slug).read_bytes())
        return CommitId(found[1].decode()) if found else None
    return None


def record(repo: Repository, slug: Slug, commit: str) -> None:
    """Write the id of the last snapshot, once the ref has moved to it."""
    path = chain_path(repo, slug)
    sharing.make_folder(repo, path.parent)
    sharing.write(repo, path, f"{commit}\n".encode(), durable=True)


def was_moved(repo: Repository, slug: Slug) -> bool:
    """Whether somebody else moved or deleted the ref. Starts no git where it is as it was, and unpacked."""
    known = recorded(repo, slug)
    if known is None or _reads(repo.common_dir / chain_ref(slug), known):
        return False
    found = refs.resolve(repo, chain_ref(slug))
    if found == known or (found and is_on_line(repo, known, found)):
        return False
    return refs.resolve(repo, known) is not None


def _reads(path: Path, oid: str) -> bool:
    try:
        return path.read_bytes() == f"{oid}\n".encode()
    except OSError:
        return False
