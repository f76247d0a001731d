"""What finalize takes into its commit where git's own view and the build's records differ."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.actions.opened import FOLDER, SLUG, deliver, delivered, landed, opened, refused
from tests.support import NO_HOOKS, git, orch, run, write


def test_records_land_where_an_ignore_rule_has_come_to_match_them(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    write(repo / ".gitignore", "*.json\nN5/\n")
    landed(repo, base, "--unclaimed", "include")
    names = git(repo, "ls-tree", "-r", "--name-only", "HEAD", FOLDER).splitlines()
    assert {f"{FOLDER}/completions/W1.1.json", f"{FOLDER}/completions/W2.1.json"} <= set(names)
    assert orch(repo, "verify").status == 0


def test_a_change_that_a_line_end_rule_takes_away_is_not_named_as_taken_in(repo: Path) -> None:
    write(repo / ".gitattributes", "* text=auto\n")
    write(repo / "lines", "one\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "more")
    base = opened(repo)
    delivered(repo)
    (repo / "lines").write_bytes(b"one\r\n")
    landed(repo, base, "--unclaimed", "include")
    assert "lines" not in git(repo, "show", f"HEAD:{FOLDER}/meta.json")
    assert orch(repo, "verify").status == 0


AGAIN = pytest.mark.parametrize(
    "commands",
    [
        ("reopen",),
        pytest.param(("reopen", "abort", "reopen"), marks=pytest.mark.slow),
        pytest.param(("reopen", "abort --discard-files", "reopen"), marks=pytest.mark.slow),
    ],
)
"""What comes between a finalize and the next one, which lands the same tree."""


def again(repo: Path, commands: tuple[str, ...]) -> None:
    first = git(repo, "rev-parse", "HEAD^{tree}")
    for command in commands:
        ran = orch(repo, *command.split(), "--project", SLUG)
        assert ran.status == 0, ran.err
    ran = orch(repo, "finalize", "--unclaimed", "include")
    assert (ran.status, git(repo, "rev-parse", "HEAD^{tree}")) == (0, first), ran.err


@AGAIN
def test_a_file_that_is_untracked_on_purpose_is_a_deletion(repo: Path, commands: tuple[str, ...]) -> None:
    write(repo / "settings", "theirs\n")
    git(repo, "add", "settings")
    git(repo, "commit", "-q", "-m", "more")
    base = opened(repo)
    delivered(repo)
    write(repo / ".git/info/exclude", "settings\n")
    git(repo, "rm", "-q", "--cached", "settings")
    assert "settings" in orch(repo, "review").out
    landed(repo, base, "--unclaimed", "include")
    assert git(repo, "diff", "--name-status", base, "HEAD", "--", "settings") == "D\tsettings"
    assert (repo / "settings").read_text() == "theirs\n"
    assert git(repo, "status", "--porcelain") == ""
    assert orch(repo, "verify").status == 0
    again(repo, commands)


def test_a_file_that_took_the_place_of_a_folder_is_claimed_with_what_it_replaced(repo: Path) -> None:
    write(repo / "d/s/f", "1\n")
    git(repo, "add", "d")
    git(repo, "commit", "-q", "-m", "more")
    base = opened(repo)
    delivered(repo)
    shutil.rmtree(repo / "d")
    write(repo / "d", "a file\n")
    deliver(repo, "W1.1", ["src/schema.py", "d"])
    landed(repo, base, "--unclaimed", "leave")
    assert git(repo, "diff", "--name-status", base, "HEAD", "--", "d") == "A\td\nD\td/s/f"
    assert git(repo, "status", "--porcelain") == ""
    assert orch(repo, "verify").status == 0


@AGAIN
def test_a_mode_that_only_the_index_knows_lands(repo: Path, commands: tuple[str, ...]) -> None:
    git(repo, "config", "core.fileMode", "false")
    write(repo / "run.sh", "true\n")
    git(repo, "add", "run.sh")
    git(repo, "commit", "-q", "-m", "more")
    base = opened(repo)
    delivered(repo)
    write(repo / "new.sh", "true\n")
    git(repo, "add", "--chmod=+x", "run.sh", "new.sh", "README")
    write(repo / "README", "edited since\n")
    deliver(repo, "W1.1", ["src/schema.py", "run.sh", "new.sh"])
    landed(repo, base)
    modes = git(repo, "ls-tree", "--format=%(objectmode) %(path)", "HEAD", "README", "new.sh", "run.sh")
    assert modes == "100755 README\n100755 new.sh\n100755 run.sh"
    assert git(repo, "status", "--porcelain") == ""
    again(repo, commands)


def test_what_is_only_meant_to_be_added_is_meant_afterwards_too(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    write(repo / "meant", "not yet\n")
    write(repo / "empty", "")
    git(repo, "add", "empty")
    git(repo, "add", "--intent-to-add", "meant", "src/schema.py")
    landed(repo, base, "--unclaimed", "leave")
    assert git(repo, "status", "--porcelain").splitlines() == ["A  empty", " A meant"]
    assert git(repo, "show", "HEAD:src/schema.py") == "TABLES = 5"


@pytest.mark.slow
def test_an_absorbed_commit_whose_changes_are_not_in_the_files_is_named_with_both_ways_out(
    repo: Path,
) -> None:
    base = opened(repo)
    delivered(repo)
    made = git(repo, "commit-tree", "-p", base, "-m", "from elsewhere", tree_with(repo, base, "odd *name"))
    forced = (*NO_HOOKS, "update-ref", f"refs/heads/build/{SLUG}", made)
    git(repo, *forced)
    told = refused(repo, "--absorb", says="have changes that the files here do not have").err
    assert "  odd *name\n" in told
    take, drop = (line.removeprefix("hint: ").partition("   (")[0] for line in told.splitlines()[-2:])
    folder = repo / "src"
    assert run("sh", "-c", take, cwd=folder).status == 0
    assert (repo / "odd *name").read_text() == "from elsewhere"
    (repo / "odd *name").unlink()
    assert run("sh", "-c", drop.replace("gitorch", f"{sys.executable} -m gitorch"), cwd=folder).status == 0
    assert git(repo, "rev-parse", "HEAD") == base
    git(repo, *forced)
    assert run("sh", "-c", take, cwd=folder).status == 0
    landed(repo, base, "--absorb")
    assert git(repo, "show", "HEAD:odd *name") == "from elsewhere"


def tree_with(repo: Path, base: str, name: str) -> str:
    """The tree of `base` and one more file."""
    blob = git(repo, "hash-object", "-w", "--stdin", stdin="from elsewhere")
    listed = git(repo, "ls-tree", base)
    return git(repo, "mktree", stdin=f"{listed}\n100644 blob {blob}\t{name}\n")


@pytest.mark.slow
def test_a_name_in_another_encoding_is_claimed_as_it_was_typed_and_lands(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    (repo / FOLDER / "completions" / "W1.1.json").unlink()
    name = os.fsdecode(b"lat\xe9")
    write(repo / name, "x\n")
    assert '"lat\\udce9"' in orch(repo, "close", "W1.1").err  # the report that is proposed
    done = orch(repo, "complete", "W1.1", "-o", "src/schema.py", name, "not\udce9there")
    assert (done.status, done.err.splitlines()[0]) == (
        0,
        '"not\\udce9there" is not there; that is right only if it was deleted',
    )
    done = orch(repo, "complete", "W1.1", "--force", "-o", "src/schema.py", name, "--json")
    assert json.loads(done.out)["completion"]["artifacts"] == ["src/schema.py", name]
    assert orch(repo, "review").status == 0
    landed(repo, base)
    assert name in git(repo, "ls-tree", "-z", "--name-only", "HEAD").split("\0")
    assert git(repo, "status", "--porcelain") == ""
