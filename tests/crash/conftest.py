"""Crash tests copy a repository hundreds of times: in memory, where the machine lets them."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of a random name in it)


@contextlib.contextmanager
def in_memory(instead: Path) -> Iterator[Path]:
    """A new folder in memory; `instead` where there is no such place, or little room."""
    if not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < 1 << 30:
        yield instead
        return
    with tempfile.TemporaryDirectory(prefix="gitorch-test-", dir=_MEMORY) as folder:
        yield Path(folder).resolve()


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder of the test's own, in memory."""
    with in_memory(tmp_path) as folder:
        yield folder
