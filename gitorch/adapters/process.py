"""The one file that starts processes, and the one place that scrubs git's environment.

Nothing here decides what a failure means; it never uses a shell unless it is handed one.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn

# `git rev-parse --local-env-vars`, less GIT_CONFIG_PARAMETERS and GIT_CONFIG_COUNT (what a person
# passes with `git -c` to `git orch` holds for us too). An inherited GIT_DIR or GIT_INDEX_FILE would
# send our work into another repository (j178/prek#2505). And what gives pathspecs another meaning:
# whoever wants one here says so.
_LOCATION = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)


GUARD_BIN = "/gitorch/guard/bin"
"""The end of the folder with the git that is first on a spawned worker's PATH."""

_QUARANTINE = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_OBJECT_DIRECTORY",
    "GIT_QUARANTINE_PATH",
    "GIT_SHALLOW_FILE",
)


def quarantine() -> dict[str, str]:
    """Where git keeps the objects of a push that pre-receive has not accepted yet (git-receive-pack(1))."""
    return {name: os.environ[name] for name in _QUARANTINE if name in os.environ}


def start_anew_in_utf8() -> NoReturn:
    """Replace this Python by the same in its UTF-8 mode; what it starts has the person's environment."""
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


Child = subprocess.Popen[bytes]
"""A process that was started and is not waited for yet."""


