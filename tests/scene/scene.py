"""A folder in which a person plays: what git, gitorch and the workers do there, and what it looks like."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gitorch.actions.init import PlanSource, init
from gitorch.actions.install import install
from tests import builds
from tests.scene import shell
from tests.scene.picture import LOGS, picture
from tests.scene.remembered import remembered
from tests.scene.shell import Ran

SLUG = "calendar-v2"
FOLDER = f"N5/builds/{SLUG}"
BRANCH = f"build/{SLUG}"

PLAN = {
    "name": "Calendar",
    "workers": [
        {"id": "schema", "component": "schema", "description": "Define tables"},
        {"id": "views", "component": "views", "description": "Show months", "dependencies": ["schema"]},
    ],
}


@dataclass(frozen=True)
class Scene:
    """A working tree, most often of a repository on main with one commit, which holds `README`."""

    root: Path

    def __truediv__(self, name: str) -> Path:
        return self.root / name

    # What is typed.

    def run(
        self, *argv: str, stdin: str | None = None, env: Mapping[str, str] | None = None, timeout: float = 60
    ) -> Ran:
        return shell.run(*argv, cwd=self.root, stdin=stdin, env=env, timeout=timeout)

    def git(self, *words: str, stdin: str | None = None, check: bool = True) -> str:
        """Git's output without the last line end; a failure fails the test."""
        return shell.git(self.root, *words, stdin=stdin, check=check)

    def gitorch(self, *words: str, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Ran:
        """A gitorch command, inside of this process."""
        return shell.orch(self.root, *words, stdin=stdin, env=env)

    def process(self, *words: str, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Ran:
        """A gitorch command as a process of its own."""
        return shell.process(self.root, *words, stdin=stdin, env=env)

    def interrupted(self, *words: str, env: Mapping[str, str] | None = None) -> Ran:
        """A gitorch command as a process at a terminal, which one of its programs interrupts."""
        return shell.process(self.root, *words, env=env, session=True)

    def do(self, *words: str, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Ran:
        """A gitorch command that has to be done; else the test fails with all that it said."""
        ran = self.gitorch(*words, stdin=stdin, env=env)
        assert ran.status == 0, f"gitorch {' '.join(words)}: {ran.status}\n{ran.out}{ran.err}"
        return ran

    def refused(self, *words: str, says: str, env: Mapping[str, str] | None = None) -> Ran:
        """A gitorch command that is refused with words that hold `says`, and changes nothing."""
        before = self.picture(without=LOGS)
        ran = self.gitorch(*words, env=env)
        assert ran.status == 1, f"gitorch {' '.join(words)}: {ran.status}\n{ran.out}{ran.err}"
        assert says in ran.err, ran.err
        assert self.picture(without=LOGS) == before
        return ran

    # What is written.

    def write(self, name: str, text: str) -> Path:
        """Write a file, its folders made as needed."""
        return shell.write(self.root / name, text)

    def commit(self, files: Mapping[str, str]) -> None:
        """Write files and commit them, with all else that changed."""
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "files")

    def hook(self, name: str, text: str) -> Path:
        """Put a program in a hook's place in the repository's own folder."""
        path = self.write(f".git/hooks/{name}", text)
        path.chmod(0o755)
        return path

    def deliver(self, worker: str, artifacts: Iterable[str], **fields: object) -> None:
        """The report of a worker whose files are there already."""
        text = builds.report(worker, f"{worker} is done.", artifacts=list(artifacts), **fields)
        self.write(f"{FOLDER}/completions/{worker}.json", text)

    def deliver_all(self) -> None:
        """Both workers wrote their file and their report."""
        self.write("src/schema.py", "TABLES = 5\n")
        self.write("README", "a project with a calendar\n")
        self.deliver("W1.1", ["src/schema.py"])
        self.deliver("W2.1", ["README"])

    # How far a build is.

    def open_build(self, config: str | None = None) -> str:
        """Commit `config`, install the guard, open the build `calendar-v2` of PLAN; the base."""
        return _open_build(self.root, config)

    def ready_build(self, config: str | None = None) -> str:
        """A build that can land; the base."""
        base = self.open_build(config)
        self.deliver_all()
        return base

    def land(self, base: str, *options: str) -> Ran:
        """Finalize lands one commit on `base` and leaves nothing of the open build."""
        ran = self.do("finalize", *options)
        assert self.git("rev-list", "--count", f"{base}..{BRANCH}") == "1"
        assert self.git("rev-parse", "HEAD") == self.git("rev-parse", BRANCH)
        for name in ("open", "permit", "journal.json"):
            assert not (self / ".git/gitorch" / name).exists()
        return ran

    # What it looks like.

    def picture(self, *, without: Collection[str] = ()) -> dict[str, object]:
        """Every ref, HEAD, the index, every file with its mode; see `tests.scene.picture`."""
        return picture(self.root, without=without)

    def message(self) -> str:
        """The message of the last commit."""
        return self.git("log", "-1", "--format=%B")

    def trailers(self) -> list[str]:
        """The trailers of the last commit."""
        return self.git("log", "-1", "--format=%(trailers:only,unfold)").strip().split("\n")


@remembered
def _open_build(root: Path, config: str | None = None) -> str:
    if config is not None:
        shell.write(root / ".gitorch.yaml", config)
        shell.git(root, "add", ".gitorch.yaml")
        shell.git(root, "commit", "-q", "-m", "policy")
    install(root)
    source = PlanSource(json.dumps(PLAN).encode(), None)
    init(root, SLUG, source, build_type=None, now=datetime(2026, 1, 18, 12, tzinfo=UTC))
    return shell.git(root, "rev-parse", "HEAD")
