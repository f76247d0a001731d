"""What the disk knows of claims and changes, asked of real git."""

import os
from pathlib import Path

from gitorch.adapters.git.facts import gather
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.scan import changes
from gitorch.core.claims import Facts
from gitorch.core.names import WorkerId
from tests.builds import bind, claiming, make_build, report
from tests.scene import Scene, git

FOLDER = "N5/builds/calendar-v2"
OURS, THEIRS = "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n", "no conflict\n"


def gathered(root: Path, *claims: str, max_bytes: int = 100) -> Facts:
    repo = Repository.discover(root)
    assert repo
    base = git(root, "rev-parse", "HEAD")
    return gather(repo, claiming({"W1.1": list(claims)}), changes(repo, base), base, FOLDER, max_bytes)


def test_conflict_markers_count_unless_the_base_has_them(scene: Scene) -> None:
    scene.write("about-conflicts.md", OURS)
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "a text about conflicts")
    scene.write("about-conflicts.md", "more\n" + OURS)
    scene.write("left.py", THEIRS + OURS)
    scene.write("quoted.md", "    " + OURS)
    (scene / "binary").write_bytes(b"\0\n" + OURS.encode())
    files = gathered(scene.root).files
    assert {path: fact.conflict_line for path, fact in files.items()} == {
        "about-conflicts.md": None,
        "left.py": 2,
        "quoted.md": None,
        "binary": None,
    }


def test_sizes_are_told_and_what_lfs_keeps_elsewhere(scene: Scene) -> None:
    scene.write(".gitattributes", "*.psd filter=lfs\n")
    for name in ("big.psd", "big.txt", "small"):
        scene.write(name, "x" * (10 if name == "small" else 101))
    scene.git("config", "filter.lfs.clean", "cat")
    files = gathered(scene.root).files
    assert (files["big.psd"].stored_elsewhere, files["big.txt"].stored_elsewhere) == (True, False)
    assert (files["big.txt"].size, files["small"].size) == (101, 10)
    assert files["small"].modified == (scene / "small").stat().st_mtime


def test_names_that_differ_in_case_alone_collide_folders_included(scene: Scene) -> None:
    scene.write("readme", "1\n")
    scene.write("Src/a", "1\n")
    scene.write("src/b", "1\n")
    assert gathered(scene.root).collisions == {"readme": "README", "src/b": "Src"}


def test_a_report_is_as_old_as_its_file(scene: Scene) -> None:
    make_build(scene.root)
    bind(scene.root)
    path = scene.write(f"{FOLDER}/completions/W1.1.json", report("W1.1"))
    os.utime(path, (1000, 1000))
    assert gathered(scene.root, "README").reported == {WorkerId(1, 1): 1000.0}


def test_a_folder_that_is_renamed_in_case_alone_collides_with_nothing(scene: Scene) -> None:
    scene.write("Src/a", "1\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "capital")
    (scene / "Src").rename(scene / "moving")
    (scene / "moving").rename(scene / "src")
    assert gathered(scene.root).collisions == {}
    scene.write("Src/a", "1\n")
    assert gathered(scene.root).collisions == {"src/a": "Src"}


def test_a_collision_is_found_below_folders_whose_names_look_like_options_or_magic(scene: Scene) -> None:
    scene.write("-n/:(top)*/Deep/a", "1\n")
    scene.git("add", "--all")
    scene.git("commit", "-q", "-m", "deep")
    scene.write("-n/:(top)*/deep/b", "1\n")
    assert gathered(scene.root).collisions == {"-n/:(top)*/deep/b": "-n/:(top)*/Deep"}
