"""B6: a file that git streams into a pack, with a small one before it in the order of the index."""

from collections.abc import Iterator

import pytest

from gitorch.adapters.git.repository import BIG
from tests.scene import SLUG, Scene

POLICY = "snapshots: {max_file_bytes: 1000000000}\nclaims: {max_bytes: 1000000000}\n"

pytestmark = pytest.mark.slow


@pytest.fixture
def large(scene: Scene) -> Iterator[Scene]:
    """An open build with a small new file before one of 512 MiB and one byte, all of it a hole."""
    scene.open_build(POLICY)
    scene.write("a-small", "small\n")
    with (scene / "big").open("wb") as file:
        file.truncate(BIG + 1)
    yield scene
    (scene / "big").unlink(missing_ok=True)


def test_b6_a_snapshot_has_it(large: Scene) -> None:
    large.do("snapshot")

    assert large.git("cat-file", "-s", f"refs/gitorch/snapshots/{SLUG}:big") == str(BIG + 1)


def test_b6_abort_keeps_it_whatever_the_limit_is(scene: Scene) -> None:
    scene.open_build("snapshots:\n  max_file_bytes: 1000\n")
    scene.write("a-small", "small\n")
    with (scene / "big").open("wb") as file:
        file.truncate(BIG + 1)

    scene.do("abort", "--discard-files")

    assert scene.git("cat-file", "-s", f"refs/gitorch/aborted/{SLUG}/1:big") == str(BIG + 1)
    assert not (scene / "big").exists()


def test_b6_review_and_finalize_take_it(large: Scene) -> None:
    large.deliver_all()
    large.deliver("W2.1", ["README", "a-small", "big"])

    large.do("review")
    large.do("finalize")

    assert large.git("cat-file", "-s", "HEAD:big") == str(BIG + 1)
