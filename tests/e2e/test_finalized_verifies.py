"""Whatever way a build landed by, the commit proves itself: finalize and verify agree."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.scene import FOLDER, SLUG, Scene, git, write
from tests.scene.landed import sneak


def absorbed(root: Path) -> None:
    write(root / "sneaked", "1\n")
    git(root, "add", "sneaked")
    sneak(root, "sneaked in")


def new_policy(root: Path) -> None:
    write(root / ".gitorch.yaml", "validators:\n- {name: other, command: 'true'}\n")


def own_words(root: Path) -> None:
    write(root.parent / "message", "My own words\n\nand nothing of validators\n")


def odd_files(root: Path) -> None:
    git(root, "config", "core.quotePath", "false")
    (root / "src" / "link").symlink_to("schema.py")
    (root / os.fsdecode(b"latin-\xe9")).write_text("x\n")
    (root / FOLDER / "BUILD.md").write_bytes((root / FOLDER / "BUILD.md").read_bytes() + b"caf\xe9\n")
    (root / "README").unlink()
    Scene(root).deliver("W1.1", ["src/"])


def hooked(root: Path) -> None:
    hook = root / ".git" / "hooks" / "commit-msg"
    write(hook, '#!/bin/sh\ngit interpret-trailers --in-place --trailer "Change-Id: I1" "$1"\n').chmod(0o755)


WAYS: list[tuple[str, Callable[[Path], None], tuple[str, ...], str]] = [
    ("", absorbed, ("--absorb",), "Co-authored-by: A U Thor <author@example.com>"),
    ("validators:\n- {name: one, command: 'true'}\n", new_policy, ("--accept-config",), "the commit changes .gitorch.yaml"),
    ("", own_words, ("--message", "../message"), "the message differs from the one that the records give, and names no validators"),
    ("", odd_files, ("--unclaimed", "include"), ""),
    ("", hooked, (), "more than the records give: Change-Id: I1"),
    ("message: {template: '{{ subject }}'}\n", lambda _: None, (), "message.template"),
]  # fmt: skip


@pytest.mark.parametrize(("config", "prepare", "options", "note"), WAYS, ids=["absorb", "accept-config", "message", "odd files", "commit-msg", "template"])  # fmt: skip
def test_every_way_to_land_gives_a_commit_that_proves_itself(
    scene: Scene, config: str, prepare: Callable[[Path], None], options: tuple[str, ...], note: str
) -> None:
    scene.write(".gitattributes", "*.md text eol=crlf\n")
    scene.git("add", ".gitattributes")
    scene.git("commit", "-q", "-m", "attributes")
    scene.open_build(config or None)
    scene.deliver_all()
    prepare(scene.root)
    ran = scene.gitorch("finalize", *options)
    assert ran.status == 0, ran.err
    ran = scene.gitorch("verify", "--json")
    answer = json.loads(ran.out)
    assert (ran.status, [issue["severity"] for issue in answer["issues"]]) == (0, ["warning"] * bool(note))
    assert [proof["slug"] for proof in answer["proofs"]] == [SLUG]
    assert note in "\n".join(issue["message"] for issue in answer["issues"])
