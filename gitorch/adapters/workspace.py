"""A clean checkout of a candidate, for validators: a repository of its own that borrows the objects.

    <cache>/gitorch/<name>-<hash>/tree    the checkout; its `.git` knows no ref, hook, stash or setting
                                          of the real repository
    <cache>/gitorch/<name>-<hash>/index   its index as it was checked out: what runs there may spoil its own
    <cache>/gitorch/<name>-<hash>/        the folder whose lock says that it is in use

<cache> is `$XDG_CACHE_HOME` or `~/.cache`: many tools pass over whatever lies below a `.git`. It is
kept and brought up to date, which costs a fraction of a new one; deleting it costs nothing else.
"""

import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from gitorch.adapters import files
from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.adapters.guard import exclude
from gitorch.core.config import SCHEMA
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.text import one_line, typed

# What decides how a file looks when it is checked out; the rest of the real configuration stays away.
_CHECKOUT_SETTINGS = (
    r"^(filter\..*|annex\.(uuid|version)|"
    r"core\.(autocrlf|eol|safecrlf|symlinks|filemode|ignorecase|precomposeunicode))$"
)

_OF_FILTERS = ("annex", "git-crypt")
"""What git-annex and git-crypt keep in the git directory: content that links lead to, keys."""

_BELOW_GIT = re.compile(r"""(?:\.git|\bGIT_DIR\}?|--git-(?:common-)?dir\)?)["']?/([\w.-]+)""")
"""What else a filter's command names there: `.git/filters/smudge %f`."""

_KEPT_AWAY = {"gitorch", "hooks", "index", "logs", "modules", "packed-refs", "worktrees"}
"""What no command in a clean workspace may reach."""

_FILTER_FAILED = re.compile(r"(?:smudge|clean) filter '?([^' \n]+)'? failed")
"""git's words (convert.c) where a filter fails."""

_PROMISOR = r"^remote\..*\.promisor$"
_OBJECTS_ALONE = (
    "--no-tags",
    "--no-write-fetch-head",
    "--recurse-submodules=no",
    "--filter=blob:none",
    "--stdin",
)

_SETTINGS = {
    "core.hooksPath": os.devnull,  # a person's global hooks are not for this place
    "core.fsmonitor": "false",
    "core.trustctime": "true",  # what ran there may have changed a file and set its times back
    "core.checkStat": "default",
    "gc.auto": "0",
    "maintenance.auto": "false",
}

_IDENTITY = {
    "GIT_AUTHOR_NAME": "gitorch",
    "GIT_AUTHOR_EMAIL": "gitorch@localhost",
    "GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "gitorch",
    "GIT_COMMITTER_EMAIL": "gitorch@localhost",
    "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z",
}


def home(repo: Repository) -> Path:
    """The folder in which the workspace of this worktree lives."""
    cache = os.environ.get("XDG_CACHE_HOME") or ""
    root = Path(cache) if cache.startswith("/") else Path.home() / ".cache"  # XDG: relative is ignored
    name = hashlib.sha256(os.fsencode(repo.git_dir)).hexdigest()[:16]
    return root / "gitorch" / f"{repo.root.name[:40]}-{name}"


def intact(space: Repository) -> bool:
    """Whether git still finds the workspace's own repository there.

    Where it does not, it would take the next one above, which belongs to somebody: run nothing then.
    """
    return space.git_dir.is_dir() and Repository.discover_usable(space.root) == space


@contextlib.contextmanager
def checked_out(repo: Repository, tree: str, base: str, link: Sequence[str]) -> Iterator[Repository]:
    """A checkout of exactly `tree`, as a commit on top of `base`, nobody else's until the block is left.

    `link` are ignored folders of the working tree that the checkout borrows. GitorchError when one of
    them is in the tree, or git cannot check it out; Busy while another command uses the workspace.
    """
    folder = home(repo)
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    with files.lock(folder, "the clean workspace", wait=1):
        root = folder / "tree"
        space = Repository(root, root / ".git", root / ".git")
        try:
            _check_out(repo, space, tree, base)
        except (GitorchError, OSError):  # what ran in it left something that git cannot clear away, or:
            _fetch_missing(repo, tree)
            _remove(root)
            _remove(_kept_index(space))
            with _told_of_filters():
                _check_out(repo, space, tree, base)
        _link(repo, space, link)
        _remove(_kept_index(space))
        # copy2 keeps the time of writing, without which git would trust a file that was changed since.
        shutil.copy2(space.git_dir / "index", _kept_index(space))
        yield space


@contextlib.contextmanager
def _told_of_filters() -> Iterator[None]:
    """A filter that fails in the workspace is told as such."""
    try:
        yield
    except GitorchError as error:
        if not (found := _FILTER_FAILED.search("\n".join(error.details))):
            raise
        name = found[1]
        text = f"the filter {one_line(name, 80)} does not work in the clean workspace; no validator was run"
        details = [*error.details, "with `workspace: {kind: in-place}` they run where the files are"]
        see = Hint("see what the filter runs", f"git config --get-regexp {typed(f'^filter[.]{name}[.]')}")
        raise GitorchError("failed-filter", text, details=details, hints=[see, SCHEMA]) from error


def _kept_index(space: Repository) -> Path:
    """The index as it was when the last run began: by it git knows what is checked out.

    Not the one of the checkout, in which a run may have hidden a file (`--skip-worktree`).
    """
    return space.root.with_name("index")


