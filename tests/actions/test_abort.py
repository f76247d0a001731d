"""abort and reopen: the work is kept, and each takes back what the other did."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from gitorch.adapters.build_folder import RENDERED
from tests.actions.opened import FOLDER, SLUG, deliver, delivered, opened, picture
from tests.no_links import no_link
from tests.support import NO_HOOKS, Ran, git, orch, run, write

REF = f"refs/gitorch/aborted/{SLUG}/1"
MIDWAY = ".git/gitorch/journal.json"


def do(root: Path, *command: str) -> Ran:
    ran = orch(root, *command)
    assert ran.status == 0, ran.err
    return ran


def work(root: Path) -> dict[str, bytes]:
    """Every file that git does not ignore, but for the rendered records."""
    names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    rendered = {f"{FOLDER}/{name}" for name in RENDERED}
    return {
        name: (root / name).read_bytes()
        for name in sorted(set(filter(None, names)) - rendered)
        if (root / name).is_file()
    }


def test_a7_every_transition_is_made_where_there_are_no_hard_links(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_link)
    opened(repo)
    delivered(repo)

    for words in (
        "seal on",
        "abort --discard-files",
        f"reopen --project {SLUG}",
        "finalize",
        f"reopen --project {SLUG}",
        "abort",
    ):
        do(repo, *words.split())

    assert is_free(repo)
    assert not [path for path in (repo / ".git").rglob("*.lock") if "gitorch" not in path.parts]


def is_free(root: Path) -> bool:
    ours = root / ".git" / "gitorch"
    return not any((ours / name).exists() for name in ("open", "bound", "permit", "journal.json"))


def umask() -> int:
    os.umask(before := os.umask(0))
    return before


def test_files_in_another_worktree_are_discarded_only_for_a_build_that_is_named(repo: Path) -> None:
    other = repo.with_name("other tree")
    git(repo, "worktree", "add", "-q", "--detach", str(other))
    opened(other)
    write(other / "README", "work\n")
    ran = orch(repo, "abort", "--discard-files")
    assert (ran.status, f"are in another worktree, {other}" in ran.err) == (1, True)
    assert (other / "README").read_text() == "work\n"
    ran = do(repo, "abort", "--discard-files", "--project", SLUG)
    assert f"the files in {other} are as at " in ran.err
    assert (other / "README").read_text() == "a project\n"


def test_an_aborted_build_keeps_its_files_and_a_snapshot_of_them(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    before = work(repo)
    ran = do(repo, "abort")
    assert ran.out == f"build {SLUG} is aborted\nits work is kept in {REF}\n"
    assert f"undo: gitorch reopen --project {SLUG}" in ran.err
    assert work(repo) == before
    assert git(repo, "rev-parse", f"build/{SLUG}") == base
    assert json.loads((repo / FOLDER / "meta.json").read_text())["status"] == "aborted"
    assert git(repo, "show", f"{REF}:src/schema.py") == "TABLES = 5"
    assert is_free(repo)
    git(repo, "commit", "-q", "-a", "-m", "the guard is off")


def test_discarded_files_are_as_at_the_base_and_reopen_brings_all_of_them_back(repo: Path) -> None:
    write(repo / ".gitignore", "*.log\n")
    write(repo / "old" / "deep", "old\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "more")
    base = opened(repo)
    delivered(repo)
    write(repo / "kept.log", "ignored\n")
    shutil.rmtree(repo / "old")
    write(repo / "old", "a file now\n")
    (repo / "link").symlink_to("README")
    (repo / "README").chmod(0o755)
    write(repo / "na me\n", "odd\n")
    git(repo, "add", "na me\n")
    before = work(repo)
    do(repo, "abort", "--discard-files")
    assert git(repo, "status", "--porcelain", "--ignored") == "!! kept.log"
    assert git(repo, "symbolic-ref", "HEAD") == f"refs/heads/build/{SLUG}"
    assert (repo / "old" / "deep").read_text() == "old\n"
    assert not (repo / "N5").exists()
    assert is_free(repo)
    do(repo, "reopen", "--project", SLUG)
    assert work(repo) == before
    assert "old mode 100644" in git(repo, "diff", base, "--", "README")
    assert (repo / "link").is_symlink()
    do(repo, "finalize", "--unclaimed", "include")
    assert git(repo, "status", "--porcelain") == ""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["a folder for a file", "an empty folder for a file", "a file for a folder"])
def test_ignored_files_in_the_place_of_the_bases_own_are_named_and_nothing_is_changed(
    repo: Path, kind: str
) -> None:
    write(repo / ".gitignore", "ignored\nd\n")
    write(repo / "file", "the base's\n")
    write(repo / "d" / "file", "the base's\n")
    git(repo, "add", "--force", ".")
    git(repo, "commit", "-q", "-m", "more")
    opened(repo)
    if kind == "a folder for a file":
        (repo / "file").unlink()
        there = write(repo / "file" / "below" / "ignored", "a person's\n")
    elif kind == "a file for a folder":
        shutil.rmtree(repo / "d")
        there = write(repo / "d", "a person's\n")
    else:
        (repo / "file").unlink()
        (repo / "file" / "empty").mkdir(parents=True)
        do(repo, "abort", "--discard-files")
        assert git(repo, "status", "--porcelain", "--ignored") == ""
        return
    before = picture(repo)
    refused = orch(repo, "abort", "--discard-files")
    assert (refused.status, f"  {there.relative_to(repo)}\n" in refused.err) == (1, True), refused.err
    assert picture(repo) == before
    there.unlink()
    do(repo, "abort", "--discard-files")
    assert git(repo, "status", "--porcelain", "--ignored") == ""


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--discard-files",)])
def test_a_build_whose_branch_was_deleted_says_how_to_reopen_it(repo: Path, options: tuple[str, ...]) -> None:
    opened(repo)
    delivered(repo)
    before = work(repo)
    do(repo, "abort", *options)
    git(repo, "switch", "-q", "main")
    git(repo, "branch", "-q", "-D", f"build/{SLUG}")
    told = orch(repo, "reopen", "--project", SLUG)
    assert (told.status, f"the branch build/{SLUG} is gone" in told.err) == (1, True), told.err
    switch, reopen = told.err.partition("hint: ")[2].split(" && ")
    git(repo, *switch.split()[1:])
    do(repo, *reopen.split()[1:])
    assert work(repo) == before


@pytest.mark.slow
def test_a_landed_build_whose_branch_was_deleted_is_found_by_its_trailer(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    do(repo, "finalize")
    landed = git(repo, "rev-parse", "HEAD")
    git(repo, "switch", "-q", "--detach")
    git(repo, "branch", "-q", "-D", f"build/{SLUG}")
    git(repo, "update-ref", "refs/heads/main", landed)
    told = orch(repo, "reopen", "--project", SLUG).err
    find, switch = (line.removeprefix("hint: ").partition("   (")[0] for line in told.splitlines()[-2:])
    assert landed in run("sh", "-c", find, cwd=repo).out
    assert switch == f"git switch -c build/{SLUG} COMMIT && gitorch reopen --project {SLUG}"


def test_nothing_is_written_through_a_link(repo: Path, tmp_path: Path) -> None:
    """A link in the place of a folder of the base, at abort, and of the build, at reopen."""
    elsewhere = tmp_path / "elsewhere"
    for name in ("file", "new"):
        write(elsewhere / name, "precious\n")
    write(repo / "d" / "file", "the base's\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "more")
    opened(repo)
    write(repo / "out" / "new", "the build's\n")
    write(repo / ".git/info/exclude", "/d\n/e\n")
    shutil.rmtree(repo / "d")
    (repo / "d").symlink_to(elsewhere)
    refused = orch(repo, "abort", "--discard-files")
    assert (refused.status, "  d\n" in refused.err) == (1, True), refused.err
    (repo / "d").unlink()
    do(repo, "abort", "--discard-files")
    for excluded in ("/out\n", ""):
        write(repo / ".git/info/exclude", excluded)
        (repo / "out").symlink_to(elsewhere)
        refused = orch(repo, "reopen", "--project", SLUG)
        assert (refused.status, "  out" in refused.err) == (1, True), refused.err
        (repo / "out").unlink()
    do(repo, "reopen", "--project", SLUG)
    assert (repo / "out" / "new").read_text() == "the build's\n"
    assert {path.read_text() for path in elsewhere.iterdir()} == {"precious\n"}


@pytest.mark.slow
def test_files_that_a_filter_would_not_give_back_are_not_discarded(repo: Path) -> None:
    write(repo / ".gitattributes", "*.nb filter=strip\n*.up filter=up\n*.txt text\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "attributes")
    git(repo, "config", "filter.strip.clean", "grep -v OUTPUT")
    git(repo, "config", "filter.up.clean", "tr a-z A-Z")
    git(repo, "config", "filter.up.smudge", "tr A-Z a-z")
    opened(repo)
    write(repo / "a.nb", "code\nOUTPUT of a day\n")
    write(repo / "b.up", "given back\n")
    (repo / "c.txt").write_bytes(b"one\r\n")
    before = picture(repo)
    refused = orch(repo, "abort", "--discard-files")
    assert (refused.status, "  a.nb\nhint" in refused.err) == (1, True), refused.err
    assert picture(repo) == before
    (repo / "a.nb").unlink()
    do(repo, "abort", "--discard-files")
    do(repo, "reopen", "--project", SLUG)
    assert (repo / "b.up").read_text() == "given back\n"


def test_what_was_staged_otherwise_than_the_files_is_kept_too(repo: Path) -> None:
    base = opened(repo)
    write(repo / "both", "staged\n")
    write(repo / "only staged", "staged\n")
    write(repo / "same", "same\n")
    git(repo, "add", "both", "only staged", "same")
    write(repo / "both", "edited since\n")
    (repo / "only staged").unlink()
    git(repo, "rm", "-q", "--cached", "README")
    ran = do(repo, "abort", "--discard-files")
    assert f"note: staged otherwise than in the files, and kept in {REF}^2: both, only staged\n" in ran.err
    assert git(repo, "show", f"{REF}^2:both") == git(repo, "show", f"{REF}^2:only staged") == "staged"
    assert git(repo, "show", f"{REF}:both") == "edited since"
    assert git(repo, "rev-parse", f"{REF}^1", f"{REF}^2^").split() == [base, base]
    do(repo, "reopen", "--project", SLUG)
    assert git(repo, "show", ":both") == git(repo, "show", ":only staged") == "staged"
    assert (repo / "both").read_text() == "edited since\n"
    assert not (repo / "only staged").exists()


@pytest.mark.parametrize(
    "closed_by",
    [
        ("finalize",),
        pytest.param(("abort",), marks=pytest.mark.slow),
        pytest.param(("abort", "--discard-files"), marks=pytest.mark.slow),
    ],
)
def test_what_is_staged_when_a_build_is_reopened_stays_staged(repo: Path, closed_by: tuple[str, ...]) -> None:
    """Content that is in the index alone, part of a file, what is taken out, and a conflict."""
    for name in ("part", "out", "torn"):
        write(repo / name, "of the base\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "more")
    opened(repo)
    delivered(repo)
    do(repo, *closed_by)
    write(repo / "only staged", "staged\n")
    write(repo / "part", "staged\n")
    write(repo / "src" / "schema.py", "TABLES = 6\n")
    git(repo, "add", "only staged", "part", "src/schema.py")
    git(repo, "rm", "-q", "--cached", "out")
    blob = git(repo, "rev-parse", "HEAD:torn")
    stages = "".join(f"100644 {blob} {stage}\ttorn\n" for stage in (1, 2, 3))
    git(repo, "update-index", "--index-info", stdin=f"0 {blob}\ttorn\n{stages}")
    (repo / "only staged").unlink()
    write(repo / "part", "edited since\n")
    if "--discard-files" in closed_by:
        shutil.rmtree(repo / "src")
    do(repo, "reopen", "--project", SLUG)
    mine = ("only staged", "part", "out", "torn", "src/schema.py", "README")
    status = git(repo, "status", "--porcelain", "--", *mine).splitlines()
    files = "AM" if "--discard-files" in closed_by else "A "
    assert status == [
        " M README",
        'AD "only staged"',
        "D  out",
        "MM part",
        f"{files} src/schema.py",
        "UU torn",
        "?? out",
    ]
    assert git(repo, "show", ":part") == git(repo, "show", ":only staged") == "staged"
    assert git(repo, "show", ":src/schema.py") == "TABLES = 6"


@pytest.mark.slow
def test_files_that_git_stores_as_at_the_base_stay_and_are_named(repo: Path) -> None:
    """Their status is clean, so that the next build may begin."""
    write(repo / ".gitattributes", "*.txt text\n*.nb filter=strip\n")
    write(repo / "a.txt", "one\n")
    write(repo / "a.nb", "code\n")
    git(repo, "config", "filter.strip.clean", "grep -v OUTPUT")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "more")
    opened(repo)
    delivered(repo)
    (repo / "a.txt").write_bytes(b"one\r\n")
    write(repo / "a.nb", "code\nOUTPUT of a day\n")
    ran = do(repo, "abort", "--discard-files")
    assert f"note: left as they are, since {REF} does not have them so: a.nb, a.txt\n" in ran.err
    assert git(repo, "status", "--porcelain") == ""
    assert (repo / "a.nb").read_text() == "code\nOUTPUT of a day\n"


@pytest.mark.slow
def test_a_late_write_to_a_file_that_the_build_had_not_changed_is_named(repo: Path, tmp_path: Path) -> None:
    opened(repo)
    delivered(repo)
    git(repo, "restore", "README")
    really = shutil.which("git")
    late = f"[ ! -e {MIDWAY} ] || echo late work >README"
    script = f'#!/bin/sh\n{late}\nexec "{really}" "$@"\n'
    write(tmp_path / "bin" / "git", script).chmod(0o755)
    ran = orch(repo, "abort", "--discard-files", env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    assert (ran.status, (repo / "README").read_text()) == (0, "late work\n"), ran.err
    assert "does not have them so: README\n" in ran.err
    assert git(repo, "status", "--porcelain") == " M README"


@pytest.mark.slow
def test_files_whose_mode_git_does_not_keep_are_named(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    write(repo / "key.pem", "secret\n").chmod(0o600)
    write(repo / "run.sh", "#!/bin/sh\n").chmod(0o777 & ~umask())
    (repo / "link").symlink_to("key.pem")
    assert "run bit" not in do(repo, "abort").err
    do(repo, "reopen", "--project", SLUG)
    ran = do(repo, "abort", "--discard-files")
    assert "note: git keeps no modes but the run bit, and these had others: key.pem\n" in ran.err


@pytest.mark.slow
def test_what_is_only_meant_to_be_added_goes_and_comes_back_too(repo: Path) -> None:
    opened(repo)
    write(repo / "meant", "not yet\n")
    git(repo, "rm", "-q", "--cached", "README")
    git(repo, "add", "--intent-to-add", "meant", "README")
    do(repo, "abort", "--discard-files")
    assert git(repo, "status", "--porcelain") == ""
    assert not (repo / "meant").exists()
    do(repo, "reopen", "--project", SLUG)
    assert (repo / "meant").read_text() == "not yet\n"


@pytest.mark.slow
def test_commits_that_went_past_the_guard_are_in_the_snapshot(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    git(repo, *NO_HOOKS, "commit", "-q", "-a", "-m", "sneaked in")
    rogue = git(repo, "rev-parse", "HEAD")
    do(repo, "abort", "--discard-files")
    assert git(repo, "rev-parse", "HEAD") == base
    assert git(repo, "rev-parse", f"{REF}^") == rogue
    assert git(repo, "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_second_abort_has_a_snapshot_of_its_own(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    do(repo, "abort")
    do(repo, "reopen", "--project", SLUG)
    write(repo / "later", "1\n")
    do(repo, "abort")
    assert git(repo, "ls-tree", "--name-only", f"{REF}", "later") == ""
    assert git(repo, "ls-tree", "--name-only", f"refs/gitorch/aborted/{SLUG}/2", "later") == "later"


@pytest.mark.slow
def test_a_branch_that_went_back_to_the_commit_that_reopen_took_is_named_as_that(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    do(repo, "finalize")
    landed = git(repo, "rev-parse", "HEAD")
    do(repo, "reopen", "--project", SLUG)
    git(repo, "reflog", "delete", "--updateref", f"build/{SLUG}@{{0}}")  # asks no hook
    assert git(repo, "rev-parse", "HEAD") == landed
    says = f"build/{SLUG} went to {landed[:12]} again, which finalize made and reopen took back"
    for word in ("status", "doctor", "finalize"):
        ran = orch(repo, word)
        assert says in ran.out + ran.err
        assert "gitorch doctor --fix" in ran.out + ran.err
    assert orch(repo, "doctor", "--fix").status == 0
    assert git(repo, "rev-parse", "HEAD") == base
    do(repo, "finalize")


@pytest.mark.slow
def test_a_landed_build_is_taken_back_and_lands_again_with_the_same_tree(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    do(repo, "sync")
    before, staged = work(repo), git(repo, "diff", "--cached", "--name-only")
    do(repo, "finalize")
    landed = git(repo, "rev-parse", "HEAD")
    ran = do(repo, "reopen", "--project", SLUG)
    assert f"kept: refs/gitorch/landed/{SLUG}" in ran.err
    assert git(repo, "rev-parse", f"refs/gitorch/landed/{SLUG}") == landed
    assert git(repo, "rev-parse", "HEAD") == base
    assert work(repo) == before
    assert git(repo, "diff", "--cached", "--name-only") == staged
    assert orch(repo, "status").status == 0
    assert "refused" in orch_commit(repo)
    do(repo, "finalize")
    assert git(repo, "rev-parse", "HEAD^{tree}") == git(repo, "rev-parse", f"{landed}^{{tree}}")
    assert git(repo, "status", "--porcelain") == ""


def orch_commit(root: Path) -> str:
    return run("git", "commit", "-q", "--allow-empty", "-m", "no", cwd=root).err


@pytest.mark.slow
@pytest.mark.parametrize("where", ["merged", "pushed", "tagged"])
def test_a_commit_that_is_elsewhere_too_is_not_taken_back(repo: Path, where: str) -> None:
    opened(repo)
    delivered(repo)
    do(repo, "finalize")
    tip = git(repo, "rev-parse", "HEAD")
    ref = {"merged": "refs/heads/main", "pushed": "refs/remotes/origin/x", "tagged": "refs/tags/v1"}[where]
    git(repo, "update-ref", ref, tip)
    ran = orch(repo, "reopen", "--project", SLUG)
    assert ran.status == 1
    assert ref in ran.err
    assert git(repo, "rev-parse", "HEAD") == tip
    assert is_free(repo)


@pytest.mark.slow
def test_commits_on_top_of_the_builds_own_keep_it_closed(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    do(repo, "finalize")
    git(repo, "commit", "-q", "--allow-empty", "-m", "on top")
    ran = orch(repo, "reopen", "--project", SLUG)
    assert ran.status == 1
    assert "on top" in ran.err


@pytest.mark.slow
def test_a_file_in_the_way_keeps_discarded_work_on_its_shelf(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    do(repo, "abort", "--discard-files")
    write(repo / "src" / "schema.py", "another\n")
    ran = orch(repo, "reopen", "--project", SLUG)
    assert ran.status == 1
    assert "  src/schema.py\n" in ran.err
    assert (repo / "src" / "schema.py").read_text() == "another\n"
    assert is_free(repo)


def test_a_worker_may_not_abort_and_an_open_build_is_not_reopened(repo: Path) -> None:
    opened(repo)
    deliver(repo, "W1.1", [])
    assert "may not abort" in orch(repo, "abort", env={"GITORCH_WORKER": "W1.1"}).err
    ran = orch(repo, "reopen")
    assert (ran.status, "is open" in ran.err) == (1, True)
    assert not is_free(repo)


@pytest.mark.slow
def test_a_build_without_git_is_closed_and_opened_again(tmp_path: Path) -> None:
    plan = "# Build Plan: p\n\n## Wave 1\n- W1.1: First — Do it\n"
    ran = orch(tmp_path, "init", "--project", "p", "--type", "content", "--plan-file", "-", stdin=plan)
    assert ran.status == 0, ran.err
    assert orch(tmp_path, "abort", "--discard-files").status == 2
    do(tmp_path, "abort")
    assert json.loads((tmp_path / "N5/builds/p/meta.json").read_text())["status"] == "aborted"
    do(tmp_path, "reopen", "--project", "p")
    assert json.loads((tmp_path / "N5/builds/p/meta.json").read_text())["status"] == "in_progress"


@pytest.mark.slow
def test_a_copy_of_the_repository_is_a_repository_of_its_own(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    copy = repo.parent / "copy"
    shutil.copytree(repo, copy, symlinks=True)
    write(repo / "later.txt", "written after the copy was made\n")
    before, head = work(repo), git(repo, "for-each-ref")
    do(copy, "abort", "--discard-files")
    assert (work(repo), git(repo, "for-each-ref")) == (before, head)
    assert not is_free(repo)
    assert is_free(copy)
    assert git(copy, "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_moved_repository_keeps_its_build(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    moved = repo.rename(repo.parent / "moved")
    assert "left" not in do(moved, "status").out
    do(moved, "finalize")
    assert is_free(moved)


@pytest.mark.parametrize("killed", ["abort", "reopen"])
@pytest.mark.slow
def test_a_git_that_is_killed_between_deleting_a_file_and_writing_it_loses_nothing(
    repo: Path, killed: str
) -> None:
    """The filter that git runs for the file kills it, and gitorch with it."""
    die, held = repo.parent / "die", repo.parent / "held"
    target = {"abort": "base", "reopen": "build"}[killed]
    kill = f"if grep -q 'of the {target}' {held} && rm {die} 2>/dev/null; then kill -9 0; fi"
    write(repo / ".gitattributes", "*.txt filter=deadly\n")
    git(repo, "config", "filter.deadly.clean", "cat")
    git(repo, "config", "filter.deadly.smudge", f"cat >{held}; {kill}; cat {held}")
    write(repo / "a.txt", "of the base\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "more")
    opened(repo)
    delivered(repo)
    write(repo / "a.txt", "of the build\n")
    before = work(repo)
    commands = {"abort": ("abort", "--discard-files"), "reopen": ("reopen", "--project", SLUG)}
    for name, words in commands.items():
        if name == killed:
            write(die, "")
            run("setsid", "--wait", sys.executable, "-m", "gitorch", *words, cwd=repo)
            assert not die.exists()
            assert "was interrupted" in orch(repo, "list").err
        else:
            do(repo, *words)
        assert (repo / "a.txt").read_text() == ("of the base\n" if name == "abort" else "of the build\n")
    assert work(repo) == before


def with_late_work(repo: Path, when: str) -> Path:
    """A base whose `a.txt` has a filter: when a command puts there what says `when`, a worker writes `z.txt`.

    That file is renamed into its place, as editors do it.
    """
    script, place = write(repo.parent / "smudge", ""), repo / "z.txt"
    late = f"echo 'late work' >'{place}.new' && mv '{place}.new' '{place}'"
    write(script, f'c=$(cat); echo "$c"; [ "$c" != "{when}" ] || [ ! -e {MIDWAY} ] || {{ {late}; }}\n')
    write(repo / ".gitattributes", "a.txt filter=late\n")
    git(repo, "config", "filter.late.clean", "cat")
    git(repo, "config", "filter.late.smudge", f"sh '{script}'")
    write(repo / "a.txt", "of the base\n")
    return place


def test_what_is_written_while_the_files_are_discarded_stays_and_is_named(repo: Path) -> None:
    place = with_late_work(repo, "of the base")
    write(place, "of the base\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "more")
    opened(repo)
    write(repo / "a.txt", "of the build\n")
    write(place, "of the build\n")
    ran = do(repo, "abort", "--discard-files")
    assert place.read_text() == "late work\n"
    assert f"note: left as they are, since {REF} does not have them so: z.txt\n" in ran.err
    assert git(repo, "status", "--porcelain") == " M z.txt"
    assert (repo / "a.txt").read_text() == "of the base\n"
    assert git(repo, "show", f"{REF}:z.txt") == "of the build"


@pytest.mark.slow
def test_what_is_written_while_discarded_files_come_back_stays_and_is_named(repo: Path) -> None:
    place = with_late_work(repo, "of the build")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "more")
    opened(repo)
    write(repo / "a.txt", "of the build\n")
    write(place, "of the build\n")
    do(repo, "abort", "--discard-files")
    ran = do(repo, "reopen", "--project", SLUG)
    assert place.read_text() == "late work\n"
    assert f"note: written meanwhile, and left otherwise than in {REF}: z.txt\n" in ran.err
    assert (repo / "a.txt").read_text() == "of the build\n"


@pytest.mark.slow
def test_what_is_written_after_a_kill_and_before_it_is_completed_stays_and_is_named(repo: Path) -> None:
    write(repo / ".gitattributes", "a.txt filter=deadly\n")
    write(repo / "a.txt", "of the base\n")
    git(repo, "config", "filter.deadly.clean", "cat")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "more")
    opened(repo)
    delivered(repo)
    write(repo / "a.txt", "of the build\n")
    for words in (("abort", "--discard-files"), ("reopen", "--project", SLUG)):
        git(repo, "config", "filter.deadly.smudge", f"if [ -e {MIDWAY} ]; then kill -9 0; fi; cat")
        run("setsid", "--wait", sys.executable, "-m", "gitorch", *words, cwd=repo)
        git(repo, "config", "filter.deadly.smudge", "cat")
        write(repo / "README", f"late work at {words[0]}\n")
        told = orch(repo, "list").err
        assert "it is complete now" in told
        assert "README is left as it is, which is not as it was kept" in told
        assert (repo / "README").read_text() == f"late work at {words[0]}\n"
        git(repo, "restore", "README")


@pytest.mark.slow
def test_a_late_write_to_a_file_that_would_be_deleted_stays_and_is_named(repo: Path, tmp_path: Path) -> None:
    """The git of this person writes it, when it is asked for the last time before the deletion."""
    opened(repo)
    place = write(repo / "new.txt", "of the build\n")
    late = f"[ ! -e {MIDWAY} ] || echo 'late work, in place' >'{place}'"
    really = shutil.which("git")
    script = (
        f'#!/bin/sh\n"{really}" "$@"\nstatus=$?\ncase "$*" in *"ls-files -z") {late};; esac\nexit $status\n'
    )
    write(tmp_path / "bin" / "git", script).chmod(0o755)
    ran = orch(repo, "abort", "--discard-files", env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    assert (ran.status, place.read_text()) == (0, "late work, in place\n"), ran.err
    assert "does not have them so: new.txt\n" in ran.err


@pytest.mark.slow
def test_a_folder_of_the_persons_own_is_not_taken_for_one_of_gitorchs(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    mine = [write(repo / f".gitorch-tmp-switch{end}" / "README", "mine\n") for end in ("", "-0")]
    write(repo / ".git/info/exclude", ".gitorch-tmp-*\n")
    do(repo, "abort", "--discard-files")
    do(repo, "reopen", "--project", SLUG)
    assert {path.read_text() for path in mine} == {"mine\n"}
    assert sorted(repo.glob(".gitorch-tmp-*")) == [path.parent for path in mine]
    assert (repo / "README").read_text() == "a project with a calendar\n"


@pytest.mark.parametrize(
    "name", ["", *(pytest.param(name, marks=pytest.mark.slow) for name in (".", "mine", "../beside"))]
)
def test_a_note_that_is_not_ours_leads_to_no_folder(repo: Path, name: str) -> None:
    opened(repo)
    delivered(repo)
    kept = [write(place / "old" / "f", "mine\n") for place in (repo, repo / "mine", repo.with_name("beside"))]
    write(repo / ".git/info/exclude", "old\n")
    write(repo / ".git/gitorch/aside", name)
    do(repo, "abort", "--discard-files")
    assert [path.read_text() for path in kept] == ["mine\n"] * 3
    assert git(repo, "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_submodule_that_the_build_added_stays_and_is_named(repo: Path) -> None:
    module = repo.parent / "module"
    git(repo.parent, "clone", "-q", str(repo), "module")
    opened(repo)
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(module), "sub")
    ran = do(repo, "abort", "--discard-files")
    assert "does not have them so: sub\n" in ran.err
    assert (repo / "sub" / "README").read_text() == "a project\n"
    do(repo, "reopen", "--project", SLUG)
    assert git(repo, "ls-files", "--stage", "sub")[:6] + git(repo, "-C", "sub", "status", "--short") == ""


@pytest.mark.slow
def test_repositories_inside_of_this_one_stay_as_they_are_and_are_not_in_the_way(repo: Path) -> None:
    module = repo.parent / "module"
    git(repo.parent, "clone", "-q", str(repo), "module")
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(module), "sub")
    git(repo, "commit", "-q", "-m", "with a submodule")
    opened(repo, "validators: [{name: there, command: test -e README}]\n")
    delivered(repo)
    write(repo / "sub" / "README", "edited there\n")
    git(repo, "init", "-q", "nest")
    write(repo / "nest" / "mine", "1\n")
    ran = do(repo, "validate")
    for name in ("nest", "sub"):
        assert f"note: {name} is a repository of its own: what only it holds is not judged\n" in ran.err
    ran = do(repo, "abort", "--discard-files")
    for name in ("nest", "sub"):
        text = "what only it holds stays there, and is not in the snapshot"
        assert f"note: {name} is a repository of its own: {text}\n" in ran.err
    assert git(repo, "ls-tree", "-r", "--name-only", REF, "nest") == ""
    assert git(repo, "status", "--porcelain").split("\n") == [" M sub", "?? nest/"]
    do(repo, "reopen", "--project", SLUG)
    assert (repo / "nest" / "mine").read_text() == "1\n"
    assert (repo / "sub" / "README").read_text() == "edited there\n"
    assert "nest is a git repository of its own" in orch(repo, "finalize", "--unclaimed", "include").err


@pytest.mark.slow
@pytest.mark.parametrize("closed_by", [("finalize",), ("abort",), ("abort", "--discard-files")])
def test_a_build_is_reopened_from_any_worktree_in_the_one_on_its_branch(
    repo: Path, closed_by: tuple[str, ...]
) -> None:
    linked = repo.parent / "linked"
    git(repo, "worktree", "add", "-q", "-b", "other", str(linked))
    opened(linked)
    delivered(linked)
    before = work(linked)
    do(repo, *closed_by, "--project", SLUG)
    here = work(repo), git(repo, "status", "--porcelain=v2", "--branch")
    ran = do(repo, "reopen", "--project", SLUG)
    assert f"in: {linked}\n" in ran.err
    assert (work(linked), git(linked, "symbolic-ref", "HEAD")) == (before, f"refs/heads/build/{SLUG}")
    assert (work(repo), git(repo, "status", "--porcelain=v2", "--branch")) == here
    assert "is open" in orch(linked, "reopen").err


@pytest.mark.slow
def test_a_build_whose_branch_is_checked_out_nowhere_says_how_to_reopen_it(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    do(repo, "finalize")
    git(repo, "switch", "-q", "main")
    ran = orch(repo, "reopen", "--project", SLUG)
    hint = f"git switch build/{SLUG} && gitorch reopen --project {SLUG}"
    assert (ran.status, f"hint: {hint}\n" in ran.err) == (1, True), ran.err
    git(repo, "switch", "-q", f"build/{SLUG}")
    do(repo, "reopen", "--project", SLUG)


@pytest.mark.slow
@pytest.mark.parametrize("ref", ["refs/stash", "refs/tags/v1"])
def test_what_keeps_a_commit_from_being_taken_back_is_named_with_a_way_out(repo: Path, ref: str) -> None:
    opened(repo)
    delivered(repo)
    do(repo, "finalize")
    if ref == "refs/stash":
        write(repo / "README", "later\n")
        git(repo, "stash", "--quiet")
    else:
        git(repo, "update-ref", ref, "HEAD")
    ran = orch(repo, "reopen", "--project", SLUG)
    assert (ran.status, f"  {ref}\n" in ran.err) == (1, True), ran.err
    (hint,) = [line.removeprefix("hint: ") for line in ran.err.splitlines() if line.startswith("hint: ")]
    first, again = hint.partition("   ")[0].split(" && ")
    git(repo, *first.split()[1:])
    do(repo, *again.split()[1:])


def test_a_build_whose_worktree_was_deleted_is_closed_as_doctor_says(repo: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(repo, "worktree", "add", "-q", "--detach", str(linked))
    opened(linked)
    shutil.rmtree(linked)
    seen = orch(repo, "doctor")
    hint = f"gitorch abort --project {SLUG}"
    assert (seen.status, f"→ {hint}" in seen.out) == (1, True), seen.out
    told = orch(repo, "status", "--project", SLUG)
    assert (told.status, f"hint: {hint}" in told.err) == (1, True), told.err
    ran = do(repo, *hint.split()[1:])
    assert "its worktree is not there, so there was nothing to keep" in ran.err
    assert is_free(repo)
    assert orch(repo, "doctor").status == 0
    assert git(repo, "rev-parse", f"build/{SLUG}") == git(repo, "rev-parse", "main")


@pytest.mark.slow
def test_a_build_of_a_worktree_that_is_only_cut_off_is_not_closed(repo: Path, tmp_path: Path) -> None:
    linked, moved = tmp_path / "linked", tmp_path / "moved"
    git(repo, "worktree", "add", "-q", "--detach", str(linked))
    opened(linked)
    repo.rename(moved)
    ran = orch(moved, "abort", "--project", SLUG)
    assert (ran.status, f"hint: git worktree repair {linked}" in ran.err) == (1, True), ran.err
    git(moved, "worktree", "repair", str(linked))
    assert "its work is kept" in do(moved, "abort", "--project", SLUG).out


def test_a_build_whose_records_are_gone_keeps_its_work_and_comes_back_with_them(
    repo: Path, tmp_path: Path
) -> None:
    opened(repo)
    delivered(repo)
    git(repo, "rm", "-r", "-q", "--cached", FOLDER)
    (repo / FOLDER).rename(tmp_path / "records")
    before = work(repo)
    seen = orch(repo, "status")
    abort = f"gitorch abort --project {SLUG}"
    assert (seen.status, f"{FOLDER}/meta.json is missing" in seen.err) == (1, True), seen.err
    assert abort in seen.err
    assert f"{FOLDER}/meta.json is missing" in orch(repo, "doctor").out
    assert "what its files were before" in orch(repo, *abort.split()[1:], "--discard-files").err
    ran = do(repo, *abort.split()[1:])
    assert work(repo) == before
    assert git(repo, "show", f"{REF}:src/schema.py") == "TABLES = 5"
    assert is_free(repo)
    assert "undo: put its records back where they were, then gitorch doctor --fix" in ran.err
    (tmp_path / "records").rename(repo / FOLDER)
    do(repo, "doctor", "--fix")
    do(repo, "finalize")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["finalize", "abort"])
def test_a_folder_in_a_records_place_is_named_before_anything_is_done(repo: Path, command: str) -> None:
    opened(repo)
    delivered(repo)
    (repo / FOLDER / "STATUS.md").unlink()
    write(repo / FOLDER / "STATUS.md" / "kept", "a person's\n")
    before = picture(repo)
    refused = orch(repo, command)
    assert (refused.status, f"{FOLDER}/STATUS.md is a folder" in refused.err) == (1, True), refused.err
    assert picture(repo) == before
    assert run("sh", "-c", refused.err.partition("hint: ")[2].partition("   (")[0], cwd=repo).status == 0
    do(repo, command, *(["--unclaimed", "include"] if command == "finalize" else []))


def test_a_folder_that_is_no_build_is_not_aborted(repo: Path) -> None:
    opened(repo)
    (repo / "N5/builds/other").mkdir()
    refused = orch(repo, "abort", "--project", "other")
    assert (refused.status, refused.out) == (1, "")
    assert "N5/builds/other/meta.json is missing" in refused.err
    assert not is_free(repo)
