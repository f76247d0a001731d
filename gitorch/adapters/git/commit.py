"""Commit objects: made and signed as the person's settings ask for it. Moves no ref."""

from collections.abc import Sequence

from gitorch.adapters.git.repository import DURABLE, Repository
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint
from gitorch.core.names import CommitId


def write_commit(repo: Repository, tree: str, parents: Sequence[str], message: str) -> CommitId:
    """The id of a new commit object, signed where the person's settings ask for it.

    commit-tree itself ignores `commit.gpgsign`. GitorchError when there can be no signature.
    """
    signed = signs(repo)
    options = [option for parent in parents for option in ("-p", parent)]
    done = repo.run(
        *DURABLE,
        *("-c", "i18n.commitEncoding=UTF-8", "commit-tree"),
        *(["-S"] if signed else []),
        *options,
        *("-F", "-", tree),
        stdin=message.encode("utf-8", "replace"),
        check=False,
        for_person=signed,
    )
    if not done.ok:
        without = Hint("commit without a signature", "git -c commit.gpgsign=false orch finalize")
        raise GitorchError(
            "commit-failed",
            f"the commit could not be {'signed' if signed else 'made'}; nothing was committed",
            details=done.error_text.splitlines()[-20:],
            hints=[without] if signed else [],
        )
    return CommitId(done.text)


def signs(repo: Repository) -> bool:
    """Whether the person's settings ask for a signature; GitorchError where git cannot read them."""
    asked = repo.run("config", "--type=bool", "--get", "commit.gpgsign", check=False)
    if asked.status not in (0, 1):  # 1: nothing is set
        raise GitorchError(
            "commit-failed",
            "git cannot tell whether the commit is to be signed; nothing was committed",
            details=asked.error_text.splitlines(),
            hints=[Hint("sign commits", "git config commit.gpgsign true")],
        )
    return asked.text == "true"
