"""verify: a build commit proves itself, and every forgery of it is told with its reason."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scene import BRANCH, FOLDER, SLUG, Ran, Scene, git, orch, write
from tests.scene.landed import amend, copy, sneak


@pytest.fixture
def root(landed: Path, tmp_path: Path) -> Path:
    return copy(landed, tmp_path / "work")


def verify(root: Path, *arguments: str) -> Ran:
    return orch(root, "verify", *arguments)


def refused(root: Path, says: str, *arguments: str) -> Ran:
    ran = verify(root, *arguments)
    assert (ran.status, says in ran.out) == (1, True), ran.out + ran.err
    return ran


def passed(root: Path, *arguments: str) -> Ran:
    ran = verify(root, *arguments)
    assert ran.status == 0, ran.out + ran.err
    return ran


def test_what_finalize_made_proves_itself_with_and_without_a_range(root: Path) -> None:
    for arguments in ((), ("main..HEAD",), ("HEAD",), ("main...HEAD",), ("main..", "--branch", BRANCH)):
        ran = passed(root, *arguments)
        assert f"build {SLUG} proves itself: 2 workers, 13 paths" in ran.out
        assert "warning:" not in ran.err


def test_a_range_without_a_build_has_nothing_to_verify(root: Path) -> None:
    git(root, "switch", "-q", "main")
    git(
        root,
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "about `Gitorch-Build: x`\n\nGitorch-Build: is a trailer\n\nend",
    )
    assert "nothing to verify" in passed(root, "HEAD~1..HEAD").out
    assert "nothing to verify" in passed(root).out


def edited(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(root: Path) -> None:
        path = root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


def gone(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


def added(name: str, text: str = "x\n") -> Callable[[Path], None]:
    def add(root: Path) -> None:
        write(root / name, text)

    return add


FORGERIES = [
    (edited(f"{FOLDER}/STATUS.md", "## Blocked", "## Blocked?"), "STATUS.md differs from what the build's sources render, from line"),
    (edited(f"{FOLDER}/meta.json", '"complete"', '"in_progress"'), "build calendar-v2 is open in the commit's own records, expected complete"),
    (edited(f"{FOLDER}/meta.json", f'"branch": "build/{SLUG}"', '"branch": "main"'), "meta.json names the branch main, expected build/calendar-v2"),
    (edited(f"{FOLDER}/meta.json", '"slug"', '"slog"'), "meta.json is damaged"),
    (edited(f"{FOLDER}/BUILD.md", "gitorch:end -->", "gitorch:end -->\nnothing"), ""),
    (edited(f"{FOLDER}/meta.json", '"schema_version": 2', '"schema_version": 3'), "meta.json has schema_version 3, and this gitorch knows up to 2\n  hint: to get a newer gitorch, run: python -m pip install --upgrade gitorch"),
    (gone(f"{FOLDER}/meta.json"), "meta.json is not in the commit"),
    (gone(f"{FOLDER}/PLAN.md"), "PLAN.md is not in the commit"),
    (gone(f"{FOLDER}/plan.json"), "plan.json is not in the commit"),
    (gone(f"{FOLDER}/completions/W2.1.json"), "W2.1 is ready in the commit's own records"),
    (edited(f"{FOLDER}/completions/W1.1.json", '"complete"', '"blocked"'), "W1.1 is blocked"),
    (edited(f"{FOLDER}/completions/W1.1.json", "src/schema.py", "src/never.py"), "W1.1 claims src/never.py, which does not exist"),
    (gone("src/schema.py"), "src/schema.py that W1.1 reported is missing"),
    (added(".env"), ".env changed, no worker claims it, and the person did not include it"),
    (added(f"{FOLDER}/workers/note.txt"), "is not a .md file"),
    (added(".gitorch.yaml", "validators: [{name: a, command: b, paths: ['[z-a]']}]\n"), "validators[0].paths[0]: the range z-a in [z-a] runs backwards"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("forge", "says"), FORGERIES, ids=[says or "the person's part" for _, says in FORGERIES]
)
def test_what_does_not_agree_with_the_records_is_refused(
    root: Path, forge: Callable[[Path], None], says: str
) -> None:
    forge(root)
    amend(root)
    if says:
        refused(root, says, "main..HEAD")
    else:
        passed(root, "main..HEAD")


def older(root: Path) -> None:
    """Make the records those of a gitorch that rendered otherwise: other text, fewer and other keys."""
    edited(f"{FOLDER}/meta.json", '"schema_version": 2', '"schema_version": 1')(root)
    edited(f"{FOLDER}/STATUS.md", "# Build Status: ", "# Status of build ")(root)
    edited(f"{FOLDER}/README.md", "# ", "## ")(root)
    edited(f"{FOLDER}/plan.json", '"name": ', '"plan_of": 1, "name": ')(root)
    edited(f"{FOLDER}/plan.json", '"description": "",', "")(root)


def test_facts_count_by_what_they_say_and_not_by_how_they_are_written(root: Path) -> None:
    for name in ("meta.json", "plan.json"):
        path = root / FOLDER / name
        path.write_text(json.dumps(json.loads(path.read_text()), indent=None, sort_keys=True))
    amend(root)
    assert "warning:" not in passed(root, "main..HEAD").err


def test_a_build_that_an_older_gitorch_landed_proves_itself_by_its_facts(root: Path) -> None:
    older(root)
    tip = amend(root)
    told = "STATUS.md, README.md and BUILD.md were rendered by an older gitorch and were not compared"
    assert passed(root, "main..HEAD").err == f"warning: {tip[:12]}: {told}\n"
    [issue] = json.loads(passed(root, "main..HEAD", "--json").out)["issues"]
    assert (issue["code"], issue["about"], issue["message"]) == ("older-records", tip, told)


OLDER_FORGERIES = [
    (edited(f"{FOLDER}/meta.json", '"current_wave": 2', '"current_wave": 1'), "meta.json has current_wave 1"),
    (edited(f"{FOLDER}/plan.json", '"status": "complete"', '"status": "ready"'), "plan.json differs from what the build's sources render, at workers[0].status"),
    (added(".env"), ".env changed, no worker claims it, and the person did not include it"),
]  # fmt: skip


@pytest.mark.parametrize(("forge", "says"), OLDER_FORGERIES, ids=[says for _, says in OLDER_FORGERIES])
def test_to_call_the_records_older_hides_no_forged_fact(
    root: Path, forge: Callable[[Path], None], says: str
) -> None:
    older(root)
    forge(root)
    amend(root)
    refused(root, says, "main..HEAD")


MESSAGES = [
    (lambda text: text.replace("Gitorch-Worker: W2.1\n", ""), "the trailers differ from those that the records give\n    missing: Gitorch-Worker: W2.1"),
    (lambda text: text.replace("Gitorch-Base: ", "Gitorch-Base: 0"), "    missing: Gitorch-Base: "),
    (lambda text: text.replace(f"Build: {SLUG}", "Build: other"), "N5/builds/other/meta.json is not in the commit"),
    (lambda text: text.replace(f"Build: {SLUG}", "Build: ../x"), "is not a safe slug"),
    (lambda _: "all by hand\n", "finalize did not make the commit"),
    (lambda text: text.replace("No validators configured.", "Validated by\n> magic"), "the message names what is no validator of .gitorch.yaml: > magic"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "says"), MESSAGES, ids=[says for _, says in MESSAGES])
def test_a_message_that_contradicts_the_records_is_refused(
    root: Path, change: Callable[[str], str], says: str
) -> None:
    text = git(root, "log", "-1", "--format=%B")
    assert change(text + "\n") != text + "\n"
    amend(root, change(text + "\n"))
    refused(root, says, "main..HEAD")


def test_another_text_is_the_persons_right_and_is_said(root: Path) -> None:
    text = git(root, "log", "-1", "--format=%B")
    amend(root, text.rstrip("\n") + "\nChange-Id: I0123\n")
    assert "more than the records give: Change-Id: I0123" in passed(root).err
    rest = text.partition("\n")[2]
    amend(root, f"My own words\n{rest}")
    assert (
        "the message differs from the one that the records give, from line 1 on: My own words"
        in passed(root).err
    )
    amend(root, "My own words\n\n" + text.rstrip("\n").rpartition("\n\n")[2] + "\n")
    assert "the records give, and names no validators" in passed(root).err


TOO_MUCH = [
    (".gitorch.yaml", "#" * (1 << 16) + "\n", ".gitorch.yaml is larger than 64 KiB"),
    (f"{FOLDER}/completions/W1.1.json", " " * (1 << 20) + "{}", "completions/W1.1.json: is larger than 1024 KiB"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "says"), TOO_MUCH, ids=[says for _, _, says in TOO_MUCH])
def test_what_would_cost_the_judge_too_much_is_a_reason(root: Path, name: str, text: str, says: str) -> None:
    write(root / name, text)
    amend(root)
    refused(root, says, "main..HEAD")


def test_a_second_commit_on_the_build_branch_is_no_part_of_the_build(root: Path) -> None:
    write(root / "late", "x\n")
    git(root, "add", "late")
    git(root, "commit", "-q", "-m", "one more thing")
    says = f"finalize did not make the commit on {BRANCH}: one more thing"
    refused(root, says)
    refused(root, says, "main..HEAD")
    git(root, "checkout", "-q", "--detach")
    refused(root, says, "main..HEAD", "--branch", BRANCH)
    passed(root, "main..HEAD")  # any other branch may go on from there


def test_a_rebased_build_commit_is_refused_and_a_merged_one_is_not(root: Path) -> None:
    tip = git(root, "rev-parse", "HEAD")
    git(root, "switch", "-q", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "meanwhile")
    main = git(root, "rev-parse", "HEAD")
    git(root, "merge", "-q", "--no-ff", "-m", "Merge the build", BRANCH)
    assert f"{tip[:12]} build({SLUG})" in passed(root, f"{main}..HEAD").out
    git(root, "reset", "-q", "--hard", main)
    git(root, "cherry-pick", "--allow-empty", tip)
    says = f"the commit's parent is {main[:12]}, expected the base "
    out = refused(root, says, f"{main}..HEAD").out
    assert "a squash, rebase or cherry-pick makes another commit" in out


def test_records_that_are_committed_by_hand_are_refused_on_any_branch(scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.git("add", "--all")
    sneak(scene.root, "by hand", "side")
    refused(
        scene.root, f"finalize did not make the commit, which has the records of build {SLUG}", "main..side"
    )


@pytest.mark.parametrize("graft", [False, True])
def test_records_that_a_root_commit_brings_are_refused(root: Path, graft: bool) -> None:
    main, built = git(root, "rev-parse", "main"), git(root, "rev-parse", f"build/{SLUG}")
    tree = git(root, "rev-parse", f"{built}^{{tree}}")
    orphan = git(root, "commit-tree", "-m", "orphan", tree)
    if graft:  # by which it would change nothing
        write(root / ".git" / "info" / "grafts", f"{orphan} {built}\n")
    merge = git(root, "commit-tree", "-m", "merge", tree, "-p", main, "-p", orphan)
    for tip in (orphan, merge):
        refused(
            root, f"finalize did not make the commit, which has the records of build {SLUG}", f"main..{tip}"
        )


def test_trailers_where_finalize_puts_none_are_named_as_that(root: Path) -> None:
    tip, text = git(root, "rev-parse", "HEAD"), git(root, "log", "-1", "--format=%B")
    other = git(root, "commit-tree", "-p", "main", "-m", "beside", "main^{tree}")
    merge = git(root, "commit-tree", "-p", "main", "-p", other, "-F", "-", f"{tip}^{{tree}}", stdin=text)
    refused(root, "the commit has 2 parents, expected one, the base", f"main..{merge}")
    later = git(
        root, "commit-tree", "-p", "main", "-F", "-", f"{tip}^{{tree}}", stdin=f"{text}\n\nGitorch-Build: y\n"
    )
    says = f"the line Gitorch-Build: {SLUG} is not in the message's last paragraph"
    refused(root, says, f"main..{later}")


def test_an_open_build_is_judged_from_its_base(scene: Scene) -> None:
    scene.open_build()
    assert "nothing to verify" in passed(scene.root).out
    sneak(scene.root, "rogue")
    refused(scene.root, "finalize did not make the commit on build/calendar-v2: rogue")


def test_what_the_person_took_in_stands_in_the_records(tmp_path: Path, scene: Scene) -> None:
    scene.open_build()
    scene.deliver_all()
    scene.write("extra \u001b\nfile", "x\n")
    scene.write("kept out", "x\n")
    assert scene.gitorch("finalize", "--unclaimed", "include").status == 0
    taken = json.loads(scene.git("show", f"HEAD:{FOLDER}/meta.json"))["unclaimed"]
    assert taken == ['"extra \\u001b\\nfile"', "kept out"]
    passed(scene.root)
    scene.git("rm", "-q", "kept out")
    amend(scene.root)
    refused(scene.root, "meta.json names kept out as included, which is not an unclaimed change")


VALIDATORS = """\
builds_dir: 'our [builds]'
validators:
- {name: good, command: 'true'}
- {name: docs, command: 'false', paths: [docs/]}
- {name: shaky, command: 'false', allow_failure: true}
"""


@pytest.mark.slow
def test_what_the_message_says_of_validators_is_held_against_the_configuration(
    tmp_path: Path, scene: Scene
) -> None:
    scene.write(".gitorch.yaml", VALIDATORS)
    scene.git("add", ".gitorch.yaml")
    scene.git("commit", "-q", "-m", "policy")
    scene.open_build()
    folder = f"our [builds]/{SLUG}"
    scene.write("src/schema.py", "TABLES = 5\n")
    for worker, artifacts in (("W1.1", ["src/schema.py"]), ("W2.1", [])):
        report = {"worker_id": worker, "status": "complete", "timestamp": "2026-01-18T18:30:00Z", "summary": "Done.", "artifacts": artifacts}  # fmt: skip
        scene.write(f"{folder}/completions/{worker}.json", json.dumps(report))
    assert scene.gitorch("finalize").status == 0
    assert "warning:" not in passed(scene.root).err
    text = scene.git("log", "-1", "--format=%B") + "\n"
    for line, says in (
        ("> good", "does not say of the validator good what proof.json says: passed"),
        (
            "> shaky (failed, and is allowed to)",
            "does not say of the validator shaky what proof.json says: failed",
        ),
    ):
        assert f"{line}\n" in text
        amend(scene.root, text.replace(f"{line}\n", ""))
        refused(scene.root, says)
    amend(scene.root, text.replace("> good\n", "> good (failed, and is allowed to)\n"))
    refused(scene.root, "does not say of the validator good what proof.json says: passed")
    amend(scene.root, text.replace("Validated by\n", "No validators configured.\n\nNot\n"))
    refused(scene.root, "says that no validators are configured; .gitorch.yaml has good, docs, shaky")


def test_json_and_annotations_carry_each_issue(root: Path) -> None:
    write(root / "a,b:100%", "x\n")
    tip = amend(root)
    answer = json.loads(refused(root, "", "--json").out)
    assert (answer["kind"], answer["passed"], answer["branch"]) == ("verify", False, BRANCH)
    assert [(i["code"], i["about"]) for i in answer["issues"]] == [("unclaimed-file", f"{tip}:a,b:100%")]
    line = refused(root, "", "--annotate", "github").out
    assert line == (
        f"::error file=a%2Cb%3A100%25,title=gitorch verify::{tip[:12]}: a,b:100%25 changed, no worker claims it, "
        "and the person did not include it%0Ahint: to have finalize make the commit again, run: "
        f"gitorch reopen --project {SLUG} && gitorch finalize --project {SLUG}\n"
    )
    issues = json.loads(refused(root, "", "--annotate", "gitlab").out)
    assert [issue["location"] for issue in issues] == [{"path": "a,b:100%", "lines": {"begin": 1}}]


@pytest.mark.parametrize("place", ["meta.json", ".gitorch.yaml", "subject"])
def test_nothing_of_a_commit_begins_a_line_in_the_log_of_a_ci(root: Path, place: str) -> None:
    forged = "::error file=x::pwned"
    text = git(root, "log", "-1", "--format=%B")
    if place == "subject":
        text = f"a\u2028{forged}\r{forged}\n{text.partition(chr(10))[2]}"
    else:
        path = root / place if place.startswith(".") else root / FOLDER / place
        value = json.loads(path.read_text()) if path.exists() else {}
        write(path, json.dumps({**value, f"a\n{forged}\n": 1, forged: 2, f" \t{forged}": 3}))
    amend(root, text)
    for arguments in (("main..HEAD",), ("main..HEAD", "--annotate", "github"), ()):
        ran = verify(root, *arguments)
        lines = re.split(r"[\r\n\x85\u2028]", ran.out * ("--annotate" not in arguments) + ran.err)
        assert [line for line in lines if line.lstrip().startswith("::")] == []
        assert ran.status == 0 or "pwned" in "".join(lines), lines


def test_a_shallow_clone_is_refused_with_the_command_that_fixes_it(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    ran = verify(tmp_path / "shallow")
    assert (ran.status, "hint: to get the whole history, run: git fetch --unshallow\n" in ran.err) == (
        1,
        True,
    )


def test_a_name_that_is_no_commit_is_bad_input(root: Path) -> None:
    assert verify(root, f"{'1' * 40}..HEAD").status == 2


def test_a_branch_that_ci_calls_new_is_judged_from_the_default_branch(root: Path) -> None:
    assert "proves itself" in passed(root, f"{'0' * 40}..HEAD").out


def test_a_line_separator_in_a_subject_makes_no_second_commit(root: Path) -> None:
    git(root, "commit", "-q", "--allow-empty", "-m", "one\u2028two\x85three")
    answer = json.loads(refused(root, "", "HEAD~1..HEAD", "--branch", BRANCH, "--json").out)
    assert (answer["commits"], len(answer["issues"])) == (1, 1)


@pytest.mark.parametrize("kind", ["LITERAL", "GLOB", "NOGLOB", "ICASE"])
def test_how_this_shell_takes_pathspecs_deceives_nobody(root: Path, kind: str) -> None:
    git(root, "switch", "-q", "-c", "side")
    amend(root, "all by hand\n")
    ran = orch(root, "verify", "main..HEAD", env={f"GIT_{kind}_PATHSPECS": "1"})
    assert (ran.status, "finalize did not make the commit" in ran.out) == (1, True), ran.out + ran.err


def test_another_encoding_of_git_log_deceives_nobody(root: Path) -> None:
    git(root, "switch", "-q", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "by hand\n\nGitorch-Build: x")
    git(root, "config", "i18n.logOutputEncoding", "UTF-16")
    refused(root, "N5/builds/x/meta.json is not in the commit", "HEAD~1..HEAD")


def test_a_ref_that_replaces_a_commit_deceives_nobody(root: Path) -> None:
    good = git(root, "rev-parse", "HEAD")
    write(root / ".env", "x\n")
    git(root, "replace", amend(root), good)
    refused(root, ".env changed, no worker claims it")


def test_a_bare_repository_and_a_clone_are_judged_alike(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(root), "bare.git")
    git(tmp_path, "config", "--global", "safe.bareRepository", "explicit")
    assert "proves itself" in passed(tmp_path / "bare.git", f"main..{BRANCH}").out
    git(tmp_path, "clone", "-q", "-b", BRANCH, str(root), "clone")
    assert "proves itself" in passed(tmp_path / "clone").out
