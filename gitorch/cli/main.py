"""The entry: runs the command, turns every error into one message and one exit status."""

import errno
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gitorch.core.errors import ExitStatus, GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.text import typed

if TYPE_CHECKING:
    import click

_DISK = (errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENOSPC, errno.EROFS)
"""What a disk refuses, whatever file it is: no defect of ours."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_OWNER = (errno.EACCES, errno.EPERM)
"""What the owner of a file refuses; without a file, it is something else."""

_IN_PLACE = (errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.ENOTEMPTY)
"""What somebody put where gitorch reads or writes. No other error of a file is expected."""


def main() -> None:
    """Run the command line of this process and exit with an `ExitStatus`."""
    if sys.getfilesystemencoding() == "ascii":  # PYTHONUTF8=0 in the locale C: it could name no other file
        from gitorch.adapters.process import start_anew_in_utf8

        start_anew_in_utf8()
    gc.set_threshold(50_000)  # what a start imports all stays: looking for garbage in it costs a tenth of it
    status = run(sys.argv[1:])
    gc.freeze()  # else the interpreter looks for it four times more as it ends
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command line; the exit status. click's own exits are mapped here, in one place."""
    import click

    from gitorch.cli.app import app

    as_json = "--json" in arguments
    try:
        result = app.main(args=arguments, prog_name="gitorch", standalone_mode=False)
    except GitorchError as error:
        return _report(error, as_json=as_json)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return _interrupted(as_json=as_json)
    except KeyboardInterrupt:
        return _interrupted(as_json=as_json)
    except click.ClickException as error:
        return _report(_usage_error(error), as_json=as_json)
    except BrokenPipeError:
        sys.stderr.close()  # the reader left; nothing to say and nobody to say it to
        return ExitStatus.REFUSED
    except OSError as error:
        return _report(_file_error(error) or _defect(error), as_json=as_json)
    except Exception as error:  # noqa: BLE001 (the last resort: a defect is reported, not spilled)
        return _report(_defect(error), as_json=as_json)
    return int(result or 0)


def _report(error: GitorchError, *, as_json: bool) -> int:
    from gitorch.cli import output

    output.error(error, as_json=as_json)
    return error.status


def _usage_error(error: "click.ClickException") -> GitorchError:
    hints = []
    import click

    if isinstance(error, click.UsageError) and error.ctx:
        hints = [Hint("see how the command is used", f"{error.ctx.command_path} --help")]
    said = error.format_message().rstrip(".")
    return bad_input("bad-usage", said[:1].lower() + said[1:], hints=hints)


def _file_error(error: OSError) -> GitorchError | None:
    """What a person can change about the files of this machine; None for what is a defect of ours."""
    try:
        Path.cwd()
    except FileNotFoundError:
        leave = Hint("go to a folder that exists", "cd /")
        return GitorchError("missing-folder", "the current folder was deleted", hints=[leave])
    name = error.filename2 or error.filename
    name = os.fsdecode(name) if isinstance(name, (str, bytes)) else None
    if not (error.errno in _DISK or (name and error.errno in (*_OWNER, *_IN_PLACE))):
        return None
    if name is None:
        return GitorchError(
            "unwritable-file", str(error.strerror), hints=[Hint("see which disk is full", "df -h")]
        )
    see = Hint("see which disk is full", f"df -h -- {typed(str(Path(name).parent))}")
    if error.errno not in _FULL:
        see = Hint("see what it is and who may write it", f"ls -ld -- {typed(name)}")
    return GitorchError("unwritable-file", f"{name}: {error.strerror}", about=name, hints=[see])


def _interrupted(*, as_json: bool) -> int:
    from gitorch.cli import output

    stopped = GitorchError("interrupted", "interrupted", status=ExitStatus.INTERRUPTED)
    if as_json:
        output.failure(stopped)
    output.note(stopped.message)
    return stopped.status


def _defect(error: Exception) -> GitorchError:
    """The message on a defect; its traceback is kept in a file, or told where none can be written."""
    import tempfile
    import traceback

    told, hints = [], []
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="gitorch-traceback-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            traceback.print_exception(error, file=file)
        hints = [Hint("see the traceback, which belongs in a report to us", f"cat -- {typed(file.name)}")]
    except OSError:
        told = "".join(traceback.format_exception(error)).splitlines()
    return GitorchError(
        "defect",
        f"a defect in gitorch: {type(error).__name__}: {error}",
        details=told,
        hints=hints,
        status=ExitStatus.BUG,
    )
