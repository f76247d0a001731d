"""A storm over an open build: twenty workers write and report, some are refused, and somebody destroys.

Every step is a process of its own, drawn from a seed, so that a seed that fails does so again. Between two steps a
real `gitorch watch` is started or killed.
"""

import hashlib
import json
import os
import random
import stat
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core.names import Slug
from tests.scene import BRANCH, FOLDER, SLUG, Ran, Scene, git

REF = f"refs/gitorch/snapshots/{SLUG}"
WORKERS = [f"W1.{number}" for number in range(1, 21)]
OFF = ("-c", "core.hooksPath=/dev/null")

Held = dict[str, tuple[str, bytes]]
"""Path → git's mode and the content."""

BY_GIT = {
    "checkout .": ["checkout", "-q", "--", "."],
    "restore .": ["restore", "."],
    "reset --hard": [*OFF, "reset", "-q", "--hard"],
    "clean": ["clean", "-fdq"],
    "stash": [*OFF, "stash", "-q", "--include-untracked"],
    "checkout -f": [*OFF, "checkout", "-qf", "other"],
    "rm -r": ["rm", "-rqf", "--ignore-unmatch", "src"],
}
"""What a person types: git asks the guard first, and nothing at all may be lost."""

REFUSED = [
    ["commit", "-qam", "mine"],
    ["commit", "--no-verify", "-qam", "mine"],
    ["stash"],
    ["reset", "-q", "--hard"],
    ["checkout", "-q", "--", "."],
    ["clean", "-fdq"],
    ["push", "-q", "origin", "HEAD"],
]
"""What a worker types, in vain."""


