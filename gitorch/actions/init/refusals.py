"""What keeps a code build from being opened, each with the command that helps. Changes nothing."""

from pathlib import Path

from gitorch.actions.workplace import Workplace
from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.adapters.guard import registry, seal
from gitorch.adapters.guard.install import is_installed
from gitorch.core import hints
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.issue import Hint
from gitorch.core.meta import BuildType
from gitorch.core.names import CommitId, Slug, branch_name, branch_ref
from gitorch.core.text import shown_path, typed

# What git is in the middle of, by the ref that says so (a file, or in a reftable), or the file or folder.
_UNDER_WAY = {
    "MERGE_HEAD": ("a merge", "git merge --continue"),
    "CHERRY_PICK_HEAD": ("a cherry-pick", "git cherry-pick --continue"),
    "REVERT_HEAD": ("a revert", "git revert --continue"),
    "rebase-merge": ("a rebase", "git rebase --continue"),
    "rebase-apply/applying": ("git am", "git am --continue"),
    "rebase-apply": ("a rebase", "git rebase --continue"),
    "BISECT_LOG": ("a bisect", "git bisect reset"),
}


def existing(place: Workplace, slug: Slug) -> None:
    """Refuse where the folder of this build is there already, or where it would not lie in the root."""
    folder = place.folder(slug)
    if folder.path.exists() or folder.path.is_symlink():
        raise GitorchError(
            "existing-build", f"{folder.shown} exists already", about=folder.shown, hints=[hints.status(slug)]
        )
    above = next(path for path in (place.builds, *place.builds.parents) if path.exists())
    if above.resolve() != above.absolute() and above != place.root:
        shown = place.builds_dir
        see = Hint("see where the link leads", f"ls -ld -- {typed(str(above))}")
        text = f"{shown} is behind a symbolic link, and files behind a link cannot land"
        raise GitorchError("behind-link", text, about=shown, hints=[see])


def unsealable(place: Workplace, kind: BuildType) -> None:
    """Refuse to open a build sealed where there is no branch, or none that can be."""
    if kind is not BuildType.CODE:
        text = f"--seal is for code builds: a build of type {kind.shown} has no branch"
        raise bad_input("wrong-build-type", text)
    if problem := seal.problem(place.need_repo()):
        raise GitorchError("missing-seal", problem, details=["the guard protects the build without --seal"])


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
        text = "no guard is installed in the repository, and nothing would keep workers from committing"
        raise GitorchError("not-guarded", text, hints=[hints.INSTALL])


def base_of(place: Workplace, repo: Repository, slug: Slug, plan_file: str | None) -> CommitId:
    """The commit that the build would open at; a GitorchError says what blocks it."""
    if slug in (opened := registry.open_builds(repo)) and not opened[slug]:
        close = hints.abort(slug, "close that build and keep its branch")
        text = f"build {slug} is open, and its worktree does not exist"
        raise GitorchError("missing-worktree", text, about=slug, hints=[close])
    if bound := registry.bound_slug(repo):
        other = Hint("make a worktree for the new build", "git worktree add --detach ../NEW-FOLDER")
        text = f"{repo.root} is the worktree of build {bound}, which is open"
        land = hints.finalize(bound, "land that build")
        raise GitorchError("wrong-worktree", text, about=bound, hints=[other, land])
    base = refs.resolve(repo, "HEAD")
    if base is None:
        text = "the branch has no commit yet at which a build could be opened"
        raise GitorchError("empty-repository", text, hints=[hints.FIRST_COMMIT])
    marks = refs.resolve_each(repo, [name for name in _UNDER_WAY if name.endswith("_HEAD")])
    for name, (what, way_out) in _UNDER_WAY.items():
        if name in marks or (repo.git_dir / name).exists():
            text = f"{what} is in progress in {repo.root}"
            raise GitorchError("operation-in-progress", text, about=name, hints=[Hint("finish it", way_out)])
    _branch_is_free(repo, slug)
    _is_clean(repo, plan_file)
    _is_not_ignored(place, repo, slug)
    return CommitId(base)


def _branch_is_free(repo: Repository, slug: Slug) -> None:
    if link := refs.link(repo, branch_ref(slug)):
        remove = Hint("remove the symbolic ref", f"git symbolic-ref --delete {branch_ref(slug)}")
        text = f"{branch_name(slug)} is a symbolic ref to {link}, which the build would move"
        raise GitorchError("existing-branch", text, about=branch_name(slug), hints=[remove])
    if refs.exists(repo, branch_ref(slug)):
        rename = Hint("rename that branch", f"git branch --move {branch_name(slug)} NEW-NAME")
        text = f"the branch {branch_name(slug)} exists already"
        raise GitorchError("existing-branch", text, about=branch_name(slug), hints=[rename])
    if refs.exists(repo, "refs/heads/build"):
        rename = Hint("rename that branch", "git branch --move build NEW-NAME")
        text = f"a branch named build blocks {branch_name(slug)}"
        raise GitorchError("blocked-branch", text, about="build", hints=[rename])


def _is_clean(repo: Repository, plan_file: str | None) -> None:
    status = ("status", "--porcelain", "-z", "--untracked-files=all", "--no-renames")
    dirty = [line for line in split_paths(repo.run(*status).stdout) if line != f"?? {plan_file}"]
    if dirty:
        more = [f"and {len(dirty) - 10} more"] if len(dirty) > 10 else []
        raise GitorchError(
            "dirty-worktree",
            "the working tree has changes that would become a part of the build",
            details=[*(f"{line[:2]} {shown_path(line[3:])}" for line in dirty[:10]), *more],
            hints=[
                Hint("commit them first", "git add --all && git commit"),
                Hint("put them aside", "git stash --include-untracked"),
            ],
        )


def _is_not_ignored(place: Workplace, repo: Repository, slug: Slug) -> None:
    shown = place.folder(slug).shown
    asked = ("check-ignore", "--no-index", "-v", "--", f"{shown}/meta.json", f"{shown}/completions/W1.1.json")
    done = repo.run(*asked, check=False)
    if done.ok:
        line = typed(f"!{place.builds_dir}/**")
        allow = f"printf '%s\\n' {line} >> {typed(str(repo.root / '.gitignore'))}"
        raise GitorchError(
            "ignored-records",
            f"git ignores {shown}, and the build's records could not land",
            about=shown,
            details=[line.partition("\t")[0] for line in done.lines],
            hints=[Hint("allow the folder in .gitignore, which you then commit", allow)],
        )