class Result(NamedTuple):
    """How a process ended. `status` is its exit status, negative for a signal."""

    argv: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def text(self) -> str:
        """Standard output, one final line end removed; bytes that are not UTF-8 survive as surrogates."""
        return self.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    @property
    def lines(self) -> list[str]:
        """The lines of `text`, which end at LF alone: a name or a subject may hold U+0085 or U+2028."""
        return self.text.split("\n") if self.text else []

    @property
    def error_text(self) -> str:
        return self.stderr.decode("utf-8", "replace").strip()


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would point git elsewhere, and with `extra`.

    The guard's git, which a worker has first on its PATH, is not for gitorch.
    """
    env = {name: value for name, value in os.environ.items() if name not in _LOCATION}
    if GUARD_BIN in env.get("PATH", ""):
        folders = env["PATH"].split(os.pathsep)
        env["PATH"] = os.pathsep.join(folder for folder in folders if not folder.endswith(GUARD_BIN))
    env.update(extra or {})
    return env


def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes | None = None,
    to_files: bool = False,
    timeout: float | None = None,
) -> Result:
    """Run to the end and return everything. `env` is added to the cleaned environment.

    With `to_files` it writes into files and not into pipes, so that a process which it leaves behind
    keeps nobody waiting, and can write on. Raises FileNotFoundError when there is no such program, and
    TimeoutError when it was ended because it took longer than `timeout` seconds.
    """

    def end(stdout: Any, stderr: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            list(argv),
            cwd=cwd,
            env=clean_environment(env),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=stdout,
            stderr=stderr,
            check=False,
            timeout=timeout,
        )

    if not to_files:
        try:
            done = end(subprocess.PIPE, subprocess.PIPE)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"{argv[0]} took longer than {timeout} seconds") from error
        return Result(tuple(argv), done.returncode, done.stdout, done.stderr)
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        status = end(stdout, stderr).returncode
        return Result(tuple(argv), status, _written(stdout), _written(stderr))


def run_within_bounds(
    argv: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None, most: int, seconds: float
) -> Result | None:
    """Run to the end; None where it printed more than `most` bytes or ran longer, and was ended."""
    with (
        tempfile.TemporaryFile() as stderr,
        subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=clean_environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
        ) as child,
    ):
        late = threading.Timer(seconds, child.kill)
        late.start()
        assert child.stdout is not None  # noqa: S101 (it is a pipe)
        stdout = child.stdout.read(most + 1)
        if len(stdout) > most:
            child.kill()
        status = child.wait()
        late.cancel()
        return None if status == -signal.SIGKILL else Result(tuple(argv), status, stdout, _written(stderr))


def _written(file: IO[bytes]) -> bytes:
    """All of a file; the position in it, at which somebody else may be writing, stays."""
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def attend(argv: Sequence[str], *, cwd: Path) -> int:
    """Run a program that has the terminal until it ends, such as an editor; its exit status.

    It draws on standard output where that is a terminal, else on standard error. A key that the terminal
    sends to both, Ctrl-C or Ctrl-\\, is the program's alone; KeyboardInterrupt when it ended by that
    (launch_editor in git's editor.c).
    """
    stdout = None if os.isatty(1) else 2
    with _deaf():
        status = subprocess.run(
            list(argv), cwd=cwd, env=clean_environment(), stdout=stdout, check=False
        ).returncode
    if status in {end for key in _KEYS for end in (-key, 128 + key)}:  # or a shell says so
        raise KeyboardInterrupt
    return status


_KEYS = (signal.SIGINT, signal.SIGQUIT)


@contextlib.contextmanager
def _deaf() -> Iterator[None]:
    """Nothing happens here by the keys that interrupt; it does in a program that is started meanwhile."""
    heard = [key for key in _KEYS if signal.getsignal(key) is not signal.SIG_IGN]
    # A handler, since a program inherits what is ignored and not what is handled.
    before = {key: signal.signal(key, lambda _number, _frame: None) for key in heard}
    try:
        yield
    finally:
        for key, handler in before.items():
            signal.signal(key, handler)


def start(
    argv: Sequence[str],
    *,
    cwd: Path,
    output: Path,
    stdin: bytes = b"",
    env: Mapping[str, str] | None = None,
) -> Child:
    """Start without waiting, in a session of its own; both outputs go to the end of the file `output`.

    The caller waits for it (`wait`) or ends it (`terminate`).
    """
    with output.open("ab") as file, tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        return subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=clean_environment(env),
            stdin=given,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


class Group:
    """A started command together with all that it starts: a session and process group of its own.

    Its output and errors go into one file, or into a pipe that never blocks its reader. A terminal's
    Ctrl-C does not reach it: whoever starts a group ends it, or lets it go.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: Path | None = None,
        output: int | None = None,
        keep: Sequence[int] = (),
    ) -> None:
        """Start it with exactly `env`; OSError when the program or the folder cannot be used.

        It reads `stdin` (nothing where that is None), writes to the file descriptor `output` (a pipe
        where that is None), and inherits the descriptors `keep`.
        """
        with open(stdin or os.devnull, "rb") as source:  # noqa: PTH123 (either kind of name)
            self._process = subprocess.Popen(
                list(argv),
                cwd=cwd,
                env=dict(env),
                stdin=source,
                stdout=subprocess.PIPE if output is None else output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=tuple(keep),
            )
        self.pipe = self._process.stdout
        self.id = self._process.pid
        if self.pipe:
            os.set_blocking(self.pipe.fileno(), False)

    def read(self, size: int = 1 << 16) -> bytes | None:
        """What is in the pipe; b"" at its end or without one, None when nothing is there now."""
        try:
            return os.read(self.pipe.fileno(), size) if self.pipe else b""
        except BlockingIOError:
            return None

    def status(self) -> int | None:
        """The leader's exit status, negative for a signal; None while it runs."""
        return self._process.poll()

    def alive(self) -> bool:
        """Whether anything of the group is left. Ask after `status`, which takes the leader away."""
        return signal_group(self.id, None)

    def send(self, number: signal.Signals) -> None:
        """Signal every process of the group; nothing happens when none is left."""
        signal_group(self.id, number)

    def forget(self) -> None:
        """Let it run on by itself; nobody here will ask for its end."""
        self._process.returncode = 0  # else the interpreter complains that it is still running

    def close(self) -> None:
        """Let go of the pipe, though a process that left the group may still hold its other end."""
        if self.pipe:
            self.pipe.close()


def signal_group(group: int, number: signal.Signals | None) -> bool:
    """Signal a process group, or (None) only ask; whether there is anything left of it."""
    try:
        os.killpg(group, number or 0)
    except (ProcessLookupError, PermissionError):  # macOS says EPERM for what is only left to reap
        return False
    return True


def detach(argv: Sequence[str], *, cwd: Path, log: Path, keep: Sequence[int]) -> None:
    """Start a program that outlives this one, in a session of its own; its words go to the end of `log`."""
    with log.open("ab") as output:
        group = Group(argv, cwd=cwd, env=clean_environment(), output=output.fileno(), keep=keep)
    group.forget()