class Storm:
    """One storm; `told` is the story so far, for a failure's message."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene, self.seed = scene, seed
        self.random = random.Random(seed)  # noqa: S311 (a story, no secret)
        self.told: list[str] = [f"seed {seed}"]
        self.written: dict[str, set[tuple[str, bytes]]] = defaultdict(set)
        self.latest: dict[str, Held] = {worker: {} for worker in WORKERS}
        self.reported: dict[tuple[str, str], Held] = {}
        self.watcher: subprocess.Popen[bytes] | None = None
        repo = Repository.discover(scene.root)
        assert repo
        self.repo = repo

    # What happens.

    def run(self, steps: int) -> None:
        """So many steps, and the end."""
        moves = [self.write] * 6 + [self.report] * 4 + [self.refuse] * 2 + [self.destroy] * 2
        moves += [self.damage, self.look, self.watch, self.restore]
        try:
            for _ in range(steps):
                self.random.choice(moves)()
        finally:
            self.stop_watching()
        self.restore()
        self.check_end()

    def write(self) -> None:
        worker = self.random.choice(WORKERS)
        number = worker.partition(".")[2]
        path = self.random.choice([f"src/w{number}.py", f"src/deep/w{number}/a.py", f"shared-{number}"])
        kind = self.random.choice(["100644", "100644", "100755", "120000"])
        content = self.random.randbytes(self.random.choice([1, 20, 5000]))
        if kind == "120000":
            content = b"to-" + content.hex().encode()[:40]
        self.say(f"{worker} writes {path} ({kind}, {len(content)} bytes)")
        _put(self.scene / path, kind, content)
        self.latest[worker][path] = (kind, content)
        self.written[path].add((kind, content))

    def report(self) -> None:
        worker = self.random.choice(WORKERS)
        now = self.now()
        mine = {path: held for path, held in self.latest[worker].items() if now.get(path) == held}
        if not mine or not (self.scene / FOLDER / "completions").is_dir():
            return
        self.say(f"{worker} reports {', '.join(sorted(mine))}")
        self.scene.deliver(worker, sorted(mine), learnings=[str(self.random.random())])
        data = (self.scene / FOLDER / f"completions/{worker}.json").read_bytes()
        self.reported[worker, hashlib.sha256(data).hexdigest()] = mine

    def refuse(self) -> None:
        worker, words = self.random.choice(WORKERS), self.random.choice(REFUSED)
        self.say(f"{worker} types git {' '.join(words)}")
        if self.is_led_away():
            return
        before, refs = self.now(), self.refs()
        ran = self.type_git(words, worker)
        assert ran.status, f"{words} passed\n{self.story()}"
        assert self.now() == before, f"{words} changed files\n{self.story()}"
        assert self.refs() == refs, f"{words} moved a ref\n{self.story()}"

    def destroy(self) -> None:
        name = self.random.choice(list(BY_GIT))
        self.say(f"somebody types git {name}")
        before = self.now()
        led = self.is_led_away()
        self.type_git(BY_GIT[name])
        if not led:
            self.check_kept(before, name)

    def damage(self) -> None:
        """Not by git: what the newest snapshot has comes back."""
        kind = self.random.choice(["rm -rf src", "rm -rf N5", "empty", "format"])
        self.say(kind)
        if kind.startswith("rm"):
            self.scene.run("rm", "-rf", kind.rpartition(" ")[2])
            return
        for path, (mode, _) in self.now().items():
            if path.startswith("src/") and mode != "120000":
                (self.scene / path).write_bytes(b"" if kind == "empty" else b"# formatted\n")

    def look(self) -> None:
        word = self.random.choice(["sync", "status", "ready", "snapshot"])
        self.say(f"gitorch {word}")
        ran = self.scene.gitorch(word)
        assert ran.status in (0, 1), f"{ran}\n{self.story()}"

    def restore(self) -> None:
        self.say("gitorch restore --lost")
        ran = self.scene.gitorch("restore", "--lost")
        assert ran.status == 0, f"{ran}\n{self.story()}"

    def watch(self) -> None:
        if self.watcher:
            self.stop_watching()
            return
        self.say("gitorch watch begins")
        words = [sys.executable, "-m", "gitorch", "watch"]
        quiet = subprocess.DEVNULL
        self.watcher = subprocess.Popen(words, cwd=self.scene.root, stdout=quiet, stderr=quiet)

    def stop_watching(self) -> None:
        if self.watcher:
            self.say("gitorch watch is killed")
            self.watcher.kill()
            self.watcher.wait()
            self.watcher = None

    # What must hold.

    def check_kept(self, before: Held, name: str) -> None:
        """Whatever was there a moment before git destroyed it is in a snapshot."""
        kept = self.in_chain()
        for path, held in before.items():
            assert held in kept[path], f"git {name} lost {path}\n{self.story()}"

    def check_end(self) -> None:
        """Every byte that a recorded report claimed is there, or comes back by the command for it."""
        decided = registry.read_decided(self.repo, Slug(SLUG))
        for recorded in decided.reports:
            claimed = self.reported.get((recorded.worker, recorded.digest), {})
            snapshot = self.tree(recorded.snapshot)
            for path in claimed:
                assert snapshot.get(path) in self.written[path], f"{recorded.worker}: {path}\n{self.story()}"
            ran = self.scene.gitorch("restore", "--from", recorded.worker)
            assert ran.status == 0, f"{ran}\n{self.story()}"
            now = self.now()
            for path in claimed:
                assert now.get(path) == snapshot[path], f"{recorded.worker}: {path}\n{self.story()}"
        assert self.scene.git("rev-list", "--count", f"main..{BRANCH}") == "0"
        assert self.scene.git("symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"

    # What it looks like.

    def type_git(self, words: list[str], worker: str | None = None) -> Ran:
        return self.scene.run("git", *words, env={"GITORCH_WORKER": worker} if worker else {})

    def refs(self) -> str:
        """Every ref but the chain's, which a watcher moves."""
        return self.scene.git("for-each-ref", "refs/heads", "refs/stash", "refs/tags")

    def is_led_away(self) -> bool:
        return self.scene.git("symbolic-ref", "-q", "HEAD", check=False) != f"refs/heads/{BRANCH}"

    def now(self) -> Held:
        """Every file beside the records and what git ignores."""
        found = {}
        for folder, folders, names in os.walk(self.scene.root):
            folders[:] = [name for name in folders if name not in (".git", "N5")]
            for name in names + [name for name in folders if (Path(folder) / name).is_symlink()]:
                path = Path(folder) / name
                found[path.relative_to(self.scene.root).as_posix()] = _get(path)
        return found

    def tree(self, commit: str) -> Held:
        """The same of a commit."""
        found = {}
        for line in git(self.scene.root, "ls-tree", "-r", commit).splitlines():
            mode, _, rest = line.partition(" blob ")
            oid, _, path = rest.partition("\t")
            if not path.startswith("N5/"):
                blob = subprocess.run(
                    ["git", "cat-file", "blob", oid], cwd=self.scene.root, stdout=subprocess.PIPE, check=True
                )
                found[path] = (mode, blob.stdout)
        return found

    def in_chain(self) -> dict[str, set[tuple[str, bytes]]]:
        """What the two newest snapshots have: stash asks more than once."""
        found: dict[str, set[tuple[str, bytes]]] = defaultdict(set)
        for commit in self.scene.git("rev-list", "--first-parent", "-n", "4", REF).splitlines():
            for path, held in self.tree(commit).items():
                found[path].add(held)
        return found

    def say(self, what: str) -> None:
        self.told.append(what)

    def story(self) -> str:
        return "\n".join(self.told)


def plan() -> str:
    """Twenty workers that depend on nobody."""
    workers = [{"id": worker, "description": f"Part {worker}"} for worker in WORKERS]
    return json.dumps({"name": "Storm", "workers": workers})


def _put(path: Path, mode: str, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(path):
        path.unlink()
    if mode == "120000":
        path.symlink_to(content.decode())
        return
    path.write_bytes(content)
    path.chmod(0o755 if mode == "100755" else 0o644)


def _get(path: Path) -> tuple[str, bytes]:
    info = path.lstat()
    if stat.S_ISLNK(info.st_mode):
        return "120000", os.fsencode(os.readlink(path))  # noqa: PTH115 (bytes)
    return ("100755" if info.st_mode & stat.S_IXUSR else "100644"), path.read_bytes()
