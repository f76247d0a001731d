"""Runs one gitorch command to its end while another waits before its first step, its second, …

    python -m tests.crash.interleaver TEMPLATE ROOT PICKS '[FOLDER, FIRST…]' '[FOLDER, SECOND…]'

TEMPLATE is a folder with everything in it, ROOT the place where that was made; each command is typed in a
FOLDER below it. Steps are those of `paused.py`. PICKS are numbers from 0 to 1, with commas, which each choose
a step; or `killed`, which kills the first at each of its steps before the second begins; or `all`: each one but those where the disk and the locks are as at a step at which the second command
changed nothing. Prints a JSON line for each step that was tried; in `wrong` is what does not hold.
"""

import fcntl
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gitorch.adapters.files import TEMPORARY_PREFIX
from tests.crash.checks import git, left, raw
from tests.crash.paused import Paused, fresh, get_ready
from tests.scene import FOLDER
from tests.scene.picture import files, picture

BUSY = ("another gitorch command", "another git process")
"""With these words a command ends that met the lock of another one."""

_CHANGED = "in between; nothing was written"
"""With these words a command ends whose proposal the person agreed to, and that was overtaken since."""

_NOT_COMPARED = (
    *(".git/objects", ".git/index", ".git/logs", ".git/worktrees"),
    *(".git/gitorch/logs", ".git/gitorch/verdicts"),  # how long validators took
)
_RENDERED = ("BUILD.md", "README.md", "STATUS.md", "meta.json", "plan.json", "workers/", "dropped/")

Picture = dict[str, object]
Line = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """What is there at the end, and with which status the two ended."""

    seen: Picture
    first: int
    second: int


class Pair:
    """Two commands, each as the folder that it is typed in and its words; and what they may lead to."""

    def __init__(self, template: Path, root: Path, first: list[str], second: list[str]) -> None:
        self.template, self.root, self.first, self.second = template, root, first, second
        fresh(template, root)
        self.precious = {oid: name for oid, name in self._kept().items() if not _is_rendered(name)}
        self.judged: dict[str, list[str]] = {}
        running = self._start(first)
        while running.step:
            running.go_on()
        self.steps = running.at - 1
        self.alone = Outcome(self._seen(), running.end()[0], 0)
        fresh(template, root)
        status = self._start(second, "no").end()[0]
        self.second_alone = Outcome(self._seen(), 1, status)
        self.orders = [self._one_after_the_other(), self._one_after_the_other(second_first=True)]

    def everywhere(self) -> Iterator[Line]:
        """The second command at every step of the first. Where it changes nothing, the first just goes on."""
        at: int | None = 0
        while at is not None:
            fresh(self.template, self.root)
            running = self._start(self.first)
            while running.step and running.at <= at:
                running.go_on()
            at, before = None, ""
            while running.step:
                if (now := self._state()) != before:
                    line = self._try(running, now)
                    yield line
                    if line["changed"]:
                        at = line["step"]
                        break
                    before = now
                running.go_on()
            else:
                running.end()

    def at(self, number: int) -> Line:
        """The second command at one step of the first."""
        fresh(self.template, self.root)
        running = self._start(self.first)
        while running.at < number and running.step:
            running.go_on()
        line = self._try(running, self._state())
        if not line["changed"]:
            running.end()
        return line

    def ended_everywhere(self) -> Iterator[Line]:
        """The first killed before each of its steps, and then the second: as if the first had ended, or never was.

        But for what the first would have staged, for empty folders, and for half-written files below `.git`,
        which are deleted when they are an hour old.
        """
        fresh(self.template, self.root)
        self._start(self.second, "no").end()
        outcomes = {"first, second": _lasting(self.orders[0].seen), "second": _lasting(self._seen())}
        for number in range(1, self.steps + 1):
            fresh(self.template, self.root)
            running = self._start(self.first)
            while running.at < number and running.step:  # what is remembered of files may spare a step
                running.go_on()
            line: Line = {"step": number, "name": running.step}
            line["first"], _ = running.kill()
            line["second"], line["said by the second"] = self._start(self.second, "no").end()
            seen = _lasting(self._seen())
            line["as"] = next((name for name, outcome in outcomes.items() if outcome == seen), None)
            line["wrong"] = self._wrong_in_any_order()
            if not line["as"]:
                line["wrong"] = [
                    *line["wrong"],
                    *(f"not as {name}: {_differing(seen, outcome)}" for name, outcome in outcomes.items()),
                ]
            yield line

    def _try(self, running: Paused, before: str) -> Line:
        """Run the second command to its end now, and where it changed something, the first to its own."""
        line: Line = {"step": running.at, "name": running.step, "wrong": []}
        line["second"], line["said by the second"] = self._start(self.second, "no").end()
        busy = line["second"] == 1 and any(words in line["said by the second"] for words in BUSY)
        line["changed"] = self._state() != before
        line["first"], seen = self.alone.first, self.alone.seen
        if line["changed"]:
            line["first"], line["said by the first"] = running.end()
            seen = self._seen()
            line["wrong"] += self._wrong_in_any_order()
        found = Outcome(seen, line["first"], line["second"])
        if 3 in (found.first, found.second):
            line["wrong"].append("a defect")
        allowed = {"first, second": self.orders[0], "second, first": self.orders[1]}
        if busy:
            allowed["first alone"] = replace(self.alone, second=1)
        if _CHANGED in line.get("said by the first", ""):
            allowed["second alone"] = self.second_alone
        line["as"] = next((name for name, outcome in allowed.items() if outcome == found), None)
        if not line["as"]:
            differences = (f"{name}: {_apart(found, outcome)}" for name, outcome in allowed.items())
            line["wrong"] += ["not as in any order", *differences]
        return line

    def _start(self, command: list[str], steps: str = "all") -> Paused:
        return Paused(self.root / command[0], command[1:], steps)

    def _one_after_the_other(self, *, second_first: bool = False) -> Outcome:
        fresh(self.template, self.root)
        commands = (self.second, self.first) if second_first else (self.first, self.second)
        one, other = (self._start(command, "no").end() for command in commands)
        wrong = self._wrong_in_any_order()
        assert not wrong, (commands, one, other, wrong)
        assert not {3, 99} & {one[0], other[0]}, (commands, one, other)
        first, second = (other, one) if second_first else (one, other)
        return Outcome(self._seen(), first[0], second[0])

    def _seen(self) -> Picture:
        """What is compared: every ref, index and file, and what gitorch keeps below `.git`."""
        return {
            f"{tree.name}/{name}": _as_recorded(name, value)
            for tree in self._trees
            for name, value in picture(tree, without=_NOT_COMPARED).items()
        }

    def _wrong_in_any_order(self) -> list[str]:
        """Whether something is left behind, broken or lost."""
        what = raw(self.root)
        if what not in self.judged:
            fsck = git(self._repo, "fsck", "--strict", "--no-dangling")
            kept = self._kept()
            self.judged[what] = [
                *(f"left behind: {name}" for name in left(self.root)),
                *([f"git fsck: {fsck}"] if fsck else []),
                *(f"lost: {name}" for oid, name in self.precious.items() if oid not in kept),
            ]
        return self.judged[what]

    def _kept(self) -> dict[str, str]:
        """What a person can get at: blobs that a ref or the index leads to, and files; id → name."""
        reached = git(self._repo, "rev-list", "--objects", "--all", "--filter=object:type=blob").splitlines()
        staged = git(self._repo, "ls-files", "--format=%(objectname) %(path)").splitlines()
        kept = {oid: name for oid, _, name in (line.partition(" ") for line in reached + staged) if name}
        for tree in self._trees:
            for name, value in files(tree, without=(".git",)):
                if isinstance(value, tuple):
                    content: bytes = value[1]
                    kept[hashlib.sha1(b"blob %d\0%s" % (len(content), content)).hexdigest()] = name  # noqa: S324
        return kept

    def _state(self) -> str:
        """All by which the second command can tell one step from another: the disk, and the locks."""
        held = [str(path) for path in sorted(self.root.rglob("*")) if path.is_dir() and _is_locked(path)]
        index = (self._repo / ".git" / "index").stat()
        return f"{raw(self.root)} {index.st_ino} {index.st_mtime_ns} {held}"

    @property
    def _trees(self) -> list[Path]:
        return sorted(path for path in self.root.iterdir() if path.is_dir())

    @property
    def _repo(self) -> Path:
        return self.root / "repo"


