"""The tree that a commit would have without one file, computed as stock git would write it."""

import pytest

from gitorch.adapters.git.trees import tree_without
from tests.scene import Scene
from tests.scene.guarded import discover


@pytest.mark.parametrize("path", ["README", "a/b/c", "a/b", "a/z", "none", "a/none", "README/x", "ü/ö"])
def test_a_tree_without_a_file_is_as_git_makes_it(scene: Scene, path: str) -> None:
    scene.commit({"a/b/c": "c\n", "a/z": "z\n", "a.b": "b\n", "ü/ö": "ö\n"})
    env = {"GIT_INDEX_FILE": str(scene / ".git/other-index")}
    script = 'git read-tree HEAD; git rm -rq --cached --ignore-unmatch -- "$1"; git write-tree'
    wanted = scene.run("sh", "-ec", script, "sh", path, env=env).out.strip()

    found = tree_without(discover(scene.root), "HEAD", path)

    assert found == wanted
