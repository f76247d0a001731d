"""Over generated repositories: the candidate's tree is what `git add -A && git write-tree` gives in a copy."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gitorch.adapters.git import candidate, scan
from gitorch.adapters.git.repository import Repository
from tests.scene import git

# Any bytes but a separator; `git` is left out, since git refuses `.git` and its disguises in a path.
_ODD = st.binary(min_size=1, max_size=6).map(
    lambda raw: os.fsdecode(raw.translate(bytes.maketrans(b"/\0gG", b"____")))
)
_NAMES = st.one_of(
    st.sampled_from(["a", "b.txt", "c.bin", "-n", " x ", "line\nend", "*", "grüße", "d.sh", ":x", '"q"']),
    _ODD.filter(lambda name: name not in (".", "..")),
)
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)
_BYTES = st.sampled_from(
    [b"", b"one\n", b"two\n", b"cr\r\nlf\r\n", b"mixed\r\n\n", b"\0binary\r\n", b"$Id$\n", b"no end"]
)


@dataclass(frozen=True)
class Node:
    """What stands at a path: bytes, run bit or not, or a link to `link`; nothing when `gone`."""

    data: bytes = b""
    run: bool = False
    link: str | None = None
    gone: bool = False


_NODES = st.one_of(
    st.builds(Node, data=_BYTES, run=st.booleans()),
    st.builds(Node, link=st.sampled_from(["a", "nowhere", "../a", "b.txt"])),
    st.just(Node(gone=True)),
)
_ATTRIBUTES = st.sampled_from(
    [b"", b"* text=auto\n", b"*.txt text eol=crlf\n*.bin -text\n", b"* ident\n", b"*.txt filter=up\n"]
)
_IGNORED = st.sampled_from([b"", b"*.bin\n", b"a\n!b.txt\n", b"/d.sh\n*/\n"])
_TREES = st.dictionaries(_PATHS, _NODES, max_size=6)


@dataclass(frozen=True)
class World:
    """A repository: what is committed, what the files are then, and what is staged in between."""

    before: dict[str, Node]
    after: dict[str, Node]
    attributes: tuple[bytes, bytes]
    ignored: bytes
    staged: frozenset[str]
    autocrlf: str


_WORLDS = st.builds(
    World,
    before=_TREES,
    after=_TREES,
    attributes=st.tuples(_ATTRIBUTES, _ATTRIBUTES),
    ignored=_IGNORED,
    staged=st.frozensets(_PATHS, max_size=3),
    autocrlf=st.sampled_from(["false", "true", "input"]),
)


def put(root: Path, nodes: dict[str, Node]) -> None:
    """Make the files so; where a path leads through a file or a link, the later one wins."""
    for path, node in nodes.items():
        place = root
        for part in path.split("/")[:-1]:
            place /= part
            if place.is_symlink() or place.is_file():
                place.unlink()
            place.mkdir(exist_ok=True)
        place = root / path
        if place.is_symlink() or place.is_file():
            place.unlink()
        elif place.is_dir():
            shutil.rmtree(place)
        if node.link is not None:
            place.symlink_to(node.link)
        elif not node.gone:
            place.write_bytes(node.data)
            place.chmod(0o755 if node.run else 0o644)


def holds(folder: Path, world: World) -> None:
    root = folder / "repo"
    git(folder, "init", "-q", "repo")
    git(root, "config", "maintenance.auto", "false")  # it would be at work while the repository is copied
    for key, value in (("core.autocrlf", world.autocrlf), ("filter.up.clean", "tr a-z A-Z")):
        git(root, "config", key, value)
    (root / ".gitattributes").write_bytes(world.attributes[0])
    put(root, world.before)
    git(root, "add", "--all")
    git(root, "commit", "-q", "--allow-empty", "-m", "base")
    (root / ".gitattributes").write_bytes(world.attributes[1])
    (root / ".gitignore").write_bytes(world.ignored)
    put(root, world.after)
    for path in sorted(world.staged & set(world.after)):
        git(root, "--literal-pathspecs", "add", "--force", "--", path, check=False)
    index = (root / ".git" / "index").read_bytes()
    copy = folder / "copy"
    shutil.copytree(root, copy, symlinks=True)
    git(copy, "add", "--all")
    repo = Repository.discover(root)
    assert repo
    paths = [change.path for change in scan.changes(repo, "HEAD")]
    assert candidate.build(repo, "HEAD", paths, {}).tree == git(copy, "write-tree")
    assert (root / ".git" / "index").read_bytes() == index
    assert git(root, "fsck", "--strict", "--no-dangling") == ""


_FILE_TO_FOLDER = World(
    before={"a": Node(b"one\n"), "b.txt/c": Node(b"two\n")},
    after={"a/x": Node(b"one\n", run=True), "b.txt": Node(link="a")},
    attributes=(b"", b"* text=auto\n"),
    ignored=b"",
    staged=frozenset({"b.txt"}),
    autocrlf="true",
)
_QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck), database=None)


@settings(_QUIET, max_examples=20, derandomize=True)
@example(_FILE_TO_FOLDER)
@given(_WORLDS)
def test_the_candidate_is_what_git_add_would_give(world: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        holds(Path(folder).resolve(), world)


@pytest.mark.slow
@settings(_QUIET, max_examples=150)
@given(_WORLDS)
def test_the_candidate_is_what_git_add_would_give_over_many_repositories(world: World) -> None:
    with tempfile.TemporaryDirectory() as folder:
        holds(Path(folder).resolve(), world)