def _remove(path: Path) -> None:
    """Delete whatever is at `path`, what may not be written in it included; a link, not what it leads to."""
    if path.is_symlink() or path.is_file():
        path.unlink()
        return
    for folder, _, _ in os.walk(path):
        with contextlib.suppress(OSError):
            Path(folder).chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)


def _check_out(repo: Repository, space: Repository, tree: str, base: str) -> None:
    _renew(repo, space)
    commit = space.run("commit-tree", tree, "-p", base, "-m", "candidate", env=_IDENTITY).text
    # Not `checkout`, which would look at the previous candidate's objects; these may be gone.
    space.run("update-ref", "--no-deref", "HEAD", commit)
    space.run("read-tree", "--reset", "-u", commit)
    space.run("clean", "-ffdxq")
    left = space.run("status", "--porcelain", "--ignored").lines
    if stray := [line for line in left if line.startswith(("??", "!!"))]:
        text = f"the workspace {space.root} has files that a clean checkout does not have"
        raise GitorchError("dirty-workspace", text, details=stray[:20], hints=[_again(space)])


def _again(space: Repository) -> Hint:
    return Hint("remove the workspace, which gitorch makes again", f"rm -r -- {typed(str(space.root))}")


def _fetch_missing(repo: Repository, tree: str) -> None:
    """Have a partial clone fetch what it lacks of `tree`; in any other repository nothing is lacking.

    The workspace knows no remote. All is asked for at once, as git itself does it (promisor-remote.c).
    """
    found = repo.run("config", "--local", "-z", "--name-only", "--get-regexp", _PROMISOR, check=False)
    for key in split_paths(found.stdout)[:1]:
        remote = key.removeprefix("remote.").removesuffix(".promisor")
        before: list[str] = []
        while (missing := _missing(repo, tree)) and missing != before:  # below a folder, there is more
            wanted = "".join(f"{name}\n" for name in missing).encode()
            repo.run("-c", "fetch.negotiationAlgorithm=noop", "fetch", remote, *_OBJECTS_ALONE, stdin=wanted)
            before = missing


def _missing(repo: Repository, tree: str) -> list[str]:
    listed = repo.run("rev-list", "--objects", "--missing=print", "--no-object-names", tree).lines
    return sorted(line[1:] for line in listed if line.startswith("?"))


def _renew(repo: Repository, space: Repository) -> None:
    """A git directory as new, with the index that was kept.

    What ran here may have put a link to the real repository in any place: none is followed.
    """
    for path in (space.root, space.git_dir):
        if path.is_symlink() or not path.is_dir():
            _remove(path)
            path.mkdir()
    for entry in space.git_dir.iterdir():
        _remove(entry)
    kept = _kept_index(space)
    if kept.is_file() and not kept.is_symlink():
        shutil.copy2(kept, space.git_dir / "index")
    kind = repo.run("rev-parse", "--show-object-format").text
    space.run("init", "-q", "--template=", f"--object-format={kind}", "--initial-branch=candidate")
    if not intact(space):
        text = f"git could not make a repository of {space.root}"
        raise GitorchError("dirty-workspace", text, hints=[_again(space)])
    (space.git_dir / "objects" / "info").mkdir(exist_ok=True)
    alternates = b"".join(map(_alternate, repo.object_folders))
    files.write_atomically(space.git_dir / "objects" / "info" / "alternates", alternates)
    (space.git_dir / "info").mkdir()
    for name in ("shallow", "info/attributes"):  # what history there is, and how files are checked out
        with contextlib.suppress(FileNotFoundError):
            files.write_atomically(space.git_dir / name, (repo.common_dir / name).read_bytes())
    theirs = repo.run("config", "--local", "-z", "--get-regexp", _CHECKOUT_SETTINGS, check=False).stdout
    for item in split_paths(theirs):
        key, _, value = item.partition("\n")
        space.run("config", "--add", key, value)
    _borrow(repo, space)
    for key, value in _SETTINGS.items():
        space.run("config", key, value)


def _borrow(repo: Repository, space: Repository) -> None:
    """Link what the filters need of the git directory: keys, scripts, content; nothing of git's own."""
    told = repo.run("config", "-z", "--get-regexp", r"^filter\.", check=False).stdout
    for name in sorted({*_OF_FILTERS, *_BELOW_GIT.findall(os.fsdecode(told))} - _KEPT_AWAY):
        place = space.git_dir / name
        there = [folder / name for folder in (repo.git_dir, repo.common_dir) if (folder / name).exists()]
        if there and not os.path.lexists(place):
            place.symlink_to(there[0])


def _alternate(objects: Path) -> bytes:
    """A line of `objects/info/alternates`."""
    line = os.fsencode(objects)
    if b"\n" in line or line.startswith(b'"'):  # gitrepository-layout(5): quoted as in C
        escaped = line.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
        line = b'"' + escaped + b'"'
    return line + b"\n"


def _link(repo: Repository, space: Repository, link: Sequence[str]) -> None:
    files.write_atomically(space.git_dir / "info" / "exclude", b"".join(map(exclude.pattern, link)))
    for path in link:
        target, place = repo.root / path, space.root / path
        if not target.is_dir():
            continue
        if os.path.lexists(place) or not files.is_below(place.parent, space.root):
            text = f"workspace.link in .gitorch.yaml names {path}, which is a part of the commit"
            raise bad_input("bad-config", text, about=".gitorch.yaml", hints=[SCHEMA])
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
