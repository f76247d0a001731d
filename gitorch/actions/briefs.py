"""Writing briefs into an open build: the files, and then the records that follow from them.

Never decides what stands in a brief.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from gitorch.actions.snapshot import snapshot_before
from gitorch.actions.sync import Synced, sync_locked
from gitorch.actions.workplace import Build
from gitorch.core.errors import unwritable


def write_briefs(build: Build, texts: Mapping[str, str], *, gone: Iterable[str] = ()) -> Synced:
    """Write each brief of `texts` (by its path in the folder) and sync; call it with the lock held.

    `gone` are briefs that the caller took away. In a code build all of them are staged, and a snapshot keeps
    what was in a brief before; GitorchError, with nothing written, where none can be taken.
    """
    known = [path for path in texts if (build.folder.path / path).exists()]
    told = snapshot_before(build, f"a change of {', '.join(known)}") if known else []
    try:
        build.folder.write_rendered(texts)
    except OSError as error:
        name = error.filename2 or error.filename or build.folder.shown
        raise unwritable(name, error) from error
    return replace(sync_locked(build, wrote=[*texts, *gone]), told=tuple(told))
