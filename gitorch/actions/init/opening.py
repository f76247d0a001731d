"""The steps that open a code build, in an order in which a kill leaves before or after; and taking back.

The folder, the branch, HEAD, and last the binding, which makes the build open. Until then `take_back`
undoes each step; from then on nothing is undone.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gitorch.adapters import files, journal
from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry, seal
from gitorch.core.errors import GitorchError
from gitorch.core.names import Slug, branch_ref


@dataclass(frozen=True)
class Opening:
    """What init is about to do, and how things stood before; the journal's record."""

    slug: str
    builds_dir: str  # from the root
    base: str
    head: str | None  # the branch that was checked out; None: HEAD was detached at the base

    @classmethod
    def now(cls, repo: Repository, slug: Slug, builds_dir: str, base: str) -> "Opening":
        return cls(slug, builds_dir, base, refs.head_ref(repo))

    @property
    def shown(self) -> str:
        return f"{self.builds_dir}/{self.slug}"


def open_code_build(
    repo: Repository, opening: Opening, content: Mapping[str, bytes], *, sealed: bool
) -> None:
    """Write the folder, open the branch at the base, check it out without touching a file, and bind.

    With `sealed`, the branch is locked before the build is open.
    """
    slug = Slug(opening.slug)
    ref = branch_ref(slug)
    with journal.exclusive(repo):
        journal.write(repo, {"action": "init", **asdict(opening)})
        try:
            put_folder(repo.root / opening.shown, content)
            refs.move(repo, ref, opening.base, refs.zero(opening.base), f"gitorch: open build {slug}")
            refs.point_head_at(repo, ref, f"gitorch: open build {slug}")
            seal.lift(repo, slug)  # of an older build of that name
            if sealed:
                seal.put(repo, slug)
            registry.open_build(repo, slug, opening.shown, opening.base)
        except BaseException:
            take_back(repo, asdict(opening))
            journal.clear(repo)
            raise
        journal.clear(repo)


def put_folder(folder: Path, content: Mapping[str, bytes]) -> None:
    """Make `folder` with these files in one rename; GitorchError when it cannot be written."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        fresh = Path(tempfile.mkdtemp(prefix=_prefix(folder), dir=folder.parent))
        fresh.chmod(files.folder_mode())
        try:
            for name in ("workers", "completions"):
                (fresh / name).mkdir()
            for name, data in content.items():
                (fresh / name).write_bytes(data)
            fresh.rename(folder)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    except OSError as error:
        raise GitorchError(f"{error.filename or folder} cannot be written: {error.strerror}") from error


def _prefix(folder: Path) -> str:
    return f"{files.TEMPORARY_PREFIX}{folder.name}-"


def _sweep(folder: Path) -> None:
    """Delete what a killed init left half-written beside `folder`."""
    for left in folder.parent.glob(f"{_prefix(folder)}*"):
        shutil.rmtree(left, ignore_errors=True)


def take_back(repo: Repository, record: Mapping[str, Any]) -> list[str]:
    """Undo an opening that did not come to its end; what to tell. A build that is open stays open."""
    opening = Opening(**{name: record[name] for name in ("slug", "builds_dir", "base", "head")})
    slug = Slug(opening.slug)
    if slug in registry.open_builds(repo):
        return [f"gitorch init --project {slug} was interrupted after the build had been opened"]
    ref = branch_ref(slug)
    registry.close_build(repo, slug)
    seal.lift(repo, slug)
    if refs.head_ref(repo) == ref:
        if opening.head:
            refs.point_head_at(repo, opening.head, f"gitorch: take back build {slug}")
        else:
            refs.detach_head(repo, opening.base, f"gitorch: take back build {slug}")
    if refs.exists(repo, ref):
        refs.delete(repo, ref, opening.base)
    folder = repo.root / opening.shown
    _sweep(folder)
    shutil.rmtree(folder, ignore_errors=True)
    for parent in folder.parents:
        if parent == repo.root:
            break
        with contextlib.suppress(OSError):  # not empty: it was there before
            parent.rmdir()
    return [f"gitorch init --project {slug} was interrupted; everything is as it was before"]
