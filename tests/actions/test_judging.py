"""What decides whether a validator runs, when, where, and whether its result is remembered."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gitorch.actions.validate import judge
from gitorch.adapters.git import candidate, scan
from gitorch.adapters.git.repository import Repository
from gitorch.core.changes import Change, ChangeKind, Verdict
from gitorch.core.config import Validator, Workspace
from gitorch.core.validation import Progress
from tests.support import git, orch, run, write


def check(name: str, command: str | tuple[str, ...] = "true", **more: Any) -> Validator:
    return Validator(name=name, command=command, **more)


def judged(
    root: Path,
    *validators: Validator,
    remember: bool = False,
    workspace: Workspace | None = None,
    seen: list[Progress] | None = None,
) -> tuple[Verdict, ...]:
    repo = Repository.discover(root)
    assert repo
    base = git(root, "rev-parse", "HEAD")
    changes = scan.changes(repo, base)
    tree = candidate.build(repo, base, [change.path for change in changes], {}).tree
    report = (seen if seen is not None else []).append
    return judge(repo, tree, base, validators, changes, report, workspace=workspace, remember=remember)


def outcomes(verdicts: Sequence[Verdict]) -> list[tuple[str, bool, str | None]]:
    return [(v.name, v.passed, v.reason) for v in verdicts]


def test_environment_and_working_folder_are_as_configured(repo: Path) -> None:
    (repo / "deep").mkdir()
    command = 'test "$GREETING" = "good day" && test "$(basename "$PWD")" = deep && test -f ../README'
    assert judged(repo, check("a", command, env={"GREETING": "good day"}, cwd="deep"))[0].passed
    (repo / "link").symlink_to(repo.parent)
    (astray,) = judged(repo, check("a", cwd="link"))
    assert astray.reason == "was not run: its cwd link leads out of the repository"
    (gone,) = judged(repo, check("a", cwd="nowhere"))
    assert gone.reason == f"there is no folder {repo}/nowhere"


def test_a_validator_with_paths_runs_only_when_the_change_touches_them(repo: Path) -> None:
    write(repo / "src/new.py", "x = 1\n")
    (repo / "README").unlink()
    python, docs, old = judged(
        repo,
        check("python", "exit 1", paths=["*.py"]),
        check("docs", "exit 1", paths=["docs/**"]),
        check("old", "exit 1", paths=["README"]),
    )
    assert (python.passed, old.passed) == (False, False)
    assert (docs.passed, docs.skipped) == (True, "the change touches none of its paths")


def test_needs_are_waited_for_though_they_stand_later(repo: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    test, build = judged(
        repo, check("test", f"cat {made}", needs=["build"]), check("build", f"echo > {made}")
    )
    assert build.passed
    assert test.passed


def test_what_needs_a_failed_validator_is_not_run_and_fails_with_it(repo: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    found = judged(
        repo,
        check("c", f"echo > {mark}", needs=["b"]),
        check("b", f"echo > {mark}", needs=["a"]),
        check("a", "exit 1"),
        check("free"),
    )
    assert outcomes(found) == [
        ("c", False, "was not run: it needs 'b', which failed"),
        ("b", False, "was not run: it needs 'a', which failed"),
        ("a", False, "ended with exit status 1"),
        ("free", True, None),
    ]
    assert not mark.exists()


def test_an_allowed_failure_and_a_skipped_validator_hold_up_nothing(repo: Path) -> None:
    flaky, skipped, last = judged(
        repo,
        check("flaky", "exit 1", allow_failure=True),
        check("skipped", "exit 1", paths=["*.c"]),
        check("last", needs=["flaky", "skipped"]),
    )
    assert (flaky.passed, flaky.allowed_to_fail) == (False, True)
    assert skipped.skipped
    assert last.passed


@pytest.mark.parametrize("kind", ["in-place", "clean"])
def test_a_validator_that_changes_files_fails_with_the_diff(repo: Path, kind: str) -> None:
    write(repo / "code.py", "a=1\n")
    write(repo / ".gitignore", "*.pyc\n")
    change = "echo 'a = 1' > code.py; rm README; echo > 'new file'; echo > cache.pyc"
    (verdict,) = judged(repo, check("fixer", change, workspace=kind, allow_failure=True), remember=True)
    assert verdict.reason == "files changed while it ran: README, code.py, new file"
    assert "-a=1\n+a = 1\n" in verdict.output_tail
    assert "deleted file mode 100644" in verdict.output_tail
    assert "\nnew file: new file" in verdict.output_tail
    assert not verdict.allowed_to_fail
    assert ((repo / "code.py").read_text() == "a=1\n") is (kind == "clean")
    if kind == "in-place":
        undo = verdict.output_tail.splitlines()[-1].removeprefix("undo: ")
        assert run("sh", "-c", undo, cwd=repo).status == 0
        assert (repo / "code.py").read_text() == "a=1\n"
        assert (repo / "README").read_text() == "a project\n"
    ignored = judged(repo, check("caches", "echo more > cache.pyc; touch code.py", workspace=kind))
    assert ignored[0].passed


def test_whoever_ran_beside_a_change_fails_with_it(repo: Path, tmp_path: Path) -> None:
    ready, done = tmp_path / "ready", tmp_path / "done"
    os.mkfifo(ready)
    os.mkfifo(done)
    writer, reader = judged(
        repo,
        check("writer", f"cat {ready}; echo >> README; echo > {done}"),
        check("reader", f"echo > {ready}; cat {done}; true"),
    )
    assert writer.reason == reader.reason == "files changed while it ran: README"


def test_whoever_ran_beside_a_change_that_was_put_back_fails_and_a_writer_alone_does_not(
    repo: Path, tmp_path: Path
) -> None:
    ready, done = tmp_path / "ready", tmp_path / "done"
    os.mkfifo(ready)
    write(repo / "code", "bad\n")
    there_and_back = "cp code .git/kept; echo good > code; cp .git/kept code"
    writer, reader = judged(
        repo,
        check("writer", f"cat {ready}; {there_and_back}"),
        check("reader", f"echo > {ready}; while ! test -e {done}; do sleep 0.01; done"),
        seen=Told(done, "writer"),
    )
    assert (writer.reason, reader.reason) == (None, "files changed while it ran: code")
    assert judged(repo, check("alone", there_and_back))[0].passed


class Told(list[Progress]):
    """Makes the file `path` when the validator `name` has been judged."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__()
        self.path, self.name = path, name

    def append(self, progress: Progress) -> None:
        super().append(progress)
        if progress.verdict and progress.name == self.name:
            self.path.touch()


