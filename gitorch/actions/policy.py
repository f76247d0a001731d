"""Which policy judges a build: the one at its base commit, so that no worker can dismiss its judge.

Reads two versions of `.gitorch.yaml`; changes nothing.
"""

import difflib
from dataclasses import dataclass

from gitorch.adapters.git.repository import Repository
from gitorch.core.config import FILE_NAME, Config, parse_config
from gitorch.core.errors import GitorchError
from gitorch.core.text import clean


@dataclass(frozen=True)
class Policy:
    """The configuration that holds, and how the working tree's file differs from the base's.

    `diff` is empty where both are the same; `accepted` when the person took the working tree's.
    """

    config: Config
    diff: tuple[str, ...] = ()
    accepted: bool = False

    def refuse_unaccepted(self) -> None:
        """GitorchError, with the diff, when the build changes its own policy and nobody agreed."""
        if self.diff and not self.accepted:
            raise GitorchError(
                f"this build changes {FILE_NAME}, which says how it is judged",
                details=self.diff,
                hints=[
                    "gitorch finalize --accept-config   (judges by the changed file, and lands it)",
                    f"git restore -- {FILE_NAME}   (takes the change back; the file as it was is in HEAD)",
                ],
            )


def policy_at(repo: Repository, base: str, *, accept: bool = False) -> Policy:
    """The policy for a build that opened at commit `base`; with `accept`, the working tree's file instead.

    GitorchError (exit 2) when the file that holds is not a configuration.
    """
    before = _at_commit(repo, base)
    try:
        after = (repo.root / FILE_NAME).read_bytes()
    except FileNotFoundError:
        after = None
    if before == after:
        return Policy(parse_config(before, FILE_NAME))
    where = FILE_NAME if accept else f"{base[:12]}:{FILE_NAME}"
    return Policy(parse_config(after if accept else before, where), _diff(before, after), accept)


def _at_commit(repo: Repository, commit: str) -> bytes | None:
    entry = repo.run("ls-tree", "-z", commit, "--", FILE_NAME).stdout
    if not entry:
        return None
    # A link is not followed: its target may be anywhere. Its text is no configuration, and says so.
    return repo.run("cat-file", "blob", entry.split(b"\t")[0].split()[2].decode()).stdout


def _diff(before: bytes | None, after: bytes | None) -> tuple[str, ...]:
    old, new = (clean((data or b"").decode("utf-8", "replace")).splitlines() for data in (before, after))
    names = (f"a/{FILE_NAME}" if before is not None else "/dev/null", f"b/{FILE_NAME}")
    lines = tuple(difflib.unified_diff(old, new, *names, lineterm=""))
    return lines or (f"{FILE_NAME}: only line ends, or bytes that cannot be shown, differ",)
