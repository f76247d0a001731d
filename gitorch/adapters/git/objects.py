"""What commits hold, read from the object database alone: no working tree, no index, no filter.

Works in a bare repository and inside of a push that is not accepted yet. Changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.adapters.git.trees import ids_at
from gitorch.core.build_files import RawFile
from gitorch.core.changes import KIND_OF_LETTER, Change
from gitorch.core.errors import bad_input

_REGULAR = ("100644", "100755")

_ARGUMENTS = 200
"""So many paths are named in a command line, whose length the system limits."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit. `message` without the last line ends, `trailers` as git reads them, unfolded."""

    oid: str
    parents: tuple[str, ...]
    subject: str
    message: str
    trailers: tuple[tuple[str, str], ...]


def blob_at(repo: Repository, commit: str, path: str, limit: int | None = None) -> bytes | None:
    """The content of the file at `path` in `commit`, or None where nothing is.

    GitorchError for a link, a folder or a submodule, and for more than `limit` bytes, which are not read.
    """
    entry = repo.run("ls-tree", "-z", "-l", "--full-tree", commit, "--", path).stdout
    if not entry:
        return None
    mode, _, oid, size = entry.split(b"\t")[0].decode().split()
    if mode not in _REGULAR:  # a link's target may be anywhere
        raise bad_input("file-type", f"{commit[:12]}:{path} is not a regular file", about=path)
    if limit is not None and size.isdigit() and int(size) > limit:
        text = f"{commit[:12]}:{path} is larger than {limit // 1024} KiB"
        raise bad_input("unreadable-file", text, about=path)
    return repo.run("cat-file", "blob", oid).stdout


def files_below(
    repo: Repository, commit: str, folder: str, limit: int, total: int, *, large: str = ""
) -> dict[str, RawFile]:
    """Every file below `folder` in `commit` by its name there.

    One above `limit` bytes, other than `large`, is not read, nor, in git's order, what follows when all come
    to more than `total`.
    """
    found: dict[str, RawFile] = {}
    wanted: dict[str, str] = {}
    left = total
    listing = repo.run("ls-tree", "-r", "-z", "-l", "--full-tree", commit, "--", f"{folder}/").stdout
    for line in split_paths(listing):  # mode type oid size TAB path
        facts, _, path = line.partition("\t")
        mode, _, oid, size = facts.split()
        name = path.removeprefix(f"{folder}/")
        if mode not in _REGULAR:
            found[name] = RawFile(name, None, "is not a regular file")
        elif mode != "100644":
            found[name] = RawFile(name, None, "is executable, expected mode 644")
        elif int(size) > limit and name != large:
            found[name] = RawFile(name, None, f"is larger than {limit // 1024} KiB")
        elif int(size) > left:
            found[name] = RawFile(name, None, f"is not read: the folder has more than {total >> 20} MiB")
            left = 0
        else:
            left -= int(size)
            wanted[name] = oid
    contents = read_blobs(repo, wanted.values())
    for name, oid in wanted.items():
        found[name] = RawFile(name, contents[oid])
    return found


def read_blobs(repo: Repository, oids: Iterable[str]) -> Mapping[str, bytes]:
    """The content of each of these blobs, all by one git."""
    asked = tuple(dict.fromkeys(oids))
    if not asked:
        return {}
    output = memoryview(
        repo.run("cat-file", "--batch", stdin="".join(f"{o}\n" for o in asked).encode()).stdout
    )
    contents = {}
    place = 0
    for oid in asked:  # "<oid> <type> <size>\n<content>\n", git-cat-file(1)
        head = bytes(output[place : place + 128]).split(b"\n", 1)[0]
        start = place + len(head) + 1
        size = int(head.split()[2])
        contents[oid] = bytes(output[start : start + size])
        place = start + size + 1
    return contents


def find_paths(repo: Repository, commit: str, paths: Collection[str]) -> frozenset[str]:
    """Those of `paths`, files or folders, that the tree of `commit` has; further ones may be among them."""
    # -t: a folder is named also where something below it is asked for
    command = ("--literal-pathspecs", "ls-tree", "-t", "-z", "--name-only", "--full-tree", commit, "--")
    every = list(paths)
    parts = (every[start : start + _ARGUMENTS] for start in range(0, len(every), _ARGUMENTS))
    return frozenset(path for part in parts for path in split_paths(repo.run(*command, *part).stdout))


