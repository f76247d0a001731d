"""What has to hold after a finalize was ended anywhere: before or after, nothing between, nothing lost."""

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.actions.opened import FOLDER, SLUG

BRANCH = f"refs/heads/build/{SLUG}"


def git(root: Path, *arguments: str) -> str:
    """Git's output; what it says on stderr where it fails, so that the comparison shows it."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else f"{done.returncode}: {done.stderr}"


def files(root: Path, *, records: bool) -> str:
    """A digest of every file outside of `.git`; with `records`, the rendered ones too."""
    digest = hashlib.sha256()
    rendered = {
        f"{FOLDER}/{name}" for name in ("BUILD.md", "README.md", "STATUS.md", "meta.json", "plan.json")
    }
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_file() and not name.startswith(".git/") and (records or name not in rendered):
            digest.update(f"{name}\0{path.stat().st_mode}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def picture(root: Path) -> dict[str, str]:
    """All that has to be as before when nothing has landed."""
    return {
        "tip": git(root, "rev-parse", BRANCH),
        "head": git(root, "symbolic-ref", "HEAD"),
        "index": git(root, "ls-files", "--stage"),
        "files": files(root, records=True),
    }


def judge(root: Path, gitorch: Callable[..., tuple[int, str]]) -> dict[str, object]:
    """What is there after the next gitorch command, and after finalize was typed once more."""
    ours = root / ".git" / "gitorch"
    outcome: dict[str, object] = {
        **picture(root),
        "fsck": git(root, "fsck", "--strict", "--no-dangling"),
        "work": files(root, records=False),
        "open": (ours / "open" / SLUG).exists() and (ours / "bound").exists(),
        "closed": not (ours / "open" / SLUG).exists() and not (ours / "bound").exists(),
        "dirty": git(root, "status", "--porcelain"),
        "left": sorted(
            str(path.relative_to(root))
            for path in root.rglob("*")
            if path.name in ("permit", "journal.json", "landing-index")
            or path.name.endswith(".lock")
            or (path.name.startswith(".gitorch-tmp-") and ".git" not in path.parts)
        ),
    }
    if outcome["open"]:
        outcome["again"] = gitorch("finalize")
    base = os.environ["CRASH_BASE"]
    outcome["count"] = git(root, "rev-list", "--count", f"{base}..{BRANCH}")
    outcome["tree"] = git(root, "rev-parse", f"{BRANCH}^{{tree}}")
    outcome["clean"] = git(root, "status", "--porcelain")
    return outcome
