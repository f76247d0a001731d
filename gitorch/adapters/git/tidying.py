"""What git has left in a build's worktree: what it had changed before it was refused, or has not ended.

    <git dir>/gitorch/refused    a line for each refused move: the commit that git wanted, by hooks/judge

HEAD, the index and the files go back to the build branch. Only what still holds exactly what git wrote is
replaced, so that nothing is lost that was staged or written since. Each step may have been done before.
"""

import contextlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from gitorch.adapters.files import temporary_folder
from gitorch.adapters.git import index, refs
from gitorch.adapters.git.objects import differing
from gitorch.adapters.git.repository import Repository, split_paths
from gitorch.adapters.git.switching import switched
from gitorch.core.text import counted, shown_path

_KEPT_ASIDE = ("rebase-merge/autostash", "rebase-apply/autostash", "MERGE_AUTOSTASH")
"""The files that name the commit into which git swept the uncommitted work, before a rebase or a merge."""

_IN_PROGRESS = {"MERGE_HEAD": "merge", "CHERRY_PICK_HEAD": "cherry-pick", "REVERT_HEAD": "revert"}

_REVERTED = re.compile(r"^This reverts commit ([0-9a-f]{40,})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Leftovers:
    """What is to be undone in the worktree `tree`, whose branch `ref` is at `tip`."""

    tree: Repository
    ref: str
    tip: str
    head: str | None
    """The commit that HEAD is at; None where it is on a branch without one."""
    left: bool
    """Whether HEAD is not on the branch."""
    begun: str | None
    """The git command that has not ended."""
    aside: str | None
    """The file of git's that names the commit with the uncommitted work."""
    changed: Mapping[str, Collection[str]]
    """What git wanted, as a commit or a tree, newest first: the paths that the index still holds so."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Each thing that is left, for a person."""
        found = [f"git {self.begun} has begun and not ended"] if self.begun else []
        if self.aside:
            found.append(f"the uncommitted work is in {self.aside}")
        for wanted, paths in self.changed.items():
            count = counted(len(paths), "file")
            found.append(f"{count} as in {wanted[:12]}, which was refused")
        return tuple(found)


def find_aside(tree: Repository) -> str | None:
    """The file of git's that names the commit into which it swept the uncommitted work, if there is one."""
    return next((name for name in _KEPT_ASIDE if (tree.git_dir / name).is_file()), None)


def find(tree: Repository, ref: str) -> Leftovers | None:
    """What git has left in `tree`, the worktree of the branch `ref`; None where that is nothing."""
    found = refs.resolve_each(tree, (ref, "HEAD", *_IN_PROGRESS))
    left = refs.head_ref(tree) != ref
    if (tip := found.get(ref)) is None or (left and refs.link(tree, ref)):
        return None  # there is no branch to go back to
    head = found.get("HEAD")
    refused = _refused(tree)
    begun, wrote = _begun(tree, found, reverting=bool(refused))
    before = head or tip
    wanted = [oid for oid in refused if _is_gits_own(tree, before, oid, wrote)]
    if begun == "am" and (patched := _patched(tree, before)):
        wanted.append(patched)
    changed = {oid: paths for oid in wanted if (paths := _held(tree, before, oid))}
    aside = find_aside(tree)
    if not (left or begun or aside or changed):
        return None
    return Leftovers(tree, ref, tip, head, left, begun, aside, changed)


def tidy(leftovers: Leftovers) -> list[str]:
    """Put HEAD, the index and the files back, end what has begun; what was done, a line each."""
    tree, tip, root = leftovers.tree, leftovers.tip, leftovers.tree.root
    before = leftovers.head or tip
    kept: set[str] = set()
    for wanted in leftovers.changed:
        kept |= _go_back(tree, wanted, before, _held(tree, before, wanted))
    if leftovers.left and before != tip:
        kept |= _go_back(tree, before, tip, _held(tree, tip, before, strictly=False))
    told = [f"restored the index and the files in {root}"] if leftovers.changed or before != tip else []
    told += _put_work_back(leftovers)
    if leftovers.begun:
        tree.run(leftovers.begun, "--quit")
        told.append(f"ended git {leftovers.begun} in {root}")
    if leftovers.left:
        refs.point_head_at(tree, leftovers.ref, "gitorch: doctor goes back to the build branch")
        told.append(f"switched {root} back to {leftovers.ref.removeprefix('refs/heads/')}")
    (tree.private / "refused").unlink(missing_ok=True)
    return told + [_as_it_is(path) for path in sorted(kept)]


def _refused(tree: Repository) -> list[str]:
    """The commits that refused commands wanted and that are still there, the newest first."""
    with contextlib.suppress(FileNotFoundError):
        lines = (tree.private / "refused").read_text("ascii", "replace").split()
        names = [line for line in dict.fromkeys(reversed(lines)) if re.fullmatch("[0-9a-f]{40,64}", line)]
        there = refs.resolve_each(tree, names) if names else {}
        return [name for name in names if name in there]
    return []


def _begun(
    tree: Repository, found: Mapping[str, str], *, reverting: bool
) -> tuple[str | None, set[str] | None]:
    """The git command that has not ended, and the paths that it has changed, where that can be told.

    A revert without a conflict leaves no ref, but its message; so does `revert --no-commit`, where nothing
    was refused.
    """
    if "MERGE_HEAD" in found:
        return "merge", _changed_since_fork(tree, found["HEAD"], found["MERGE_HEAD"])
    if (tree.git_dir / "rebase-merge").is_dir():
        return "rebase", None
    if (tree.git_dir / "rebase-apply").is_dir():
        return "am" if (tree.git_dir / "rebase-apply" / "applying").is_file() else "rebase", None
    for name in ("CHERRY_PICK_HEAD", "REVERT_HEAD"):
        if name in found:
            return _IN_PROGRESS[name], _changed_by(tree, found[name])
    if reverting:
        with contextlib.suppress(FileNotFoundError):
            message = (tree.git_dir / "MERGE_MSG").read_text("utf-8", "replace")
            if reverted := _REVERTED.search(message):
                return "revert", _changed_by(tree, reverted[1])
    return None, None


def _changed_since_fork(tree: Repository, head: str, other: str) -> set[str]:
    base = refs.merge_base(tree, head, other)
    return differing(tree, base, other) if base else set()


def _changed_by(tree: Repository, commit: str) -> set[str]:
    """The paths at which a commit differs from any of its parents."""
    form = ("diff-tree", "-r", "-m", "--root", "--no-commit-id", "--no-renames", "--name-only", "-z")
    return set(split_paths(tree.run(*form, commit, "--").stdout))


def _patched(tree: Repository, head: str) -> str | None:
    """The tree that `git am` has made of `head` by the patch at which it stopped."""
    patch = tree.git_dir / "rebase-apply" / "patch"
    with temporary_folder(tree.private) as folder:
        env = {"GIT_INDEX_FILE": str(folder / "index")}
        tree.run("read-tree", head, env=env)
        applied = tree.run("apply", "--cached", "--whitespace=nowarn", str(patch), env=env, check=False)
        return tree.run("write-tree", env=env).text if applied.ok else None


def _is_gits_own(tree: Repository, head: str, wanted: str, wrote: Collection[str] | None) -> bool:
    """Whether git has made its way from `head` to the commit `wanted`, and not somebody by `git add`.

    The command in progress has written all that differs, or a ref has the commit.
    """
    if wrote is not None:
        return differing(tree, head, wanted) <= set(wrote)
    return bool(tree.run("for-each-ref", "--count=1", f"--contains={wanted}").stdout)


def _held(tree: Repository, old: str, new: str, *, strictly: bool = True) -> set[str]:
    """The paths that the index holds as in `new`, where that differs from `old`.

    None with `strictly` where it holds one as in `old`: git writes all of them, or none.
    """
    changed = differing(tree, old, new)
    if strictly and changed - _staged(tree, old):
        return set()
    return changed - _staged(tree, new)


def _staged(tree: Repository, oid: str) -> set[str]:
    """The paths at which the index differs from a commit or a tree."""
    form = ("diff-index", "--cached", "--name-only", "-z", "--no-renames", "--ignore-submodules=none")
    return set(split_paths(tree.run(*form, oid, "--").stdout))


def _go_back(tree: Repository, old: str, new: str, paths: Collection[str]) -> set[str]:
    """Bring the files, then the index, from `old` to `new` at `paths`; gives the files that stay as they are.

    The files come first: as long as the index holds `old`, it is known that this is to be done.
    """
    with switched(tree, old, new) as done:
        left = set(done.left) & set(paths)
    kept = {path for path in left if not _patch(tree, old, new, path)}
    index.put(tree, old, new, paths)
    return kept


def _patch(tree: Repository, old: str, new: str, path: str) -> bool:
    """Bring a file that was edited from `old` to `new` and keep the edits; whether it is there now."""
    form = ("diff-tree", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv")
    patch = tree.run(*form, old, new, "--", path, env={"GIT_LITERAL_PATHSPECS": "1"}).stdout

    def apply(*options: str) -> bool:
        words = ("apply", "--whitespace=nowarn", "--no-ignore-whitespace", *options)
        return tree.run(*words, stdin=patch, check=False).ok

    if apply("--check", "--reverse"):  # it holds `new` already, or both: then nobody can tell
        return True
    return apply()


def _put_work_back(leftovers: Leftovers) -> list[str]:
    """Restore the uncommitted work that git swept away, beside what was staged and written since.

    What cannot be restored stays in the commit, which git keeps as a stash then.
    """
    tree, name = leftovers.tree, leftovers.aside
    if name is None:
        return []
    file = tree.git_dir / name
    work = file.read_text("ascii", "replace").strip()
    base, staged = f"{work}^1", f"{work}^2"
    with switched(tree, base, work) as done:
        kept = {path for path in done.left if not _patch(tree, base, work, path)}
    wanted = differing(tree, base, staged)
    unlike_base, unlike_staged = _staged(tree, base), _staged(tree, staged)
    index.put(tree, base, staged, wanted - unlike_base)
    kept |= wanted & unlike_base & unlike_staged
    told = f"restored the uncommitted work in {tree.root}"
    if kept:
        return [f"{told}, and keeps it as a stash, too", *map(_as_it_is, sorted(kept))]
    file.unlink()
    return [told]


def _as_it_is(path: str) -> str:
    return f"{shown_path(path)} was changed since, and was left as it is"
