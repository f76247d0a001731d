"""Which paths a repository can hold."""

import pytest

from gitorch.core.paths import repository_path
from tests.scene import Scene

NO_PATH = ["", ".", "/etc/passwd", "../x", "a/../../x", "a\0b", "\ud800", "x" * 4096]
DOTGIT = [
    *(".git", ".git/config", "sub/.GIT/x", ".gIt/", "git~1", "a/GIT~1/x"),
    *(".git ", ".git...", ".git . ./x", ".git:x", ".git::$INDEX_ALLOCATION/x", "git~1.:x", "a\\.git\\x"),
    *(".g\u200cit", "\ufeff.git/x", "a/.gi\u202et\u206f"),
]
GIT_TAKES = [
    "a",
    ".gitignore",
    ".gitx",
    "git",
    "git~2",
    "git~10",
    ".git~1",
    "a.git",
    ".git-x/y",
    ". git",
    "a:b",
    "\u200ca",
]


@pytest.mark.parametrize("path", NO_PATH + DOTGIT)
def test_a11_what_no_repository_holds_is_no_path_of_ours(path: str) -> None:
    assert repository_path(path) is None


@pytest.mark.parametrize(
    ("path", "named"), [("./a//b/", "a/b"), ("a/../b", "b"), *((path, path) for path in GIT_TAKES)]
)
def test_any_other_path_is_named_as_git_does(path: str, named: str) -> None:
    assert repository_path(path) == named


def is_taken(scene: Scene, path: str, blob: str) -> bool:
    """Whether git takes it into its index, guarded for every file system."""
    protected = ("-c", "core.protectHFS=true", "-c", "core.protectNTFS=true")
    ran = scene.run("git", *protected, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    scene.git("read-tree", "HEAD")
    return ran.status == 0


def test_git_itself_draws_the_same_line(scene: Scene) -> None:
    blob = scene.git("rev-parse", "HEAD:README")

    taken = {path for path in [*DOTGIT, *GIT_TAKES] if is_taken(scene, path, blob)}

    assert taken == set(GIT_TAKES)
