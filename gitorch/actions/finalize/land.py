"""The move: a commit object, a journal, one compare-and-swap of the ref, and what follows from it.

Before the swap nothing changes that a person can see; after it everything follows from the commit,
so that `recover` either takes back or completes, by the same functions that an undisturbed run uses.
"""

import contextlib
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from typing import Any

from gitorch.actions.finalize.onto import kept_back
from gitorch.actions.recover import check_head
from gitorch.adapters import files, journal
from gitorch.adapters.build_folder import BuildFolder
from gitorch.adapters.git import index, refs, worktrees
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import DURABLE, Repository
from gitorch.adapters.guard import registry, seal
from gitorch.core.errors import Busy, GitorchError
from gitorch.core.meta import parse_meta
from gitorch.core.names import Slug
from gitorch.core.render import records
from gitorch.core.text import shown_path

ACTION = "finalize"

_ATTEMPTS = 5
"""So often an index that changes under our hands is merged with the commit again."""


@dataclass(frozen=True, slots=True)
class Move:
    """One move of a build branch, `ref` from `old` to the commit `new`: the journal's record.

    `folder` is the build's, from the root; `meta` its final meta.json, from which and the sources every
    final record follows. The ref of `onto` is moved behind the first, and stays where somebody else moved it.
    `origin` is the person's index that the next one was made from; `land` fills it in.
    """

    slug: Slug
    folder: str
    ref: str
    old: str
    new: str
    meta: str
    onto: Sequence[str] = ()  # a second ref, its old and its new commit
    origin: index.Signature = None

    def record(self) -> dict[str, Any]:
        """As the journal keeps it."""
        return {"action": ACTION, **asdict(self)}


def write_commit(repo: Repository, tree: str, parents: Sequence[str], message: str) -> str:
    """The id of a new commit object, signed where the person's settings ask for it. Moves no ref.

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
        raise GitorchError(
            f"the commit could not be {'signed' if signed else 'made'}; nothing was committed",
            details=done.error_text.splitlines()[-20:],
            hints=["git -c commit.gpgsign=false orch finalize   (without a signature)"] if signed else [],
        )
    return done.text


def signs(repo: Repository) -> bool:
    """Whether the person's settings ask for a signature; GitorchError where git cannot read them."""
    asked = repo.run("config", "--type=bool", "--get", "commit.gpgsign", check=False)
    if asked.status not in (0, 1):  # 1: nothing is set
        raise GitorchError(
            "git cannot tell whether the commit is to be signed; nothing was committed",
            details=asked.error_text.splitlines(),
            hints=["git config commit.gpgsign true   (or false)"],
        )
    return asked.text == "true"


def land(repo: Repository, move: Move, draft: index.PrivateIndex) -> bool:
    """Make the move, all of it or nothing; `draft` becomes the person's index.

    Call it with the repository's and the folder's lock held. False, with nothing changed, when the
    person's index is no longer what the draft was made from: compose anew. GitorchError, with nothing
    changed, when a lock is held or the ref is not at `old`.
    """
    files.sync(draft.path)
    move = replace(move, origin=draft.origin)
    try:
        journal.write(repo, move.record())
        draft.path.replace(index.landing_path(repo))
        index.take_lock(repo, index.landing_path(repo))
        if index.signature(repo) != draft.origin:
            _take_back(repo, move)
            journal.clear(repo)
            return False
        registry.write_permit(repo, move.old, move.new, move.ref)
        seal.set_aside(repo, move.slug)
        refs.move(repo, move.ref, move.new, move.old, f"gitorch: finalize {move.slug}")
    except BaseException:
        if not _moved(repo, move):  # else an interruption came too late
            _take_back(repo, move)
            journal.clear(repo)
            raise
    with _completing(repo, move):
        _complete(repo, move)
    return True


def recover(repo: Repository, record: dict[str, Any]) -> list[str]:
    """Complete a finalize that was killed after the swap, take back one that was killed before."""
    move = journal.parse(repo, record, Move)
    if _moved(repo, move):
        check_head(repo, move.slug, ACTION)
        with _completing(repo, move), _folder(repo, move).locked():
            _complete(repo, move)
        done = f"finalize of build {move.slug} was interrupted after its commit {move.new[:12]}: completed"
        why = kept_back(repo, *move.onto) if move.onto else None
        return [done, why] if why else [done]
    _take_back(repo, move)
    return [
        f"finalize of build {move.slug} was interrupted before its commit: nothing has changed",
        f"hint: gitorch finalize --project {move.slug}",
    ]


def _moved(repo: Repository, move: Move) -> bool:
    """Whether the swap was made; whatever is left of it is over then."""
    registry.clear_permit(repo)
    return refs.settle(repo, move.ref, move.new, journal.since(repo))


def _folder(repo: Repository, move: Move) -> BuildFolder:
    return BuildFolder(repo.root / move.folder, move.slug, move.folder)


def _completing(repo: Repository, move: Move) -> AbstractContextManager[None]:
    return journal.completing(repo, f"the build has landed as {move.new[:12]}")


def _complete(repo: Repository, move: Move) -> None:
    """What follows from the swap; each step is harmless when it is done already."""
    _install(repo, move)
    folder = _folder(repo, move)
    folder.sweep()
    folder.write_meta(parse_meta(move.meta.encode(), f"{move.folder}/meta.json"))
    # Rendered, not taken from the commit: what the person wrote into BUILD.md since then stays.
    folder.write_rendered(records(folder.read_state(), folder.read_text("BUILD.md")))
    if move.onto:
        _follow(repo, *move.onto)
    registry.close_build(repo, move.slug)
    registry.clear_permit(repo)


def _install(repo: Repository, move: Move) -> None:
    """The landing index becomes the person's; what they staged since the kill stays staged beside the commit.

    The landing file stays until that is done: while it is there, the index is still that of the base.
    """
    file = index.landing_path(repo)
    if index.install(repo, file, move.origin):
        return
    for _ in range(_ATTEMPTS):
        with index.private(repo, move.new) as merged:
            if merged.unmerged:
                raise GitorchError(
                    "the index has conflicts (git add PATH, when a file is as it should be)",
                    details=map(shown_path, merged.unmerged),
                )
            merged.restore(differing(repo, f"{move.new}^", move.new))
            files.sync(merged.path)
            merged.path.replace(file)
            if index.install(repo, file, merged.origin):
                return
    raise Busy("the index keeps changing")


def _follow(repo: Repository, ref: str, old: str, new: str) -> None:
    """Move the second branch. The build has landed: what keeps this from being done undoes nothing of it."""
    if refs.settle(repo, ref, new, journal.since(repo)) or refs.resolve(repo, ref) != old:
        return
    if worktrees.standing_on(repo, ref) is None:  # asked before the validators, too, which take their time
        with contextlib.suppress(GitorchError):  # a hook's refusal, a lock: finalize tells where it stands
            refs.move(repo, ref, new, old, "gitorch: finalize --onto")


def _take_back(repo: Repository, move: Move) -> None:
    index.release_lock(repo, index.landing_path(repo))
    index.landing_path(repo).unlink(missing_ok=True)
    seal.put_back(repo, move.slug)
    registry.clear_permit(repo)
