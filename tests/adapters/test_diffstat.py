"""Lines added and removed between two commits."""

from pathlib import Path

import pytest

from gitorch.adapters.git.diffstat import diffstat
from gitorch.adapters.git.repository import Repository
from gitorch.core.changes import Lines
from tests.scene import Scene, git, write


def changed(root: Path) -> tuple[str, str]:
    """Every kind of change between two commits."""
    write(root / ".gitattributes", "*.dat -diff\n*.crlf text eol=crlf\n")
    write(root / "edited", "".join(f"{n}\n" for n in range(50)))
    write(root / "gone", "1\n2\n3\n")
    write(root / "becomes a link", "1\n2\n")
    write(root / "mode", "1\n")
    write(root / "no end", "1\n2")
    (root / "image").write_bytes(b"\0\1\2")
    write(root / "moved", "same\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "before")
    old = git(root, "rev-parse", "HEAD")
    write(root / "edited", "".join(f"{n}\n" for n in range(50) if n % 7) + "new\n")
    (root / "gone").unlink()
    (root / "becomes a link").unlink()
    (root / "becomes a link").symlink_to("edited")
    (root / "mode").chmod(0o755)
    write(root / "no end", "1\n2\n")
    (root / "image").write_bytes(b"\0\1\3")
    (root / "moved").rename(root / "to")
    (root / "win.crlf").write_bytes(b"a\r\nb\r\n")
    write(root / "table.dat", "1\n2\n")
    write(root / "dir" / "line\nend \udcff\té", "1\n")
    write(root / "empty", "")
    git(root, "add", "-A")
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{old},module")
    git(root, "commit", "-q", "-m", "after")
    return old, git(root, "rev-parse", "HEAD^{tree}")


EXPECTED = {
    "edited": Lines(1, 8),
    "gone": Lines(0, 3),
    "becomes a link": Lines(1, 2),
    "mode": Lines(0, 0),
    "no end": Lines(1, 1),
    "image": None,
    "moved": Lines(0, 1),
    "to": Lines(1, 0),
    "win.crlf": Lines(2, 0),
    "table.dat": None,
    "dir/line\nend \udcff\té": Lines(1, 0),
    "empty": Lines(0, 0),
    "module": Lines(1, 0),
}


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_lines_are_counted_for_every_kind_of_change(tmp_path: Path, form: str) -> None:
    git(tmp_path, "init", "-q", f"--object-format={form}")
    old, new = changed(tmp_path)
    found = Repository.discover(tmp_path)
    assert found

    assert diffstat(found, old, new) == EXPECTED


def test_a_linked_worktree_is_counted_like_the_main_one(scene: Scene) -> None:
    old, new = changed(scene.root)
    side = scene.root.with_name("side tree")
    scene.git("worktree", "add", "-q", "--detach", str(side))
    found = Repository.discover(side)
    assert found
    assert diffstat(found, old, new) == EXPECTED