def remembered(root: Path, validator: Validator) -> bool:
    (verdict,) = judged(root, validator, remember=True)
    assert verdict.passed
    return verdict.remembered


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["in-place", "clean"])
def test_a_green_result_is_remembered_until_what_it_rests_on_differs(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    write(repo / ".gitignore", "/data\n")
    write(repo / "data/table", "1\n")
    tool = write(tmp_path / "tool", "echo 1.0\n")
    inputs = {"files": ["data/*"], "env": ["FLAVOUR"]}
    versions = (f"sh {tool}",)
    one = check("a", inputs=inputs, versions=versions, workspace=kind)
    assert [remembered(repo, one), remembered(repo, one)] == [False, True]
    write(repo / "code", "x\n")
    assert [remembered(repo, one), remembered(repo, one)] == [False, True]
    write(repo / "code", "y\n")
    assert not remembered(repo, one)
    write(repo / "code", "x\n")
    assert remembered(repo, one)
    write(repo / "data/table", "2\n")
    assert [remembered(repo, one), remembered(repo, one)] == [False, True]
    monkeypatch.setenv("FLAVOUR", "sweet")
    assert [remembered(repo, one), remembered(repo, one)] == [False, True]
    write(tool, "echo 1.1\n")
    assert [remembered(repo, one), remembered(repo, one)] == [False, True]
    other = check("a", ": && true", inputs=inputs, versions=versions, workspace=kind)
    assert [remembered(repo, other), remembered(repo, other), remembered(repo, one)] == [False, True, True]


def test_a_result_holds_for_one_state_of_a_repository_inside(repo: Path) -> None:
    inner = repo / "inner"
    git(repo, "init", "-q", "inner")
    commits = []
    for number in range(2):
        write(inner / "f", f"{number}\n")
        git(inner, "add", "f")
        git(inner, "commit", "-q", "-m", "f")
        commits.append(git(inner, "rev-parse", "HEAD"))
    git(repo, "-c", "advice.addEmbeddedRepo=false", "add", "inner")
    one = check("a")
    assert [remembered(repo, one), remembered(repo, one)] == [False, True]
    git(inner, "checkout", "-q", commits[0])
    assert [remembered(repo, one), remembered(repo, one)] == [False, True]
    for path, text in (("f", "edited\n"), ("f", "edited anew\n"), ("g", "new\n"), ("g", "newer\n")):
        write(inner / path, text)
        assert [remembered(repo, one), remembered(repo, one)] == [False, True], (path, text)
    git(inner, "checkout", "-q", "-f", commits[1])
    (inner / "g").unlink()
    assert remembered(repo, one)


def test_a_validator_that_moves_a_repository_inside_fails(repo: Path) -> None:
    git(repo, "init", "-q", "inner")
    git(repo / "inner", "commit", "-q", "--allow-empty", "-m", "one")
    moves = check("a", "git -C inner commit -q --allow-empty -m two")
    assert outcomes(judged(repo, moves)) == [("a", False, "files changed while it ran: inner/")]


def test_a_result_holds_for_one_sparse_checkout(repo: Path) -> None:
    write(repo / "away" / "f", "x\n")
    git(repo, "add", "away")
    git(repo, "commit", "-q", "-m", "away")
    one = check("a")
    assert [remembered(repo, one), remembered(repo, one)] == [False, True]
    git(repo, "sparse-checkout", "set", "--cone", "N5")
    assert [remembered(repo, one), remembered(repo, one)] == [False, True]
    git(repo, "sparse-checkout", "disable")
    assert remembered(repo, one)


def test_what_pre_commit_is_given_is_part_of_what_is_remembered(repo: Path, tmp_path: Path) -> None:
    write(tmp_path / "pre-commit", "#!/bin/sh\nexit 0\n").chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    validator = Validator(name="a", pre_commit=True, env=path)
    write(repo / "claimed", "x\n")
    write(repo / "unclaimed", "x\n")

    def remembers(*paths: str) -> bool:
        found = Repository.discover(repo)
        assert found
        changes = [Change(path, ChangeKind.ADDED) for path in paths]
        verdicts = judge(found, "HEAD^{tree}", "HEAD", [validator], changes, list[Progress]().append)
        return verdicts[0].remembered

    assert [remembers("claimed"), remembers("claimed")] == [False, True]
    assert not remembers("claimed", "unclaimed")


def test_neither_a_failure_nor_a_result_without_its_versions_is_remembered(
    repo: Path, tmp_path: Path
) -> None:
    count = tmp_path / "count"
    failing = check("a", f"echo >> {count}; exit 1")
    judged(repo, failing, remember=True)
    assert not judged(repo, failing, remember=True)[0].remembered
    assert count.read_text() == "\n\n"
    unknown = check("b", versions=["no-such-tool --version"])
    assert [remembered(repo, unknown), remembered(repo, unknown)] == [False, False]


@pytest.mark.slow
def test_no_cache_runs_what_is_remembered(repo: Path) -> None:
    write(repo / ".gitorch.yaml", "validators: [{name: a, command: 'true'}]\n")
    assert "passed (0." in orch(repo, "validate").err
    assert orch(repo, "validate").err == "a: passed (remembered)\n"
    assert "passed (0." in orch(repo, "validate", "--no-cache").err


def test_naming_a_validator_brings_what_it_needs(repo: Path) -> None:
    checks = (
        "[{name: a, command: 'true'}, {name: b, command: 'true', needs: [a]}, {name: c, command: 'false'}]"
    )
    write(repo / ".gitorch.yaml", f"validators: {checks}\n")
    ran = orch(repo, "validate", "b")
    assert ran.status == 0
    assert "2 of 2 validators passed" in ran.out


@pytest.mark.parametrize("kind", ["in-place", "clean"])
def test_pre_commit_runs_the_repositorys_own_hooks_on_the_changed_files(repo: Path, kind: str) -> None:
    hook = """
repos:
- repo: local
  hooks:
  - id: no-tabs
    name: no tabs
    language: system
    entry: sh -c 'echo "looked at $*"; ! grep -l "\t" "$@"' --
    types: [python]
"""
    write(repo / ".pre-commit-config.yaml", hook)
    write(repo / "old.py", "x\t= 1\n")
    git(repo, "add", ".")
    git(repo, "commit", "-q", "-m", "hooks, and a file that they would refuse")
    write(repo / "good one.py", "x = 1\n")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    hooks = Validator(name="hooks", pre_commit=True, env={"PATH": programs}, workspace=kind)
    assert outcomes(judged(repo, hooks)) == [("hooks", True, None)]
    write(repo / "bad.py", "x\t= 1\n")
    (verdict,) = judged(repo, hooks)
    assert verdict.reason == "ended with exit status 1"
    assert "looked at bad.py good one.py" in verdict.output_tail
    write(repo / "-h", "print your help, and pass\n")
    (option,) = judged(repo, hooks)
    assert (option.passed, option.reason) == (
        False,
        "was not run: pre-commit and its hooks would take -h for an option; rename it",
    )
    for name in ("bad.py", "good one.py", "-h"):
        (repo / name).unlink()
    (repo / "old.py").unlink()
    (nothing,) = judged(repo, hooks)
    assert nothing.skipped == "the change leaves no file to look at"
