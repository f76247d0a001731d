"""The guard of a bare repository: `pre-receive` in its hooks folder, before whatever stands there.

    <git dir>/gitorch/guard/places.json    the hooks folder: [folder, we made it]

Displaces no hook; see `chain`.
"""

import shlex
import shutil

from gitorch.adapters import files
from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.git.worktrees import hooks_folder
from gitorch.adapters.guard import chain, places
from gitorch.adapters.guard.install import (
    Report,
    refuse_newer,
    refuse_where_none_can,
)
from gitorch.adapters.guard.scripts import SERVER_EVENT, is_newer


def install(repo: Repository) -> Report:
    """Put ours before the hook that is there, or bring it up to date; twice changes nothing.

    GitorchError where it could not stand, or a newer gitorch's does; nothing is changed then.
    """
    folder = hooks_folder(repo)
    where = shlex.quote(str(repo.git_dir))
    refuse_where_none_can(repo, folder, f"gitorch install --server {where}")
    found = [path for path in chain.ours(folder, SERVER_EVENT) if is_newer(path)]
    refuse_newer(found, f"gitorch uninstall --server {where} && gitorch install --server {where}")
    mode = sharing.shared(repo, files.folder_mode())
    report = Report([folder], changed=not chain.is_current(folder, SERVER_EVENT, mode))
    if report.changed:
        sharing.make_folder(repo, repo.shared / "guard")
        known = places.read(repo)
        places.write(repo, {**known, folder: known.get(folder, not folder.is_dir())})
        sharing.make_folder(repo, folder)
        if told := chain.install(folder, SERVER_EVENT, mode):
            report.notes.append(told)
    return report


def uninstall(repo: Repository) -> Report:
    """Take ours away and give back the hook that was there, byte for byte."""
    report = Report()
    for folder, made in ({hooks_folder(repo): False} | places.read(repo)).items():
        report.folders.append(folder)
        report.changed |= bool(chain.ours(folder, SERVER_EVENT))
        if told := chain.uninstall(folder, SERVER_EVENT):
            report.notes.append(told)
        if made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    shutil.rmtree(repo.shared / "guard", ignore_errors=True)
    if repo.shared.is_dir() and not any(repo.shared.iterdir()):
        repo.shared.rmdir()
    return report
