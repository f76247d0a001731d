"""One home each: which files may take the locks, write a journal or a permit, and read what a build is.

Over the syntax tree, so that a new caller elsewhere fails here by its place.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import gitorch
from gitorch.transitions.run import TRANSITIONS, Transition

ROOT = Path(gitorch.__file__).parent

HOMES = {
    # the two locks
    ("transitions.locks", "held"): {"actions/changing.py", "transitions/run.py"},
    ("files", "lock"): {
        "transitions/locks.py",
        "adapters/spawn_store.py",  # the book of spawned workers, below the git directory
        "adapters/workspace.py",  # a clean workspace of validators
        "adapters/git/capture.py",  # its private index, below the git directory
    },
    # journal and permit
    ("transitions.run", "write_journal"): {"transitions/run.py"},
    ("registry", "write_permit"): {"transitions/run.py"},
    ("registry", "clear_permit"): {"transitions/run.py"},
    # the identity of a build: written by what opens one, and read by its home alone
    ("registry", "open_build"): {"transitions/open.py", "transitions/reopen.py", "actions/doctor.py"},
    ("registry", "close_build"): {
        "transitions/land.py",
        "transitions/abort.py",
        "actions/abort.py",  # where only the name of the build is known
        "actions/doctor.py",  # a worktree that is bound to a closed build
    },
    # the last instant follows what is bound
    ("registry", "rearm"): {"actions/doctor.py", "actions/install.py"},
    ("instant", "arm"): {"adapters/guard/registry.py"},
    ("instant", "settle"): {
        "adapters/guard/registry.py",
        "adapters/guard/install.py",
        "adapters/guard/instant.py",
    },
    ("registry", "write_decided"): {
        "transitions/land.py",
        "transitions/abort.py",
        "actions/accept.py",
        "actions/launch.py",
        "actions/recording.py",
        "adapters/guard/registry.py",
    },
    # what a check has allowed is made by the checks alone
    ("clearance", "Cleared"): {"actions/clearance.py"},
}
"""(where it comes from, its name) → the files that may call it."""

READERS = {"adapters/guard/registry.py", "adapters/guard/arming.py"}  # arming asks whether a build is open
"""The files that may name the folders in which an open build's identity stands."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def calls(path: str, tree: ast.Module, module: str, name: str) -> bool:
    """Whether the file calls `name` of `module`, imported as a module or by its name."""
    last = module.rpartition(".")[2]
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").rpartition(".")[2] == last
        for alias in node.names
        if alias.name == name
    }
    at_home = Path(path).stem == last  # elsewhere, a function of that name is another one
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Attribute(value=ast.Name(id=owner), attr=attr) if (owner, attr) == (last, name):
                return True
            case ast.Name(id=found) if found in imported or (found == name and at_home):
                return True
    return False


@pytest.mark.parametrize(("module", "name"), HOMES, ids=str)
def test_only_its_home_calls(module: str, name: str) -> None:
    callers = {path for path, tree in sources() if calls(path, tree, module, name)}
    assert callers == HOMES[module, name]


def test_only_the_registry_reads_the_identity_of_an_open_build() -> None:
    named = {
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
        if isinstance(node.right, ast.Constant) and node.right.value in ("open", "closed", "decided", "bound")
    }
    assert named == READERS


def test_one_file_knows_where_the_journal_is() -> None:
    named = {
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == "journal.json"
    }
    assert named == {"transitions/pending.py"}
    asking = {path for path, tree in sources() if calls(path, tree, "transitions.pending", "journal_path")}
    assert asking == {"transitions/pending.py", "transitions/run.py"}


@pytest.mark.parametrize(("action", "where"), TRANSITIONS.items())
def test_the_recovery_of_each_transition_is_in_its_one_file(action: str, where: str) -> None:
    module, name = where.split(":")
    kind = getattr(importlib.import_module(module), name)
    assert module == f"gitorch.transitions.{action}"
    assert issubclass(kind, Transition)
    assert action == kind.ACTION
    for method in ("complete", "kept", "tell"):
        assert getattr(kind, method).__module__ == module
    others = {path for path, tree in sources() if calls(path, tree, module, name)}
    assert len(others) == 1, "one action begins it; a recovery makes it by the runner"
