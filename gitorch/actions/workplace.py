"""Where a command works: the repository or folder, its policy, and which build and worker are meant.

Changes nothing.
"""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from gitorch.adapters.build_folder import BuildFolder, list_builds
from gitorch.adapters.files import read_regular
from gitorch.adapters.git.repository import PLAIN, Repository
from gitorch.adapters.guard import registry
from gitorch.core.config import FILE_NAME, Config, parse_config
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.names import Slug, parse_slug
from gitorch.core.state import BuildState, WorkerState
from gitorch.core.text import one_line, typed_paths


@dataclass(frozen=True)
class Workplace:
    """A working tree, or (without `repo`) a plain folder that holds builds."""

    root: Path
    repo: Repository | None
    config: Config

    @property
    def builds(self) -> Path:
        return self.root / self.config.builds_dir

    def folder(self, slug: Slug) -> BuildFolder:
        return BuildFolder(self.builds / slug, slug, f"{self.config.builds_dir}/{slug}")

    def need_repo(self) -> Repository:
        """The repository, or a GitorchError that says how to make one."""
        if self.repo is None and Repository.discover_bare(self.root):
            raise GitorchError(
                f"{self.root} is a bare repository: it has no files to build in",
                hints=["gitorch install --server .   (lets it judge what is pushed to it)"],
            )
        if self.repo is None:
            raise GitorchError(f"{self.root} is not in a git repository", hints=["git init"])
        return self.repo


def find_workplace(start: Path) -> Workplace:
    """The working tree around `start`; else the nearest folder with a `.gitorch.yaml` or builds."""
    repo = Repository.discover(start)
    if repo:
        repo = repo.within(PLAIN)  # whoever may write a replacement (git-replace(1)) judges nothing by it
        root = repo.root
    else:
        default = Config().builds_dir
        above = (start, *start.parents)
        root = next((f for f in above if (f / FILE_NAME).is_file() or (f / default).is_dir()), start)
    return Workplace(root, repo, read_config(root))


def read_config(root: Path) -> Config:
    """The policy as the file below `root` has it now; GitorchError (exit 2) when it is not one."""
    return parse_config(read_policy_file(root, FILE_NAME), FILE_NAME)


def read_policy_file(root: Path, name: str) -> bytes | None:
    """What the file `name` below `root` holds, None without one; GitorchError (exit 2) for a link or folder.

    What lies behind a link is in no tree, so that it could change with nobody seeing it. Reads 1 MiB at most.
    """
    try:
        return read_regular(root / name, 1 << 20)[0]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise bad_input(
            f"{name} is no regular file: it says how builds are judged, and nothing else may stand there",
            hints=[
                f"mv {(place := shlex.quote(str(root / name)))} {place}.old   (then write the file itself)"
            ],
        ) from error


@dataclass(frozen=True)
class Build:
    """A build and the workplace whose files it lives in."""

    place: Workplace
    folder: BuildFolder

    @property
    def slug(self) -> Slug:
        return self.folder.slug


def find_build(start: Path, project: str | None, *, even_without_records: bool = False) -> Build:
    """The build that is meant: the option, GITORCH_PROJECT, the bound worktree, or the only (open) one.

    An open build is found from every worktree of its repository, and with `even_without_records` where
    its folder is gone, too. GitorchError: exit 2 for a name that cannot be one, exit 1 when there is no
    such build, when its records are gone, or when more than one could be meant.
    """
    place = find_workplace(start)
    name = os.environ.get("GITORCH_PROJECT") or None if project is None else project
    elsewhere = registry.open_builds(place.repo) if place.repo else {}
    if name is not None:  # an empty one is a variable that was not set, and means no build
        slug = parse_slug(name)
    else:
        bound = registry.bound_slug(place.repo) if place.repo else None
        slug = bound or _only_open(place, set(elsewhere))
    if not os.path.lexists(place.folder(slug).meta_path) and (there := elsewhere.get(slug)):
        place = find_workplace(there)
    folder = place.folder(slug)
    if slug in elsewhere and not os.path.lexists(folder.meta_path):
        if not even_without_records:
            raise _without_records(place, folder, elsewhere[slug])
    elif not folder.path.is_dir():
        raise GitorchError(
            f"there is no build {slug!r} below {place.config.builds_dir}",
            hints=["gitorch list", f"gitorch init --project {slug} --plan-file FILE"],
        )
    return Build(place, folder)


def _without_records(place: Workplace, folder: BuildFolder, worktree: Path | None) -> GitorchError:
    """What became of an open build whose records are not where they were written, and the way on."""
    slug = folder.slug
    abort = f"gitorch abort --project {slug}"
    if worktree is None:
        return GitorchError(
            f"the worktree of build {slug} is not there",
            hints=["gitorch doctor", f"{abort}   (closes the build; its branch stays)"],
        )
    from gitorch.adapters.git import tidying

    if file := tidying.find_aside(place.need_repo()):
        return GitorchError(
            f"git has put the uncommitted work of build {slug} aside, in {file}",
            hints=["gitorch doctor --fix"],
        )
    root = shlex.quote(str(place.root))
    return GitorchError(
        f"{folder.shown}/meta.json is missing",
        hints=[
            f"git -C {root} restore -- {typed_paths([folder.shown])}   (gitorch staged it)",
            f"{abort}   (closes the build; every file stays as it is)",
        ],
    )


def _only_open(place: Workplace, registered: set[Slug]) -> Slug:
    """The one build that is open; where none is, the only one that there is."""
    folders = list_builds(place.builds, place.config.builds_dir)
    here = {f.slug for f in folders if f.slug in registered or f.read_meta().status == "in_progress"}
    found = sorted(here | registered)
    if len(found) == 1:
        return found[0]
    if not found and len(folders) == 1:
        return folders[0].slug
    if not found:
        raise GitorchError(
            "no build is open here",
            hints=["gitorch init --project SLUG --plan-file FILE", "gitorch list"],
        )
    raise bad_input(
        f"{len(found)} builds are open here: {', '.join(found)}",
        hints=[f"add --project {found[0]}, or set GITORCH_PROJECT={found[0]}"],
    )


def need_open(state: BuildState) -> None:
    """GitorchError when the build is closed: its records are as they landed."""
    if not state.is_open:
        raise GitorchError(
            f"build {state.meta.slug} is {state.meta.status}", hints=[f"gitorch status -p {state.meta.slug}"]
        )


def find_worker(state: BuildState, name: str | None) -> WorkerState:
    """The worker with this id or key; without a name, the one that GITORCH_WORKER says.

    GitorchError (exit 2) lists the workers when there is no such one.
    """
    name = name or os.environ.get("GITORCH_WORKER")
    known = ", ".join(f"{w.id} ({w.brief.key})" if w.brief.key else str(w.id) for w in state.workers)
    if not name:
        raise bad_input(
            "which worker? name one, or set GITORCH_WORKER", details=[f"the workers are: {known}"]
        )
    worker = state.find(name)
    if worker is None:
        raise bad_input(
            f"build {state.meta.slug} has no worker {one_line(name, 60)!r}",
            details=[f"the workers are: {known}"],
        )
    return worker
