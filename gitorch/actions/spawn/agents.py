"""Which agent does the workers' work, and the files by which its client comes to ask gitorch.

A person's own settings (`git config gitorch.agent`, `gitorch.agent.NAME.command`) come before the policy's.
"""

import os
from pathlib import Path
from typing import NamedTuple

from gitorch.actions.workplace import Build
from gitorch.adapters import files
from gitorch.adapters.git import sharing
from gitorch.adapters.guard.scripts import source_folder
from gitorch.core.agents.presets import PRESETS, preset_of
from gitorch.core.config import Spawn
from gitorch.core.errors import bad_input
from gitorch.core.issue import Hint
from gitorch.core.text import named, typed


class Chosen(NamedTuple):
    """The settings whose `command` is a template, and whether that is a client's as gitorch knows it."""

    settings: Spawn
    preset: bool


def chosen(build: Build, settings: Spawn) -> Chosen:
    """The person's own agent, else the policy's. GitorchError (exit 2) for an agent that nobody knows."""
    repo = build.place.repo
    name = repo.config("gitorch.agent") if repo else None
    wanted = name or settings.command
    own = repo.config(f"gitorch.agent.{wanted}.command") if repo and (name or wanted in PRESETS) else None
    if name and not own and name not in PRESETS:
        command = f"git config gitorch.agent.{typed(name)}.command COMMAND"
        raise bad_input(
            "bad-config",
            f"gitorch.agent is {named(name)}, which is not known",
            details=[f"known: {', '.join(PRESETS)}"],
            hints=[Hint("say how this agent is called", command)],
        )
    template = own or (PRESETS[wanted].template if wanted in PRESETS else wanted)
    backend = "command" if name else settings.backend
    preset = own is None and wanted in PRESETS
    return Chosen(settings.model_copy(update={"command": template, "backend": backend}), preset)


def hooks_word(build: Build, template: str) -> dict[str, str]:
    """What `{hooks}` is in a template: a path, where the template names a client."""
    preset = preset_of(template)
    return {"hooks": str(_folder(build) / preset.handed)} if preset else {}


def write_hooks(build: Build, template: str) -> None:
    """Write what `{hooks}` names, where a template asks for it."""
    preset, folder, repo = preset_of(template), _folder(build), build.place.repo
    if preset is None or "{hooks}" not in template:
        return
    agent = repo.shared / "guard" / "agent" if repo else None
    if agent is None or not os.access(agent, os.X_OK):  # a build that no guard is for
        agent = source_folder() / "agent"
    for name, text in preset.files(str(agent), str(folder)).items():
        if repo:
            sharing.make_folder(repo, folder)
            sharing.write_if_different(repo, folder / name, text.encode())
        else:
            folder.mkdir(parents=True, exist_ok=True)
            files.write_atomically(folder / name, text.encode())


def _folder(build: Build) -> Path:
    repo = build.place.repo
    return (repo.shared if repo else build.folder.path / ".spawns") / "agents"


def guard_bin(build: Build) -> Path | None:
    """The folder with the git that is first on a worker's PATH; None where no guard is installed."""
    repo = build.place.repo
    folder = repo.shared / "guard" / "bin" if repo else None
    return folder if folder and folder.is_dir() else None


def guarded_path(build: Build) -> dict[str, str]:
    """The variable of a worker by which it finds that git."""
    folder = guard_bin(build)
    return {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"} if folder else {}
