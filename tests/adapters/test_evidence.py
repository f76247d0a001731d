"""What the disk and git know of claimed paths: what exists, what is ignored, what is behind a wall."""

import cProfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitorch.adapters.evidence import look, look_outside_git
from gitorch.adapters.git.repository import Repository
from gitorch.core.errors import GitorchError
from gitorch.core.evidence import Evidence
from gitorch.core.paths import repository_path
from tests.scene import Scene, write


def looked(scene: Scene, *claims: str) -> Evidence:
    repo = Repository.discover(scene.root)
    assert repo
    return look(
        repo, scene.git("rev-parse", "HEAD"), {path for text in claims if (path := repository_path(text))}
    )


def test_an_ignored_claim_is_told_from_one_that_is_only_unchanged(scene: Scene) -> None:
    scene.write(".gitignore", "*.log\n/out/\n")
    scene.write("a.log", "1\n")
    scene.write("out/b", "1\n")
    known = looked(scene, "a.log", "out/", "out/b", "README", "gone.log")
    assert known.ignored == {"a.log", "out", "out/b"}
    assert known.absent == {"gone.log"}


def test_a_tracked_file_is_not_ignored_whatever_gitignore_says(scene: Scene) -> None:
    scene.write("out/kept", "1\n")
    scene.git("add", "out")
    scene.git("commit", "-q", "-m", "tracked")
    scene.write("out/not", "1\n")
    scene.write(".gitignore", "README\nout/\n")
    assert looked(scene, "README", "out", "out/kept", "out/not").ignored == {"out/not"}


@pytest.mark.parametrize("name", [":(glob)*", ":!x", "*", "-v", " a ", "a\nb", '"', "\udcff", "é"])
def test_a_name_is_never_a_pattern(scene: Scene, name: str) -> None:
    scene.write(".git/info/exclude", "*\n!README\n")
    scene.write(name, "1\n")
    assert looked(scene, name).ignored == {name}


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
        assert looked(scene, *kept, "../out", "/etc").ignored == expected
    for name in {*kept}:
        (scene / name).unlink()


def test_what_git_cannot_answer_is_an_error_and_not_an_empty_answer(scene: Scene) -> None:
    found = Repository.discover(scene.root)
    assert found
    scene.git("config", "core.excludesFile", "~nobody-here/ignore")
    with pytest.raises(GitorchError, match="check-ignore"):
        look(found, "HEAD", {"README"})


def test_nothing_is_asked_behind_a_link_or_in_another_repository(scene: Scene, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside / "x", "secret\n")
    (scene / "link").symlink_to(outside)
    scene.git("init", "-q", "inner")
    scene.write("inner/y", "1\n")
    known = looked(scene, "link/x", "inner/y", "link")
    assert known.behind == {"link/x": "link", "inner/y": "inner"}
    assert known.absent == frozenset()


def test_nothing_is_asked_below_a_folder_that_is_not_there(scene: Scene) -> None:
    profile = cProfile.Profile()
    known = profile.runcall(looked, scene, "a/" * 2047 + "x")
    assert not known.behind
    assert known.absent == {"a/" * 2047 + "x"}
    asked = [entry.callcount for entry in profile.getstats() if "posix.lstat" in str(entry.code)]
    assert 0 < sum(asked) < 100


def test_what_is_missing_is_held_against_the_base_as_well(scene: Scene) -> None:
    scene.commit({"src/a": "1", "src/b": "2", "lib/[x]": "3"})
    scene.git("rm", "-q", "-r", "src", "lib")

    known = looked(scene, "src", "src/a", "src/none", "lib/[x]", "lib/x", "none", "README")

    assert known.absent == {"src", "src/a", "src/none", "lib/[x]", "lib/x", "none"}
    assert known.in_base == {"src", "src/a", "lib/[x]"}


def test_a_file_is_there_in_whichever_form_its_letters_are_stored(scene: Scene) -> None:
    scene.commit({"cafe\u0301": "1"})
    scene.write("e\u0301", "new")
    (scene / "cafe\u0301").unlink()

    known = looked(scene, "\u00e9", "caf\u00e9")

    assert known.absent == known.in_base == {"caf\u00e9"}


def test_more_missing_files_than_a_command_line_takes_are_held_against_the_base(scene: Scene) -> None:
    scene.commit({"src/a": "1"})
    (scene / "src/a").unlink()

    known = looked(scene, "src/a", *(f"none/{number:0200}" for number in range(1000)))

    assert known.in_base == {"src/a"}


def test_outside_of_git_a_file_only_has_to_be_there(tmp_path: Path) -> None:
    write(tmp_path / "notes/a.md", "a\n")

    known = look_outside_git(tmp_path, {"notes/a.md", "notes/b.md"})

    assert known == Evidence(root=str(tmp_path), in_git=False, absent=frozenset({"notes/b.md"}))
