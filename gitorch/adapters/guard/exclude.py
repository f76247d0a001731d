"""Files of ours in the working tree, hooks and settings, are kept from `git status` by `info/exclude`.

One block between two markers; the rest of the file is the person's and stays byte for byte.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from gitorch.adapters.git import sharing
from gitorch.adapters.git.repository import Repository, join_paths, split_paths
from gitorch.adapters.guard.scripts import KEPT

# The line end before the first marker belongs to the block: it ends a last line that had none.
_BEGIN = b"\n# gitorch-guard: hooks in the working tree, taken away by `gitorch uninstall`\n"
_END = b"# gitorch-guard: end\n"


def add(tree: Repository, folder: Path, events: Iterable[str]) -> bool:
    """Hide the hooks for `events` in `folder` where git would show them; whether the file changed."""
    if not folder.is_relative_to(tree.root) or folder.is_relative_to(tree.common_dir):
        return False
    return hide(tree, [tree.relative(folder / f"{event}{end}") for event in events for end in ("", KEPT)])


def hide(tree: Repository, paths: Sequence[str]) -> bool:
    """Hide these paths, from the root, where git would show them; whether the file changed."""
    done = tree.run("check-ignore", "-z", "--stdin", stdin=join_paths(paths), check=False)
    shown = sorted({*paths} - {*split_paths(done.stdout)})
    if not shown:
        return False
    head, lines, tail = _split(_read(tree))
    lines += b"".join(pattern(path) for path in shown)
    sharing.make_folder(tree, _path(tree).parent)
    sharing.write_if_different(tree, _path(tree), head + _BEGIN + lines + _END + tail)
    return True


def remove(tree: Repository, paths: Sequence[str] | None = None) -> None:
    """Take the block away, or only these paths of it; harmless when there is none."""
    head, lines, tail = _split(_read(tree))
    if not lines:
        return
    if paths is not None:
        unwanted = {pattern(path) for path in paths}
        left = b"".join(line for line in lines.splitlines(keepends=True) if line not in unwanted)
        if left:
            sharing.write_if_different(tree, _path(tree), head + _BEGIN + left + _END + tail)
            return
    if head + tail:
        sharing.write_if_different(tree, _path(tree), head + tail)
    else:
        _path(tree).unlink()
        with contextlib.suppress(OSError):  # something else is in it
            _path(tree).parent.rmdir()


def _split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What is before the block, its lines, and what is after it."""
    head, _, rest = data.partition(_BEGIN)
    lines, _, tail = rest.partition(_END)
    return head, lines, tail


def pattern(path: str) -> bytes:
    """The line of gitignore(5) that is `path`, from the root, and nothing else."""
    return b"/" + re.sub(rb"([\\*?\[\]!# ])", rb"\\\1", os.fsencode(path)) + b"\n"


def _path(tree: Repository) -> Path:
    return tree.common_dir / "info" / "exclude"


def _read(tree: Repository) -> bytes:
    try:
        return _path(tree).read_bytes()
    except FileNotFoundError:
        return b""
