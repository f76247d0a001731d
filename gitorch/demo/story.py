"""The demo's course: each step a real command in a scratch repository, told in a line.

Prints nothing: it yields what to tell. Touches nothing outside the folder that it made.
"""

import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gitorch.adapters import process
from gitorch.core.errors import GitorchError, unwritable
from gitorch.core.issue import Hint
from gitorch.core.text import typed
from gitorch.demo.content import DEEDS, PLAN, SLUG

PATIENCE = 60.0
"""Seconds that the demo waits for its watcher or a worker before it says that something hangs."""


@dataclass(frozen=True)
class Told:
    """A line of the narration, a command as typed (`$ …`), or what a command printed."""

    kind: str  # "step", "command" or "output"
    text: str


class Scratch:
    """The demo's repository, and how commands are run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / ".git" / "watch.log"

    def run(self, *argv: str, stdin: bytes | None = None, expect: int = 0) -> process.Result:
        """Run git or gitorch; GitorchError when it ends otherwise than `expect`."""
        program = [sys.executable, "-m", "gitorch"] if argv[0] == "gitorch" else [argv[0]]
        done = process.run([*program, *argv[1:]], cwd=self.root, stdin=stdin, env=_NOBODY)
        if done.status != expect:
            raise GitorchError(
                "demo-failed",
                f"the demo's {shlex.join(argv)} ended with exit status {done.status}, expected {expect}",
                details=[*done.text.splitlines(), *done.error_text.splitlines()],
                hints=[Hint("look around in the demo's repository", f"cd {typed(str(self.root))}")],
            )
        return done

    def show(self, *argv: str, stdin: bytes | None = None, expect: int = 0) -> Iterator[Told]:
        """Run, and tell the command and what it printed."""
        yield Told("command", shlex.join(argv))
        done = self.run(*argv, stdin=stdin, expect=expect)
        yield from _output(done.text, done.error_text)


# The demo plays a person; a project or worker named by the caller's environment is not meant.
_NOBODY = {"GITORCH_PROJECT": "", "GITORCH_WORKER": "", "NO_COLOR": "1"}


def _output(*texts: str) -> Iterator[Told]:
    for text in texts:
        for line in text.splitlines():
            yield Told("output", line)


def tell(directory: Path | None) -> Iterator[Told]:
    """Run the whole demo in `directory` (made if needed, must be empty) or in a new temporary folder.

    Raises GitorchError when the folder is not empty or a step goes otherwise than it should.
    """
    root = _make_folder(directory)
    scratch = Scratch(root)
    yield Told("step", f"A scratch repository: {root}")
    _make_repository(scratch)
    yield Told("step", "The guard goes into its hooks, and the plan becomes briefs on a build branch.")
    yield from scratch.show("gitorch", "install")
    yield from scratch.show("gitorch", "init", "--project", SLUG, "--plan-file", "-", stdin=PLAN.encode())
    watcher = process.start(
        [sys.executable, "-m", "gitorch", "watch"], cwd=root, output=scratch.log, env=_NOBODY
    )
    try:
        yield Told("step", "A watcher runs from now on; the workers of a wave run side by side.")
        for wave in _waves():
            yield from _run_wave(scratch, wave)
            if wave == _waves()[0]:
                yield Told("step", "Too early for the commit: finalize names who is missing.")
                yield from scratch.show("gitorch", "finalize", expect=1)
    finally:
        watcher.terminate()
        watcher.wait(PATIENCE)
    yield Told("step", "What the watcher said:")
    yield from _output(scratch.log.read_text(encoding="utf-8", errors="replace"))
    yield from scratch.show("gitorch", "status")
    yield Told("step", "Everything is in. Finalize verifies, runs the tests and makes the one commit.")
    yield from scratch.show("gitorch", "finalize")
    yield from scratch.show("git", "log", "-1", "--stat")
    yield Told("step", f"Where to look: {root}")
    yield Told("step", f"  {root}/N5/builds/{SLUG}/STATUS.md and git -C {shlex.quote(str(root))} log")


def _make_folder(directory: Path | None) -> Path:
    if directory is None:
        return Path(tempfile.mkdtemp(prefix="gitorch-demo-")).resolve()
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            other = Hint("run the demo in another folder", "gitorch demo NEW-FOLDER")
            raise GitorchError("occupied-folder", f"{directory} is not empty", hints=[other])
    except OSError as error:
        raise unwritable(directory, error) from error
    return directory.resolve()


def _make_repository(scratch: Scratch) -> None:
    """A repository that the person's own settings do not reach: identity, signing and hooks are its own."""
    scratch.run("git", "init", "-q", "-b", "main")
    settings = {
        "user.name": "A Person",
        "user.email": "person@example.com",
        "commit.gpgsign": "false",
        "core.hooksPath": str(scratch.root / ".git" / "hooks"),
        "core.autocrlf": "false",
    }
    for key, value in settings.items():
        scratch.run("git", "config", key, value)
    tests = [sys.executable, "-B", "-m", "unittest", "discover", "-s", "tests", "-t", "."]
    policy = f"validators:\n  - name: tests\n    command: {_yaml_list(tests)}\n    timeout: 60\n"
    (scratch.root / ".gitorch.yaml").write_text(policy, encoding="utf-8")
    (scratch.root / ".gitignore").write_text("__pycache__/\n", encoding="utf-8")
    (scratch.root / "tests").mkdir()
    (scratch.root / "tests" / "__init__.py").write_text("", encoding="utf-8")
    scratch.run("git", "add", "--all")
    scratch.run("git", "commit", "-q", "-m", "An empty project")


