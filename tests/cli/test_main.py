"""The entry: exit statuses, where errors go, what `--help` costs."""

import ast
import errno
import importlib
import json
import re
import sys
import tempfile
from pathlib import Path

import click
import pytest

from gitorch.cli import main, output, table
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.names import Slug, branch_ref
from gitorch.transitions.land import Land
from gitorch.transitions.run import write_journal
from tests.scene import FOLDER, SLUG, Scene, orch, run
from tests.scene.guarded import discover


def test_help_lists_every_command(tmp_path: Path) -> None:
    ran = orch(tmp_path, "--help")
    assert (ran.status, ran.err) == (0, "")
    for commands in table.SECTIONS.values():
        for name, line in commands.items():
            assert f"  {name}  " in ran.out
            assert " ".join(line.split()[:3]) in ran.out


@pytest.mark.parametrize("name", [name for commands in table.SECTIONS.values() for name in commands])
def test_every_command_of_the_table_is_there_and_explains_itself(name: str) -> None:
    command = importlib.import_module(table.module_of(name)).command
    assert isinstance(command, click.Command)
    assert command.help
    assert all(p.help for p in command.params if isinstance(p, click.Option) and p.name != "help")


def test_every_command_file_is_in_the_table() -> None:
    folder = Path(table.__file__).parent / "commands"
    files = {path.stem.replace("_", "-") for path in folder.glob("*.py") if path.stem != "__init__"}
    assert files == {name for commands in table.SECTIONS.values() for name in commands}


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys; from gitorch.cli.main import run; run(['--help']);"
        "heavy = {'pydantic', 'rich', 'watchfiles', 'yaml', 'jinja2', 'markdown_it', 'httpx'};"
        "print('heavy:', sorted(heavy & set(sys.modules)))"
    )
    ran = run(sys.executable, "-c", code, cwd=tmp_path)
    assert ran.out.splitlines()[-1] == "heavy: []"


@pytest.mark.parametrize("group", [[], ["worker"]])
def test_a6_a_group_without_a_command_answers_with_its_help(tmp_path: Path, group: list[str]) -> None:
    bare = orch(tmp_path, *group)

    assert bare == orch(tmp_path, *group, "--help")


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["no-such-command"], 2, "error: no such command"),
        (["status", "--nope"], 2, "error: no such option"),
        (["status", "--project", "../x"], 2, "error: ../x is not a safe slug, which has "),
    ],
)
def test_bad_usage_is_one_message_on_stderr(
    tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    ran = orch(tmp_path, *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert ran.err.startswith(message)


def test_json_is_one_document_on_failure_too(tmp_path: Path) -> None:
    ran = orch(tmp_path, "status", "--json")
    value = json.loads(ran.out)
    assert ran.status == 1
    assert (value["schema_version"], value["kind"], value["exit_status"]) == (2, "error", 1)
    assert [sorted(issue) for issue in value["issues"]] == [
        ["about", "code", "details", "hints", "message", "severity"]
    ]


def _raising(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def broken(**_: object) -> None:
        raise error

    monkeypatch.setattr("gitorch.cli.app.app.main", broken)


@pytest.mark.parametrize(("error", "status"), [(ZeroDivisionError("oops"), 3), (KeyboardInterrupt(), 130)])
def test_json_is_one_document_on_a_defect_and_on_ctrl_c(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
) -> None:
    _raising(monkeypatch, error)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert main.run(["status", "--json"]) == status
    value = json.loads(capsys.readouterr().out)
    assert (value["kind"], value["exit_status"]) == ("error", status)


def test_a_file_that_is_in_the_way_is_named_and_is_no_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "a b"
    place.mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        place.read_bytes()
    _raising(monkeypatch, caught.value)
    assert main.run(["status"]) == 1
    assert capsys.readouterr().err == (
        f"error: {place}: Is a directory\nhint: to see what it is and who may write it, run: ls -ld -- '{place}'\n"
    )


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/a/b"),
        OSError(errno.EBADF, "Bad file descriptor", "/a/b"),
        PermissionError(errno.EPERM, "Operation not permitted"),
        OSError("no number"),
    ],
    ids=repr,
)
def test_a11_an_error_of_a_file_that_nobody_can_change_is_a_defect_with_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError
) -> None:
    _raising(monkeypatch, error)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    status = main.run(["status"])

    [traceback] = tmp_path.glob("gitorch-traceback-*.txt")
    told = capsys.readouterr().err
    assert (status, str(traceback) in told, "ls -ld" in told) == (3, True, False), told
    assert type(error).__name__ in traceback.read_text()


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(errno.EACCES, "Permission denied", "/a/b"),
        OSError(errno.ENOSPC, "No space left on device"),
        FileExistsError(errno.EEXIST, "File exists", "/a/b"),
    ],
    ids=repr,
)
def test_what_a_disk_or_a_persons_file_refuses_is_no_defect(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError
) -> None:
    _raising(monkeypatch, error)

    status = main.run(["status"])

    told = capsys.readouterr().err
    assert (status, "defect" in told, "\nhint: " in told) == (1, False, True), told


