"""An open build with a guard, as a person has it: `Scene` by other names, for tests that have a path."""

from collections.abc import Iterable
from pathlib import Path

from tests.scene import FOLDER, PLAN, SLUG, Ran, Scene

__all__ = [
    "FOLDER",
    "PLAN",
    "SLUG",
    "deliver",
    "delivered",
    "finalize",
    "landed",
    "opened",
    "picture",
    "refused",
]


def opened(root: Path, config: str | None = None) -> str:
    return Scene(root).open_build(config)


def deliver(root: Path, worker: str, artifacts: Iterable[str], **fields: object) -> None:
    Scene(root).deliver(worker, artifacts, **fields)


def delivered(root: Path) -> None:
    Scene(root).deliver_all()


def finalize(root: Path, *options: str, **env: str) -> Ran:
    return Scene(root).gitorch("finalize", *options, env=env)


def picture(root: Path) -> dict[str, object]:
    return Scene(root).picture(without=(".git/gitorch/logs",))


def refused(root: Path, *options: str, says: str, **env: str) -> Ran:
    return Scene(root).refused("finalize", *options, says=says, env=env)


def landed(root: Path, base: str, *options: str) -> Ran:
    return Scene(root).land(base, *options)
