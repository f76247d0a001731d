"""abort: close a build without a commit. The work is kept first, whatever becomes of the files.

Deletes no snapshot.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gitorch.actions.changing import changing
from gitorch.actions.clearance import Cleared, check_branch, check_open, check_person, clear_to_abort
from gitorch.actions.snapshot import keep_all
from gitorch.actions.workplace import Build, build_of, find_build, find_workplace
from gitorch.adapters.git import index, refs, shelf, switching
from gitorch.adapters.git.worktrees import is_cut_off
from gitorch.adapters.guard import registry
from gitorch.core import hints
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.meta import BuildStatus, BuildType
from gitorch.core.names import CommitId, RefName
from gitorch.core.text import shown_path, typed
from gitorch.transitions.abort import Abort
from gitorch.transitions.records import render, rendered
from gitorch.transitions.run import run


@dataclass(frozen=True, slots=True)
class Aborted:
    """A build that was given up. `ref` holds its work, None for a build that uses no git.

    `worktree` is where its files are. `left` are paths that are not as at the base although the files
    were discarded, because the snapshot does not have them as they are: somebody wrote there since, a
    submodule is at another commit, or git stores the file as it did at the base, and line ends differ, or
    what a filter takes away. `left_out` says of a path why the snapshot does not have it as it is, and it
    stays: it is excluded, or a repository inside of this one with work of its own. `staged` are paths whose
    staged content differs from the files: the second parent of the snapshot has them. `modes` are files
    whose mode the snapshot does not have, as git keeps the executable bit alone. Without `records` these
    were missing before.
    """

    slug: str
    ref: str | None
    snapshot: str | None
    base: str | None
    discarded: bool
    worktree: str | None = None
    left: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    staged: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    records: bool = True


def abort(start: Path, project: str | None, *, discard: bool) -> Aborted:
    """Close a build, as `find_build` finds it, without a commit, its work kept in a snapshot.

    With `discard` the branch and the files are as they were at the base afterwards; ignored files stay.
    GitorchError, with nothing changed, when the build is closed, when its work cannot be read, or when
    files would be discarded in another worktree and nobody has named the build.
    """
    build = find_build(start, project, even_without_records=True)
    if discard and not (project or os.environ.get("GITORCH_PROJECT")):
        _check_here(start, build)
    with changing(build, even_without_records=True) as now:
        repo = now.place.repo
        if repo and registry.is_open(repo, now.slug):
            if now.opened and registry.bound_slug(repo) == now.slug:
                return _keep_and_close(clear_to_abort(now), discard=discard)
            return _close_unknown(now, discard=discard)
        check_person(now, "abort")
        check_open(now)
        if now.read_meta().build_type is BuildType.CODE:
            now.require_opened()
        if discard:
            text = f"build {now.slug} has no base that files could be restored from"
            raise bad_input("wrong-build-type", text, about=now.slug, hints=[hints.abort(now.slug)])
        state = now.read_state()
        render(now.folder, replace(state, meta=state.meta.model_copy(update={"status": BuildStatus.ABORTED})))
        return Aborted(now.slug, None, None, None, discarded=False)


def _check_here(start: Path, build: Build) -> None:
    if find_workplace(start).root != build.place.root:
        raise GitorchError(
            "wrong-worktree",
            f"the files of build {build.slug} are in another worktree, {build.place.root}",
            about=build.slug,
            hints=[Hint("discard them there", f"gitorch abort --discard-files --project {build.slug}")],
        )


def _close_unknown(build: Build, *, discard: bool) -> Aborted:
    """Close a build of which only the name is known, or whose worktree does not exist; keeps every file."""
    slug, repo = build.slug, build.place.need_repo()
    check_person(build, "abort")
    if discard:
        raise bad_input(
            "missing-worktree",
            f"the worktree of build {slug} does not exist, or gitorch's record of it is damaged",
            about=slug,
            hints=[hints.abort(slug)],
        )
    root = registry.recorded_roots(repo).get(slug)
    if root and is_cut_off(root):
        raise GitorchError(
            "broken-worktree",
            f"the link between the worktree {root} of build {slug} and this repository is broken",
            about=slug,
            hints=[Hint("repair the link", f"git worktree repair {typed(str(root))}")],
        )
    kept, taken = None, None
    if registry.bound_slug(repo) == slug:  # the entry is damaged, the files are here
        tip = check_branch(slug, repo)
        taken = keep_all(build, tip, leave_unreadable=True)
        kept = shelf.write(repo, slug, tip, taken.tree, {})
        shelf.keep(repo, ref := shelf.next_ref(repo, slug), kept.commit)
    registry.close_build(repo, slug)
    if kept is None or taken is None:
        return Aborted(slug, None, None, None, discarded=False, records=False)
    return Aborted(
        slug,
        ref,
        kept.commit,
        None,
        discarded=False,
        worktree=str(repo.root),
        left_out=taken.left_out,
        records=False,
    )


def _keep_and_close(cleared: Cleared, *, discard: bool) -> Aborted:
    """The snapshot, and the transition that it decides."""
    build, repo, opened = cleared.build, cleared.repo, cleared.opened
    build = _with_kept_records(build)
    has_records = build.folder.has_records() or bool(build.folder.kept)
    if discard and not has_records:
        raise bad_input(
            "missing-records",
            f"the records of build {build.slug} are missing, and no reopen would restore them",
            about=build.slug,
            hints=[hints.abort(build.slug)],
        )
    # The snapshot has the records as gitorch renders them, whoever edited them.
    kept = {f"{build.folder.shown}/{name}": data for name, data in build.folder.kept.items()}
    if has_records:
        kept |= rendered(build.folder, build.read_state())
    taken = keep_all(build, opened.base, leave_unreadable=not discard)
    shelved = shelf.write(repo, build.slug, cleared.tip, taken.tree, kept)
    if discard:
        _check_files(cleared, shelved.commit)
    transition = Abort(
        slug=build.slug,
        folder=build.folder.shown,
        ref=RefName(shelf.next_ref(repo, build.slug)),
        old=refs.zero(shelved.commit),
        new=shelved.commit,
        base=opened.base,
        tip=cleared.tip,
        staged=CommitId(shelved.index),
        discard=discard,
    )
    left: Sequence[str] = run(repo, transition)
    return Aborted(
        build.slug,
        transition.ref,
        shelved.commit,
        opened.base,
        discarded=discard,
        worktree=str(repo.root),
        left=tuple(left),
        left_out=taken.left_out,
        staged=shelved.staged,
        modes=shelved.modes,
        records=has_records,
    )


def _with_kept_records(build: Build) -> Build:
    """The build with the records that only a snapshot has, so that what is kept has them."""
    try:
        return build_of(build.place, build.slug, to_look=True)
    except GitorchError:  # no snapshot has them
        return build


def _check_files(cleared: Cleared, snapshot: CommitId | str) -> None:
    """Ask before the deciding move what could keep files from being discarded behind it."""
    repo, base, slug = cleared.repo, cleared.opened.base, cleared.build.slug
    keep = hints.abort(slug)
    if unmerged := index.unmerged(repo):
        raise GitorchError(
            "index-conflict",
            "the index has unresolved conflicts, which a reopen would not restore; nothing was changed",
            about=slug,
            details=map(shown_path, unmerged[:20]),
            hints=[keep],
        )
    questions = {
        "ignored files block files of the base": switching.in_the_way,
        "files would not be restored as they are, by what a filter does": switching.not_given_back,
        "files or folders may not be changed": switching.unchangeable,
    }
    for text, question in questions.items():
        if found := question(repo, snapshot, base):
            raise GitorchError(
                "blocked-files",
                f"{text} ({len(found)}); nothing was changed",
                about=slug,
                details=map(shown_path, found[:20]),
                hints=[keep],
            )
