"""Crash tests copy a repository hundreds of times: in memory, where the machine lets them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of a random name in it)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder of the test's own, in memory where there is such a place with room."""
    if not _MEMORY.is_dir() or shutil.disk_usage(_MEMORY).free < 1 << 30:
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="gitorch-test-", dir=_MEMORY) as folder:
        yield Path(folder).resolve()