def test_a_defect_is_told_whole_where_no_file_can_keep_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _raising(monkeypatch, ZeroDivisionError("oops"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))

    status = main.run(["status"])

    told = capsys.readouterr().err
    assert status == 3
    assert "Traceback (most recent call last)" in told


def test_a_deleted_folder_is_said_and_is_no_defect(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = 'rmdir "$PWD" && exec "$0" -m gitorch list'
    ran = run("sh", "-c", script, sys.executable, cwd=gone)
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(
        "error: the current folder was deleted\nhint: to go to a folder that exists, run: cd /\n"
    )


def test_every_document_is_described() -> None:
    root = Path(table.__file__).parents[2]
    sources = (root / "gitorch" / "cli").rglob("*.py")
    printed = {kind for path in sources for kind in re.findall(r'document\(\s*"(\w+)"', path.read_text())}
    rows = re.findall(r"^\| [^|]+ \| `(\w+)` \|", (root / "docs" / "json.md").read_text(), re.MULTILINE)
    assert printed == set(rows) - {"kind"}  # the heading
    assert {"error", "finalize", "init", "doctor"} <= printed


def test_a_defect_is_exit_3_with_the_place_of_the_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("gitorch.cli.app.app.main", broken)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert main.run(["status"]) == 3
    told = capsys.readouterr().err
    assert "error: a defect in gitorch: ZeroDivisionError: oops" in told
    [traceback] = tmp_path.glob("gitorch-traceback-*.txt")
    assert str(traceback) in told
    assert "ZeroDivisionError" in traceback.read_text()


def test_an_error_is_so_many_lines_as_it_has_parts(capsys: pytest.CaptureFixture[str]) -> None:
    forged = "\n::error::x\r::error::y"
    output.error(
        GitorchError(
            "defect",
            f"a{forged}",
            details=[f"  b{forged}", "::error::z", "\t::error::z"],
            hints=[Hint("look", "echo \r::error::y")],
        )
    )
    assert capsys.readouterr().err.split("\n") == [
        "error: a ::error::x ::error::y",
        "    b ::error::x ::error::y",
        "  | ::error::z",
        "  | ::error::z",
        "hint: to look, run: echo  ::error::y",
        "",
    ]


def test_ctrl_c_is_exit_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gitorch.cli.app.app.main", interrupted)
    assert main.run(["status"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_actions_and_adapters_never_print() -> None:
    """Ruff's T20 finds print; this finds the standard streams (the demo's worker is a program of its own)."""
    root = Path(table.__file__).parents[1]
    offenders = [
        f"{path}:{node.lineno}"
        for path in root.rglob("*.py")
        if not path.is_relative_to(root / "cli") and path != root / "demo" / "worker.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr")
        if isinstance(node.value, ast.Name) and node.value.id == "sys"
    ]
    assert offenders == []


@pytest.mark.slow
def test_how_things_stand_is_shown_where_what_was_interrupted_cannot_be_completed(scene: Scene) -> None:
    base = scene.open_build()
    scene.deliver_all()
    assert scene.gitorch("finalize").status == 0
    folder = scene / FOLDER
    landing = Land(
        slug=Slug(SLUG),
        folder=FOLDER,
        ref=branch_ref(Slug(SLUG)),
        old=base,
        new=scene.git("rev-parse", "HEAD"),
        meta=(folder / "meta.json").read_text(),
        onto=None,
        origin=None,
    )
    write_journal(discover(scene.root), landing)
    (folder / "STATUS.md").unlink()
    (folder / "STATUS.md").mkdir()
    for command, status in (("list", 0), ("reopen", 1)):
        ran = scene.gitorch(command)
        assert (ran.status, "what follows could not be done" in ran.err) == (status, True), ran.err
    (folder / "STATUS.md").rmdir()
    assert "was interrupted after its commit" in scene.gitorch("list").err
    assert "interrupted" not in scene.gitorch("list").err