def _yaml_list(words: list[str]) -> str:
    import json  # a JSON list is a YAML list

    return json.dumps(words)


def _waves() -> list[list[str]]:
    numbers = sorted({worker.split(".")[0] for worker in DEEDS})
    return [[w for w in DEEDS if w.split(".")[0] == number] for number in numbers]


def _run_wave(scratch: Scratch, wave: list[str]) -> Iterator[Told]:
    yield Told("step", f"{', '.join(wave)}: launched, each a process that reads its brief.")
    running = {}
    for worker in wave:
        scratch.run("gitorch", "launch", worker)
        brief = scratch.run("gitorch", "brief", worker).stdout
        running[worker] = process.start(
            [sys.executable, "-m", "gitorch.demo.worker"],
            cwd=scratch.root,
            output=_worker_log(scratch, worker),
            stdin=brief,
            env={"GITORCH_PROJECT": SLUG, "GITORCH_WORKER": worker},
        )
    for worker, child in running.items():
        yield from _come_back(scratch, worker, child)
    _wait_for_watcher(scratch, wave)


def _come_back(scratch: Scratch, worker: str, child: process.Child) -> Iterator[Told]:
    status = child.wait(PATIENCE)
    said = _worker_log(scratch, worker).read_text(encoding="utf-8", errors="replace")
    if status != 0:
        text = f"the demo's worker {worker} ended with exit status {status}"
        raise GitorchError("demo-failed", text, details=said.splitlines())
    if DEEDS[worker].tries_to_commit:
        yield Told("step", f"{worker} tried to commit, with and without --no-verify, and was refused:")
        yield from _output(said)


def _worker_log(scratch: Scratch, worker: str) -> Path:
    return scratch.root / ".git" / f"{worker}.log"


def _wait_for_watcher(scratch: Scratch, wave: list[str]) -> None:
    """Until the watcher has staged a STATUS.md that shows each of the wave as complete."""
    staged = f":N5/builds/{SLUG}/STATUS.md"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        shown = process.run(["git", "show", staged], cwd=scratch.root).text
        if all(f"- [x] {worker}: " in shown for worker in wave):
            return
        time.sleep(0.05)
    raise GitorchError(
        "demo-failed",
        "the demo's watcher did not stage the completions of the wave",
        details=scratch.log.read_text(encoding="utf-8", errors="replace").splitlines(),
    )
