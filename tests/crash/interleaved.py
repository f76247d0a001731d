"""Scenes in which two commands meet, and what has to hold of every way in which they can."""

import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.scene import PLAN, SLUG, Scene, run, write

ROOT = Path(__file__).parents[2]


def empty(scene: Scene) -> None:
    """A repository without the guard."""


def nothing_open(scene: Scene) -> None:
    """The guard is there, and no build."""
    scene.do("install")


def ready(scene: Scene) -> None:
    """A build that can land, with a change of the person's staged that it leaves alone."""
    scene.open_build("unclaimed: leave\nvalidators:\n- {name: there, command: test -e README}\n")
    scene.do("launch", "W1.1")
    scene.deliver_all()
    scene.write("mine", "staged\n")
    scene.git("add", "mine")


def landed(scene: Scene) -> None:
    ready(scene)
    scene.do("finalize")


def aborted(scene: Scene) -> None:
    ready(scene)
    scene.do("abort")


def discarded(scene: Scene) -> None:
    ready(scene)
    scene.do("abort", "--discard-files")


def half_way(scene: Scene) -> None:
    """A build with one report and something to adapt, follow up, launch, and complete."""
    scene.open_build()
    scene.write("src/schema.py", "TABLES = 5\n")
    scene.do("launch", "W1.1")
    scene.deliver("W1.1", ["src/schema.py"], learnings=["Tables are five."], follow_up=["Count the tables."])
    scene.write("src/views.py", "MONTHS = 12\n")


def collated(scene: Scene) -> None:
    """A build that uses no git, with a report of each worker."""
    scene.do("init", "-p", SLUG, "--plan-file", "../plan.json", "--type", "content")
    scene.deliver("W1.1", [])
    scene.deliver("W2.1", [])


def collated_and_aborted(scene: Scene) -> None:
    collated(scene)
    scene.do("abort")


SCENES: dict[str, Callable[[Scene], None]] = {
    scene.__name__: scene
    for scene in (
        empty,
        nothing_open,
        ready,
        landed,
        aborted,
        discarded,
        half_way,
        collated,
        collated_and_aborted,
    )
}

COMMANDS = {
    "finalize": ("finalize", "-p", SLUG),
    "abort": ("abort", "-p", SLUG),
    "discard": ("abort", "-p", SLUG, "--discard-files"),
    "reopen": ("reopen", "-p", SLUG),
    "init": ("init", "-p", SLUG, "--plan-file", "../plan.json"),
    "init-other": ("init", "-p", "other", "--plan-file", "../plan.json"),
    "init-beside": ("init", "-p", "other", "--plan-file", "../plan.json"),
    "complete": ("complete", "W2.1", "--summary", "Shows.", "--output", "src/views.py"),
    "launch": ("launch", "W2.1"),
    "sync": ("sync",),
    "add": ("worker", "add", "--title", "Search", "--depends-on", "W1.1"),
    "edit": ("worker", "edit", "W2.1", "--title", "All views"),
    "drop": ("worker", "drop", "W2.1"),
    "adapt": ("adapt", "--yes"),
    "followup": ("followup", "W1.1/1"),
    "close": ("close", "W2.1", "--gone", "It ran out of time."),
    "status": ("status",),
    "ready": ("ready",),
    "seal": ("seal", "on"),
    "spawn": ("spawn", "--ready"),
    "install": ("install",),
    "doctor": ("doctor", "--fix"),
}


@dataclass(frozen=True)
class Meeting:
    """Where two commands meet, and how often: at every step of the first, or at these picks among them."""

    scene: str
    first: str
    second: str
    picks: Sequence[float] = ()

    def __str__(self) -> str:
        return f"{self.scene}: {self.first}, {self.second}"


def meet(stage: Path, meeting: Meeting, *, killed: bool = False) -> Counter[str]:
    """Let the two meet, and hold each way against the two orders; how often each order came about.

    With `killed`, the first is killed at each of its steps, and the second comes behind it.

    `stage` is a folder that may be used again: a scene is set up in it once.
    """
    root, template = stage / "scene", stage / meeting.scene
    if not template.exists():
        set_up(root, SCENES[meeting.scene])
        shutil.copytree(root, template, symlinks=True)
    words = [json.dumps([_folder(name), *COMMANDS[name]]) for name in (meeting.first, meeting.second)]
    ran = run(
        *(sys.executable, "-m", "tests.crash.interleaver", str(template), str(root)),
        *("killed" if killed else ",".join(map(str, meeting.picks)) or "all", *words),
        cwd=stage,
        env={
            "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
            "GITORCH_LOCK_WAIT": "0",
        },
        timeout=900,
    )
    assert ran.status == 0, f"{meeting}\n{ran.err}"
    lines: list[dict[str, Any]] = [json.loads(line) for line in ran.out.splitlines()]
    wrong = [line for line in lines if line["wrong"]]
    assert not wrong, f"{meeting}\n{json.dumps(wrong, indent=1)}"
    return Counter(line["as"] for line in lines)


def _folder(name: str) -> str:
    return "beside" if name.endswith("-beside") else "repo"


def set_up(root: Path, make: Callable[[Scene], None]) -> None:
    """Make `root`: a repository that is as `make` leaves it, a second worktree, and a plan."""
    shutil.rmtree(root, ignore_errors=True)
    scene = Scene(root / "repo")
    scene.root.mkdir(parents=True)
    scene.git("init", "-q", "-b", "main", "--template=")
    scene.write("README", "a project\n")
    scene.git("add", "README")
    scene.git("commit", "-q", "-m", "first")
    write(root / "plan.json", json.dumps(PLAN))
    make(scene)
    scene.git("worktree", "add", "-q", "--detach", str(root / "beside"), "main")