def changes_between(repo: Repository, old: str | None, new: str) -> tuple[Change, ...]:
    """Every path that differs from the commit `old` to the commit `new`, in order; no renames.

    Without `old` every path of `new`, which has no parent.
    """
    options = ("-r", "-z", "--no-renames", "--name-status", "--ignore-submodules=none")
    between = [old, new] if old else ["--root", "--no-commit-id", new]
    fields = split_paths(repo.run("diff-tree", *options, *between).stdout)
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return tuple(sorted(Change(path, KIND_OF_LETTER[letter]) for letter, path in pairs))


def differing(repo: Repository, one: str, other: str) -> set[str]:
    """The paths at which two commits or trees differ."""
    return {change.path for change in changes_between(repo, one, other)}


_AS_TRAILERS = ("-c", "core.commentChar=#", "-c", "trailer.separators=:")
"""Settings by which a message's trailers are the same for everyone."""


def read_commit(repo: Repository, oid: str) -> Commit:
    """The commit with this id, its message as UTF-8."""
    form = "%P%x00%s%x00%B%x00%(trailers:only=true,unfold=true)"
    # No `git show`, which goes through the trees even where it shows no difference.
    how = ("rev-list", "--no-walk", "--no-commit-header", "--encoding=UTF-8", f"--format={form}")
    out = repo.run(*_AS_TRAILERS, *how, oid, "--").text
    parents, subject, message, trailers = out.split("\0", 3)
    return Commit(
        oid=oid,
        parents=tuple(parents.split()),
        subject=subject,
        message=message.rstrip("\n"),
        trailers=_pairs(trailers),
    )


def trailers_of(repo: Repository, message: str) -> tuple[tuple[str, str], ...]:
    """The trailers that a commit with this message would have, as `read_commit` gives them."""
    form = ("interpret-trailers", "--parse", "--no-divider")
    return _pairs(repo.run(*_AS_TRAILERS, *form, stdin=message.encode("utf-8", "replace")).text)


def _pairs(trailers: str) -> tuple[tuple[str, str], ...]:
    """Keys and values of `KEY: VALUE` lines."""
    pairs = (line.partition(":") for line in trailers.split("\n") if ":" in line)
    return tuple((key.strip(), value.strip()) for key, _, value in pairs)


def commits_not_in(repo: Repository, tip: str, known: Sequence[str]) -> list[tuple[str, str]]:
    """(id, subject) of each commit that `tip` has and none of `known`, newest first."""
    lines = _walk(repo, tip, known, "--format=%H%x00%s")
    return [(oid, subject) for oid, _, subject in (line.partition("\0") for line in lines)]


def authors_not_in(repo: Repository, tip: str, known: Sequence[str]) -> list[str]:
    """`Name <mail>` of who wrote each commit that `tip` has and none of `known`, oldest first."""
    return _walk(repo, tip, known, "--reverse", "--format=%aN <%aE>")


def commits_touching(
    repo: Repository, tip: str, known: Sequence[str], folders: Collection[str], trailer: str
) -> list[str]:
    """The ids of those commits, oldest first, that change what is below `folders` or name `trailer`.

    A merge counts where it differs from every parent. No tree is gone through.
    """
    lines = _walk(repo, tip, known, "--reverse", "--topo-order", "--parents")
    family = {commit: parents for commit, *parents in map(str.split, lines)}
    form = ("--basic-regexp", "--regexp-ignore-case", f"--grep=^{trailer}[[:blank:]]*:")
    naming = set(_walk(repo, tip, known, *form))
    every = {*family, *(parent for parents in family.values() for parent in parents)}
    trees = ids_at(repo, [(commit, folder) for commit in every for folder in folders])

    def touches(commit: str, folder: str) -> bool:
        own = trees.get((commit, folder))
        return own is not None and all(trees.get((parent, folder)) != own for parent in family[commit])

    return [c for c in family if c in naming or any(touches(c, folder) for folder in folders)]


def _walk(repo: Repository, tip: str, known: Sequence[str], *options: str) -> list[str]:
    """Lines of rev-list, which log.showSignature and i18n.logOutputEncoding do not change."""
    ends = (tip, *(f"^{commit}" for commit in known))
    return repo.run("rev-list", "--no-commit-header", "--encoding=UTF-8", *options, *ends, "--").lines