def _as_recorded(name: str, value: object) -> object:
    """The same but for which snapshot a report was recorded in: one more may have been taken before."""
    if "/gitorch/decided/" not in f"/{name}" or not isinstance(value, tuple):
        return value
    mode, data = value
    return mode, re.sub(rb'"snapshot": ?"[0-9a-f]+"', b'"snapshot": ""', data)


def _is_rendered(name: str) -> bool:
    return name.startswith(tuple(f"{FOLDER}/{record}" for record in _RENDERED))


def _is_locked(folder: Path) -> bool:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lasting(seen: Picture) -> Picture:
    passing = ("/index", "/")
    return {
        name: value
        for name, value in seen.items()
        if not name.endswith(passing) and not (TEMPORARY_PREFIX in name and "/.git/" in name)
    }


def _differing(seen: Picture, other: Picture) -> list[str]:
    return [name for name in sorted(seen.keys() | other.keys()) if seen.get(name) != other.get(name)]


def _apart(found: Outcome, order: Outcome) -> str:
    """Where an outcome is not that of an order."""
    other = _differing(found.seen, order.seen)
    statuses = (found.first, found.second), (order.first, order.second)
    return f"{f'statuses {statuses[0]}, not {statuses[1]}; ' if len(set(statuses)) > 1 else ''}{other}"


def main() -> None:
    template, root, picks = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    get_ready()
    pair = Pair(template, root, json.loads(sys.argv[4]), json.loads(sys.argv[5]))
    if picks == "all":
        lines = pair.everywhere()
    elif picks == "killed":
        lines = pair.ended_everywhere()
    else:
        lines = (pair.at(1 + int(float(pick) * pair.steps)) for pick in picks.split(","))
    for line in lines:
        print(json.dumps(line), flush=True)  # noqa: T201 (its output)


if __name__ == "__main__":
    main()
