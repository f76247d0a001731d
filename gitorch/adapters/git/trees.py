"""Trees of commits that anybody may have pushed, read within bounds. Reads the object database alone.

Ten entries a level, each the same tree, are ten thousand million paths in a few kilobytes: what goes through
all paths of a tree asks `paths_in` first.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping

from gitorch.adapters.git.repository import Repository, split_paths

MAX_PATHS = 1_000_000
"""Paths of one tree, folders included."""

MAX_LISTING = 128 << 20
"""Bytes of their names."""

MAX_SECONDS = 60.0
"""For listing them."""


def paths_in(repo: Repository, commit: str) -> frozenset[str] | None:
    """Every path of the tree of `commit`, folders included; None beyond the bounds."""
    listing = _listing(repo, commit)
    return None if listing is None else frozenset(split_paths(listing))


def is_bounded(repo: Repository, commit: str) -> bool:
    """Whether all paths of the commit's tree may be gone through."""
    return _listing(repo, commit) is not None


def _listing(repo: Repository, commit: str) -> bytes | None:
    form = ("ls-tree", "-r", "-t", "-z", "--name-only", "--full-tree", commit)
    done = repo.run_within_bounds(*form, most=MAX_LISTING, seconds=MAX_SECONDS)
    return None if done is None or done.count(b"\0") > MAX_PATHS else done


def ids_at(repo: Repository, places: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """The id of what is at each (commit, path), by one git; no entry where there is nothing."""
    asked = list(dict.fromkeys(places))
    stdin = "".join(f"{commit}:{path}\n" for commit, path in asked).encode("utf-8", "surrogateescape")
    said = repo.run("cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=stdin).lines
    answers = zip(asked, (line.rpartition(" ") for line in said), strict=True)
    return {place: oid for place, (oid, _, kind) in answers if kind in ("blob", "tree", "commit")}


def folders_in(repo: Repository, tree: str) -> dict[str, str]:
    """The folders in a tree by their names, with their ids; what is below them is not read."""
    lines = split_paths(repo.run("ls-tree", "-z", tree).stdout)
    entries = (line.partition("\t") for line in lines)
    return {name: head.split()[2] for head, _, name in entries if head.split()[1] == "tree"}


def tree_without(repo: Repository, tree: str, path: str) -> str:
    """The id of the tree that `tree` (or a commit's) would be without the file at `path`. Writes nothing."""
    whole = oid = repo.run("rev-parse", "--verify", "--end-of-options", f"{tree}^{{tree}}").text
    parts = [part.encode("utf-8", "surrogateescape") for part in path.split("/")]
    above: list[tuple[list[_Row], bytes]] = []
    for part in parts:
        rows = list(_rows(repo.run("cat-file", "tree", oid).stdout, len(oid) // 2))
        above.append((rows, part))
        found = next((row for row in rows if row[1] == part), None)
        if found is None or (part is not parts[-1] and found[0] != b"40000"):
            return whole
        oid = found[2].hex()
    left = b""  # the id of what is left of it; none where nothing is
    for rows, part in reversed(above):
        changed = ((mode, name, left if name == part else own) for mode, name, own in rows)
        kept = [row for row in changed if row[2]]
        left = _id(kept, len(oid)) if kept else b""
    return (left or _id([], len(oid))).hex()


_Row = tuple[bytes, bytes, bytes]
"""Mode, name and raw id of one entry."""


def _rows(data: bytes, width: int) -> Iterator[_Row]:
    """The entries of a tree object: `MODE NAME NUL ID` each, the id raw (gitformat-pack(5) has the ids)."""
    place = 0
    while place < len(data):
        blank = data.index(b" ", place)
        end = data.index(b"\0", blank)
        yield data[place:blank], data[blank + 1 : end], data[end + 1 : end + 1 + width]
        place = end + 1 + width


def _id(rows: Iterable[_Row], digits: int) -> bytes:
    data = b"".join(b"%b %b\0%b" % row for row in rows)
    kind = hashlib.sha1 if digits == 40 else hashlib.sha256
    return kind(b"tree %d\0" % len(data) + data).digest()
