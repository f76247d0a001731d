"""Which policy judges a build: the one at its base commit, so that no worker can dismiss its judge.

Reads two versions of `.gitorch.yaml`, and of pre-commit's configuration where a validator runs it;
changes nothing.
"""

import difflib
from dataclasses import dataclass

from gitorch.actions.workplace import Build, read_policy_file
from gitorch.adapters.git.objects import blob_at
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.core.config import Config, parse_config
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.names import POLICY_FILE
from gitorch.core.text import clean, typed_paths

PRE_COMMIT = ".pre-commit-config.yaml"
ACCEPT = Hint("judge by the changed configuration and land it", "gitorch finalize --accept-config")


@dataclass(frozen=True)
class Policy:
    """The configuration that holds, and how the working tree's files differ from the base's.

    `diff` is empty where they are the same, else a patch of `changed`; `accepted` when the person took
    the working tree's.
    """

    config: Config
    changed: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()
    accepted: bool = False

    def refuse_unaccepted(self) -> None:
        """GitorchError, with the diff, when the build changes its own policy and nobody agreed."""
        if self.diff and not self.accepted:
            raise GitorchError(
                "changed-config",
                f"the build changes {' and '.join(self.changed)}, by which it is judged",
                about=self.changed[0],
                details=self.diff,
                hints=[
                    ACCEPT,
                    Hint("undo the change", f"git restore --source=HEAD -- {typed_paths(self.changed)}"),
                ],
            )


def policy_of(build: Build, *, accept: bool = False) -> Policy:
    """The policy for a build: as of its base, whatever it is; with `accept`, as its files have it now.

    Outside of a repository, and of one without a commit, there is no base, and the file as it is counts.
    """
    repo = build.place.repo
    base = build.opened.base if build.opened else None
    if repo is not None and base is None:
        base = registry.recorded_judge(repo, build.slug)
    if repo is None or base is None:
        return Policy(build.place.config)
    return policy_at(repo, base, accept=accept)


def policy_at(repo: Repository, base: str, *, accept: bool = False) -> Policy:
    """The policy for a build that opened at commit `base`; with `accept`, the working tree's file instead.

    GitorchError (exit 2) when the file that holds is not a configuration.
    """
    before, after = _at_base(repo, base, POLICY_FILE, accept=accept), read_policy_file(repo.root, POLICY_FILE)
    where = POLICY_FILE if accept or _plain(before) == _plain(after) else f"{base[:12]}:{POLICY_FILE}"
    config = parse_config(after if accept else before, where)
    versions = {POLICY_FILE: (before, after)}
    if any(validator.pre_commit for validator in config.validators):
        after = read_policy_file(repo.root, PRE_COMMIT)
        versions[PRE_COMMIT] = (_at_base(repo, base, PRE_COMMIT, accept=accept), after)
    changed = tuple(name for name, (old, new) in versions.items() if _plain(old) != _plain(new))
    diff = tuple(line for name in changed for line in _diff(name, *versions[name]))
    return Policy(config, changed, diff, accept)


def _plain(data: bytes | None) -> bytes | None:
    """Line ends as git stores them; a checkout may have converted them."""
    return None if data is None else data.replace(b"\r\n", b"\n")


def _at_base(repo: Repository, base: str, name: str, *, accept: bool) -> bytes | None:
    """The file as `base` has it; what is no file there is unread when the working tree's is accepted."""
    try:
        return blob_at(repo, base, name)
    except GitorchError as error:
        if accept:
            return b""
        raise bad_input(error.code, error.message, details=error.details, hints=[ACCEPT]) from error


def _diff(name: str, before: bytes | None, after: bytes | None) -> tuple[str, ...]:
    old, new = (clean((data or b"").decode("utf-8", "replace")).splitlines() for data in (before, after))
    names = (
        f"a/{name}" if before is not None else "/dev/null",
        f"b/{name}" if after is not None else "/dev/null",
    )
    lines = tuple(difflib.unified_diff(old, new, *names, lineterm=""))
    return lines or (f"{name}: bytes that cannot be shown differ",)
