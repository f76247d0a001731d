"""finalize: one commit with exactly the claimed work in it, or nothing changed."""

import contextlib
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scene import FOLDER, NO_HOOKS, SLUG, Scene, git, write
from tests.scene.picture import LOGS
from tests.scene.scene import PLAN


def test_a_complete_build_lands_as_one_commit_and_the_worktree_is_clean(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    ran = scene.land(base)
    assert scene.git("status", "--porcelain") == ""
    assert scene.git("symbolic-ref", "HEAD") == f"refs/heads/build/{SLUG}"
    assert scene.git("show", "HEAD:README") == "a project with a calendar"
    assert json.loads(scene.git("show", f"HEAD:{FOLDER}/meta.json"))["status"] == "complete"
    message = scene.git("log", "-1", "--format=%B")
    assert "W1.1" in message
    assert "W2.1" in message
    assert ran.out.startswith(scene.git("rev-parse", "--short=12", "HEAD"))
    assert "merge: git switch main && git merge --ff-only build/calendar-v2" in ran.err
    assert "no validators are configured" in ran.err
    scene.git("commit", "-q", "--allow-empty", "-m", "the guard is off")


def test_the_undo_that_is_told_gives_back_the_base_with_every_file(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    scene.land(base)
    scene.git("reset", "-q", "--soft", base)
    assert scene.git("rev-parse", "HEAD") == base
    assert (scene / "src/schema.py").exists()


def test_json_is_one_document(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    answer = json.loads(scene.land(base, "--json").out)
    assert answer["kind"] == "finalize"
    assert answer["commit"] == scene.git("rev-parse", "HEAD")
    assert answer["onward"] == "main"


def test_each_worker_that_is_not_complete_is_named_with_the_reason(scene: Scene) -> None:
    scene.open_build()
    scene.deliver("W1.1", [], status="blocked")
    err = scene.refused("finalize", says="2 of 2 workers").err
    assert "W1.1 Schema: blocked: W1.1 is done." in err
    assert "waits for W1.1" in err


def test_unclaimed_changes_are_the_persons_decision(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    scene.write(".env", "SECRET=1\n")
    scene.write("staged", "by hand\n")
    scene.git("add", "staged")
    err = scene.refused(
        "finalize", says="2 changed files are not claimed by any worker\n  .env\n  staged\nhint: "
    ).err
    for purpose, decision in (("commit them with the build", "include"), ("leave them uncommitted", "leave")):
        command = f"gitorch finalize --project {SLUG} --unclaimed {decision}"
        assert f"\nhint: to {purpose}, run: {command}\n" in err
    scene.land(base, "--unclaimed", "leave")
    assert scene.git("status", "--porcelain") == "A  staged\n?? .env"
    assert scene.git("ls-tree", "--name-only", "HEAD") == "N5\nREADME\nsrc"


def test_unclaimed_changes_can_be_taken_in(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    scene.write("extra", "1\n")
    scene.land(base, "--unclaimed", "include")
    assert scene.git("status", "--porcelain") == ""
    assert scene.git("show", "HEAD:extra") == "1"


def test_a_claim_that_does_not_hold_is_refused(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.deliver("W2.1", ["README", "never/written"])

    err = scene.refused("finalize", says="1 of 2 workers of build calendar-v2 are not complete").err

    assert "\n  W2.1 Views: its report does not count\n" in err
    assert "\n  W2.1 claims never/written, which does not exist\n" in err


def test_an_ignored_claim_and_a_conflict_marker_are_refused_and_an_altered_file_is_told(scene: Scene) -> None:
    scene.write(".git/info/exclude", "*.log\n")
    base = scene.open_build()
    scene.deliver_all()
    scene.write("run.log", "1\n")
    scene.deliver("W2.1", ["README", "run.log"])
    scene.write("README", "<<<<<<< a\n=======\n>>>>>>> b\n")
    err = scene.refused("finalize", says="1 of 2 workers of build calendar-v2 are not complete").err
    assert "\n  W2.1 claims run.log, which git ignores, and which would not be committed\n" in err
    scene.deliver("W2.1", ["README"])
    says = "1 issue keeps build calendar-v2 from landing; nothing was committed"
    assert "\n  README:1: a conflict marker\n" in scene.refused("finalize", says=says).err
    scene.write("README", "resolved\n")
    assert "warning: README differs from what W2.1 reported" in scene.land(base).err


def test_a_file_that_was_written_after_its_report_and_before_that_was_recorded_is_told(scene: Scene) -> None:
    base = scene.ready_build()
    written = (scene / "README").stat().st_mtime
    os.utime(scene / FOLDER / "completions" / "W2.1.json", (written - 90, written - 90))
    assert "warning: README was written 90 s after the report of W2.1" in scene.land(base).err


def test_the_validators_of_the_base_judge_and_their_failure_changes_nothing(scene: Scene) -> None:
    base = scene.open_build(
        "validators:\n- name: good\n  command: 'test \"$(cat README)\" != bad || { echo WRONG; false; }'\n",
    )
    scene.deliver_all()
    scene.write("README", "bad\n")
    err = scene.refused("finalize", says="1 of 1 validators failed: good").err
    assert "| WRONG" in err
    scene.write("README", "good\n")
    scene.land(base)
    assert "good" in scene.git("log", "-1", "--format=%b")


def test_a_worker_cannot_remove_its_judge(scene: Scene) -> None:
    base = scene.open_build("validators:\n- {name: never, command: 'false'}\n")
    scene.deliver_all()
    scene.write(".gitorch.yaml", "{}\n")
    assert "-- {name: never" in scene.refused("finalize", says="changes .gitorch.yaml").err
    scene.land(base, "--accept-config")
    assert scene.git("show", "HEAD:.gitorch.yaml") == "{}"


def test_a_validator_that_changes_files_is_refused_with_their_names(scene: Scene) -> None:
    scene.open_build("validators:\n- {name: fixer, command: 'echo fixed >> README'}\n")
    scene.deliver_all()
    head = scene.git("rev-parse", "HEAD")
    ran = scene.gitorch("finalize")
    assert ran.status == 1
    assert "README" in ran.err
    assert scene.git("rev-parse", "HEAD") == head


def test_work_that_changes_after_it_was_judged_does_not_land(scene: Scene) -> None:
    elsewhere = (
        f"echo late >> {scene.root}/README"  # a clean checkout is judged, so that nothing else notices
    )
    validators = f"validators:\n- {{name: aside, workspace: clean, command: '{elsewhere}'}}\n"
    scene.open_build(validators)
    scene.deliver_all()
    head = scene.git("rev-parse", "HEAD")
    ran = scene.gitorch("finalize")
    assert ran.status == 1
    assert "files changed while gitorch was running; nothing was committed" in ran.err
    assert "M README" in ran.err
    assert scene.git("rev-parse", "HEAD") == head


def said(process: subprocess.Popen[bytes], text: bytes) -> None:
    """Wait until the process has said so on stderr; fail with its last words when it ends without."""
    assert process.stderr
    lines = []
    for line in process.stderr:
        if text in line:
            return
        lines.append(line)
    pytest.fail(f"it ended with {process.wait(30)} and said {lines}")


def test_ctrl_c_while_a_validator_runs_leaves_everything_as_it_was(scene: Scene) -> None:
    scene.open_build("validators:\n- {name: slow, command: 'echo $$ > ../started; exec sleep 60'}\n")
    scene.deliver_all()
    before = scene.picture(without=LOGS)
    child = subprocess.Popen(
        [sys.executable, "-m", "gitorch", "finalize"],
        cwd=scene.root,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    said(child, b"slow: started")
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=20)
    assert child.returncode == 130
    assert scene.picture(without=LOGS) == before


def test_commits_on_the_branch_are_refused_and_listed_then_absorbed_with_credit(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    scene.write("sneaked", "1\n")
    scene.git("add", "sneaked", "README")
    scene.git(
        *NO_HOOKS,
        "-c",
        "user.name=x",
        "commit",
        "-q",
        "--author=Rogue One <rogue@example.com>",
        "-m",
        "sneaked in",
    )
    assert "sneaked in" in scene.refused("finalize", says="1 commit that finalize did not make").err
    scene.land(base, "--absorb")
    assert scene.git("status", "--porcelain") == ""
    assert scene.git("show", "HEAD:sneaked") == "1"
    trailers = scene.git("log", "-1", "--format=%(trailers:key=Co-authored-by)")
    assert trailers.strip() == "Co-authored-by: Rogue One <rogue@example.com>"


def test_a_worktree_on_another_branch_is_refused(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.git(*NO_HOOKS, "symbolic-ref", "HEAD", "refs/heads/main")
    scene.refused("finalize", says=f"wrong branch in {scene.root}: on main, expected build/calendar-v2")


@pytest.mark.parametrize(
    ("meanwhile", "says"),
    [
        (
            f"git {' '.join(NO_HOOKS)} symbolic-ref HEAD refs/heads/main",
            "on main, expected build/calendar-v2",
        ),
        ("git update-ref MERGE_HEAD HEAD", "a merge is in progress in"),
    ],
)
def test_what_happened_to_the_worktree_while_validators_ran_is_seen(
    scene: Scene, meanwhile: str, says: str
) -> None:
    base = scene.open_build(f"validators:\n- {{name: a, command: {meanwhile}}}\n")
    scene.deliver_all()
    ran = scene.gitorch("finalize")
    assert (ran.status, says in ran.err) == (1, True), ran.err
    assert scene.git("rev-parse", f"build/{SLUG}") == base
    assert scene.git("diff", "--cached", "--name-only", "--", "src") == ""


def test_a_worker_may_not_finalize(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.refused("finalize", says="worker W1.1 may not finalize", env={"GITORCH_WORKER": "W1.1"})


def test_a_second_finalize_says_that_the_build_is_complete(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    scene.land(base)
    scene.refused("finalize", "--project", SLUG, says="build calendar-v2 is complete already")


@pytest.mark.slow
def test_a_held_index_lock_is_refused_and_left(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.gitorch("sync")
    scene.write(".git/index.lock", "")
    scene.refused("finalize", says="another git process holds")
    assert (scene / ".git/index.lock").read_text() == ""


def test_of_two_finalizes_one_lands_and_the_other_says_why_not(scene: Scene) -> None:
    base = scene.open_build(
        "validators:\n- {name: gate, command: 'while [ ! -e ../go ]; do sleep 0.02; done'}\n"
    )
    scene.deliver_all()
    argv = [sys.executable, "-m", "gitorch", "finalize"]
    both = [subprocess.Popen(argv, cwd=scene.root, stderr=subprocess.PIPE) for _ in range(2)]
    for one in both:
        said(one, b"gate: started")

    write(scene.root.parent / "go", "")

    ends = {one.returncode: err for one in both for _, err in [one.communicate(timeout=30)]}
    assert sorted(ends) == [0, 1]
    assert b"error: build calendar-v2 is complete already" in ends[1]
    assert scene.git("rev-list", "--count", f"{base}..HEAD") == "1"


def test_the_same_records_give_the_same_tree(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    copy = scene.root.with_name("copy")
    shutil.copytree(scene.root, copy, symlinks=True)
    # The binding names the worktree by its path; a copy is another one.
    binding = copy / ".git" / "gitorch" / "open" / SLUG
    binding.write_text(binding.read_text().replace(str(scene.root), str(copy)))
    scene.land(base)
    Scene(copy).land(base)
    assert scene.git("rev-parse", "HEAD^{tree}") == git(copy, "rev-parse", "HEAD^{tree}")


def test_a_linked_worktree_lands_its_build_and_leaves_the_main_one_alone(scene: Scene) -> None:
    side = scene.root.with_name("side tree")
    scene.git("worktree", "add", "-q", "--detach", str(side))
    base = Scene(side).open_build()
    Scene(side).deliver_all()
    ran = scene.gitorch("finalize", "--project", SLUG)
    assert ran.status == 0, ran.err
    assert git(side, "status", "--porcelain") == ""
    assert scene.git("status", "--porcelain") == ""
    assert scene.git("rev-list", "--count", f"{base}..build/{SLUG}") == "1"


def test_what_is_staged_of_a_change_that_is_left_stays_staged(scene: Scene) -> None:
    scene.write("mine", "1\n2\n3\n")
    scene.git("add", "mine")
    scene.git("commit", "-q", "-m", "mine")
    base = scene.open_build()
    scene.deliver_all()
    scene.write("mine", "one\n2\n3\n")
    scene.git("add", "mine")
    scene.write("mine", "one\n2\nthree\n")
    scene.land(base, "--unclaimed", "leave")
    assert scene.git("status", "--porcelain") == "MM mine"
    assert scene.git("show", ":mine") == "one\n2\n3"
    assert scene.git("show", "HEAD:mine") == "1\n2\n3"


def test_an_untracked_plan_file_in_the_repository_is_left_alone(scene: Scene) -> None:
    base = scene.open_build()
    scene.gitorch("abort", "--discard-files")
    scene.git("switch", "-q", "main")
    scene.git("branch", "-D", "build/calendar-v2")
    scene.write("plan.json", json.dumps(PLAN))
    assert scene.gitorch("init", "--project", SLUG, "--plan-file", "plan.json").status == 0
    scene.deliver_all()
    scene.land(base)
    assert scene.git("status", "--porcelain") == "?? plan.json"


def test_a_stray_report_is_named_with_what_to_do(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.write(f"{FOLDER}/completions/W9.9.json", "{}")
    err = scene.refused("finalize", says="has issues with its records; nothing was committed").err
    assert "\n  completions/W9.9.json has no brief\n" in err


def test_git_half_way_through_a_merge_is_refused(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.write(".git/MERGE_HEAD", scene.git("rev-parse", "HEAD") + "\n")
    hint = f"hint: to end it and keep every file, run: git -C {scene.root} merge --quit\n"
    assert hint in scene.refused("finalize", says=f"a merge is in progress in {scene.root}").err


@pytest.mark.parametrize("line_ends", ["\n", "\r\n"])
def test_what_the_person_wrote_into_build_md_lands_as_it_stands(scene: Scene, line_ends: str) -> None:
    base = scene.open_build()
    scene.deliver_all()
    path = scene / FOLDER / "BUILD.md"
    path.write_bytes(path.read_bytes() + b"caf\xe9" + line_ends.encode())
    scene.land(base)
    assert scene.git("status", "--porcelain") == ""
    assert path.read_bytes().endswith(b"caf\xe9" + line_ends.encode())
    assert scene.git("hash-object", str(path)) == scene.git("rev-parse", f"HEAD:{FOLDER}/BUILD.md")


def test_the_worktree_that_is_bound_is_landed_though_another_has_the_folder_too(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    side = scene.root.with_name("side")
    scene.git("worktree", "add", "-q", "--detach", str(side), base)
    shutil.copytree(scene / FOLDER, side / FOLDER)
    (side / FOLDER / "completions" / "W1.1.json").unlink()
    ran = Scene(side).gitorch("finalize", "--project", SLUG)
    assert ran.status == 0, ran.err
    assert scene.git("status", "--porcelain") == ""
    assert scene.git("rev-list", "--count", f"{base}..build/{SLUG}") == "1"


@pytest.mark.slow
def test_a_sealed_branch_lands_and_is_sealed_again_after_a_refusal(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    assert scene.gitorch("seal", "on").status == 0
    hook = scene.write(".git/hooks/reference-transaction.gitorch-kept", "#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    scene.refused("finalize", says="could not be moved")
    hook.unlink()
    scene.land(base)
    assert not list((scene / ".git/refs").rglob("*.lock"))


def at_a_terminal(root: Path, answer: str) -> tuple[int, str]:
    """`gitorch finalize` typed at a terminal, with `answer` to its question."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gitorch", "finalize"],
        cwd=root,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    with os.fdopen(ours, "r+b", buffering=0) as terminal, contextlib.suppress(OSError):  # EIO: its end
        while chunk := terminal.read(4096):
            seen += chunk
            if seen.rstrip().endswith(b"[fail]:"):
                terminal.write(f"{answer}\n".encode())
    return process.wait(30), seen.decode()


def test_at_a_terminal_the_person_is_asked_what_becomes_of_unclaimed_changes(scene: Scene) -> None:
    base = scene.open_build("validators:\n- {name: there, command: test -e extra}\n")
    scene.deliver_all()
    scene.write("extra", "1\n")
    before = scene.picture(without=LOGS)
    status, seen = at_a_terminal(scene.root, "fail")
    assert (status, scene.picture(without=LOGS)) == (1, before), seen
    assert "changed files that no worker claims:" in seen
    status, seen = at_a_terminal(scene.root, "include")
    assert status == 0, seen
    assert scene.git("show", "HEAD:extra") == "1"
    assert scene.git("rev-list", "--count", f"{base}..HEAD") == "1"


def test_the_configured_workspace_is_where_the_validators_run(scene: Scene) -> None:
    validators = "validators:\n- {name: made, command: test -e made}\n"
    base = scene.open_build(
        f"workspace:\n  kind: clean\n  setup: [touch made]\n{validators}".replace(
            "made]", ".git/made]"
        ).replace("-e made", "-e .git/made"),
    )
    scene.deliver_all()
    scene.land(base)


def test_of_many_findings_the_first_are_told_and_where_the_others_stand(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    for number in range(60):
        scene.write(f"more/{number}", "1\n")
    err = scene.refused("finalize", says="60 changed files are not claimed by any worker").err
    assert err.count("\n  more/") == 40
    assert err.count("\n  and 20 more\n") == 1
