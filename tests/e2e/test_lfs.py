"""A build with files in Git LFS, by the real git-lfs: pointers land, the content is in its store.

Measured with git-lfs 3.3.0 on git 2.39.5: the landed blob is the pointer that `git add` makes, `git lfs
ls-files` and `git lfs fsck` agree, and a filter that is required and cannot run keeps the build from landing.
"""

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.actions.opened import SLUG, deliver, delivered, landed, opened, refused
from tests.support import git, orch

pytestmark = pytest.mark.skipif(shutil.which("git-lfs") is None, reason="git-lfs is not on PATH")
DATA = bytes(range(256)) * 400


def with_lfs(repo: Path) -> str:
    """An open build in a repository whose `*.bin` belong to LFS; its base."""
    git(repo, "lfs", "install", "--local")
    git(repo, "lfs", "track", "*.bin")
    git(repo, "add", ".gitattributes")
    git(repo, "commit", "-q", "-m", "LFS keeps *.bin")
    base = opened(repo)
    delivered(repo)
    (repo / "model.bin").write_bytes(DATA)
    deliver(repo, "W1.1", ["src/schema.py", "model.bin"])
    return base


def test_a_build_lands_the_pointer_and_lfs_has_the_content(repo: Path) -> None:
    base = with_lfs(repo)
    landed(repo, base)
    oid = hashlib.sha256(DATA).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(DATA)}"
    assert git(repo, "cat-file", "blob", "HEAD:model.bin") == pointer
    assert git(repo, "lfs", "ls-files", "--long") == f"{oid} * model.bin"
    assert "OK" in git(repo, "lfs", "fsck")
    assert (repo / "model.bin").read_bytes() == DATA
    assert git(repo, "status", "--porcelain") == ""
    fresh = repo.with_name("fresh")
    git(repo.parent, "-c", "protocol.file.allow=always", "clone", "-q", str(repo), str(fresh))
    assert (fresh / "model.bin").read_text().rstrip("\n") == pointer  # the clone's LFS is not installed


def test_a_required_filter_that_cannot_run_is_named_and_nothing_lands(repo: Path) -> None:
    with_lfs(repo)
    git(repo, "config", "filter.lfs.process", "git-lfs-is-gone filter-process")
    refused(repo, says="git-lfs-is-gone: not found")
    git(repo, "config", "--unset", "filter.lfs.process")
    git(repo, "config", "filter.lfs.clean", "git-lfs-is-gone clean -- %f")
    refused(repo, says="model.bin: clean filter 'lfs' failed")


def test_given_up_work_comes_back_from_the_pointer(repo: Path) -> None:
    with_lfs(repo)
    assert orch(repo, "abort", "--discard-files").status == 0
    assert not (repo / "model.bin").exists()
    assert orch(repo, "reopen", "--project", SLUG).status == 0
    assert (repo / "model.bin").read_bytes() == DATA
