"""What git stores at a path, as `MODE ID`: in a tree, or for a file that is not in any. Changes nothing."""

from collections.abc import Collection, Mapping

from gitorch.adapters.git.repository import Repository, split_paths

_ARGUMENTS = 200
"""So many paths are named in a command line, whose length the system limits."""

_NOTHING = "000000"


def changed_entries(repo: Repository, old: str, new: str) -> dict[str, str | None]:
    """Each path at which the tree of `new` differs from that of `old`, with what `new` has; None: nothing."""
    options = ("-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--ignore-submodules=none")
    fields = split_paths(repo.run("diff-tree", *options, old, new).stdout)
    found: dict[str, str | None] = {}
    for head, path in zip(fields[::2], fields[1::2], strict=True):  # :OLD-MODE NEW-MODE OLD-ID NEW-ID LETTER
        _, mode, _, oid, _ = head.split(" ")
        found[path] = None if mode == _NOTHING else f"{mode} {oid}"
    return found


def entries_at(repo: Repository, commit: str, paths: Collection[str]) -> dict[str, str]:
    """What the tree of `commit` has at those of `paths` at which it has a file, a link or a submodule."""
    if not paths:
        return {}
    words = ["--literal-pathspecs", "ls-tree", "-z", "--full-tree"]
    words += ["-r", commit] if len(paths) > _ARGUMENTS else [commit, "--", *paths]
    found = {}
    for line in split_paths(repo.run(*words).stdout):  # MODE TYPE ID TAB PATH
        facts, _, path = line.partition("\t")
        mode, kind, oid = facts.split(" ")
        if kind != "tree" and path in paths:
            found[path] = f"{mode} {oid}"
    return found


def renamed(
    repo: Repository, missing: Mapping[str, Collection[str]], new: str, to: Collection[str]
) -> set[str]:
    """Those of the `missing` paths of each commit that were renamed to one of `to` until the commit `new`."""
    found = set()
    for old, paths in missing.items():
        options = ("-r", "-z", "--raw", "--find-renames", "--diff-filter=R")
        fields = split_paths(repo.run("diff-tree", *options, old, new).stdout)
        pairs = zip(fields[1::3], fields[2::3], strict=True)  # what was, what is
        found |= {before for before, after in pairs if before in paths and after in to}
    return found
