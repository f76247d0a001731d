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
from gitorch.core.config import Config, Validator, Workspace
from gitorch.core.validation import Progress
from tests.scene import Scene, git, write


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
    config = Config(workspace=workspace or Workspace())
    return judge(repo, tree, base, validators, changes, report, config=config, remember=remember)


def outcomes(verdicts: Sequence[Verdict]) -> list[tuple[str, bool, str | None]]:
    return [(v.name, v.passed, v.reason) for v in verdicts]


def test_environment_and_working_folder_are_as_configured(scene: Scene) -> None:
    (scene / "deep").mkdir()
    command = 'test "$GREETING" = "good day" && test "$(basename "$PWD")" = deep && test -f ../README'
    assert judged(scene.root, check("a", command, env={"GREETING": "good day"}, cwd="deep"))[0].passed
    (scene / "link").symlink_to(scene.root.parent)
    (astray,) = judged(scene.root, check("a", cwd="link"))
    assert astray.reason == "was not run: its cwd link leads out of the repository"
    (gone,) = judged(scene.root, check("a", cwd="nowhere"))
    assert gone.reason == f"the folder {scene.root}/nowhere does not exist"


def test_a_validator_with_paths_runs_only_when_the_change_touches_them(scene: Scene) -> None:
    scene.write("src/new.py", "x = 1\n")
    (scene / "README").unlink()
    python, docs, old = judged(
        scene.root,
        check("python", "exit 1", paths=["*.py"]),
        check("docs", "exit 1", paths=["docs/**"]),
        check("old", "exit 1", paths=["README"]),
    )
    assert (python.passed, old.passed) == (False, False)
    assert (docs.passed, docs.skipped) == (True, "the change touches none of its paths")


def test_needs_are_waited_for_though_they_stand_later(scene: Scene, tmp_path: Path) -> None:
    made = tmp_path / "made"
    test, build = judged(
        scene.root, check("test", f"cat {made}", needs=["build"]), check("build", f"echo > {made}")
    )
    assert build.passed
    assert test.passed


