"""open: from a plan to a build's folder, its branch and its binding. The branch's creation decides.

What is to be in the folder is written below the git directory before, so that a kill can be completed.
"""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gitorch.adapters import files
from gitorch.adapters.git import keeping, refs, sharing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry, seal
from gitorch.core.errors import GitorchError, unwritable
from gitorch.core.issue import Hint
from gitorch.core.names import RefName, branch_name, branch_ref
from gitorch.core.opened import Decided, Opened
from gitorch.core.text import typed
from gitorch.transitions.run import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(Transition[None]):
    """The opening of a code build; `ref` is its branch, `new` its base."""

    ACTION: ClassVar[str] = "open"
    COMMAND: ClassVar[str] = "init"

    opened: Opened
    sealed: bool
    """Whether the branch is to be locked."""
    earlier: RefName
    """Where the snapshots go that an older build of that name may have left."""

    def misplaced(self, repo: Repository) -> str | None:
        here, before = refs.head_ref(repo), self.opened.opened_from
        if here in (before, self.ref) and (here or refs.resolve(repo, "HEAD") == self.new):
            return None
        return (before or branch_ref(self.slug)).removeprefix("refs/heads/")

    def prepare(self, repo: Repository) -> None:
        folder = repo.root / self.folder
        if os.path.lexists(folder):
            raise _created_by_another(folder)
        above = next(path for path in folder.parents if os.path.lexists(path))
        if not os.access(above, os.W_OK | os.X_OK) or files.is_immutable(above):
            see = Hint("see who may write it", f"ls -ld -- {typed(str(above))}")
            text = f"{above} may not be written"
            raise GitorchError("unwritable-file", text, about=str(above), hints=[see])

    def complete(self, repo: Repository, since: float) -> None:
        if not registry.is_open(repo, self.slug):  # else killed behind the last step
            self._open(repo)
        _discard_content(repo)

    def _open(self, repo: Repository) -> None:
        put_folder(repo.root / self.folder, read_content(repo))
        refs.point_head_at(repo, self.ref, f"gitorch: open build {self.slug}")
        seal.lift(repo, self.slug)  # of an older build of that name
        if self.sealed:
            seal.put(repo, self.slug)
        keeping.set_aside(repo, self.slug, self.earlier)
        registry.open_build(repo, self.opened, Decided())

    def take_back(self, repo: Repository) -> None:
        _discard_content(repo)

    def kept(self) -> str:
        return f"{branch_name(self.slug)} was created for build {self.slug}"

    def tell(self, repo: Repository, outcome: None) -> list[str]:
        if registry.is_open(repo, self.slug):
            return [f"init of build {self.slug} was interrupted; the build is open now"]
        told = f"init of build {self.slug} was interrupted before the build was opened; nothing was changed"
        if refs.exists(repo, self.ref):
            name = branch_name(self.slug)
            told = f"{name} has commits by now, so the build was not opened, and the branch was left as it is"
        return [told]


def keep_content(repo: Repository, content: Mapping[str, bytes]) -> None:
    """Write what is to be in the folder below the git directory; of an earlier attempt nothing is left."""
    _discard_content(repo)
    for name, data in content.items():
        path = _content(repo) / name
        sharing.make_folder(repo, path.parent)
        files.write_atomically(path, data, durable=True)


def read_content(repo: Repository) -> dict[str, bytes]:
    """What is to be in the folder."""
    top = _content(repo)
    return {path.relative_to(top).as_posix(): path.read_bytes() for path in top.rglob("*") if path.is_file()}


def _content(repo: Repository) -> Path:
    return repo.private / "opening"


def _discard_content(repo: Repository) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(_content(repo))


def put_folder(folder: Path, content: Mapping[str, bytes]) -> None:
    """Make `folder` with these files in one rename; harmless when it has them already.

    GitorchError when it cannot be written, or when another one is there.
    """
    if _holds(folder, content):
        return
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
            raise _created_by_another(folder) from error
        raise unwritable(error.filename or folder, error) from error


def _created_by_another(folder: Path) -> GitorchError:
    text = f"{folder} was created by another process, and was left as it is"
    see = Hint("see what is in it", f"ls -la -- {typed(str(folder))}")
    return GitorchError("existing-build", text, about=str(folder), hints=[see])


def _holds(folder: Path, content: Mapping[str, bytes]) -> bool:
    """Whether the folder is this very build's: no two have the same meta.json, with its time."""
    return files.holds(folder / "meta.json", content["meta.json"])


def _prefix(folder: Path) -> str:
    return f"{files.TEMPORARY_PREFIX}{folder.name}-"


def _sweep(folder: Path) -> None:
    """Delete what a killed init left half-written beside `folder`."""
    for left in folder.parent.glob(f"{_prefix(folder)}*"):
        shutil.rmtree(left, ignore_errors=True)
