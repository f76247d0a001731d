"""What finalize takes into its commit where git's own view and the build's records differ."""

from pathlib import Path

from tests.actions.opened import FOLDER, delivered, landed, opened
from tests.support import git, orch, write


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


def test_a_file_that_is_untracked_on_purpose_is_a_deletion(repo: Path) -> None:
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
