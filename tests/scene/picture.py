"""One picture of a repository, to be compared before and after: what a refusal leaves as it was."""

import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.scene.shell import run

CHAIN = "refs/gitorch/snapshots"

ALWAYS_LEFT = (
    ".git/objects",
    ".git/index",
    ".git/gitorch/attempts",
    ".git/gitorch/chain",
    ".git/gitorch/claims.json",
    ".git/gitorch/refusals",
    ".git/gitorch/struck",
    ".git/gitorch/snapshots",
    f".git/{CHAIN}",
)
"""Objects that nothing leads to are no change; the index is in the picture as git reads it. Any command may
take a snapshot: one more is no change. A refusal, or a finalize that
failed, leaves a line behind, the last instant that it was there."""

LOGS = (".git/gitorch/logs", ".git/gitorch/claims.json", ".git/gitorch/decided")
"""What a command that changed nothing may have written: how its validators ended, and what it recorded."""


def picture(root: Path, *, without: Collection[str] = ()) -> dict[str, object]:
    """Every ref, HEAD, the index, and every file with its mode, also below `.git`.

    `without` names files and folders, from the root, that a test does not compare.
    """
    left = (*ALWAYS_LEFT, *without)
    asked = {
        "refs": ("for-each-ref",),
        "HEAD": ("symbolic-ref", "HEAD"),
        "index": ("ls-files", "--stage"),
    }
    seen: dict[str, object] = {name: run("git", *words, cwd=root).out for name, words in asked.items()}
    seen["refs"] = [line for line in str(seen["refs"]).split("\n") if f"\t{CHAIN}/" not in line]
    return seen | dict(files(root, without=left))


def files(folder: Path, *, without: Collection[str] = ()) -> Iterator[tuple[str, tuple[str, bytes]]]:
    """Each file below a folder by its name from there: its mode and bytes, or where a link points.

    And each folder, since one that is empty is seen too; below `.git` git makes and deletes its own.
    """
    for above, folders, names in os.walk(folder):
        place = os.path.relpath(above, folder)
        folders[:] = sorted(name for name in folders if os.path.normpath(f"{place}/{name}") not in without)
        for name in sorted([*names, *folders]):
            path, named = Path(above, name), os.path.normpath(f"{place}/{name}")
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode):
                yield named, (oct(mode), os.fsencode(path.readlink()))
            elif stat.S_ISREG(mode) and named not in without:
                yield named, (oct(mode), path.read_bytes())
            elif stat.S_ISDIR(mode) and ".git" not in path.parts:
                yield f"{named}/", (oct(mode), b"")


def files_of(folder: Path) -> dict[str, tuple[str, bytes]]:
    """The files of a folder, to be compared."""
    return dict(files(folder))
