"""The candidate's tree is what `git add -A && git write-tree` gives in a copy of the repository."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitorch.adapters.git import candidate, index, scan
from gitorch.adapters.git.repository import Repository
from gitorch.core.changes import Change, ChangeKind
from gitorch.core.errors import GitorchError
from tests.no_links import no_link
from tests.scene import Scene, git, write


def found(root: Path) -> Repository:
    repo = Repository.discover(root)
    assert repo
    return repo


def all_changes(root: Path) -> list[Change]:
    return scan.changes(found(root), "HEAD")


def all_paths(root: Path) -> list[str]:
    return [change.path for change in all_changes(root)]


def build(root: Path, paths: list[str] | None = None, **records: bytes) -> str:
    """The candidate's tree; the person's index must come out as it went in."""
    before = (root / ".git" / "index").read_bytes()
    chosen = all_paths(root) if paths is None else paths
    tree = candidate.build(found(root), "HEAD", chosen, records).tree
    assert (root / ".git" / "index").read_bytes() == before
    assert not list((root / ".git" / "gitorch").glob(".gitorch-tmp-*"))
    return tree


def added(root: Path) -> str:
    """What git itself would commit, found out in a copy."""
    copy = root.with_name("copy")
    shutil.copytree(root, copy, symlinks=True)
    git(copy, "add", "-A")
    return git(copy, "write-tree")


def paths_of(scene: Scene, tree: str) -> list[str]:
    return scene.git("ls-tree", "-r", "--name-only", tree).splitlines()


def modes(root: Path) -> None:
    (root / "README").chmod(0o755)
    write(root / "run.sh", "#!/bin/sh\n").chmod(0o755)


def links(root: Path) -> None:
    (root / "link").symlink_to("README")
    (root / "broken").symlink_to("nowhere/at all")
    (root / "README").unlink()
    (root / "README").symlink_to("run.sh")


def folder_for_file(root: Path) -> None:
    (root / "README").unlink()
    write(root / "README" / "inside", "a folder now\n")
    shutil.rmtree(root / "old")
    write(root / "old", "a file now\n")


def folder_for_link(root: Path) -> None:
    shutil.rmtree(root / "old")
    (root / "old").symlink_to("elsewhere")
    write(root / "elsewhere" / "a", "one\n")


def renamed(root: Path) -> None:
    (root / "old").rename(root / "new")


def odd_names(root: Path) -> None:
    for name in (
        b"caf\xc3\xa9",
        b"latin-\xe9",
        b"line\nend",
        b" blank ",
        b'quo"te',
        b"tab\t",
        b"*?[x]",
        b":(top)x",
    ):
        (root / os.fsdecode(name)).write_bytes(name)
    write(root / "-n", "like an option\n")


def line_ends(root: Path) -> None:
    write(
        root / ".gitattributes",
        "*.txt text\n*.bat text eol=crlf\n*.u16 text working-tree-encoding=UTF-16LE\n",
    )
    (root / "a.txt").write_bytes(b"one\r\ntwo\r\n")
    (root / "b.bat").write_bytes(b"one\r\ntwo\r\n")
    (root / "c.u16").write_bytes("grüße\r\n".encode("utf-16-le"))


def filtered(root: Path) -> None:
    git(root, "config", "filter.upper.clean", "tr a-z A-Z")
    git(root, "config", "filter.upper.required", "true")
    write(root / ".gitattributes", "*.up filter=upper\n")
    write(root / "x.up", "shout\n")


def file_mode_off(root: Path) -> None:
    git(root, "config", "core.fileMode", "false")
    write(root / "tool", "#!/bin/sh\n")
    git(root, "add", "tool")
    git(root, "update-index", "--chmod=+x", "tool")
    write(root / "tool", "#!/bin/sh\ntrue\n")


def intent_to_add(root: Path) -> None:
    write(root / "soon", "soon\n")
    git(root, "add", "-N", "soon")


def staged_otherwise(root: Path) -> None:
    write(root / "README", "staged\n")
    write(root / "old" / "a", "staged\n")
    git(root, "add", "-A")
    write(root / "README", "a project\n")  # as in the base again
    (root / "old" / "a").unlink()
    write(root / "hunk", "one\n")
    git(root, "add", "hunk")
    write(root / "hunk", "one\ntwo\n")


def staged_though_ignored(root: Path) -> None:
    write(root / ".gitignore", "*.log\n")
    write(root / "kept.log", "kept\n")
    write(root / "lost.log", "lost\n")
    git(root, "add", "-f", "kept.log")


def split_index(root: Path) -> None:
    git(root, "config", "core.splitIndex", "true")
    git(root, "update-index", "--split-index")
    write(root / "old" / "a", "changed\n")
    write(root / "new", "new\n")


def submodule_moved(root: Path) -> None:
    module = root.with_name("module")
    git(root.parent, "init", "-q", "module")
    write(module / "m", "1\n")
    git(module, "add", "-A")
    git(module, "commit", "-q", "-m", "1")
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(module), "mod")


def unmerged(root: Path) -> None:
    git(root, "switch", "-q", "-c", "side")
    write(root / "old" / "a", "side\n")
    git(root, "commit", "-q", "-a", "-m", "side")
    git(root, "switch", "-q", "main")
    write(root / "old" / "a", "main\n")
    git(root, "commit", "-q", "-a", "-m", "main")
    git(root, "merge", "-q", "side", check=False)
    write(root / "old" / "a", "both\n")


CASES: list[Callable[[Path], object]] = [
    modes,
    links,
    folder_for_file,
    folder_for_link,
    renamed,
    odd_names,
    line_ends,
    filtered,
    file_mode_off,
    intent_to_add,
    staged_otherwise,
    staged_though_ignored,
    split_index,
    submodule_moved,
    unmerged,
]


@pytest.fixture
def tree(scene: Scene) -> Scene:
    """A repository with a folder of two files beside the README."""
    scene.write("old/a", "one\n")
    scene.write("old/b", "two\n")
    scene.git("add", "-A")
    scene.git("commit", "-q", "-m", "second")
    return scene


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_the_tree_is_what_git_add_would_give(tree: Scene, case: Callable[[Path], object]) -> None:
    case(tree.root)
    expected = added(tree.root)
    assert expected != tree.git("rev-parse", "HEAD^{tree}")
    assert build(tree.root) == expected


def test_a_sha256_repository_gives_the_same(tmp_path: Path) -> None:
    root = tmp_path / "r"
    git(tmp_path, "init", "-q", "--object-format=sha256", "r")
    write(root / "a", "1\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "1")
    write(root / "b", "2\n")
    assert build(root) == added(root)


def test_only_the_named_paths_and_the_records_are_in_the_tree(tree: Scene) -> None:
    tree.write("mine", "1\n")
    tree.write(".env", "secret\n")
    tree.write("old/a", "staged by the person\n")
    tree.git("add", "old/a")
    made = build(tree.root, ["mine", "record"], record=b"final\n")
    assert paths_of(tree, made) == ["README", "mine", "old/a", "old/b", "record"]
    assert tree.git("show", f"{made}:record") == "final"
    assert tree.git("show", f"{made}:old/a") == "one"


def test_what_is_only_listed_is_not_written_to_the_object_database(tree: Scene) -> None:
    tree.write(".env", "secret\n")
    assert all_paths(tree.root) == [".env"]
    oid = tree.git("hash-object", ".env")
    assert tree.run("git", "cat-file", "-e", oid).status != 0


def test_every_kind_of_change_is_told(tree: Scene) -> None:
    tree.write("new", "1\n")
    tree.write("old/a", "other\n")
    (tree / "old/b").unlink()
    (tree / "README").unlink()
    (tree / "README").symlink_to("new")
    assert all_changes(tree.root) == [
        Change("README", ChangeKind.TYPE_CHANGED),
        Change("new", ChangeKind.ADDED),
        Change("old/a", ChangeKind.MODIFIED),
        Change("old/b", ChangeKind.DELETED),
    ]


def test_a_conflict_in_the_index_is_told(tree: Scene) -> None:
    unmerged(tree.root)
    assert all_changes(tree.root) == [Change("old/a", ChangeKind.UNMERGED)]


def test_changes_are_told_against_the_base_and_not_against_head(tree: Scene) -> None:
    tree.write("rogue", "1\n")
    tree.git("add", "-A")
    tree.git("commit", "-q", "-m", "rogue")
    tree.write("more", "1\n")
    assert [c.path for c in scan.changes(found(tree.root), "HEAD~1")] == ["more", "rogue"]


@pytest.mark.parametrize("bit", ["--assume-unchanged", "--skip-worktree"])
def test_an_edit_hidden_by_a_bit_is_seen(tree: Scene, bit: str) -> None:
    tree.git("update-index", bit, "README")
    tree.write("README", "edited\n")
    assert tree.git("status", "--porcelain") == ""
    assert all_paths(tree.root) == ["README"]
    assert tree.git("show", f"{build(tree.root)}:README") == "edited"


@pytest.mark.parametrize("cone", ["--cone", "--no-cone"])
def test_a_sparse_checkout_loses_nothing_and_takes_what_is_written_outside(tree: Scene, cone: str) -> None:
    tree.git("sparse-checkout", "set", cone, "elsewhere")
    assert not (tree / "old").exists()
    tree.write("README", "edited\n")
    tree.write("old/c", "outside of the cone\n")
    changed = all_paths(tree.root)
    assert "old/c" in changed
    assert not {"old/a", "old/b"} & set(changed)
    made = build(tree.root)
    assert paths_of(tree, made) == ["README", "old/a", "old/b", "old/c"]
    assert tree.git("show", f"{made}:README") == "edited"


def test_an_edit_of_the_same_size_in_the_same_second_is_seen(tree: Scene) -> None:
    for number in range(4):
        tree.write("old/a", f"{number}a{number}\n")
        tree.git("add", "-A")
        tree.git("commit", "-q", "-m", "x")
        tree.write("old/a", f"{number}b{number}\n")
        assert all_paths(tree.root) == ["old/a"]


def test_a_required_filter_that_fails_is_refused_with_its_path(tree: Scene) -> None:
    tree.git("config", "filter.bad.clean", "false")
    tree.git("config", "filter.bad.required", "true")
    tree.write(".gitattributes", "*.bad filter=bad\n")
    tree.write("x.bad", "1\n")
    with pytest.raises(GitorchError, match="cannot be read") as caught:
        build(tree.root)
    assert any("x.bad" in line for line in caught.value.details)


def test_a_repository_inside_of_this_one_is_refused_or_left_apart(tree: Scene) -> None:
    tree.git("init", "-q", "inner")
    assert all_paths(tree.root) == ["inner/"]
    with (
        pytest.raises(GitorchError, match="inner is a nested repository"),
        index.private(found(tree.root), "HEAD") as private,
    ):
        candidate.compose(private, ["inner/"], {})
    built = candidate.build(found(tree.root), "HEAD", ["inner/"], {})
    assert (built.tree, built.apart) == (tree.git("rev-parse", "HEAD^{tree}"), ("inner",))


@pytest.mark.parametrize(
    ("ignore", "file", "counts"),
    [
        ("untracked", "out.o", False),
        ("untracked", "m", True),
        ("dirty", "m", False),
        ("dirty", "out.o", False),
        ("none", "out.o", True),
    ],
)
def test_of_the_work_in_a_submodule_counts_what_git_status_shows(
    tree: Scene, ignore: str, file: str, *, counts: bool
) -> None:
    submodule_moved(tree.root)
    tree.git("add", "--all")
    tree.git("commit", "-q", "-m", "all of it")
    tree.git("config", "submodule.mod.ignore", ignore)
    tree.write(f"mod/{file}", "edited\n")
    assert (all_paths(tree.root), tree.git("status", "--porcelain")) == (
        (["mod"], " M mod") if counts else ([], "")
    )
    git(tree / "mod", "commit", "-q", "--allow-empty", "-m", "next")
    assert all_paths(tree.root) == ["mod"]
    expected = added(tree.root)
    built = candidate.build(found(tree.root), "HEAD", ["mod"], {})
    assert (built.tree, built.apart) == (expected, ("mod",) if counts else ())


def test_a_submodule_with_uncommitted_work_is_refused_or_only_its_commit_taken(tree: Scene) -> None:
    submodule_moved(tree.root)
    tree.write("mod/m", "2\n")
    expected = added(tree.root)
    with (
        pytest.raises(GitorchError, match="the submodule mod has work that"),
        index.private(found(tree.root), "HEAD") as private,
    ):
        candidate.compose(private, ["mod", ".gitmodules"], {})
    built = candidate.build(found(tree.root), "HEAD", ["mod", ".gitmodules"], {})
    assert (built.tree, built.apart) == (expected, ("mod",))


def test_a_fifo_is_refused(tree: Scene) -> None:
    os.mkfifo(tree / "pipe")
    assert all_paths(tree.root) == []
    with pytest.raises(GitorchError, match="cannot be read"):
        build(tree.root, ["pipe"])


def test_a_file_that_changes_while_it_is_read_is_refused(tree: Scene) -> None:
    tree.git("config", "filter.slow.clean", "cat; echo more >> x.slow")
    tree.write(".gitattributes", "*.slow filter=slow\n")
    tree.write("x.slow", "1\n")
    with pytest.raises(GitorchError) as caught:
        build(tree.root)
    assert caught.value.details == ("x.slow: changed while it was read",)


@pytest.mark.parametrize("link", [os.link, no_link])
def test_a7_the_lock_is_taken_only_when_it_is_free_and_given_back_only_by_its_owner(
    tree: Scene, monkeypatch: pytest.MonkeyPatch, link: Callable[..., None]
) -> None:
    monkeypatch.setattr(os, "link", link)
    monkeypatch.setenv("GITORCH_LOCK_WAIT", "0")
    repo = found(tree.root)
    other = tree.write(".git/index.lock", "x")
    repo.private.mkdir(exist_ok=True)
    with pytest.raises(GitorchError, match="another git process holds"):
        index.hold(repo)
    index.release(repo)
    assert other.read_text() == "x"
    other.unlink()
    index.hold(repo)
    assert index.lock_path(repo).exists()
    assert "index.lock': File exists" in tree.run("git", "add", "README").err
    index.release(repo)
    assert not index.lock_path(repo).exists()


@pytest.mark.parametrize("link", [os.link, no_link])
def test_a_private_index_is_installed_once_and_a_second_time_does_no_harm(
    tree: Scene, monkeypatch: pytest.MonkeyPatch, link: Callable[..., None]
) -> None:
    monkeypatch.setattr(os, "link", link)
    repo = found(tree.root)
    tree.write("new", "1\n")
    with index.private(repo, "HEAD") as private:
        candidate.compose(private, ["new"], {})
        index.hold(repo, private.path)
        assert index.install(repo, private.origin)
        assert index.install(repo, private.origin)
        assert not index.lock_path(repo).exists()
    assert tree.git("status", "--porcelain") == "A  new"


def test_a_private_index_does_not_replace_one_that_was_changed_since(tree: Scene) -> None:
    repo = found(tree.root)
    with index.private(repo, "HEAD") as private:
        tree.write("staged", "1\n")
        tree.git("add", "staged")
        index.put_landing(private)
        assert not index.install(repo, private.origin)
        assert index.landing_path(repo).exists()
        assert not index.lock_path(repo).exists()
    assert tree.git("ls-files", "staged") == "staged"


@pytest.mark.parametrize("attributes", ["*.txt text\n", "* text=auto\n*.bin -text\n", "*.bin filter=up\n"])
def test_many_contents_are_stored_as_git_add_would_whatever_is_converted(
    scene: Scene, attributes: str
) -> None:
    scene.git("config", "filter.up.clean", "tr a-z A-Z")
    scene.write(".gitattributes", f"*.up filter=up\n{attributes}")
    for number in range(120):
        scene.write(f"src/{number}.bin", f"content {number}\n")
    scene.write("a.txt", "converted before anything else\n")
    scene.write("loud.up", "loud\n")
    (scene / "ends.txt").write_bytes(b"one\r\ntwo\r\n")
    (scene / "empty").write_bytes(b"")
    (scene / "link").symlink_to("README")
    scene.write("run", "#!/bin/sh\n").chmod(0o755)
    assert build(scene.root) == added(scene.root)
    counted = dict(line.split(": ") for line in scene.git("count-objects", "-v").splitlines())
    assert counted["garbage"] == "0"
    assert (int(counted["in-pack"]) >= 120) is ("*.bin filter" not in attributes)
    scene.git("fsck", "--strict")
