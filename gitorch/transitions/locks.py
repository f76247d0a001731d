"""The two locks: the repository's, then that of a build's folder. They end with the process."""

import contextlib
from collections.abc import Iterator

from gitorch.adapters import files
from gitorch.adapters.build_folder import BuildFolder
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository


@contextlib.contextmanager
def held(
    repo: Repository | None, folder: BuildFolder | None = None, *, wait: float | None = None
) -> Iterator[None]:
    """Hold the locks of those that are given, in this order; a folder that does not exist has none.

    Waits for another command, at most `wait` seconds, then raises Busy.
    """
    with contextlib.ExitStack() as locks:
        if repo is not None:
            sharing.make_folder(repo, repo.shared)
            locks.enter_context(files.lock(repo.shared, "this repository", wait=wait))
        if folder is not None and folder.path.is_dir():
            locks.enter_context(files.lock(folder.path, f"build {folder.slug}", wait=wait))
        yield
