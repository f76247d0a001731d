"""The scene itself: a command inside of the test is as a process, a copied set-up as one that was made."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scene import SLUG, Scene, remembered
from tests.scene.shell import first_commit

SEEN: dict[str, Callable[[Scene], object]] = {
    "a file": lambda scene: scene.write("new", ""),
    "other bytes": lambda scene: scene.write("README", "a projecT\n"),
    "a mode": lambda scene: (scene / "README").chmod(0o755),
    "a link": lambda scene: (scene / "link").symlink_to("README"),
    "an empty folder": lambda scene: (scene / "empty").mkdir(),
    "a ref": lambda scene: scene.git("branch", "other"),
    "HEAD": lambda scene: scene.git("symbolic-ref", "HEAD", "refs/heads/elsewhere"),
    "the index": lambda scene: scene.git("update-index", "--chmod=+x", "README"),
    "a file of gitorch's": lambda scene: scene.write(".git/gitorch/permit", ""),
}


@pytest.mark.parametrize("change", SEEN.values(), ids=SEEN)
def test_a_picture_shows_every_change(scene: Scene, change: Callable[[Scene], object]) -> None:
    before = scene.picture()

    change(scene)

    assert scene.picture() != before


def test_a_picture_leaves_out_what_it_is_told_to(scene: Scene) -> None:
    left = ("N5", ".git/gitorch")
    before = scene.picture(without=left)

    scene.write("N5/builds/x/meta.json", "{}")
    scene.write(".git/gitorch/logs/x", "")

    assert scene.picture(without=left) == before


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("status", "--json"),
        ("status", "--project", "none"),
        ("--no-such-option",),
        ("complete", "W1.1", "-"),
    ],
)
def test_a_command_inside_of_the_test_ends_and_speaks_as_a_process(
    scene: Scene, words: tuple[str, ...]
) -> None:
    scene.open_build()
    twin = Scene(scene.root.with_name("twin"))
    twin.root.mkdir()
    first_commit(twin.root)
    twin.open_build()
    place, environment = Path.cwd(), dict(os.environ)

    inside, outside = scene.gitorch(*words, stdin="no report"), twin.process(*words, stdin="no report")

    named = [text.replace(str(twin.root), str(scene.root)) for text in (outside.out, outside.err)]
    assert (inside.status, inside.out, inside.err) == (outside.status, *named)
    assert (Path.cwd(), dict(os.environ)) == (place, environment)


def test_a_set_up_that_is_copied_is_as_the_one_that_was_made(tmp_path: Path) -> None:
    made = [Scene(tmp_path / name) for name in ("first", "second")]
    for scene in made:
        scene.root.mkdir()
        first_commit(scene.root)

    bases = [scene.open_build() for scene in made]

    first, second = (scene.picture() for scene in made)
    assert bases[0] == bases[1]
    assert str(first).replace("/first", "/second") == str(second)
    assert made[1].git("diff-files") == "", "git takes no file for one that may have changed"
    assert made[1].do("status").out.startswith(f"build {SLUG} (code): open")


def test_a_set_up_is_made_anew_where_the_start_differs(tmp_path: Path) -> None:
    counted: list[Path] = []

    @remembered.remembered
    def make(root: Path, word: str) -> str:
        counted.append(root)
        return word

    for number, (name, word) in enumerate([("a", "x"), ("b", "x"), ("c", "y"), ("d", "x")]):
        root = tmp_path / str(number)
        root.mkdir()
        if name == "d":
            (root / "file").write_text("")
        assert make(root, word) == word

    assert [root.name for root in counted] == ["0", "2", "3"]
