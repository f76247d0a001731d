"""abort and reopen: the work is kept, and each takes back what the other did."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from gitorch.adapters.build_folder import RENDERED
from tests.no_links import no_link
from tests.scene import FOLDER, NO_HOOKS, SLUG, Ran, Scene, git, orch, run, write

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
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_link)
    scene.open_build()
    scene.deliver_all()

    for words in (
        "seal on",
        "abort --discard-files",
        f"reopen --project {SLUG}",
        "finalize",
        f"reopen --project {SLUG}",
        "abort",
    ):
        do(scene.root, *words.split())

    assert is_free(scene.root)
    assert not [path for path in (scene / ".git").rglob("*.lock") if "gitorch" not in path.parts]


def is_free(root: Path) -> bool:
    ours = root / ".git" / "gitorch"
    return not any((ours / name).exists() for name in ("open", "bound", "permit", "journal.json"))


def umask() -> int:
    os.umask(before := os.umask(0))
    return before


def test_files_in_another_worktree_are_discarded_only_for_a_build_that_is_named(scene: Scene) -> None:
    other = scene.root.with_name("other tree")
    scene.git("worktree", "add", "-q", "--detach", str(other))
    Scene(other).open_build()
    write(other / "README", "work\n")
    ran = scene.gitorch("abort", "--discard-files")
    assert (ran.status, f"are in another worktree, {other}" in ran.err) == (1, True)
    assert (other / "README").read_text() == "work\n"
    ran = do(scene.root, "abort", "--discard-files", "--project", SLUG)
    assert f"the files in {other} are as at " in ran.err
    assert (other / "README").read_text() == "a project\n"


def test_an_aborted_build_keeps_its_files_and_a_snapshot_of_them(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    before = work(scene.root)
    ran = do(scene.root, "abort")
    assert ran.out == f"build {SLUG} is aborted\nthe work is kept in {REF}\n"
    assert f"undo: gitorch reopen --project {SLUG}" in ran.err
    assert work(scene.root) == before
    assert scene.git("rev-parse", f"build/{SLUG}") == base
    assert json.loads((scene / FOLDER / "meta.json").read_text())["status"] == "aborted"
    assert scene.git("show", f"{REF}:src/schema.py") == "TABLES = 5"
    assert is_free(scene.root)
    scene.git("commit", "-q", "-a", "-m", "the guard is off")


def test_discarded_files_are_as_at_the_base_and_reopen_brings_all_of_them_back(scene: Scene) -> None:
    scene.write(".gitignore", "*.log\n")
    scene.write("old/deep", "old\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "more")
    base = scene.open_build()
    scene.deliver_all()
    scene.write("kept.log", "ignored\n")
    shutil.rmtree(scene / "old")
    scene.write("old", "a file now\n")
    (scene / "link").symlink_to("README")
    (scene / "README").chmod(0o755)
    scene.write("na me\n", "odd\n")
    scene.git("add", "na me\n")
    before = work(scene.root)
    do(scene.root, "abort", "--discard-files")
    assert scene.git("status", "--porcelain", "--ignored") == "!! kept.log"
    assert scene.git("symbolic-ref", "HEAD") == f"refs/heads/build/{SLUG}"
    assert (scene / "old/deep").read_text() == "old\n"
    assert not (scene / "N5").exists()
    assert is_free(scene.root)
    do(scene.root, "reopen", "--project", SLUG)
    assert work(scene.root) == before
    assert "old mode 100644" in scene.git("diff", base, "--", "README")
    assert (scene / "link").is_symlink()
    do(scene.root, "finalize", "--unclaimed", "include")
    assert scene.git("status", "--porcelain") == ""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["a folder for a file", "an empty folder for a file", "a file for a folder"])
def test_ignored_files_in_the_place_of_the_bases_own_are_named_and_nothing_is_changed(
    scene: Scene, kind: str
) -> None:
    scene.write(".gitignore", "ignored\nd\n")
    scene.write("file", "the base's\n")
    scene.write("d/file", "the base's\n")
    scene.git("add", "--force", ".")
    scene.git("commit", "-q", "-m", "more")
    scene.open_build()
    if kind == "a folder for a file":
        (scene / "file").unlink()
        there = scene.write("file/below/ignored", "a person's\n")
    elif kind == "a file for a folder":
        shutil.rmtree(scene / "d")
        there = scene.write("d", "a person's\n")
    else:
        (scene / "file").unlink()
        (scene / "file/empty").mkdir(parents=True)
        do(scene.root, "abort", "--discard-files")
        assert scene.git("status", "--porcelain", "--ignored") == ""
        return
    before = scene.picture()
    refused = scene.gitorch("abort", "--discard-files")
    assert (refused.status, f"  {there.relative_to(scene.root)}\n" in refused.err) == (1, True), refused.err
    assert scene.picture() == before
    there.unlink()
    do(scene.root, "abort", "--discard-files")
    assert scene.git("status", "--porcelain", "--ignored") == ""


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--discard-files",)])
def test_a_build_whose_branch_was_deleted_says_how_to_reopen_it(
    scene: Scene, options: tuple[str, ...]
) -> None:
    scene.open_build()
    scene.deliver_all()
    before = work(scene.root)
    do(scene.root, "abort", *options)
    scene.git("switch", "-q", "main")
    scene.git("branch", "-q", "-D", f"build/{SLUG}")
    told = scene.gitorch("reopen", "--project", SLUG)
    assert (told.status, f"build/{SLUG} " in told.err) == (1, True), told.err
    hint = told.err.partition("hint: to reopen a build that was aborted, run: ")[2]
    switch, reopen = hint.splitlines()[0].split(" && ")
    scene.git(*switch.split()[1:])
    do(scene.root, *reopen.split()[1:])
    assert work(scene.root) == before


@pytest.mark.slow
def test_a_landed_build_whose_branch_was_deleted_is_found_by_its_trailer(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    do(scene.root, "finalize")
    landed = scene.git("rev-parse", "HEAD")
    scene.git("switch", "-q", "--detach")
    scene.git("branch", "-q", "-D", f"build/{SLUG}")
    scene.git("update-ref", "refs/heads/main", landed)
    told = scene.gitorch("reopen", "--project", SLUG).err
    find, switch, _ = (line.partition("run: ")[2] for line in told.splitlines() if "hint: " in line)
    assert landed in scene.run("sh", "-c", find).out
    assert switch == f"git switch -c build/{SLUG} COMMIT && gitorch reopen --project {SLUG}"


def test_nothing_is_written_through_a_link(scene: Scene, tmp_path: Path) -> None:
    """A link in the place of a folder of the base, at abort, and of the build, at reopen."""
    elsewhere = tmp_path / "elsewhere"
    for name in ("file", "new"):
        write(elsewhere / name, "precious\n")
    scene.write("d/file", "the base's\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "more")
    scene.open_build()
    scene.write("out/new", "the build's\n")
    scene.write(".git/info/exclude", "/d\n/e\n")
    shutil.rmtree(scene / "d")
    (scene / "d").symlink_to(elsewhere)
    refused = scene.gitorch("abort", "--discard-files")
    assert (refused.status, "  d\n" in refused.err) == (1, True), refused.err
    (scene / "d").unlink()
    do(scene.root, "abort", "--discard-files")
    for excluded in ("/out\n", ""):
        scene.write(".git/info/exclude", excluded)
        (scene / "out").symlink_to(elsewhere)
        refused = scene.gitorch("reopen", "--project", SLUG)
        assert (refused.status, "  out" in refused.err) == (1, True), refused.err
        (scene / "out").unlink()
    do(scene.root, "reopen", "--project", SLUG)
    assert (scene / "out/new").read_text() == "the build's\n"
    assert {path.read_text() for path in elsewhere.iterdir()} == {"precious\n"}


@pytest.mark.slow
def test_files_that_a_filter_would_not_give_back_are_not_discarded(scene: Scene) -> None:
    scene.write(".gitattributes", "*.nb filter=strip\n*.up filter=up\n*.txt text\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "attributes")
    scene.git("config", "filter.strip.clean", "grep -v OUTPUT")
    scene.git("config", "filter.up.clean", "tr a-z A-Z")
    scene.git("config", "filter.up.smudge", "tr A-Z a-z")
    scene.open_build()
    scene.write("a.nb", "code\nOUTPUT of a day\n")
    scene.write("b.up", "given back\n")
    (scene / "c.txt").write_bytes(b"one\r\n")
    before = scene.picture()
    refused = scene.gitorch("abort", "--discard-files")
    assert (refused.status, "  a.nb\nhint" in refused.err) == (1, True), refused.err
    assert scene.picture() == before
    (scene / "a.nb").unlink()
    do(scene.root, "abort", "--discard-files")
    do(scene.root, "reopen", "--project", SLUG)
    assert (scene / "b.up").read_text() == "given back\n"


def test_what_was_staged_otherwise_than_the_files_is_kept_too(scene: Scene) -> None:
    base = scene.open_build()
    scene.write("both", "staged\n")
    scene.write("only staged", "staged\n")
    scene.write("same", "same\n")
    scene.git("add", "both", "only staged", "same")
    scene.write("both", "edited since\n")
    (scene / "only staged").unlink()
    scene.git("rm", "-q", "--cached", "README")
    ran = do(scene.root, "abort", "--discard-files")
    assert f"note: what was staged differed from the files, and is in {REF}^2: both, only staged\n" in ran.err
    assert scene.git("show", f"{REF}^2:both") == scene.git("show", f"{REF}^2:only staged") == "staged"
    assert scene.git("show", f"{REF}:both") == "edited since"
    assert scene.git("rev-parse", f"{REF}^1", f"{REF}^2^").split() == [base, base]
    do(scene.root, "reopen", "--project", SLUG)
    assert scene.git("show", ":both") == scene.git("show", ":only staged") == "staged"
    assert (scene / "both").read_text() == "edited since\n"
    assert not (scene / "only staged").exists()


@pytest.mark.parametrize(
    "closed_by",
    [
        ("finalize",),
        pytest.param(("abort",), marks=pytest.mark.slow),
        pytest.param(("abort", "--discard-files"), marks=pytest.mark.slow),
    ],
)
def test_what_is_staged_when_a_build_is_reopened_stays_staged(
    scene: Scene, closed_by: tuple[str, ...]
) -> None:
    """Content that is in the index alone, part of a file, what is taken out, and a conflict."""
    for name in ("part", "out", "torn"):
        scene.write(name, "of the base\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "more")
    scene.open_build()
    scene.deliver_all()
    do(scene.root, *closed_by)
    scene.write("only staged", "staged\n")
    scene.write("part", "staged\n")
    scene.write("src/schema.py", "TABLES = 6\n")
    scene.git("add", "only staged", "part", "src/schema.py")
    scene.git("rm", "-q", "--cached", "out")
    blob = scene.git("rev-parse", "HEAD:torn")
    stages = "".join(f"100644 {blob} {stage}\ttorn\n" for stage in (1, 2, 3))
    scene.git("update-index", "--index-info", stdin=f"0 {blob}\ttorn\n{stages}")
    (scene / "only staged").unlink()
    scene.write("part", "edited since\n")
    if "--discard-files" in closed_by:
        shutil.rmtree(scene / "src")
    do(scene.root, "reopen", "--project", SLUG)
    mine = ("only staged", "part", "out", "torn", "src/schema.py", "README")
    status = scene.git("status", "--porcelain", "--", *mine).splitlines()
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
    assert scene.git("show", ":part") == scene.git("show", ":only staged") == "staged"
    assert scene.git("show", ":src/schema.py") == "TABLES = 6"


@pytest.mark.slow
def test_files_that_git_stores_as_at_the_base_stay_and_are_named(scene: Scene) -> None:
    """Their status is clean, so that the next build may begin."""
    scene.write(".gitattributes", "*.txt text\n*.nb filter=strip\n")
    scene.write("a.txt", "one\n")
    scene.write("a.nb", "code\n")
    scene.git("config", "filter.strip.clean", "grep -v OUTPUT")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "more")
    scene.open_build()
    scene.deliver_all()
    (scene / "a.txt").write_bytes(b"one\r\n")
    scene.write("a.nb", "code\nOUTPUT of a day\n")
    ran = do(scene.root, "abort", "--discard-files")
    assert f"warning: not discarded, because {REF} has other content: a.nb, a.txt\n" in ran.err
    assert scene.git("status", "--porcelain") == ""
    assert (scene / "a.nb").read_text() == "code\nOUTPUT of a day\n"


@pytest.mark.slow
def test_a_late_write_to_a_file_that_the_build_had_not_changed_is_named(scene: Scene, tmp_path: Path) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.git("restore", "README")
    really = shutil.which("git")
    late = f"[ ! -e {MIDWAY} ] || echo late work >README"
    script = f'#!/bin/sh\n{late}\nexec "{really}" "$@"\n'
    write(tmp_path / "bin" / "git", script).chmod(0o755)
    ran = scene.gitorch("abort", "--discard-files", env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    assert (ran.status, (scene / "README").read_text()) == (0, "late work\n"), ran.err
    assert "has other content: README\n" in ran.err
    assert scene.git("status", "--porcelain") == " M README"


@pytest.mark.slow
def test_files_whose_mode_git_does_not_keep_are_named(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.write("key.pem", "secret\n").chmod(0o600)
    scene.write("run.sh", "#!/bin/sh\n").chmod(0o777 & ~umask())
    (scene / "link").symlink_to("key.pem")
    assert "executable bit" not in do(scene.root, "abort").err
    do(scene.root, "reopen", "--project", SLUG)
    ran = do(scene.root, "abort", "--discard-files")
    assert "warning: git keeps no modes but the executable bit, and these had others: key.pem\n" in ran.err


@pytest.mark.slow
def test_what_is_only_meant_to_be_added_goes_and_comes_back_too(scene: Scene) -> None:
    scene.open_build()
    scene.write("meant", "not yet\n")
    scene.git("rm", "-q", "--cached", "README")
    scene.git("add", "--intent-to-add", "meant", "README")
    do(scene.root, "abort", "--discard-files")
    assert scene.git("status", "--porcelain") == ""
    assert not (scene / "meant").exists()
    do(scene.root, "reopen", "--project", SLUG)
    assert (scene / "meant").read_text() == "not yet\n"


@pytest.mark.slow
def test_commits_that_went_past_the_guard_are_in_the_snapshot(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    scene.git(*NO_HOOKS, "commit", "-q", "-a", "-m", "sneaked in")
    rogue = scene.git("rev-parse", "HEAD")
    do(scene.root, "abort", "--discard-files")
    assert scene.git("rev-parse", "HEAD") == base
    assert scene.git("rev-parse", f"{REF}^") == rogue
    assert scene.git("status", "--porcelain") == ""


@pytest.mark.slow
def test_a_second_abort_has_a_snapshot_of_its_own(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    do(scene.root, "abort")
    do(scene.root, "reopen", "--project", SLUG)
    scene.write("later", "1\n")
    do(scene.root, "abort")
    assert scene.git("ls-tree", "--name-only", f"{REF}", "later") == ""
    assert scene.git("ls-tree", "--name-only", f"refs/gitorch/aborted/{SLUG}/2", "later") == "later"


@pytest.mark.slow
def test_a_branch_that_went_back_to_the_commit_that_reopen_took_is_named_as_that(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    do(scene.root, "finalize")
    landed = scene.git("rev-parse", "HEAD")
    do(scene.root, "reopen", "--project", SLUG)
    scene.git("reflog", "delete", "--updateref", f"build/{SLUG}@{{0}}")  # asks no hook
    assert scene.git("rev-parse", "HEAD") == landed
    says = f"build/{SLUG} is back at {landed[:12]}, the commit that reopen undid"
    for word in ("status", "doctor", "finalize"):
        ran = scene.gitorch(word)
        assert says in ran.out + ran.err
        assert "gitorch doctor --fix" in ran.out + ran.err
    assert scene.gitorch("doctor", "--fix").status == 0
    assert scene.git("rev-parse", "HEAD") == base
    do(scene.root, "finalize")


@pytest.mark.slow
def test_a_landed_build_is_taken_back_and_lands_again_with_the_same_tree(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    do(scene.root, "sync")
    before, staged = work(scene.root), scene.git("diff", "--cached", "--name-only")
    do(scene.root, "finalize")
    landed = scene.git("rev-parse", "HEAD")
    ran = do(scene.root, "reopen", "--project", SLUG)
    assert f"kept: refs/gitorch/landed/{SLUG}" in ran.err
    assert scene.git("rev-parse", f"refs/gitorch/landed/{SLUG}") == landed
    assert scene.git("rev-parse", "HEAD") == base
    assert work(scene.root) == before
    assert scene.git("diff", "--cached", "--name-only") == staged
    assert scene.gitorch("status").status == 0
    assert "refused" in orch_commit(scene.root)
    do(scene.root, "finalize")
    assert scene.git("rev-parse", "HEAD^{tree}") == scene.git("rev-parse", f"{landed}^{{tree}}")
    assert scene.git("status", "--porcelain") == ""


def orch_commit(root: Path) -> str:
    return run("git", "commit", "-q", "--allow-empty", "-m", "no", cwd=root).err


@pytest.mark.slow
@pytest.mark.parametrize("where", ["merged", "pushed", "tagged"])
def test_a_commit_that_is_elsewhere_too_is_not_taken_back(scene: Scene, where: str) -> None:
    scene.open_build()
    scene.deliver_all()
    do(scene.root, "finalize")
    tip = scene.git("rev-parse", "HEAD")
    ref = {"merged": "refs/heads/main", "pushed": "refs/remotes/origin/x", "tagged": "refs/tags/v1"}[where]
    scene.git("update-ref", ref, tip)
    ran = scene.gitorch("reopen", "--project", SLUG)
    assert ran.status == 1
    assert ref in ran.err
    assert scene.git("rev-parse", "HEAD") == tip
    assert is_free(scene.root)


@pytest.mark.slow
def test_commits_on_top_of_the_builds_own_keep_it_closed(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    do(scene.root, "finalize")
    scene.git("commit", "-q", "--allow-empty", "-m", "on top")
    ran = scene.gitorch("reopen", "--project", SLUG)
    assert ran.status == 1
    assert "on top" in ran.err


@pytest.mark.slow
def test_a_file_in_the_way_keeps_discarded_work_on_its_shelf(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    do(scene.root, "abort", "--discard-files")
    scene.write("src/schema.py", "another\n")
    ran = scene.gitorch("reopen", "--project", SLUG)
    assert ran.status == 1
    assert "  src/schema.py\n" in ran.err
    assert (scene / "src/schema.py").read_text() == "another\n"
    assert is_free(scene.root)


def test_a_worker_may_not_abort_and_an_open_build_is_not_reopened(scene: Scene) -> None:
    scene.open_build()
    scene.deliver("W1.1", [])
    assert "may not abort" in scene.gitorch("abort", env={"GITORCH_WORKER": "W1.1"}).err
    ran = scene.gitorch("reopen")
    assert (ran.status, "is open" in ran.err) == (1, True)
    assert not is_free(scene.root)


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
def test_a_copy_of_the_repository_is_a_repository_of_its_own(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    copy = scene.root.parent / "copy"
    shutil.copytree(scene.root, copy, symlinks=True)
    scene.write("later.txt", "written after the copy was made\n")
    before, head = work(scene.root), scene.git("for-each-ref")
    do(copy, "abort", "--discard-files")
    assert (work(scene.root), scene.git("for-each-ref")) == (before, head)
    assert not is_free(scene.root)
    assert is_free(copy)
    assert git(copy, "status", "--porcelain") == ""


@pytest.mark.slow
def test_a_moved_repository_keeps_its_build(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    moved = scene.root.rename(scene.root.parent / "moved")
    assert "left" not in do(moved, "status").out
    do(moved, "finalize")
    assert is_free(moved)


@pytest.mark.parametrize("killed", ["abort", "reopen"])
@pytest.mark.slow
def test_a_git_that_is_killed_between_deleting_a_file_and_writing_it_loses_nothing(
    scene: Scene, killed: str
) -> None:
    """The filter that git runs for the file kills it, and gitorch with it."""
    die, held = scene.root.parent / "die", scene.root.parent / "held"
    target = {"abort": "base", "reopen": "build"}[killed]
    kill = f"if grep -q 'of the {target}' {held} && rm {die} 2>/dev/null; then kill -9 0; fi"
    scene.write(".gitattributes", "*.txt filter=deadly\n")
    scene.git("config", "filter.deadly.clean", "cat")
    scene.git("config", "filter.deadly.smudge", f"cat >{held}; {kill}; cat {held}")
    scene.write("a.txt", "of the base\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "more")
    scene.open_build()
    scene.deliver_all()
    scene.write("a.txt", "of the build\n")
    before = work(scene.root)
    commands = {"abort": ("abort", "--discard-files"), "reopen": ("reopen", "--project", SLUG)}
    for name, words in commands.items():
        if name == killed:
            write(die, "")
            scene.run("setsid", "--wait", sys.executable, "-m", "gitorch", *words)
            assert not die.exists()
            assert "was interrupted" in scene.gitorch("list").err
        else:
            do(scene.root, *words)
        assert (scene / "a.txt").read_text() == ("of the base\n" if name == "abort" else "of the build\n")
    assert work(scene.root) == before


def with_late_work(scene: Scene, when: str) -> Path:
    """A base whose `a.txt` has a filter: when a command puts there what says `when`, a worker writes `z.txt`.

    That file is renamed into its place, as editors do it.
    """
    script, place = write(scene.root.parent / "smudge", ""), scene / "z.txt"
    late = f"echo 'late work' >'{place}.new' && mv '{place}.new' '{place}'"
    write(script, f'c=$(cat); echo "$c"; [ "$c" != "{when}" ] || [ ! -e {MIDWAY} ] || {{ {late}; }}\n')
    scene.write(".gitattributes", "a.txt filter=late\n")
    scene.git("config", "filter.late.clean", "cat")
    scene.git("config", "filter.late.smudge", f"sh '{script}'")
    scene.write("a.txt", "of the base\n")
    return place


def test_what_is_written_while_the_files_are_discarded_stays_and_is_named(scene: Scene) -> None:
    place = with_late_work(scene, "of the base")
    write(place, "of the base\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "more")
    scene.open_build()
    scene.write("a.txt", "of the build\n")
    write(place, "of the build\n")
    ran = do(scene.root, "abort", "--discard-files")
    assert place.read_text() == "late work\n"
    assert f"warning: not discarded, because {REF} has other content: z.txt\n" in ran.err
    assert scene.git("status", "--porcelain") == " M z.txt"
    assert (scene / "a.txt").read_text() == "of the base\n"
    assert scene.git("show", f"{REF}:z.txt") == "of the build"


@pytest.mark.slow
def test_what_is_written_while_discarded_files_come_back_stays_and_is_named(scene: Scene) -> None:
    place = with_late_work(scene, "of the build")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "more")
    scene.open_build()
    scene.write("a.txt", "of the build\n")
    write(place, "of the build\n")
    do(scene.root, "abort", "--discard-files")
    ran = do(scene.root, "reopen", "--project", SLUG)
    assert place.read_text() == "late work\n"
    assert f"warning: left as they are, because {REF} has other content: z.txt\n" in ran.err
    assert (scene / "a.txt").read_text() == "of the build\n"


@pytest.mark.slow
def test_what_is_written_after_a_kill_and_before_it_is_completed_stays_and_is_named(scene: Scene) -> None:
    scene.write(".gitattributes", "a.txt filter=deadly\n")
    scene.write("a.txt", "of the base\n")
    scene.git("config", "filter.deadly.clean", "cat")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "more")
    scene.open_build()
    scene.deliver_all()
    scene.write("a.txt", "of the build\n")
    for words in (("abort", "--discard-files"), ("reopen", "--project", SLUG)):
        scene.git("config", "filter.deadly.smudge", f"if [ -e {MIDWAY} ]; then kill -9 0; fi; cat")
        scene.run("setsid", "--wait", sys.executable, "-m", "gitorch", *words)
        scene.git("config", "filter.deadly.smudge", "cat")
        scene.write("README", f"late work at {words[0]}\n")
        told = scene.gitorch("list").err
        assert f"{words[0]} of build {SLUG} was interrupted; " in told
        assert "README is left as it is, and differs from what was kept" in told
        assert (scene / "README").read_text() == f"late work at {words[0]}\n"
        scene.git("restore", "README")


@pytest.mark.slow
def test_a_late_write_to_a_file_that_would_be_deleted_stays_and_is_named(
    scene: Scene, tmp_path: Path
) -> None:
    """The git of this person writes it, when it is asked for the last time before the deletion."""
    scene.open_build()
    place = scene.write("new.txt", "of the build\n")
    late = f"[ ! -e {MIDWAY} ] || echo 'late work, in place' >'{place}'"
    really = shutil.which("git")
    script = (
        f'#!/bin/sh\n"{really}" "$@"\nstatus=$?\ncase "$*" in *"ls-files -z") {late};; esac\nexit $status\n'
    )
    write(tmp_path / "bin" / "git", script).chmod(0o755)
    ran = scene.gitorch("abort", "--discard-files", env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    assert (ran.status, place.read_text()) == (0, "late work, in place\n"), ran.err
    assert "has other content: new.txt\n" in ran.err


@pytest.mark.slow
def test_a_folder_of_the_persons_own_is_not_taken_for_one_of_gitorchs(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    mine = [scene.write(f".gitorch-tmp-switch{end}/README", "mine\n") for end in ("", "-0")]
    scene.write(".git/info/exclude", ".gitorch-tmp-*\n")
    do(scene.root, "abort", "--discard-files")
    do(scene.root, "reopen", "--project", SLUG)
    assert {path.read_text() for path in mine} == {"mine\n"}
    assert sorted(scene.root.glob(".gitorch-tmp-*")) == [path.parent for path in mine]
    assert (scene / "README").read_text() == "a project with a calendar\n"


@pytest.mark.parametrize(
    "name", ["", *(pytest.param(name, marks=pytest.mark.slow) for name in (".", "mine", "../beside"))]
)
def test_a_note_that_is_not_ours_leads_to_no_folder(scene: Scene, name: str) -> None:
    scene.open_build()
    scene.deliver_all()
    kept = [
        write(place / "old" / "f", "mine\n")
        for place in (scene.root, scene / "mine", scene.root.with_name("beside"))
    ]
    scene.write(".git/info/exclude", "old\n")
    scene.write(".git/gitorch/aside", name)
    do(scene.root, "abort", "--discard-files")
    assert [path.read_text() for path in kept] == ["mine\n"] * 3
    assert scene.git("status", "--porcelain") == ""


@pytest.mark.slow
def test_a_submodule_that_the_build_added_stays_and_is_named(scene: Scene) -> None:
    module = scene.root.parent / "module"
    git(scene.root.parent, "clone", "-q", str(scene.root), "module")
    scene.open_build()
    scene.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(module), "sub")
    ran = do(scene.root, "abort", "--discard-files")
    assert "note: sub/ is left as it is, and is not in the snapshot: a nested repository\n" in ran.err
    assert (scene / "sub/README").read_text() == "a project\n"
    do(scene.root, "reopen", "--project", SLUG)
    assert (
        scene.git("ls-files", "--stage", "sub")[:6] + scene.git("-C", "sub", "status", "--short") == "160000"
    )


@pytest.mark.slow
def test_repositories_inside_of_this_one_stay_as_they_are_and_are_not_in_the_way(scene: Scene) -> None:
    module = scene.root.parent / "module"
    git(scene.root.parent, "clone", "-q", str(scene.root), "module")
    scene.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(module), "sub")
    scene.git("commit", "-q", "-m", "with a submodule")
    scene.open_build("validators: [{name: there, command: test -e README}]\n")
    scene.deliver_all()
    scene.write("sub/README", "edited there\n")
    scene.git("init", "-q", "nest")
    scene.write("nest/mine", "1\n")
    ran = do(scene.root, "validate")
    for name in ("nest", "sub"):
        assert f"note: {name} is a nested repository, whose own files are not judged\n" in ran.err
    ran = do(scene.root, "abort", "--discard-files")
    for name in ("nest/", "sub"):
        assert f"note: {name} is left as it is, and is not in the snapshot: " in ran.err
    assert scene.git("ls-tree", "-r", "--name-only", REF, "nest") == ""
    assert scene.git("status", "--porcelain").split("\n") == [" M sub", "?? nest/"]
    do(scene.root, "reopen", "--project", SLUG)
    assert (scene / "nest/mine").read_text() == "1\n"
    assert (scene / "sub/README").read_text() == "edited there\n"
    assert "nest is a nested repository" in scene.gitorch("finalize", "--unclaimed", "include").err


@pytest.mark.slow
@pytest.mark.parametrize("closed_by", [("finalize",), ("abort",), ("abort", "--discard-files")])
def test_a_build_is_reopened_from_any_worktree_in_the_one_on_its_branch(
    scene: Scene, closed_by: tuple[str, ...]
) -> None:
    linked = scene.root.parent / "linked"
    scene.git("worktree", "add", "-q", "-b", "other", str(linked))
    Scene(linked).open_build()
    Scene(linked).deliver_all()
    before = work(linked)
    do(scene.root, *closed_by, "--project", SLUG)
    here = work(scene.root), scene.git("status", "--porcelain=v2", "--branch")
    ran = do(scene.root, "reopen", "--project", SLUG)
    assert f"in: {linked}\n" in ran.err
    assert (work(linked), git(linked, "symbolic-ref", "HEAD")) == (before, f"refs/heads/build/{SLUG}")
    assert (work(scene.root), scene.git("status", "--porcelain=v2", "--branch")) == here
    assert "is open" in orch(linked, "reopen").err


@pytest.mark.slow
def test_a_build_whose_branch_is_checked_out_nowhere_says_how_to_reopen_it(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    do(scene.root, "finalize")
    scene.git("switch", "-q", "main")
    ran = scene.gitorch("reopen", "--project", SLUG)
    hint = f"git switch build/{SLUG} && gitorch reopen --project {SLUG}"
    assert (ran.status, f"run: {hint}\n" in ran.err) == (1, True), ran.err
    scene.git("switch", "-q", f"build/{SLUG}")
    do(scene.root, "reopen", "--project", SLUG)


@pytest.mark.slow
@pytest.mark.parametrize("ref", ["refs/stash", "refs/tags/v1"])
def test_what_keeps_a_commit_from_being_taken_back_is_named_with_a_way_out(scene: Scene, ref: str) -> None:
    scene.open_build()
    scene.deliver_all()
    do(scene.root, "finalize")
    if ref == "refs/stash":
        scene.write("README", "later\n")
        scene.git("stash", "--quiet")
    else:
        scene.git("update-ref", ref, "HEAD")
    ran = scene.gitorch("reopen", "--project", SLUG)
    assert (ran.status, f"  {ref}\n" in ran.err) == (1, True), ran.err
    (hint,) = [line.partition("run: ")[2] for line in ran.err.splitlines() if line.startswith("hint: ")]
    first, again = hint.split(" && ")
    scene.git(*first.split()[1:])
    do(scene.root, *again.split()[1:])


def test_a_build_whose_worktree_was_deleted_is_closed_as_doctor_says(scene: Scene, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    scene.git("worktree", "add", "-q", "--detach", str(linked))
    Scene(linked).open_build()
    shutil.rmtree(linked)
    seen = scene.gitorch("doctor")
    hint = f"gitorch abort --project {SLUG}"
    assert (seen.status, f"run: {hint}" in seen.out) == (1, True), seen.out
    told = scene.gitorch("status", "--project", SLUG)
    assert (told.status, f"run: {hint}" in told.err) == (1, True), told.err
    ran = do(scene.root, *hint.split()[1:])
    assert "note: the worktree does not exist, nothing was kept; the branch stays" in ran.err
    assert is_free(scene.root)
    assert scene.gitorch("doctor").status == 0
    assert scene.git("rev-parse", f"build/{SLUG}") == scene.git("rev-parse", "main")


@pytest.mark.slow
def test_a_build_of_a_worktree_that_is_only_cut_off_is_not_closed(scene: Scene, tmp_path: Path) -> None:
    linked, moved = tmp_path / "linked", tmp_path / "moved"
    scene.git("worktree", "add", "-q", "--detach", str(linked))
    Scene(linked).open_build()
    scene.root.rename(moved)
    ran = orch(moved, "abort", "--project", SLUG)
    assert (ran.status, f"run: git worktree repair {linked}\n" in ran.err) == (1, True), ran.err
    git(moved, "worktree", "repair", str(linked))
    assert "the work is kept" in do(moved, "abort", "--project", SLUG).out


def test_a_build_whose_records_are_gone_keeps_its_work_and_comes_back_with_them(
    scene: Scene, tmp_path: Path
) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.git("-c", "core.fsmonitor=false", "rm", "-r", "-q", "--cached", FOLDER)
    (scene / FOLDER).rename(tmp_path / "records")
    before = work(scene.root)
    seen = scene.gitorch("status")
    abort = f"gitorch abort --project {SLUG}"
    missing = f"the records of build {SLUG} are missing, and no snapshot has them"
    assert (seen.status, missing in seen.err) == (1, True), seen.err
    assert abort in seen.err
    assert missing in scene.gitorch("doctor").out
    why = f"error: the records of build {SLUG} are missing, and no reopen would restore them"
    assert why in scene.gitorch(*abort.split()[1:], "--discard-files").err
    ran = do(scene.root, *abort.split()[1:])
    assert work(scene.root) == before
    assert scene.git("show", f"{REF}:src/schema.py") == "TABLES = 5"
    assert is_free(scene.root)
    assert "note: the build cannot be opened again while its records are missing" in ran.err
    (tmp_path / "records").rename(scene / FOLDER)
    do(scene.root, "reopen", "--project", SLUG)
    do(scene.root, "finalize")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["finalize", "abort"])
def test_a_folder_in_a_records_place_is_named_before_anything_is_done(scene: Scene, command: str) -> None:
    scene.open_build()
    scene.deliver_all()
    (scene / FOLDER / "STATUS.md").unlink()
    scene.write(f"{FOLDER}/STATUS.md/kept", "a person's\n")
    before = scene.picture()
    refused = scene.gitorch(command)
    assert (refused.status, f"{FOLDER}/STATUS.md is a folder" in refused.err) == (1, True), refused.err
    assert scene.picture() == before
    assert scene.run("sh", "-c", refused.err.partition("run: ")[2]).status == 0
    do(scene.root, command, *(["--unclaimed", "include"] if command == "finalize" else []))


def test_a_folder_that_is_no_build_is_not_aborted(scene: Scene) -> None:
    scene.open_build()
    (scene / "N5/builds/other").mkdir()
    refused = scene.gitorch("abort", "--project", "other")
    assert (refused.status, refused.out) == (1, "")
    assert "N5/builds/other/meta.json does not exist" in refused.err
    assert not is_free(scene.root)
