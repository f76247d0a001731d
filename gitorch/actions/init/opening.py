"""The steps that open a code build, in an order in which a kill leaves before or after; and taking back.

The folder, the branch, HEAD, and last the binding, which makes the build open. Until then `take_back`
undoes each step; from then on nothing is undone.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gitorch.adapters import files, journal
from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry, seal
from gitorch.core.errors import GitorchError
from gitorch.core.names import Slug, branch_name, branch_ref


@dataclass(frozen=True)
class Opening:
    """What init is about to do, and how things stood before; the journal's record.

    No two builds have the same meta.json, which says when they were opened: a folder that has it is init's.
    """

    slug: str
    builds_dir: str  # from the root
    base: str
    head: str | None  # the branch that was checked out; None: HEAD was detached at the base
    files: Mapping[str, str] = field(default_factory=dict)  # see `digests`

    @property
    def shown(self) -> str:
        return f"{self.builds_dir}/{self.slug}"


def open_code_build(
    repo: Repository, opening: Opening, content: Mapping[str, bytes], *, sealed: bool
) -> None:
    """Write the folder, open the branch at the base, check it out without touching a file, and bind.

    With `sealed`, the branch is locked before the build is open. Call it with `journal.exclusive` held.
    """
    slug = Slug(opening.slug)
    ref = branch_ref(slug)
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
            fresh.rename(folder)  # fails where one has come that is not empty
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR) and os.path.lexists(folder):
            raise GitorchError(f"{folder} has come into being meanwhile, and was left as it is") from error
        raise GitorchError(f"{error.filename or folder} cannot be written: {error.strerror}") from error


def _prefix(folder: Path) -> str:
    return f"{files.TEMPORARY_PREFIX}{folder.name}-"


def _sweep(folder: Path) -> None:
    """Delete what a killed init left half-written beside `folder`."""
    for left in folder.parent.glob(f"{_prefix(folder)}*"):
        shutil.rmtree(left, ignore_errors=True)


def take_back(repo: Repository, record: Mapping[str, Any]) -> list[str]:
    """Undo an opening that did not come to its end; what to tell. A build that is open stays open."""
    opening = journal.parse(repo, record, Opening)
    slug = Slug(opening.slug)
    if slug in registry.open_builds(repo):
        return [f"gitorch init --project {slug} was interrupted after the build had been opened"]
    ref = branch_ref(slug)
    refs.settle(repo, ref, opening.base, journal.since(repo))
    registry.close_build(repo, slug)
    seal.lift(repo, slug)
    left = []
    if refs.resolve(repo, ref) in (opening.base, None):
        if refs.head_ref(repo) == ref:
            if opening.head:
                refs.point_head_at(repo, opening.head, f"gitorch: take back build {slug}")
            else:
                refs.detach_head(repo, opening.base, f"gitorch: take back build {slug}")
        if refs.exists(repo, ref):
            refs.delete(repo, ref, opening.base)
    else:
        left.append(f"{branch_name(slug)}, which has commits now,")
    folder = repo.root / opening.shown
    _sweep(folder)
    _remove(folder, opening.files)
    if os.path.lexists(folder):
        left.append(f"{opening.shown}, which holds what init did not write,")
    for parent in folder.parents:
        if parent == repo.root:
            break
        with contextlib.suppress(OSError):  # not empty: it was there before
            parent.rmdir()
    before = f"everything but {' and '.join(left)}" if left else "everything"
    return [f"gitorch init --project {slug} was interrupted; {before} is as it was before"]


def _remove(folder: Path, written: Mapping[str, str]) -> None:
    """Delete what init wrote and nobody changed, where `folder` is its own; never anything else.

    meta.json, by which it is known, goes last. An empty folder is nobody's: git knows none.
    """
    if _is_as_written(folder, "meta.json", written):
        for name in written.keys() - {"meta.json"}:
            if _is_as_written(folder, name, written):
                (folder / name).unlink()
        for place in (folder / "completions", folder / "workers"):
            with contextlib.suppress(OSError):  # somebody else's file is in it
                place.rmdir()
        (folder / "meta.json").unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()


def _is_as_written(folder: Path, name: str, written: Mapping[str, str]) -> bool:
    with contextlib.suppress(OSError):
        return _digest(files.read_regular(folder / name, 1 << 30)[0]) == written.get(name)
    return False


def digests(content: Mapping[str, bytes]) -> dict[str, str]:
    """By which each file of a build's folder is known again."""
    return {name: _digest(data) for name, data in content.items()}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
