"""The one file that opens git: where a repository is, and running git in it.

The git program does whatever touches a working tree, an index, filters, refs or signing, because
only it obeys the user's configuration and every repository format.
"""

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from gitorch.adapters import process
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.text import typed

DURABLE = ("-c", "core.fsync=all", "-c", "core.fsyncMethod=batch")
"""Options for a git that writes what a promise rests on: it lasts through a power loss (git-config(1))."""

BIG = 512 << 20
"""From here on git streams a file into a pack, which fails in a batch of fsyncs that a smaller file began
(git-config(1), core.bigFileThreshold and core.fsyncMethod): `DURABLE` is not for what adds such a file."""

PLAIN = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": f"{os.devnull}/none"}
"""The environment in which a commit is what it is, and not what refs/replace or info/grafts make of it."""

WATCHED = "guard/watched"
"""Below gitorch's folder, there while git starts a program of the guard's before it touches a file."""

_NO_ROOM = ("No space left on device", "Out of diskspace", "Disk quota exceeded")
_BROKEN_INDEX = ("index file smaller than expected", "index file corrupt", "bad index file", "null sha1")
"""What git says (strerror; csum-file.c; read-cache.c) where there is a way out of it."""

_NO_WORKING_TREE = ("not a git repository", "cannot use bare repository")
"""What git says (setup.c) where there is none; whatever else it says, there is one that it refuses."""


