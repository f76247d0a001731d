"""The program itself: what passes at once, what it does without gitorch, that it neither hangs nor gives way."""

import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitorch.adapters.guard import install
from gitorch.core import globs
from tests.guard.test_last_instant import REF, WORKER, a_build, held, locks, typed, work
from tests.guard.test_shells import SHELLS, interpreter
from tests.scene import SLUG, Scene, git, run, write
from tests.scene.guarded import Guarded
from tests.scene.picture import picture


@pytest.fixture
def guarded(tmp_path: Path) -> Guarded:
    return a_build(tmp_path / "a build")


def gitorch_is(guarded: Guarded, script: str) -> None:
    """Have the recorded gitorch be a program of the test's; it finds its own name in `$0`."""
    stub = write(guarded.root.parent / "stub" / "gitorch", script)
    stub.chmod(0o755)
    write(guarded.repo.shared / "guard" / "program", f"{stub}\n{stub}\n")


RECORDS = '#!/bin/sh\necho "$*" >>"${0%/*}/asked"\n'


def asked(guarded: Guarded) -> list[str]:
    """What the recorded gitorch was asked for."""
    path = guarded.root.parent / "stub" / "asked"
    return path.read_text().splitlines() if path.exists() else []


PASSING = [
    "status",
    "add -A",
    "commit -m x",
    "diff",
    "diff --cached",
    "ls-files -m",
    "grep x",
    "blame src/a",
    "describe --always --dirty",
    "gc -q",
    "fetch -q .",
    "write-tree",
    "update-index -q --refresh",
    "fsck",
    "--no-optional-locks status",
    "-c color.ui=false status",
    "-C src status",
    "--no-pager -C src diff",
]


@pytest.mark.parametrize("line", PASSING)
def test_what_only_reads_adds_or_commits_passes_at_once(guarded: Guarded, line: str) -> None:
    gitorch_is(guarded, RECORDS)

    ran = typed(guarded, line, WORKER)

    assert asked(guarded) == []
    assert "the worktree of build x" not in ran.err or "no commit may be made" in ran.err


KEPT = [
    "checkout src/gitstatus",
    "-C 'a status' checkout ../src/gitstatus",
    "-c 'x.y= status' checkout .",
    "-c alias.st='checkout .' st",
    "--work-tree . checkout .",
    "mv src/a src/moved",
    "merge other",
    "pull . other",
    "cherry-pick -n other",
    "revert -n HEAD",
    "reset",
]


@pytest.mark.parametrize("line", KEPT)
def test_everything_else_is_kept_first_however_it_is_typed(guarded: Guarded, line: str) -> None:
    gitorch_is(guarded, RECORDS)
    write(guarded.root / "src" / "gitstatus", "")
    (guarded.root / "a status").mkdir()

    ran = typed(guarded, line)

    assert asked(guarded), ran.err
    assert asked(guarded)[0].startswith("snapshot --project x --message before git ")


HARMLESS = [
    "clean -nd",
    "rm -r --cached src",
    "restore --staged staged",
    "reset",
    "stash list",
    "rm -n src/a",
]


@pytest.mark.parametrize("line", HARMLESS)
def test_a_worker_may_do_what_deletes_and_overwrites_no_file(guarded: Guarded, line: str) -> None:
    before = work(guarded.root)

    ran = typed(guarded, line, WORKER)

    assert "gitorch: refused: worker W1.1 may not run" not in ran.err
    assert ran.status >= 0
    assert work(guarded.root) == before


def without_gitorch(guarded: Guarded, how: str) -> None:
    """Break the recorded gitorch."""
    if how == "deleted":
        write(guarded.repo.shared / "guard" / "program", "/nowhere/gitorch\n/nowhere/gitorch\n")
    elif how == "no program was recorded":
        (guarded.repo.shared / "guard" / "program").unlink()
    elif how == "its Python is missing":
        gitorch_is(guarded, "#!/nowhere/python\n")
    else:
        gitorch_is(guarded, f"#!{sys.executable}\nimport nothing_of_that_name\n")


