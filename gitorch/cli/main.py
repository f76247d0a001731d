"""The entry: runs the command, turns every error into one message and one exit status."""

import errno
import sys

import click

from gitorch.cli.app import app
from gitorch.core.errors import ExitStatus, GitorchError

_DISK = (
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.EMFILE,
    errno.ENOSPC,
    errno.EPERM,
    errno.EROFS,
)
"""What a disk or its owner refuses: no defect of ours."""


def main() -> None:
    """Run the command line of this process and exit with an `ExitStatus`."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command line; the exit status. click's own exits are mapped here, in one place."""
    as_json = "--json" in arguments
    try:
        result = app.main(args=arguments, prog_name="gitorch", standalone_mode=False)
    except GitorchError as error:
        return _report(error, as_json=as_json)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return _interrupted()
    except KeyboardInterrupt:
        return _interrupted()
    except click.ClickException as error:
        return _report(_usage_error(error), as_json=as_json)
    except BrokenPipeError:
        sys.stderr.close()  # the reader left; nothing to say and nobody to say it to
        return ExitStatus.REFUSED
    except OSError as error:
        return _report(_disk_error(error), as_json=as_json) if error.errno in _DISK else _bug(error)
    except Exception as error:  # noqa: BLE001 (the last resort: a defect is reported, not spilled)
        return _bug(error)
    return int(result or 0)


def _report(error: GitorchError, *, as_json: bool) -> int:
    from gitorch.cli import output

    output.error(error, as_json=as_json)
    return error.status


def _usage_error(error: click.ClickException) -> GitorchError:
    hints = []
    if isinstance(error, click.UsageError) and error.ctx:
        hints = [f"{error.ctx.command_path} --help"]
    return GitorchError(error.format_message(), hints=hints, status=ExitStatus.BAD_INPUT)


def _disk_error(error: OSError) -> GitorchError:
    name = f"{error.filename2 or error.filename}: " if error.filename else ""
    hint = "make room or mend the permission, then type the command again"
    return GitorchError(f"{name}{error.strerror}", hints=[hint])


def _interrupted() -> int:
    from gitorch.cli import output

    output.note("interrupted")
    return ExitStatus.INTERRUPTED


def _bug(error: Exception) -> int:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="gitorch-traceback-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    problem = GitorchError(
        f"this is a defect in gitorch: {type(error).__name__}: {error}",
        hints=[f"please report it with the traceback in {file.name}"],
        status=ExitStatus.BUG,
    )
    return _report(problem, as_json=False)