def test_what_needs_a_failed_validator_is_not_run_and_fails_with_it(scene: Scene, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    found = judged(
        scene.root,
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


def test_an_allowed_failure_and_a_skipped_validator_hold_up_nothing(scene: Scene) -> None:
    flaky, skipped, last = judged(
        scene.root,
        check("flaky", "exit 1", allow_failure=True),
        check("skipped", "exit 1", paths=["*.c"]),
        check("last", needs=["flaky", "skipped"]),
    )
    assert (flaky.passed, flaky.allowed_to_fail) == (False, True)
    assert skipped.skipped
    assert last.passed


@pytest.mark.parametrize("kind", ["in-place", "clean"])
def test_a_validator_that_changes_files_fails_with_the_diff(scene: Scene, kind: str) -> None:
    scene.write("code.py", "a=1\n")
    scene.write(".gitignore", "*.pyc\n")
    change = "echo 'a = 1' > code.py; rm README; echo > 'new file'; echo > cache.pyc"
    (verdict,) = judged(scene.root, check("fixer", change, workspace=kind, allow_failure=True), remember=True)
    assert verdict.reason == "files changed while it ran: README, code.py, new file"
    assert "-a=1\n+a = 1\n" in verdict.output_tail
    assert "deleted file mode 100644" in verdict.output_tail
    assert "\nnew file: new file" in verdict.output_tail
    assert not verdict.allowed_to_fail
    assert ((scene / "code.py").read_text() == "a=1\n") is (kind == "clean")
    if kind == "in-place":
        undo = verdict.output_tail.splitlines()[-1].removeprefix("undo: ")
        assert scene.run("sh", "-c", undo).status == 0
        assert (scene / "code.py").read_text() == "a=1\n"
        assert (scene / "README").read_text() == "a project\n"
    ignored = judged(scene.root, check("caches", "echo more > cache.pyc; touch code.py", workspace=kind))
    assert ignored[0].passed


def test_whoever_ran_beside_a_change_fails_with_it(scene: Scene, tmp_path: Path) -> None:
    ready, done = tmp_path / "ready", tmp_path / "done"
    os.mkfifo(ready)
    os.mkfifo(done)
    writer, reader = judged(
        scene.root,
        check("writer", f"cat {ready}; echo >> README; echo > {done}"),
        check("reader", f"echo > {ready}; cat {done}; true"),
    )
    assert writer.reason == reader.reason == "files changed while it ran: README"


def test_whoever_ran_beside_a_change_that_was_put_back_fails_and_a_writer_alone_does_not(
    scene: Scene, tmp_path: Path
) -> None:
    ready, done = tmp_path / "ready", tmp_path / "done"
    os.mkfifo(ready)
    scene.write("code", "bad\n")
    there_and_back = "cp code .git/kept; echo good > code; cp .git/kept code"
    writer, reader = judged(
        scene.root,
        check("writer", f"cat {ready}; {there_and_back}"),
        check("reader", f"echo > {ready}; while ! test -e {done}; do sleep 0.01; done"),
        seen=Told(done, "writer"),
    )
    assert (writer.reason, reader.reason) == (None, "files changed while it ran: code")
    assert judged(scene.root, check("alone", there_and_back))[0].passed


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
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    scene.write(".gitignore", "/data\n")
    scene.write("data/table", "1\n")
    tool = write(tmp_path / "tool", "echo 1.0\n")
    inputs = {"files": ["data/*"], "env": ["FLAVOUR"]}
    versions = (f"sh {tool}",)
    one = check("a", inputs=inputs, versions=versions, workspace=kind)
    assert [remembered(scene.root, one), remembered(scene.root, one)] == [False, True]
    scene.write("code", "x\n")
    assert [remembered(scene.root, one), remembered(scene.root, one)] == [False, True]
    scene.write("code", "y\n")
    assert not remembered(scene.root, one)
    scene.write("code", "x\n")
    assert remembered(scene.root, one)
    scene.write("data/table", "2\n")
    assert [remembered(scene.root, one), remembered(scene.root, one)] == [False, True]
    monkeypatch.setenv("FLAVOUR", "sweet")
    assert [remembered(scene.root, one), remembered(scene.root, one)] == [False, True]
    write(tool, "echo 1.1\n")
    assert [remembered(scene.root, one), remembered(scene.root, one)] == [False, True]
    other = check("a", ": && true", inputs=inputs, versions=versions, workspace=kind)
    assert [remembered(scene.root, other), remembered(scene.root, other), remembered(scene.root, one)] == [
        False,
        True,
        True,
    ]


def test_a_result_holds_for_one_state_of_a_repository_inside(scene: Scene) -> None:
    inner = scene / "inner"
    scene.git("init", "-q", "inner")
    commits = []
    for number in range(2):
        write(inner / "f", f"{number}\n")
        git(inner, "add", "f")
        git(inner, "commit", "-q", "-m", "f")
        commits.append(git(inner, "rev-parse", "HEAD"))
    scene.git("-c", "advice.addEmbeddedRepo=false", "add", "inner")
    one = check("a")
    assert [remembered(scene.root, one), remembered(scene.root, one)] == [False, True]
    git(inner, "checkout", "-q", commits[0])
    assert [remembered(scene.root, one), remembered(scene.root, one)] == [False, True]
    for path, text in (("f", "edited\n"), ("f", "edited anew\n"), ("g", "new\n"), ("g", "newer\n")):
        write(inner / path, text)
        assert [remembered(scene.root, one), remembered(scene.root, one)] == [False, True], (path, text)
    git(inner, "checkout", "-q", "-f", commits[1])
    (inner / "g").unlink()
    assert remembered(scene.root, one)


def test_a_validator_that_moves_a_repository_inside_fails(scene: Scene) -> None:
    scene.git("init", "-q", "inner")
    git(scene / "inner", "commit", "-q", "--allow-empty", "-m", "one")
    moves = check("a", "git -C inner commit -q --allow-empty -m two")
    assert outcomes(judged(scene.root, moves)) == [("a", False, "files changed while it ran: inner/")]


def test_a_result_holds_for_one_sparse_checkout(scene: Scene) -> None:
    scene.write("away/f", "x\n")
    scene.git("add", "away")
    scene.git("commit", "-q", "-m", "away")
    one = check("a")
    assert [remembered(scene.root, one), remembered(scene.root, one)] == [False, True]
    scene.git("sparse-checkout", "set", "--cone", "N5")
    assert [remembered(scene.root, one), remembered(scene.root, one)] == [False, True]
    scene.git("sparse-checkout", "disable")
    assert remembered(scene.root, one)


def test_what_pre_commit_is_given_is_part_of_what_is_remembered(scene: Scene, tmp_path: Path) -> None:
    write(tmp_path / "pre-commit", "#!/bin/sh\nexit 0\n").chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    validator = Validator(name="a", pre_commit=True, env=path)
    scene.write("claimed", "x\n")
    scene.write("unclaimed", "x\n")

    def remembers(*paths: str) -> bool:
        found = Repository.discover(scene.root)
        assert found
        changes = [Change(path, ChangeKind.ADDED) for path in paths]
        verdicts = judge(found, "HEAD^{tree}", "HEAD", [validator], changes, list[Progress]().append)
        return verdicts[0].remembered

    assert [remembers("claimed"), remembers("claimed")] == [False, True]
    assert not remembers("claimed", "unclaimed")


def test_neither_a_failure_nor_a_result_without_its_versions_is_remembered(
    scene: Scene, tmp_path: Path
) -> None:
    count = tmp_path / "count"
    failing = check("a", f"echo >> {count}; exit 1")
    judged(scene.root, failing, remember=True)
    assert not judged(scene.root, failing, remember=True)[0].remembered
    assert count.read_text() == "\n\n"
    unknown = check("b", versions=["no-such-tool --version"])
    assert [remembered(scene.root, unknown), remembered(scene.root, unknown)] == [False, False]


@pytest.mark.slow
def test_no_cache_runs_what_is_remembered(scene: Scene) -> None:
    scene.write(".gitorch.yaml", "validators: [{name: a, command: 'true'}]\n")
    assert "passed (0." in scene.gitorch("validate").err
    assert scene.gitorch("validate").err == "a: passed (remembered)\n"
    assert "passed (0." in scene.gitorch("validate", "--no-cache").err


def test_naming_a_validator_brings_what_it_needs(scene: Scene) -> None:
    checks = (
        "[{name: a, command: 'true'}, {name: b, command: 'true', needs: [a]}, {name: c, command: 'false'}]"
    )
    scene.write(".gitorch.yaml", f"validators: {checks}\n")
    ran = scene.gitorch("validate", "b")
    assert ran.status == 0
    assert "2 of 2 validators passed" in ran.out


@pytest.mark.parametrize("kind", ["in-place", "clean"])
def test_pre_commit_runs_the_repositorys_own_hooks_on_the_changed_files(scene: Scene, kind: str) -> None:
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
    scene.write(".pre-commit-config.yaml", hook)
    scene.write("old.py", "x\t= 1\n")
    scene.git("add", ".")
    scene.git("commit", "-q", "-m", "hooks, and a file that they would refuse")
    scene.write("good one.py", "x = 1\n")
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    hooks = Validator(name="hooks", pre_commit=True, env={"PATH": programs}, workspace=kind)
    assert outcomes(judged(scene.root, hooks)) == [("hooks", True, None)]
    scene.write("bad.py", "x\t= 1\n")
    (verdict,) = judged(scene.root, hooks)
    assert verdict.reason == "ended with exit status 1"
    assert "looked at bad.py good one.py" in verdict.output_tail
    scene.write("-h", "print your help, and pass\n")
    (option,) = judged(scene.root, hooks)
    assert (option.passed, option.reason) == (
        False,
        "was not run: pre-commit and its hooks would take -h for an option; rename it",
    )
    for name in ("bad.py", "good one.py", "-h"):
        (scene / name).unlink()
    (scene / "old.py").unlink()
    (nothing,) = judged(scene.root, hooks)
    assert nothing.skipped == "the change leaves no file to look at"
