"""Green results that still hold: same tree, definition, declared inputs, tools. Never remembers a failure."""

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

from gitorch.adapters.git.look import content_of
from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.adapters.process import clean_environment
from gitorch.adapters.supervise import Ended, Job, Supervisor
from gitorch.core import globs
from gitorch.core.config import Validator, Workspace
from gitorch.core.validation import memory_key

_VERSION_SECONDS = 60.0


def keys(
    repo: Repository,
    validators: Sequence[Validator],
    workspace: Workspace,
    judged: Mapping[str, str],
    logs: Path,
) -> dict[str, str]:
    """Validator → the name of its result in the memory; none for one whose version command fails.

    `judged` says, for each validator, all of what it looks at in git's eyes.
    """
    commands = dict.fromkeys(command for validator in validators for command in validator.versions)
    versions = _versions(repo, tuple(commands), logs)
    found = {}
    for validator in validators:
        if all(command in versions for command in validator.versions):
            surroundings = _surroundings(repo, validator)
            surroundings |= {f"version {command}": versions[command] for command in validator.versions}
            found[validator.name] = memory_key(validator, workspace, judged[validator.name], surroundings)
    return found


def _surroundings(repo: Repository, validator: Validator) -> dict[str, str]:
    """The machine, where programs are looked for, and what the validator declares as its inputs."""
    facts = {"machine": f"{platform.system()} {platform.machine()}"}
    for name in ("PATH", *validator.inputs.env):
        facts[f"env {name}"] = repr(os.environ.get(name))
    if validator.inputs.files:
        ignored = repo.run("ls-files", "-z", "--others", "--ignored", "--exclude-standard").stdout
        for path in split_paths(ignored):
            if globs.matches(validator.inputs.files, path):
                facts[f"file {path}"] = content_of(repo.root / path)
    return facts


def _versions(repo: Repository, commands: Sequence[str], logs: Path) -> dict[str, str]:
    """What each command printed; those that failed are left out."""
    printed = {}
    with Supervisor() as supervisor:
        for number, command in enumerate(commands, 1):
            log = logs / f"_version.{number}.log"
            argv = ("sh", "-c", command)
            supervisor.start(Job(command, argv, repo.root, clean_environment(), _VERSION_SECONDS, log))
        while supervisor:
            for event in supervisor.wait():
                if isinstance(event, Ended) and event.status == 0 and not event.timed_out:
                    printed[event.name] = repr(event.tail)
    return printed
