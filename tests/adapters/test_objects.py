"""Objects of a commit: what is read of it, and what is too large to be read."""

import pytest

from gitorch.adapters.git.objects import blob_at, files_below
from gitorch.core.errors import GitorchError
from tests.scene import Scene
from tests.scene.guarded import discover


def test_a_blob_above_the_limit_is_not_read(scene: Scene) -> None:
    here = discover(scene.root)
    assert blob_at(here, "HEAD", "README", 10) == b"a project\n"
    assert blob_at(here, "HEAD", "nothing", 10) is None
    with pytest.raises(GitorchError, match="README is larger than 0 KiB"):
        blob_at(here, "HEAD", "README", 9)


def test_a_folder_is_read_up_to_a_total(scene: Scene) -> None:
    for name, size in (("a", 4), ("b", 7), ("c", 9), ("d", 1)):
        scene.write(f"below/{name}", "x" * size)
    scene.git("add", "below")
    scene.git("commit", "-q", "-m", "files")
    found = files_below(discover(scene.root), "HEAD", "below", 8, 10)
    assert [(file.name, file.data, file.problem) for file in found.values()] == [
        ("b", None, "is not read: the folder has more than 0 MiB"),
        ("c", None, "is larger than 0 KiB"),
        ("d", None, "is not read: the folder has more than 0 MiB"),
        ("a", b"xxxx", None),
    ]