@dataclass(frozen=True)
class Repository:
    """One working tree of a repository. `git_dir` is this worktree's own, `common_dir` the shared one.

    Of a bare repository `root` is the git directory. `environment` is added to that of every git.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    environment: Mapping[str, str] = field(default_factory=dict, compare=False)
    scratch: Path | None = field(default=None, compare=False)
    """Where indexes and objects of our own go while the git directory cannot be written; see `borrowed`."""

    @classmethod
    def discover(cls, start: Path) -> "Repository | None":
        """The repository whose working tree holds `start`, or None (outside, or in a bare one).

        GitorchError with git's words where there is one that git does not open: its configuration is
        damaged or names what this git does not know, or it belongs to somebody else.
        """
        if _discovered is not None and start in _discovered:
            return _discovered[start]
        asked = ("--is-inside-work-tree", "--show-toplevel", "--absolute-git-dir", "--git-common-dir")
        form = ("git", "rev-parse", "--path-format=absolute")
        try:
            done = process.run([*form, *asked], cwd=start, env=_in_english())
        except FileNotFoundError as error:
            raise GitorchError("missing-git", "git is not installed, or not on PATH") from error
        if not done.ok or not done.text.startswith("true\n"):
            said = done.error_text
            if done.text.startswith("false") or any(words in said for words in _NO_WORKING_TREE):
                return None
            text = f"git refuses the repository at {start}"
            look = Hint("see what git says", f"git -C {typed(str(start))} status")
            raise GitorchError("refused-repository", text, details=said.splitlines(), hints=[look])
        lines = done.text.split("\n")
        if len(lines) != len(asked):  # a path holds a line end: ask for each alone
            lines = [process.run([*form, question], cwd=start).text for question in asked]
        found = cls(Path(lines[1]), Path(lines[2]), Path(lines[3]))
        if _discovered is not None:
            _discovered[start] = _discovered[found.root] = found
        return found

    @classmethod
    def discover_usable(cls, start: Path) -> "Repository | None":
        """As `discover`, and None also where git refuses the repository."""
        with contextlib.suppress(GitorchError):
            return cls.discover(start)
        return None

    @classmethod
    def discover_bare(cls, start: Path) -> "Repository | None":
        """The bare repository in whose directory `start` lies, or None."""
        # Not asked to discover: safe.bareRepository may forbid that, and a path that is named is safe.
        asked = {"GIT_DIR": "."}
        form = ("git", "rev-parse", "--path-format=absolute", "--is-bare-repository", "--absolute-git-dir")
        done = process.run(form, cwd=start, env=asked)
        if not done.ok or not done.text.startswith("true\n"):
            return None
        git_dir = Path(done.text.removeprefix("true\n"))
        return cls(git_dir, git_dir, git_dir, {"GIT_DIR": str(git_dir)})

    def within(self, environment: Mapping[str, str]) -> "Repository":
        """The same repository, every git in it run with `environment` added."""
        return replace(self, environment={**self.environment, **environment})

    def run(
        self,
        *arguments: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        check: bool = True,
        for_person: bool = False,
    ) -> process.Result:
        """`git ARGUMENTS` at the root of the working tree; GitorchError with git's words when it fails.

        They are English, since some are known by them; with `for_person` git starts a program of the
        person's that talks to them, a hook or a signing program: the language is theirs, and what it
        leaves running in the background is not waited for, as git does not. No other git of ours starts
        the guard's program.
        """
        language = {} if for_person else _in_english()
        added = {**language, **self.environment, **(env or {})}
        off = ("-c", "core.fsmonitor=false") if not for_person and (self.shared / WATCHED).exists() else ()
        done = process.run(
            ["git", *off, *arguments], cwd=self.root, stdin=stdin, env=added, to_files=for_person
        )
        return self.require(done) if check else done

    def require(self, done: process.Result) -> process.Result:
        """The same, or the GitorchError with git's words where it failed."""
        if not done.ok:
            raise GitorchError(
                "git-failed",
                f"git {subcommand(done.argv[1:])} failed with exit status {done.status}",
                details=done.error_text.splitlines()[-20:],
                hints=self.ways_out(done.error_text),
            )
        return done

    def run_within_bounds(self, *arguments: str, most: int, seconds: float) -> bytes | None:
        """What `git ARGUMENTS` prints; None where that is more than `most` bytes or takes longer.

        GitorchError with git's words when it fails.
        """
        argv, env = ["git", *arguments], {**_in_english(), **self.environment}
        done = process.run_within_bounds(argv, cwd=self.root, env=env, most=most, seconds=seconds)
        return self.require(done).stdout if done else None

    def ways_out(self, said: str) -> list[Hint]:
        """What to type after git failed with these words on stderr, where they tell."""
        if any(words in said for words in _NO_ROOM):
            return [
                Hint("see which disk is full", f"df -h -- {typed(str(self.root))} {typed(str(self.git_dir))}")
            ]
        if any(words in said for words in _BROKEN_INDEX):
            index = typed(str(self.git_dir / "index"))
            renew = f"mv -- {index} {index}.broken && git reset"
            return [Hint("have git make the index again and keep every file", renew)]
        return []

    def config(self, key: str) -> str | None:
        """A setting's value as git sees it here, or None."""
        done = self.run("config", "--get", key, check=False)
        return done.text if done.ok else None

    @cached_property
    def version(self) -> tuple[int, int, int]:
        """The version of the git program, as numbers."""
        words = process.run(["git", "version"], cwd=self.root).text.split()
        numbers = [int(part) for part in words[2].split(".")[:3] if part.isdigit()]
        major, minor, patch, *_ = [*numbers, 0, 0, 0]
        return (major, minor, patch)

    @cached_property
    def sharing(self) -> str:
        """Who may use this repository, `core.sharedRepository`; empty where the umask decides."""
        return (self.config("core.sharedRepository") or "").lower()

    @property
    def private(self) -> Path:
        """gitorch's own folder for this worktree, below its git directory (may not exist yet)."""
        return self.git_dir / "gitorch"

    @property
    def workshop(self) -> Path:
        """Where private indexes and logs are made: `private`, unless that cannot be written."""
        return self.scratch or self.private

    @property
    def object_folders(self) -> tuple[Path, ...]:
        """Where the objects are, without what git itself borrows."""
        return (self.common_dir / "objects", *((self.scratch / "objects",) if self.scratch else ()))

    @property
    def shared(self) -> Path:
        """gitorch's own folder for the whole repository (may not exist yet)."""
        return self.common_dir / "gitorch"

    def relative(self, path: Path) -> str:
        """`path` as git names it: from the root, with slashes. ValueError when it lies outside."""
        return path.relative_to(self.root).as_posix()


_discovered: "dict[Path, Repository] | None" = None


@contextlib.contextmanager
def discovering_once() -> Iterator[None]:
    """Ask git only once where the repository around a folder is: no command moves one while it runs."""
    global _discovered  # noqa: PLW0603 (of this process; without this manager nothing is kept)
    before, _discovered = _discovered, {}
    try:
        yield
    finally:
        _discovered = before


def _in_english() -> dict[str, str]:
    """The environment of a git whose messages are not translated; how it reads bytes as text stays."""
    whole = os.environ.get("LC_ALL")  # it would go before LC_MESSAGES; empty, it counts as unset
    return {"LC_ALL": "", "LC_MESSAGES": "C"} | ({"LC_CTYPE": whole} if whole else {})


def subcommand(arguments: Sequence[str]) -> str:
    """The command in the arguments of a git, behind git's own options."""
    words = iter(arguments)
    for word in words:
        if word in ("-c", "-C"):
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


def split_paths(output: bytes) -> list[str]:
    """The names in git's `-z` output; bytes that are not UTF-8 survive as surrogates."""
    return [os.fsdecode(name) for name in output.split(b"\0") if name]


def join_paths(paths: Sequence[str]) -> bytes:
    """Names for git's `-z --stdin`, the inverse of `split_paths`."""
    return b"".join(os.fsencode(path) + b"\0" for path in paths)
