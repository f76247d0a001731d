"""What there is to look at after a command was ended anywhere: the repository, the records, the leftovers."""

import hashlib
import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.scene import FOLDER, SLUG

BRANCH = f"refs/heads/build/{SLUG}"
CHAIN = "refs/gitorch/snapshots/"
"""Grows whenever somebody looks: that a snapshot more is there makes no difference."""


def git(root: Path, *arguments: str) -> str:
    """Git's output; what it says on stderr where it fails, so that the comparison shows it."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else f"{done.returncode}: {done.stderr}"


def files(root: Path, *, records: bool) -> str:
    """A digest of every file outside of `.git`; with `records`, the rendered ones too."""
    digest = hashlib.sha256()
    names = ("BUILD.md", "README.md", "STATUS.md", "meta.json", "plan.json", "proof.json")
    rendered = {f"{FOLDER}/{name}" for name in names}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_file() and not name.startswith(".git/") and (records or name not in rendered):
            digest.update(f"{name}\0{path.stat().st_mode}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def picture(root: Path) -> dict[str, str]:
    """All that is as before, or as after an undisturbed run, whenever the command is ended."""
    ours = root / ".git" / "gitorch"
    refs = git(root, "for-each-ref", "--format=%(refname) %(objectname)")
    return {
        "refs": "\n".join(line for line in refs.splitlines() if not line.startswith(CHAIN)),
        "head": git(root, "symbolic-ref", "HEAD"),
        "index": git(root, "ls-files", "--stage"),
        "files": files(root, records=True),
        "work": files(root, records=False),
        "open": " ".join(name for name in (f"open/{SLUG}", "bound") if (ours / name).exists()),
        "guarded": str(not (ours / "open").exists() or (root / ".git/hooks/reference-transaction").exists()),
        "sealed": str((root / ".git" / f"{BRANCH}.lock").exists()),
    }


def left(root: Path) -> list[str]:
    """What only a command that is at work may have: its journal, its permit, half-written files, locks."""
    return sorted(
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.name in ("permit", "journal.json", "landing-index", "aside")
        or (path.name.endswith(".lock") and path.name != f"{SLUG}.lock" and not _swept(path))
        or (path.name.startswith(".gitorch-tmp-") and ".git" not in path.parts)
    )


def _swept(path: Path) -> bool:
    """Whether it is in a folder of ours that the next command deletes."""
    return ".git" in path.parts and any(part.startswith(".gitorch-tmp-") for part in path.parts)


def raw(root: Path) -> str:
    """A digest of everything on the disk but git's objects: what is the same is judged once."""
    digest = hashlib.sha256()
    for folder, folders, names in os.walk(root):
        place = Path(folder)
        if place.name == "objects" and place.parent.name == ".git":
            folders.clear()
            continue
        if _swept(place):
            folders.clear()
            digest.update(b".git/gitorch/.gitorch-tmp-\n")
            continue
        folders.sort()
        digest.update(f"{place.relative_to(root)}\n".encode("utf-8", "surrogateescape"))
        for name in sorted(names):
            path = place / name
            mode = path.lstat().st_mode
            held = os.fsencode(path.readlink()) if stat.S_ISLNK(mode) else path.read_bytes()
            digest.update(f"{name}\0{mode}\0".encode("utf-8", "surrogateescape"))
            digest.update(hashlib.sha256(held).digest())
    return digest.hexdigest()


def judge(root: Path, gitorch: Callable[..., tuple[int, str]], arguments: list[str]) -> dict[str, object]:
    """What is there after the next gitorch command, and after the command was typed once more."""
    midway = (root / ".git" / "gitorch" / "journal.json").exists()
    told = gitorch("list")
    found: dict[str, object] = {
        "midway": midway,
        "told": told,
        "now": picture(root),
        "fsck": git(root, "fsck", "--strict", "--no-dangling"),
        "left": left(root),
    }
    found["again"] = gitorch(*arguments)
    found["then"] = picture(root)
    return found