@pytest.mark.parametrize(
    "how", ["deleted", "no program was recorded", "its Python is missing", "its packages are"]
)
@pytest.mark.parametrize("line", ["reset --hard", "clean -fd"])
def test_without_gitorch_sh_keeps_what_git_add_can(guarded: Guarded, how: str, line: str) -> None:
    before = work(guarded.root)
    without_gitorch(guarded, how)

    ran = typed(guarded, line)
    first = git(guarded.root, "rev-parse", REF)
    write(guarded.root / "later", "later\n")
    typed(guarded, "clean -fd")

    assert (ran.status, ran.err) == (0, "")
    assert held(guarded, first) == before
    assert (
        git(guarded.root, "rev-list", "--parents", f"{guarded.base}..{REF}").splitlines()[-1]
        == f"{first} {guarded.base}"
    )
    assert (guarded.repo.shared / "chain" / "x").read_text() == git(guarded.root, "rev-parse", REF) + "\n"
    assert held(guarded)["later"] == ("100644", "later\n")
    assert locks(guarded.root) == []
    assert not list(guarded.repo.private.glob("last-instant-*"))


def test_gitorch_continues_a_chain_that_sh_began(guarded: Guarded) -> None:
    without_gitorch(guarded, "deleted")
    typed(guarded, "checkout src/a")
    by_sh = git(guarded.root, "rev-parse", REF)
    install.install(guarded.repo)

    write(guarded.root / "src" / "a", "again\n")
    ran = typed(guarded, "checkout src/a")

    assert ran.err == "Updated 1 path from the index\n"
    assert git(guarded.root, "rev-parse", f"{REF}^1") == by_sh
    assert held(guarded)["src/a"] == ("100644", "again\n")


def test_sh_continues_the_recorded_chain_where_somebody_moved_the_ref(guarded: Guarded) -> None:
    install.install(guarded.repo)
    typed(guarded, "checkout src/a")
    recorded = git(guarded.root, "rev-parse", REF)
    git(guarded.root, "update-ref", "-d", REF)
    without_gitorch(guarded, "deleted")

    typed(guarded, "checkout src/b")

    assert git(guarded.root, "rev-parse", f"{REF}^1") == recorded


def test_sh_takes_no_snapshot_of_an_unchanged_tree(guarded: Guarded) -> None:
    without_gitorch(guarded, "deleted")
    typed(guarded, "reset -q")
    first = git(guarded.root, "rev-parse", REF)

    typed(guarded, "reset -q")

    assert git(guarded.root, "rev-parse", REF) == first


def test_the_builds_folder_is_kept_though_git_ignores_it(guarded: Guarded) -> None:
    without_gitorch(guarded, "deleted")
    write(guarded.root / ".gitignore", "N5\nignored\n")
    write(guarded.root / "N5/builds/x/completions/W1.1.json", "{}")
    write(guarded.root / "ignored", "")

    typed(guarded, "clean -fdx")

    kept = git(guarded.root, "ls-tree", "-r", "--name-only", REF).splitlines()
    assert "N5/builds/x/completions/W1.1.json" in kept
    assert "ignored" not in kept


EXCLUDED = ["*.env", "secrets/", "/top", "a/*.key", "deep/**/x", "p**q", "[!a-c]z", "we[ird", "b?ck"]
NAMES = """
one.env in/one.env in2/one.env/below env secrets/a in/secrets/b/c secret/a top in/top a/1.key a/b/1.key in/a/1.key
deep/x deep/1/2/x deep/y pq p1/2q in/p/q p2 dz az in/^z we[ird weird back in/b\\ck b/ck :(top)
"""
FILES = NAMES.split()


def test_b5_sh_reads_nothing_of_what_snapshots_exclude_into_git(scene: Scene) -> None:
    scene.open_build(json.dumps({"snapshots": {"exclude": EXCLUDED}}))
    for name in FILES:
        scene.write(name, f"the content of {name}\n")
    scene.write(".git/gitorch/guard/program", "/nowhere/gitorch\n/nowhere/gitorch\n")

    scene.git("reset", "-q")

    kept = scene.git("ls-tree", "-rz", "--name-only", f"refs/gitorch/snapshots/{SLUG}").split("\0")
    excluded = {name for name in FILES if globs.matches(EXCLUDED, name)}
    assert {*FILES} & {*kept} == {*FILES} - excluded
    assert len(excluded) > 15
    for name in excluded:
        assert scene.run("git", "cat-file", "-e", scene.git("hash-object", name)).status != 0


