"""What keeps a code build from being opened, each with the command that helps. Changes nothing."""

import shlex
from pathlib import Path

from gitorch.actions.workplace import Workplace
from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.adapters.guard import registry, seal
from gitorch.adapters.guard.install import is_installed
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.meta import BuildType
from gitorch.core.names import CommitId, Slug, branch_name, branch_ref
from gitorch.core.text import shown_path

# What git is in the middle of, by the ref that says so (a file, or in a reftable), or the file or folder.
_UNDER_WAY = {
    "MERGE_HEAD": "git merge --continue",
    "CHERRY_PICK_HEAD": "git cherry-pick --continue",
    "REVERT_HEAD": "git revert --continue",
    "rebase-merge": "git rebase --continue",
    "rebase-apply": "git am --continue, or git rebase --continue",
    "BISECT_LOG": "git bisect reset",
}


def existing(place: Workplace, slug: Slug) -> None:
    """Refuse where the folder of this build is there already, or where it would not lie in the root."""
    folder = place.folder(slug)
    if folder.path.exists() or folder.path.is_symlink():
        raise GitorchError(
            f"{folder.shown} exists already",
            hints=[f"gitorch status --project {slug}", "choose another slug for a new build"],
        )
    above = next(path for path in (place.builds, *place.builds.parents) if path.exists())
    if above.resolve() != above.absolute() and above != place.root:
        raise GitorchError(f"{place.builds_dir} is behind a symbolic link, and files there cannot land")


def unsealable(place: Workplace, kind: BuildType) -> None:
    """Refuse to open a build sealed where there is no branch, or none that can be."""
    if kind is not BuildType.CODE:
        raise bad_input(f"a build of type {kind} has no branch to seal", hints=["leave out --seal"])
    if problem := seal.problem(place.need_repo()):
        raise GitorchError(problem, hints=["leave out --seal: the guard holds without it"])


def untracked_plan(repo: Repository, path: Path | None) -> str | None:
    """The plan file's path from the root when it lies untracked in this working tree, else None."""
    if path is None:
        return None
    try:
        name = repo.relative(path.resolve())
    except ValueError:
        return None
    asked = ("ls-files", "--others", "--exclude-standard", "-z", "--", f":(literal,top){name}")
    return name if split_paths(repo.run(*asked).stdout) == [name] else None


def unguarded(repo: Repository) -> None:
    """Refuse where nothing would keep workers from committing."""
    if not is_installed(repo):
        raise GitorchError(
            "no guard is installed in this repository: nothing would keep workers from committing",
            hints=["gitorch install"],
        )


def base_of(place: Workplace, repo: Repository, slug: Slug, plan_file: str | None) -> CommitId:
    """The commit that the build would open at; a GitorchError says what is in the way."""
    if slug in (opened := registry.open_builds(repo)) and not opened[slug]:
        raise GitorchError(
            f"a build {slug} is open whose worktree is not there",
            hints=[f"gitorch abort --project {slug}   (closes it; its branch stays)"],
        )
    if bound := registry.bound_slug(repo):
        raise GitorchError(
            f"this worktree belongs to build {bound}, which is still open",
            hints=[f"gitorch finalize --project {bound}", "git worktree add --detach ../NEW-FOLDER"],
        )
    base = refs.resolve(repo, "HEAD")
    if base is None:
        raise GitorchError(
            "this branch has no commit yet that a build could open at",
            hints=["git commit --allow-empty -m 'Begin'"],
        )
    marks = refs.resolve_each(repo, [name for name in _UNDER_WAY if name.endswith("_HEAD")])
    for name, way_out in _UNDER_WAY.items():
        if name in marks or (repo.git_dir / name).exists():
            raise GitorchError(f"git is in the middle of something ({name})", hints=[way_out])
    _branch_is_free(repo, slug)
    _is_clean(repo, plan_file)
    _is_not_ignored(place, repo, slug)
    return CommitId(base)


def _branch_is_free(repo: Repository, slug: Slug) -> None:
    if link := refs.link(repo, branch_ref(slug)):
        raise GitorchError(
            f"{branch_name(slug)} is a symbolic ref to {link}, which the build would move",
            hints=[f"git symbolic-ref --delete {branch_ref(slug)}", "choose another slug"],
        )
    if refs.exists(repo, branch_ref(slug)):
        raise GitorchError(
            f"the branch {branch_name(slug)} exists already",
            hints=[f"git branch -m {branch_name(slug)} NEW-NAME", "choose another slug"],
        )
    if refs.exists(repo, "refs/heads/build"):
        raise GitorchError(
            f"a branch named build is in the way of {branch_name(slug)}",
            hints=["git branch -m build NEW-NAME"],
        )


def _is_clean(repo: Repository, plan_file: str | None) -> None:
    status = ("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames")
    dirty = [line for line in split_paths(repo.run(*status).stdout) if line != f"?? {plan_file}"]
    if dirty:
        more = [f"and {len(dirty) - 10} more"] if len(dirty) > 10 else []
        raise GitorchError(
            "the working tree has changes that the build would sweep up",
            details=[*(f"{line[:2]} {shown_path(line[3:])}" for line in dirty[:10]), *more],
            hints=["git add --all && git commit", "git stash --include-untracked", "git status"],
        )


def _is_not_ignored(place: Workplace, repo: Repository, slug: Slug) -> None:
    shown = place.folder(slug).shown
    asked = ("check-ignore", "--no-index", "-v", "--", f"{shown}/meta.json", f"{shown}/completions/W1.1.json")
    done = repo.run(*asked, check=False)
    if done.ok:
        raise GitorchError(
            f"git ignores {shown}: the build's records could never land",
            details=[line.partition("\t")[0] for line in done.lines],
            hints=[f"add this line to .gitignore and commit it: !{shlex.quote(place.builds_dir)}/**"],
        )
