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

from tests.actions.opened import FOLDER, SLUG, deliver, delivered, finalize, landed, opened, picture, refused
from tests.scene.scene import PLAN
from tests.support import NO_HOOKS, git, orch, write


def test_a_complete_build_lands_as_one_commit_and_the_worktree_is_clean(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    ran = landed(repo, base)
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "symbolic-ref", "HEAD") == f"refs/heads/build/{SLUG}"
    assert git(repo, "show", "HEAD:README") == "a project with a calendar"
    assert json.loads(git(repo, "show", f"HEAD:{FOLDER}/meta.json"))["status"] == "complete"
    message = git(repo, "log", "-1", "--format=%B")
    assert "W1.1" in message
    assert "W2.1" in message
    assert ran.out.startswith(git(repo, "rev-parse", "--short=12", "HEAD"))
    assert "merge: git switch main && git merge --ff-only build/calendar-v2" in ran.err
    assert "no validators are configured" in ran.err
    git(repo, "commit", "-q", "--allow-empty", "-m", "the guard is off")


def test_the_undo_that_is_told_gives_back_the_base_with_every_file(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    landed(repo, base)
    git(repo, "reset", "-q", "--soft", base)
    assert git(repo, "rev-parse", "HEAD") == base
    assert (repo / "src" / "schema.py").exists()


def test_json_is_one_document(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    answer = json.loads(landed(repo, base, "--json").out)
    assert answer["kind"] == "finalize"
    assert answer["commit"] == git(repo, "rev-parse", "HEAD")
    assert answer["onward"] == "main"


def test_each_worker_that_is_not_complete_is_named_with_the_reason(repo: Path) -> None:
    opened(repo)
    deliver(repo, "W1.1", [], status="blocked")
    err = refused(repo, says="2 of 2 workers").err
    assert "W1.1 Schema: blocked: W1.1 is done." in err
    assert "waits for W1.1" in err


def test_unclaimed_changes_are_the_persons_decision(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    write(repo / ".env", "SECRET=1\n")
    write(repo / "staged", "by hand\n")
    git(repo, "add", "staged")
    err = refused(repo, says="2 changed files are not claimed by any worker\n  .env\n  staged\nhint: ").err
    for purpose, decision in (("commit them with the build", "include"), ("leave them uncommitted", "leave")):
        command = f"gitorch finalize --project {SLUG} --unclaimed {decision}"
        assert f"\nhint: to {purpose}, run: {command}\n" in err
    landed(repo, base, "--unclaimed", "leave")
    assert git(repo, "status", "--porcelain") == "A  staged\n?? .env"
    assert git(repo, "ls-tree", "--name-only", "HEAD") == "N5\nREADME\nsrc"


def test_unclaimed_changes_can_be_taken_in(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    write(repo / "extra", "1\n")
    landed(repo, base, "--unclaimed", "include")
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "show", "HEAD:extra") == "1"


def test_a_claim_that_does_not_hold_is_refused(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    deliver(repo, "W2.1", ["README", "never/written"])
    assert (
        "W2.1 claims never/written"
        in refused(repo, says="1 issue keeps build calendar-v2 from landing; nothing was committed").err
    )


def test_an_ignored_claim_and_a_conflict_marker_are_refused_and_a_stale_claim_is_told(repo: Path) -> None:
    write(repo / ".git" / "info" / "exclude", "*.log\n")
    base = opened(repo)
    delivered(repo)
    write(repo / "run.log", "1\n")
    deliver(repo, "W2.1", ["README", "run.log"])
    write(repo / "README", "<<<<<<< a\n=======\n>>>>>>> b\n")
    err = refused(repo, says="2 issues keep build calendar-v2 from landing; nothing was committed").err
    assert "\n  W2.1 claims run.log, which git ignores, and which would not be committed\n" in err
    assert "\n  README:1: a conflict marker\n" in err
    deliver(repo, "W2.1", ["README"])
    write(repo / "README", "resolved\n")
    written = (repo / "README").stat().st_mtime
    os.utime(repo / FOLDER / "completions" / "W2.1.json", (written - 90, written - 90))
    assert "warning: README was written 90 s after the report of W2.1" in landed(repo, base).err


def test_the_validators_of_the_base_judge_and_their_failure_changes_nothing(repo: Path) -> None:
    base = opened(
        repo,
        "validators:\n- name: good\n  command: 'test \"$(cat README)\" != bad || { echo WRONG; false; }'\n",
    )
    delivered(repo)
    write(repo / "README", "bad\n")
    err = refused(repo, says="1 of 1 validators failed: good").err
    assert "| WRONG" in err
    write(repo / "README", "good\n")
    landed(repo, base)
    assert "good" in git(repo, "log", "-1", "--format=%b")


def test_a_worker_cannot_remove_its_judge(repo: Path) -> None:
    base = opened(repo, "validators:\n- {name: never, command: 'false'}\n")
    delivered(repo)
    write(repo / ".gitorch.yaml", "{}\n")
    assert "-- {name: never" in refused(repo, says="changes .gitorch.yaml").err
    landed(repo, base, "--accept-config")
    assert git(repo, "show", "HEAD:.gitorch.yaml") == "{}"


def test_a_validator_that_changes_files_is_refused_with_their_names(repo: Path) -> None:
    opened(repo, "validators:\n- {name: fixer, command: 'echo fixed >> README'}\n")
    delivered(repo)
    head = git(repo, "rev-parse", "HEAD")
    ran = finalize(repo)
    assert ran.status == 1
    assert "README" in ran.err
    assert git(repo, "rev-parse", "HEAD") == head


def test_work_that_changes_after_it_was_judged_does_not_land(repo: Path) -> None:
    elsewhere = f"echo late >> {repo}/README"  # a clean checkout is judged, so that nothing else notices
    validators = f"validators:\n- {{name: aside, workspace: clean, command: '{elsewhere}'}}\n"
    opened(repo, validators)
    delivered(repo)
    head = git(repo, "rev-parse", "HEAD")
    ran = finalize(repo)
    assert ran.status == 1
    assert "files changed while gitorch was running; nothing was committed" in ran.err
    assert "M README" in ran.err
    assert git(repo, "rev-parse", "HEAD") == head


def said(process: subprocess.Popen[bytes], text: bytes) -> None:
    """Wait until the process has said so on stderr; fail with its last words when it ends without."""
    assert process.stderr
    lines = []
    for line in process.stderr:
        if text in line:
            return
        lines.append(line)
    pytest.fail(f"it ended with {process.wait(30)} and said {lines}")


def test_ctrl_c_while_a_validator_runs_leaves_everything_as_it_was(repo: Path) -> None:
    opened(repo, "validators:\n- {name: slow, command: 'echo $$ > ../started; exec sleep 60'}\n")
    delivered(repo)
    before = picture(repo)
    child = subprocess.Popen(
        [sys.executable, "-m", "gitorch", "finalize"],
        cwd=repo,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    said(child, b"slow: started")
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=20)
    assert child.returncode == 130
    assert picture(repo) == before


def test_commits_on_the_branch_are_refused_and_listed_then_absorbed_with_credit(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    write(repo / "sneaked", "1\n")
    git(repo, "add", "sneaked", "README")
    git(
        repo,
        *NO_HOOKS,
        "-c",
        "user.name=x",
        "commit",
        "-q",
        "--author=Rogue One <rogue@example.com>",
        "-m",
        "sneaked in",
    )
    assert "sneaked in" in refused(repo, says="1 commits that finalize did not make").err
    landed(repo, base, "--absorb")
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "show", "HEAD:sneaked") == "1"
    trailers = git(repo, "log", "-1", "--format=%(trailers:key=Co-authored-by)")
    assert trailers.strip() == "Co-authored-by: Rogue One <rogue@example.com>"


def test_a_worktree_on_another_branch_is_refused(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    git(repo, *NO_HOOKS, "symbolic-ref", "HEAD", "refs/heads/main")
    refused(repo, says=f"wrong branch in {repo}: on main, expected build/calendar-v2")


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
    repo: Path, meanwhile: str, says: str
) -> None:
    base = opened(repo, f"validators:\n- {{name: a, command: {meanwhile}}}\n")
    delivered(repo)
    ran = finalize(repo)
    assert (ran.status, says in ran.err) == (1, True), ran.err
    assert git(repo, "rev-parse", f"build/{SLUG}") == base
    assert git(repo, "diff", "--cached", "--name-only", "--", "src") == ""


def test_a_worker_may_not_finalize(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    refused(repo, says="worker W1.1 may not finalize", GITORCH_WORKER="W1.1")


def test_a_second_finalize_says_that_the_build_is_complete(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    landed(repo, base)
    refused(repo, "--project", SLUG, says="build calendar-v2 is complete already")


@pytest.mark.slow
def test_a_held_index_lock_is_refused_and_left(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    orch(repo, "sync")
    write(repo / ".git" / "index.lock", "")
    refused(repo, says="another git process holds")
    assert (repo / ".git" / "index.lock").read_text() == ""


def test_of_two_finalizes_one_lands_and_the_other_says_why_not(repo: Path) -> None:
    base = opened(repo, "validators:\n- {name: gate, command: 'while [ ! -e ../go ]; do sleep 0.02; done'}\n")
    delivered(repo)
    argv = [sys.executable, "-m", "gitorch", "finalize"]
    both = [subprocess.Popen(argv, cwd=repo, stderr=subprocess.PIPE) for _ in range(2)]
    for one in both:
        said(one, b"gate: started")

    write(repo.parent / "go", "")

    ends = {one.returncode: err for one in both for _, err in [one.communicate(timeout=30)]}
    assert sorted(ends) == [0, 1]
    assert b"error: build calendar-v2 is complete already" in ends[1]
    assert git(repo, "rev-list", "--count", f"{base}..HEAD") == "1"


def test_the_same_records_give_the_same_tree(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    copy = repo.with_name("copy")
    shutil.copytree(repo, copy, symlinks=True)
    # The binding names the worktree by its path; a copy is another one.
    binding = copy / ".git" / "gitorch" / "open" / SLUG
    binding.write_text(binding.read_text().replace(str(repo), str(copy)))
    landed(repo, base)
    landed(copy, base)
    assert git(repo, "rev-parse", "HEAD^{tree}") == git(copy, "rev-parse", "HEAD^{tree}")


def test_a_linked_worktree_lands_its_build_and_leaves_the_main_one_alone(repo: Path) -> None:
    side = repo.with_name("side tree")
    git(repo, "worktree", "add", "-q", "--detach", str(side))
    base = opened(side)
    delivered(side)
    ran = finalize(repo, "--project", SLUG)
    assert ran.status == 0, ran.err
    assert git(side, "status", "--porcelain") == ""
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "rev-list", "--count", f"{base}..build/{SLUG}") == "1"


def test_what_is_staged_of_a_change_that_is_left_stays_staged(repo: Path) -> None:
    write(repo / "mine", "1\n2\n3\n")
    git(repo, "add", "mine")
    git(repo, "commit", "-q", "-m", "mine")
    base = opened(repo)
    delivered(repo)
    write(repo / "mine", "one\n2\n3\n")
    git(repo, "add", "mine")
    write(repo / "mine", "one\n2\nthree\n")
    landed(repo, base, "--unclaimed", "leave")
    assert git(repo, "status", "--porcelain") == "MM mine"
    assert git(repo, "show", ":mine") == "one\n2\n3"
    assert git(repo, "show", "HEAD:mine") == "1\n2\n3"


def test_an_untracked_plan_file_in_the_repository_is_left_alone(repo: Path) -> None:
    base = opened(repo)
    orch(repo, "abort", "--discard-files")
    git(repo, "switch", "-q", "main")
    git(repo, "branch", "-D", "build/calendar-v2")
    write(repo / "plan.json", json.dumps(PLAN))
    assert orch(repo, "init", "--project", SLUG, "--plan-file", "plan.json").status == 0
    delivered(repo)
    landed(repo, base)
    assert git(repo, "status", "--porcelain") == "?? plan.json"


def test_a_stray_report_is_named_with_what_to_do(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    write(repo / FOLDER / "completions" / "W9.9.json", "{}")
    err = refused(repo, says="has findings that are open").err
    assert "\n  completions/W9.9.json has no brief\n" in err


def test_git_half_way_through_a_merge_is_refused(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    write(repo / ".git" / "MERGE_HEAD", git(repo, "rev-parse", "HEAD") + "\n")
    hint = f"hint: to end it and keep every file, run: git -C {repo} merge --quit\n"
    assert hint in refused(repo, says=f"a merge is in progress in {repo}").err


@pytest.mark.parametrize("line_ends", ["\n", "\r\n"])
def test_what_the_person_wrote_into_build_md_lands_as_it_stands(repo: Path, line_ends: str) -> None:
    base = opened(repo)
    delivered(repo)
    path = repo / FOLDER / "BUILD.md"
    path.write_bytes(path.read_bytes() + b"caf\xe9" + line_ends.encode())
    landed(repo, base)
    assert git(repo, "status", "--porcelain") == ""
    assert path.read_bytes().endswith(b"caf\xe9" + line_ends.encode())
    assert git(repo, "hash-object", str(path)) == git(repo, "rev-parse", f"HEAD:{FOLDER}/BUILD.md")


def test_the_worktree_that_is_bound_is_landed_though_another_has_the_folder_too(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    side = repo.with_name("side")
    git(repo, "worktree", "add", "-q", "--detach", str(side), base)
    shutil.copytree(repo / FOLDER, side / FOLDER)
    (side / FOLDER / "completions" / "W1.1.json").unlink()
    ran = finalize(side, "--project", SLUG)
    assert ran.status == 0, ran.err
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "rev-list", "--count", f"{base}..build/{SLUG}") == "1"


@pytest.mark.slow
def test_a_sealed_branch_lands_and_is_sealed_again_after_a_refusal(repo: Path) -> None:
    base = opened(repo)
    delivered(repo)
    assert orch(repo, "seal", "on").status == 0
    hook = write(repo / ".git" / "hooks" / "reference-transaction.gitorch-kept", "#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    refused(repo, says="could not be moved")
    hook.unlink()
    landed(repo, base)
    assert not list((repo / ".git" / "refs").rglob("*.lock"))


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


def test_at_a_terminal_the_person_is_asked_what_becomes_of_unclaimed_changes(repo: Path) -> None:
    base = opened(repo, "validators:\n- {name: there, command: test -e extra}\n")
    delivered(repo)
    write(repo / "extra", "1\n")
    before = picture(repo)
    status, seen = at_a_terminal(repo, "fail")
    assert (status, picture(repo)) == (1, before), seen
    assert "no worker claims it:" in seen
    status, seen = at_a_terminal(repo, "include")
    assert status == 0, seen
    assert git(repo, "show", "HEAD:extra") == "1"
    assert git(repo, "rev-list", "--count", f"{base}..HEAD") == "1"


def test_the_configured_workspace_is_where_the_validators_run(repo: Path) -> None:
    validators = "validators:\n- {name: made, command: test -e made}\n"
    base = opened(
        repo,
        f"workspace:\n  kind: clean\n  setup: [touch made]\n{validators}".replace(
            "made]", ".git/made]"
        ).replace("-e made", "-e .git/made"),
    )
    delivered(repo)
    landed(repo, base)


def test_of_many_findings_the_first_are_told_and_where_the_others_stand(repo: Path) -> None:
    opened(repo)
    delivered(repo)
    for number in range(60):
        write(repo / "more" / f"{number}", "1\n")
    err = refused(repo, says="60 changed files are not claimed by any worker").err
    assert err.count("\n  more/") == 40
    assert err.count("\n  and 20 more\n") == 1