@contextlib.contextmanager
def writers(root: Path) -> Iterator[None]:
    """Files that are rewritten in place, truncated, made and deleted all the time."""
    ended = threading.Event()

    def write_on(name: str) -> None:
        for number in itertools.count():
            if ended.is_set():
                return
            path = root / "src" / f"{name}{number % 7}"
            with contextlib.suppress(OSError):
                with path.open("wb") as file:
                    file.write(os.urandom(1 + (number * 7919) % 200_000))
                if number % 3 == 0:
                    path.unlink()

    threads = [threading.Thread(target=write_on, args=(f"w{n}-",)) for n in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


@pytest.mark.parametrize("how", ["sh", pytest.param("gitorch", marks=pytest.mark.slow)])
def test_writers_at_work_do_not_fail_it(guarded: Guarded, how: str) -> None:
    before = work(guarded.root)
    if how == "sh":
        without_gitorch(guarded, "deleted")
    else:
        install.install(guarded.repo)

    with writers(guarded.root):
        ran = typed(guarded, "restore link staged src/a src/b src/gone")

    assert "no snapshot could be taken" not in ran.err
    kept = held(guarded)
    assert {name: kept.get(name) for name in before} == before


def test_a_snapshot_that_fails_ends_the_command_and_says_why(guarded: Guarded) -> None:
    gitorch_is(
        guarded, '#!/bin/sh\n[ "$1" = --version ] || { echo "error: the disk is full" >&2; exit 1; }\n'
    )
    before = picture(guarded.root)

    ran = typed(guarded, "reset --hard")

    assert ran.status == -signal.SIGTERM
    assert ran.err.splitlines()[:4] == [
        "gitorch: refused: no snapshot could be taken before git reset --hard",
        "  nothing was changed",
        "error: the disk is full",
        "hint: to go on without a snapshot, run: git -c core.fsmonitor=false COMMAND",
    ]
    assert (picture(guarded.root), locks(guarded.root)) == (before, [])
    assert typed(guarded, "-c core.fsmonitor=false reset -q --hard").status == 0


def test_a_snapshot_that_takes_too_long_ends_the_command(guarded: Guarded) -> None:
    fifo = guarded.root.parent / "never"
    os.mkfifo(fifo)
    gitorch_is(guarded, f'#!/bin/sh\n[ "$1" = --version ] || read -r _ <"{fifo}"\n')
    before = picture(guarded.root)

    ran = typed(guarded, "reset --hard", {"GITORCH_SNAPSHOT_WAIT": "1"})

    assert ran.status == -signal.SIGTERM
    assert "it took too long" in ran.err
    assert (picture(guarded.root), locks(guarded.root)) == (before, [])


@pytest.mark.parametrize("env", [WORKER, {}])
def test_a_git_that_ignores_the_signal_is_ended_all_the_same(guarded: Guarded, env: dict[str, str]) -> None:
    gitorch_is(guarded, '#!/bin/sh\n[ "$1" = --version ]\n')
    before = work(guarded.root)

    ran = run("sh", "-c", "trap '' TERM; exec git checkout .", cwd=guarded.root, env=env)

    assert ran.status == -signal.SIGKILL
    assert work(guarded.root) == before


def test_what_is_not_git_is_not_ended(guarded: Guarded) -> None:
    setting = git(guarded.root, "config", "core.fsmonitor")

    ran = run("sh", "-c", f"{setting} 2 x", cwd=guarded.root, env=WORKER)

    assert (ran.status, ran.out, ran.err) == (1, "", "")


def test_the_index_and_the_place_that_git_was_told_are_not_taken_for_those_of_the_build(
    guarded: Guarded,
) -> None:
    install.install(guarded.repo)
    before, index = work(guarded.root), guarded.root.parent / "index"
    env = {
        "GIT_INDEX_FILE": str(index),
        "GIT_DIR": str(guarded.root / ".git"),
        "GIT_WORK_TREE": str(guarded.root),
    }
    git(guarded.root, "config", "core.bare", "false")
    run("git", "read-tree", "HEAD", cwd=guarded.root, env=env)
    private = index.read_bytes()

    ran = run("git", "checkout-index", "-f", "-a", cwd=guarded.root.parent, env=env)

    assert (ran.status, ran.err) == (0, "")
    assert held(guarded) == before
    assert index.read_bytes() == private


def test_files_elsewhere_are_not_the_builds(guarded: Guarded, tmp_path: Path) -> None:
    gitorch_is(guarded, RECORDS)
    (tmp_path / "elsewhere").mkdir()

    ran = typed(guarded, f"--work-tree={tmp_path}/elsewhere checkout -f HEAD -- .", WORKER)

    assert (ran.status, asked(guarded)) == (0, [])
    assert (tmp_path / "elsewhere/src/a").exists()


def test_a_linked_worktree_has_its_own(tmp_path: Path) -> None:
    outer = a_build(tmp_path / "a build")
    linked = tmp_path / "linked"
    git(outer.root, "worktree", "add", "-q", "-b", "build/y", str(linked), "HEAD")
    from gitorch.adapters.guard import registry
    from gitorch.core.opened import Decided
    from tests.builds import identity
    from tests.scene.guarded import discover

    here = discover(linked)
    registry.open_build(here, identity("y", outer.base), Decided())
    without_gitorch(outer, "deleted")
    write(linked / "src" / "a", "linked\n")

    ran = run("git", "checkout", "src/a", cwd=linked / "src")

    assert ran.status != 0 or ran.err == "Updated 1 path from the index\n"
    assert git(linked, "show", "refs/gitorch/snapshots/y:src/a") == "linked"
    assert git(outer.root, "rev-parse", "--verify", "-q", REF, check=False) == ""


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_the_same_under_every_sh(guarded: Guarded, shell: str) -> None:
    words = interpreter(shell)
    setting = guarded.repo.private / "last-instant"
    script = guarded.repo.shared / "guard" / "last-instant"
    git_dir = guarded.root / ".git"
    for name in ("a build", "bin"):
        (guarded.root.parent / name).mkdir(exist_ok=True)
    body = f"git_dir='{git_dir}' common='{git_dir}'\n. '{script}'\n"
    program = write(guarded.root.parent / "bin" / "program", f"#!{' '.join(words)}\n{body}")
    program.chmod(0o755)
    write(setting, f"[core]\n\tfsmonitor = {program}\n\tfsmonitorHookVersion = 2\n")
    before = work(guarded.root)
    without_gitorch(guarded, "deleted")

    refused, passed = typed(guarded, "clean -fd", WORKER), typed(guarded, "status")
    ran = typed(guarded, "reset -q --hard")

    assert (refused.status, passed.err, ran.status, ran.err) == (-signal.SIGTERM, "", 0, "")
    assert "gitorch: refused: worker W1.1 may not run git clean -fd" in refused.err
    assert held(guarded) == before


@pytest.mark.parametrize("line", ["status", "-c x.y=z status", "reset -q --hard"])
def test_where_there_is_no_proc_ps_tells_the_command(guarded: Guarded, line: str) -> None:
    script = guarded.repo.shared / "guard" / "last-instant"
    script.write_text(script.read_text().replace("/proc/", "/nowhere/"))
    gitorch_is(guarded, RECORDS)

    ran, refused = typed(guarded, line), typed(guarded, "checkout .", WORKER)

    assert (ran.status, ran.err) == (0, "")
    assert asked(guarded) == (
        ["snapshot --project x --message before git reset -q --hard"] if "reset" in line else []
    )
    assert refused.status == -signal.SIGTERM


def test_nothing_of_it_holds_the_pipes_of_whoever_started_git(guarded: Guarded) -> None:
    """An agent reads both streams to their end, which must come when git ends, not when the alarm does."""
    gitorch_is(guarded, RECORDS)
    process = subprocess.run(
        ["git", "reset", "--hard"], cwd=guarded.root, capture_output=True, timeout=20, check=True
    )
    assert b"HEAD is now at" in process.stdout
