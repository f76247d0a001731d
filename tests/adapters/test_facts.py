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
from tests.support import git, write

FOLDER = "N5/builds/calendar-v2"
OURS, THEIRS = "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n", "no conflict\n"


def gathered(root: Path, *claims: str, max_bytes: int = 100) -> Facts:
    repo = Repository.discover(root)
    assert repo
    base = git(root, "rev-parse", "HEAD")
    return gather(repo, claiming({"W1.1": list(claims)}), changes(repo, base), base, FOLDER, max_bytes)


def test_an_ignored_claim_is_told_from_one_that_is_only_unchanged(repo: Path) -> None:
    write(repo / ".gitignore", "*.log\n/out/\n")
    write(repo / "a.log", "1\n")
    write(repo / "out" / "b", "1\n")
    facts = gathered(repo, "a.log", "out/", "out/b", "README", "gone.log")
    assert facts.ignored == {"a.log", "out", "out/b"}
    assert facts.present == {"a.log", "out", "out/b", "README"}


def test_a_tracked_file_is_not_ignored_whatever_gitignore_says(repo: Path) -> None:
    write(repo / "out" / "kept", "1\n")
    git(repo, "add", "out")
    git(repo, "commit", "-q", "-m", "tracked")
    write(repo / "out" / "not", "1\n")
    write(repo / ".gitignore", "README\nout/\n")
    assert gathered(repo, "README", "out", "out/kept", "out/not").ignored == {"out/not"}


@pytest.mark.parametrize("name", [":(glob)*", ":!x", "*", "-v", " a ", "a\nb", '"', "\udcff", "é"])
def test_a_name_is_never_a_pattern(repo: Path, name: str) -> None:
    write(repo / ".git" / "info" / "exclude", "*\n!README\n")
    write(repo / name, "1\n")
    assert gathered(repo, name).ignored == {name}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(
        st.text(st.sampled_from("ab:()!*?[]\\\"' \n-.#\udcff\x1bé"), min_size=1, max_size=8), max_size=4
    )
)
@pytest.mark.slow
def test_hostile_names_are_ignored_exactly_where_git_ignores_them(repo: Path, names: list[str]) -> None:
    exclude, kept = repo / ".git" / "info" / "exclude", [name for name in names if name not in (".", "..")]
    for name in kept:
        write(repo / name, "1\n")
    for rule, expected in (("/*\n!/README\n", set(kept)), ("", set())):
        exclude.write_text(rule)
        assert gathered(repo, *kept, "../out", "/etc").ignored == expected
    for name in {*kept}:
        (repo / name).unlink()


def test_what_git_cannot_answer_is_an_error_and_not_an_empty_answer(repo: Path) -> None:
    found = Repository.discover(repo)
    assert found
    git(repo, "config", "core.excludesFile", "~nobody-here/ignore")
    with pytest.raises(GitorchError, match="check-ignore"):
        gather(found, claiming({"W1.1": ["README"]}), [], "HEAD", FOLDER, 100)


def test_nothing_is_asked_behind_a_link_or_in_another_repository(repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside / "x", "secret\n")
    (repo / "link").symlink_to(outside)
    git(repo, "init", "-q", "inner")
    write(repo / "inner" / "y", "1\n")
    facts = gathered(repo, "link/x", "inner/y", "link")
    assert facts.behind == {"link/x": "link", "inner/y": "inner"}
    assert facts.present == {"link"}


def test_nothing_is_asked_below_a_folder_that_is_not_there(repo: Path) -> None:
    profile = cProfile.Profile()
    facts = profile.runcall(gathered, repo, "a/" * 2047 + "x")
    assert (facts.behind, facts.present) == ({}, frozenset())
    asked = [entry.callcount for entry in profile.getstats() if "posix.lstat" in str(entry.code)]
    assert 0 < sum(asked) < 100


def test_conflict_markers_count_unless_the_base_has_them(repo: Path) -> None:
    write(repo / "about-conflicts.md", OURS)
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "a text about conflicts")
    write(repo / "about-conflicts.md", "more\n" + OURS)
    write(repo / "left.py", THEIRS + OURS)
    write(repo / "quoted.md", "    " + OURS)
    (repo / "binary").write_bytes(b"\0\n" + OURS.encode())
    files = gathered(repo).files
    assert {path: fact.conflict_line for path, fact in files.items()} == {
        "about-conflicts.md": None,
        "left.py": 2,
        "quoted.md": None,
        "binary": None,
    }


def test_sizes_are_told_and_what_lfs_keeps_elsewhere(repo: Path) -> None:
    write(repo / ".gitattributes", "*.psd filter=lfs\n")
    for name in ("big.psd", "big.txt", "small"):
        write(repo / name, "x" * (10 if name == "small" else 101))
    git(repo, "config", "filter.lfs.clean", "cat")
    files = gathered(repo).files
    assert (files["big.psd"].stored_elsewhere, files["big.txt"].stored_elsewhere) == (True, False)
    assert (files["big.txt"].size, files["small"].size) == (101, 10)
    assert files["small"].modified == (repo / "small").stat().st_mtime


def test_names_that_differ_in_case_alone_collide_folders_included(repo: Path) -> None:
    write(repo / "readme", "1\n")
    write(repo / "Src" / "a", "1\n")
    write(repo / "src" / "b", "1\n")
    assert gathered(repo).collisions == {"readme": "README", "src/b": "Src"}


def test_a_report_is_as_old_as_its_file(repo: Path) -> None:
    make_build(repo)
    bind(repo)
    path = write(repo / FOLDER / "completions" / "W1.1.json", report("W1.1"))
    os.utime(path, (1000, 1000))
    assert gathered(repo, "README").reported == {WorkerId(1, 1): 1000.0}


def test_a_folder_that_is_renamed_in_case_alone_collides_with_nothing(repo: Path) -> None:
    write(repo / "Src" / "a", "1\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "capital")
    (repo / "Src").rename(repo / "moving")
    (repo / "moving").rename(repo / "src")
    assert gathered(repo).collisions == {}
    write(repo / "Src" / "a", "1\n")
    assert gathered(repo).collisions == {"src/a": "Src"}


def test_a_collision_is_found_below_folders_whose_names_look_like_options_or_magic(repo: Path) -> None:
    write(repo / "-n" / ":(top)*" / "Deep" / "a", "1\n")
    git(repo, "add", "--all")
    git(repo, "commit", "-q", "-m", "deep")
    write(repo / "-n" / ":(top)*" / "deep" / "b", "1\n")
    assert gathered(repo).collisions == {"-n/:(top)*/deep/b": "-n/:(top)*/Deep"}
