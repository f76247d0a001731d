"""What the disk knows of claims and changes, asked of real git."""

import cProfile
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitorch.adapters.git.facts import gather
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.scan import changes
from gitorch.core.claims import Facts
from gitorch.core.errors import GitorchError
from gitorch.core.names import WorkerId
from tests.builds import bind, claiming, make_build, report
from tests.scene import Scene, git, write

FOLDER = "N5/builds/calendar-v2"
OURS, THEIRS = "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n", "no conflict\n"


def gathered(root: Path, *claims: str, max_bytes: int = 100) -> Facts:
    repo = Repository.discover(root)
    assert repo
    base = git(root, "rev-parse", "HEAD")
    return gather(repo, claiming({"W1.1": list(claims)}), changes(repo, base), base, FOLDER, max_bytes)


def test_an_ignored_claim_is_told_from_one_that_is_only_unchanged(scene: Scene) -> None:
    scene.write(".gitignore", "*.log\n/out/\n")
    scene.write("a.log", "1\n")
    scene.write("out/b", "1\n")
    facts = gathered(scene.root, "a.log", "out/", "out/b", "README", "gone.log")
    assert facts.ignored == {"a.log", "out", "out/b"}
    assert facts.present == {"a.log", "out", "out/b", "README"}


def test_a_tracked_file_is_not_ignored_whatever_gitignore_says(scene: Scene) -> None:
    scene.write("out/kept", "1\n")
    scene.git("add", "out")
    scene.git("commit", "-q", "-m", "tracked")
    scene.write("out/not", "1\n")
    scene.write(".gitignore", "README\nout/\n")
    assert gathered(scene.root, "README", "out", "out/kept", "out/not").ignored == {"out/not"}


@pytest.mark.parametrize("name", [":(glob)*", ":!x", "*", "-v", " a ", "a\nb", '"', "\udcff", "é"])
def test_a_name_is_never_a_pattern(scene: Scene, name: str) -> None:
    scene.write(".git/info/exclude", "*\n!README\n")
    scene.write(name, "1\n")
    assert gathered(scene.root, name).ignored == {name}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        st.text(st.sampled_from("ab:()!*?[]\\\"' \n-.#\udcff\x1bé"), min_size=1, max_size=8), max_size=4
    )
)
@pytest.mark.slow
def test_hostile_names_are_ignored_exactly_where_git_ignores_them(scene: Scene, names: list[str]) -> None:
    exclude, kept = scene / ".git/info/exclude", [name for name in names if name not in (".", "..")]
    for name in kept:
        scene.write(name, "1\n")
    for rule, expected in (("/*\n!/README\n", set(kept)), ("", set())):
        exclude.write_text(rule)
        assert gathered(scene.root, *kept, "../out", "/etc").ignored == expected
    for name in {*kept}:
        (scene / name).unlink()


def test_what_git_cannot_answer_is_an_error_and_not_an_empty_answer(scene: Scene) -> None:
    found = Repository.discover(scene.root)
    assert found
    scene.git("config", "core.excludesFile", "~nobody-here/ignore")
    with pytest.raises(GitorchError, match="check-ignore"):
        gather(found, claiming({"W1.1": ["README"]}), [], "HEAD", FOLDER, 100)


def test_nothing_is_asked_behind_a_link_or_in_another_repository(scene: Scene, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside / "x", "secret\n")
    (scene / "link").symlink_to(outside)
    scene.git("init", "-q", "inner")
    scene.write("inner/y", "1\n")
    facts = gathered(scene.root, "link/x", "inner/y", "link")
    assert facts.behind == {"link/x": "link", "inner/y": "inner"}
    assert facts.present == {"link"}


def test_nothing_is_asked_below_a_folder_that_is_not_there(scene: Scene) -> None:
    profile = cProfile.Profile()
    facts = profile.runcall(gathered, scene.root, "a/" * 2047 + "x")
    assert (facts.behind, facts.present) == ({}, frozenset())
    asked = [entry.callcount for entry in profile.getstats() if "posix.lstat" in str(entry.code)]
    assert 0 < sum(asked) < 100


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
