"""Reads the chain of snapshots, and makes the one that a restore leads to. Moves no ref."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from gitorch.adapters.git.index import ABSENT, Entry, diff_index, private
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.core.chain import Message, Snapshot, parse_message
from gitorch.core.names import CommitId

Changes = dict[str, tuple[str | None, str | None]]

_RAW = ("-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none")


INDEX = CommitId("the index")
"""What stands for a snapshot where none was taken yet: the index has what was staged."""


def read_chain(repo: Repository, base: str, tip: str | None, *, below: str = "") -> list[Snapshot]:
    """The snapshots of the chain that ends with `tip` and began at `base`, newest first.

    Without one, the person's index as the only one. What they changed is that `below` a folder.
    """
    if tip:
        return _read_line(repo, base, tip, below)
    found, unmerged = diff_index(repo, repo.git_dir / "index", base)
    staged: Changes = {
        path: (_shown(two.before), _shown(two.after))
        for path, two in found.items()
        if path not in unmerged and path.startswith(below)
    }
    return [Snapshot(INDEX, CommitId(base), datetime.now(UTC), Message("staged"), staged)] if staged else []


def _shown(entry: Entry) -> str | None:
    return None if entry.mode == ABSENT else f"{entry.mode} {entry.oid}"


def _read_line(repo: Repository, base: str, tip: str, below: str) -> list[Snapshot]:
    form = "--format=%H%x00%P%x00%ct%x00%B%x00"
    options = ("--no-commit-header", "--first-parent", "--encoding=UTF-8", form)
    said = repo.run("rev-list", *options, tip, f"^{base}", "--").stdout.decode("utf-8", "replace")
    fields = said.split("\0")
    rows = list(zip(fields[0::4], fields[1::4], fields[2::4], fields[3::4], strict=False))
    pairs = [(commit.strip(), parents.split(" ")[0]) for commit, parents, _, _ in rows]
    changed = _changes_of_each(repo, pairs, below)
    return [
        Snapshot(
            CommitId(commit),
            CommitId(parent),
            datetime.fromtimestamp(int(at), UTC),
            parse_message(message),
            changed.get(commit, {}),
        )
        for (commit, parent), (_, _, at, message) in zip(pairs, rows, strict=True)
    ]


def changes(repo: Repository, old: str, new: str) -> Changes:
    """What the trees of `old` and `new` have at each path at which they differ."""
    return _parse(split_paths(repo.run("diff-tree", *_RAW, old, new).stdout)).get("", {})


def changes_since(repo: Repository, line: Sequence[Snapshot], base: str, tree: str) -> Changes:
    """What `tree` has at each path at which it differs from the last snapshot of the line."""
    if not line or line[0].commit != INDEX:
        return changes(repo, line[0].commit if line else base, tree)
    staged, now = line[0].changes, changes(repo, base, tree)
    found = {}
    for path in staged.keys() | now.keys():
        before = (staged.get(path) or now[path])[0]
        was, after = (there[path][1] if path in there else before for there in (staged, now))
        if was != after:
            found[path] = (was, after)
    return found


def _changes_of_each(repo: Repository, pairs: Sequence[tuple[str, str]], below: str) -> dict[str, Changes]:
    """The same of each commit since its first parent, all by one git."""
    stdin = "".join(f"{commit} {parent}\n" for commit, parent in pairs).encode()
    words = ("--literal-pathspecs", "diff-tree", "--stdin", *_RAW, "--", *filter(None, [below]))
    said = repo.run(*words, stdin=stdin).stdout if pairs else b""
    return _parse(split_paths(said))


def _parse(fields: Sequence[str]) -> dict[str, Changes]:
    """Raw output (gitdiff-core(7)), each commit's behind its id, if there is one."""
    found: dict[str, Changes] = {}
    commit, rest = "", iter(fields)
    for field in rest:
        if not field.startswith(":"):
            commit = field
            continue
        before, after, old, new, _ = field[1:].split(" ")
        entries = (None if mode == ABSENT else f"{mode} {oid}" for mode, oid in ((before, old), (after, new)))
        one, other = entries
        found.setdefault(commit, {})[next(rest)] = (one, other)
    return found


def compose(repo: Repository, commit: str, entries: Mapping[str, str | None]) -> tuple[str, set[str]]:
    """The tree of `commit` with `entries` put into it, and what else that would delete.

    A file replaces a folder of its name, and a folder a file.
    """
    with private(repo, commit) as index:
        index.put((path, _as_entry(commit, entry)) for path, entry in entries.items())
        tree = index.git("write-tree").text
    return tree, differing(repo, commit, tree) - entries.keys()


def _as_entry(commit: str, entry: str | None) -> Entry:
    mode, _, oid = (entry or f"{ABSENT} {'0' * len(commit)}").partition(" ")
    return Entry(mode, oid)
