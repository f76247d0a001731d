"""A build with files in Git LFS, by the real git-lfs: pointers land, the content is in its store.

Measured with git-lfs 3.3.0 on git 2.39.5: the landed blob is the pointer that `git add` makes, `git lfs
ls-files` and `git lfs fsck` agree, and a filter that is required and cannot run keeps the build from landing.
"""

import hashlib
import shutil

import pytest

from tests.scene import SLUG, Scene, git

pytestmark = pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not on PATH")
DATA = bytes(range(256)) * 400


def with_lfs(scene: Scene) -> str:
    """An open build in a repository whose `*.bin` belong to LFS; its base."""
    scene.git("lfs", "install", "--local")
    scene.git("lfs", "track", "*.bin")
    scene.git("add", ".gitattributes")
    scene.git("commit", "-q", "-m", "LFS keeps *.bin")
    base = scene.open_build()
    scene.deliver_all()
    (scene / "model.bin").write_bytes(DATA)
    scene.deliver("W1.1", ["src/schema.py", "model.bin"])
    return base


def test_a_build_lands_the_pointer_and_lfs_has_the_content(scene: Scene) -> None:
    base = with_lfs(scene)
    scene.land(base)
    oid = hashlib.sha256(DATA).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(DATA)}"
    assert scene.git("cat-file", "blob", "HEAD:model.bin") == pointer
    assert scene.git("lfs", "ls-files", "--long") == f"{oid} * model.bin"
    assert "OK" in scene.git("lfs", "fsck")
    assert (scene / "model.bin").read_bytes() == DATA
    assert scene.git("status", "--porcelain") == ""
    fresh = scene.root.with_name("fresh")
    git(scene.root.parent, "-c", "protocol.file.allow=always", "clone", "-q", str(scene.root), str(fresh))
    assert (fresh / "model.bin").read_text().rstrip("\n") == pointer  # the clone's LFS is not installed


def test_a_required_filter_that_cannot_run_is_named_and_nothing_lands(scene: Scene) -> None:
    with_lfs(scene)
    scene.git("config", "filter.lfs.process", "git-lfs-is-gone filter-process")
    scene.refused("finalize", says="git-lfs-is-gone: not found")
    scene.git("config", "--unset", "filter.lfs.process")
    scene.git("config", "filter.lfs.clean", "git-lfs-is-gone clean -- %f")
    scene.refused("finalize", says="model.bin: clean filter 'lfs' failed")


def test_given_up_work_comes_back_from_the_pointer(scene: Scene) -> None:
    with_lfs(scene)
    assert scene.gitorch("abort", "--discard-files").status == 0
    assert not (scene / "model.bin").exists()
    assert scene.gitorch("reopen", "--project", SLUG).status == 0
    assert (scene / "model.bin").read_bytes() == DATA
