"""Where a command works: the repository or folder, its policy, and which build and worker are meant.

Changes nothing.
"""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from gitorch.adapters.build_folder import BuildFolder, list_builds
from gitorch.adapters.files import read_regular
from gitorch.adapters.git.repository import PLAIN, Repository
from gitorch.adapters.guard import registry
from gitorch.core import hints
from gitorch.core.build_files import BuildFiles, RawFile
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.evidence import Evidence
from gitorch.core.issue import Hint, Issue, Severity
from gitorch.core.meta import BuildStatus, BuildType, Meta
from gitorch.core.names import BUILDS_DIR, POLICY_FILE, Slug, parse_slug
from gitorch.core.opened import Opened, as_meta, repeats
from gitorch.core.state import BuildState, WorkerState, derive
from gitorch.core.text import named, typed, typed_paths

if TYPE_CHECKING:
    from gitorch.core.config import Config


@dataclass(frozen=True)
class Workplace:
    """A working tree, or (without `repo`) a plain folder that holds builds."""

    root: Path
    repo: Repository | None

    @cached_property
    def config(self) -> "Config":
        """The policy as the file here has it now; GitorchError (exit 2) when it is not one."""
        return read_config(self.root)

    @cached_property
    def builds_dir(self) -> str:
        """The folder of the builds, from the root. Where there is no policy, nothing of it is loaded."""
        return self.config.builds_dir if os.path.lexists(self.root / POLICY_FILE) else BUILDS_DIR

    @property
    def builds(self) -> Path:
        return self.root / self.builds_dir

    def folder(self, slug: Slug) -> BuildFolder:
        """The folder of a build that is not open in this repository."""
        return self.folder_at(f"{self.builds_dir}/{slug}", slug)

    def folder_at(self, shown: str, slug: Slug) -> BuildFolder:
        """The folder of a build, by its path from the root."""
        return BuildFolder(self.root / shown, slug, shown)

    def need_repo(self) -> Repository:
        """The repository, or a GitorchError that says how to make one."""
        if self.repo is None and Repository.discover_bare(self.root):
            raise GitorchError(
                "bare-repository",
                f"{self.root} is a bare repository: it has no files to build in",
                hints=[Hint("let the repository judge what is pushed to it", "gitorch install --server .")],
            )
        if self.repo is None:
            text = f"{self.root} is not in a git repository"
            raise GitorchError("not-a-repository", text, hints=[Hint("create one", "git init")])
        return self.repo


def find_workplace(start: Path) -> Workplace:
    """The working tree around `start`; else the nearest folder with a `.gitorch.yaml` or builds."""
    repo = Repository.discover(start)
    if repo:
        repo = repo.within(PLAIN)  # whoever may write a replacement (git-replace(1)) judges nothing by it
        return Workplace(repo.root, repo)
    above = (start, *start.parents)
    return Workplace(
        next((f for f in above if (f / POLICY_FILE).is_file() or (f / BUILDS_DIR).is_dir()), start), None
    )


def read_config(root: Path) -> "Config":
    """The policy as the file below `root` has it now; GitorchError (exit 2) when it is not one."""
    from gitorch.core.config import parse_config  # a look at a build without a policy needs it not

    return parse_config(read_policy_file(root, POLICY_FILE), POLICY_FILE)


def read_policy_file(root: Path, name: str) -> bytes | None:
    """What the file `name` below `root` holds, None without one; GitorchError (exit 2) for a link or folder.

    What lies behind a link is in no tree, so that it could change with nobody seeing it. Reads 1 MiB at most.
    """
    try:
        return read_regular(root / name, 1 << 20)[0]
    except FileNotFoundError:
        return None
    except OSError as error:
        place = typed(str(root / name))
        raise bad_input(
            "file-type",
            f"{name} is not a regular file, and builds are judged by its content",
            about=name,
            hints=[Hint("make room for a file", f"mv {place} {place}.old")],
        ) from error


class Build(NamedTuple):
    """A build and the workplace whose files it lives in; `opened` says what an open code build is."""

    place: Workplace
    folder: BuildFolder
    opened: Opened | None = None

    @property
    def slug(self) -> Slug:
        return self.folder.slug

    def read_meta(self) -> Meta:
        """What the build is: by the registry where that knows it as open, else by its checked meta.json."""
        if self.opened is None:
            try:
                return _closed(self.place.repo, self.folder.read_meta())
            except GitorchError as error:
                error.add_hints(*self._staged_meta())
                raise
        return as_meta(self.opened, registry.read_decided(self.place.need_repo(), self.slug))

    def _staged_meta(self) -> tuple[Hint, ...]:
        """How meta.json comes back, where git has it."""
        repo, path = self.place.repo, f"{self.folder.shown}/meta.json"
        if repo is None or not repo.run("--literal-pathspecs", "ls-files", "--", path).stdout:
            return ()
        restore = f"git -C {typed(str(repo.root))} restore -- {typed_paths([path])}"
        return (Hint("restore the file as git has it", restore),)

    def read_state(
        self, *, settled: bool = False, accept_config: bool = False, draft: RawFile | None = None
    ) -> BuildState:
        """Everything read afresh and derived, the claims of an open build held against its files.

        `settled` and `draft` as in `BuildFolder.read_files`; with `accept_config` the working tree's policy
        says how much a claim weighs that does not hold.
        """
        meta = self.read_meta()
        files = self.folder.read_files(settled=settled, draft=draft)
        evidence = self._look(meta, files)
        state = derive(meta, files, evidence)
        if evidence and any(issue.code in evidence.weights for issue in state.issues):
            weights = self._weights(accept=accept_config)
            if weights != evidence.weights:
                state = derive(meta, files, evidence._replace(weights=weights))
        return state

    def _look(self, meta: Meta, files: BuildFiles) -> Evidence | None:
        """What is known of the claims; None where they are believed, of a build that is closed or unknown."""
        in_git = meta.build_type is BuildType.CODE
        if meta.status is not BuildStatus.IN_PROGRESS or (in_git and self.opened is None):
            return None
        if not (claims := files.claimed()):
            return Evidence(root=str(self.place.root), in_git=in_git)
        from gitorch.adapters import evidence  # a look at a build without claims needs it not

        if not in_git or self.opened is None:
            return evidence.look_outside_git(self.place.root, claims)
        from gitorch.adapters.kept import look_at_kept

        repo = self.place.need_repo()
        seen, decided = evidence.look(repo, self.opened.base, claims), registry.read_decided(repo, self.slug)
        missing = seen.absent - seen.in_base
        return seen._replace(kept=look_at_kept(repo, self.opened, decided, files, missing))

    def _weights(self, *, accept: bool) -> Mapping[str, Severity]:
        """The severity of each way in which a claim does not hold, as the build's policy has it."""
        from gitorch.actions.policy import policy_of
        from gitorch.core.claims import weights_of
        from gitorch.core.config import Claims

        try:
            claims = policy_of(self, accept=accept).config.claims
        except GitorchError:  # said by what lands; a look must still be possible
            claims = Claims()
        return weights_of(claims)

    def edited(self) -> tuple[Issue, ...]:
        """An issue where the meta.json of an open code build differs from what the registry says."""
        if self.opened is None or self.folder.kept:
            return ()
        try:
            meta = self.folder.find_meta()
        except GitorchError:
            meta = None
        decided = registry.read_decided(self.place.need_repo(), self.slug)
        if repeats(meta, self.opened, decided):
            return ()
        text = "meta.json: differs from what gitorch recorded when the build was opened, and is ignored"
        write = Hint("write the file anew", f"gitorch sync --project {self.slug}")
        return (Issue("edited-record", text, about="meta.json", hints=(write,)),)

    def require_opened(self) -> tuple[Repository, Opened]:
        """The repository and the identity of an open code build; GitorchError for any other build."""
        if self.opened is None and (kind := self.read_meta().build_type) is not BuildType.CODE:
            text = f"build {self.slug} is of type {kind} and uses no git: there are no snapshots of it"
            raise bad_input("wrong-build-type", text, about=self.slug)
        repo = self.place.need_repo()
        if self.opened is None:
            raise GitorchError(
                "not-guarded",
                f"the guard does not know build {self.slug} as an open one",
                about=self.slug,
                hints=[Hint("see what is wrong, and fix it", "gitorch doctor --fix")],
            )
        return repo, self.opened


def find_build(
    start: Path, project: str | None, *, even_without_records: bool = False, to_look: bool = False
) -> Build:
    """The build that is meant: the option, GITORCH_PROJECT, the bound worktree, or the only (open) one.

    An open build is found from every worktree of its repository. Where records of it are missing, `to_look`
    has them read from the newest snapshot that has them, and with `even_without_records` it is found all the
    same. GitorchError: exit 2 for a name that cannot be one, exit 1 when there is no such build, when records
    are missing, or when more than one could be meant.
    """
    place = find_workplace(start)
    name = os.environ.get("GITORCH_PROJECT") or None if project is None else project
    if name is not None:  # an empty one is a variable that was not set, and means no build
        slug = parse_slug(name)
    else:
        bound = registry.bound_slug(place.repo) if place.repo else None
        slug = bound or _only_open(place, set(registry.open_builds(place.repo)) if place.repo else set())
    return build_of(place, slug, even_without_records=even_without_records, to_look=to_look)


def build_of(
    place: Workplace, slug: Slug, *, even_without_records: bool = False, to_look: bool = False
) -> Build:
    """The build `slug`, as the registry knows it now, or by its folder below this workplace."""
    if place.repo and registry.is_open(place.repo, slug):
        build, there = _open_build(place, place.repo, slug, even_without_records=even_without_records)
        return build if even_without_records else _with_records(build, there, to_look=to_look)
    folder = place.folder(slug)
    if not folder.path.is_dir():
        init = f"gitorch init --project {slug} --plan-file FILE"
        raise GitorchError(
            "unknown-build",
            f"there is no build {slug} below {place.builds_dir}",
            about=slug,
            hints=[Hint("see all builds", "gitorch list"), Hint("open one", init)],
        )
    return Build(place, folder)


def _open_build(
    place: Workplace, repo: Repository, slug: Slug, *, even_without_records: bool
) -> tuple[Build, Path | None]:
    """The build, whatever is left of its folder, and its worktree, None where that does not exist."""
    there = registry.open_builds(repo).get(slug)
    if there and there != place.root:
        place = find_workplace(there)
    try:
        opened = registry.find_opened(repo, slug)
    except GitorchError:
        if not even_without_records:
            raise
        opened = None
    folder = place.folder_at(opened.folder, slug) if opened else place.folder(slug)
    return Build(place, folder, opened), there


def _with_records(build: Build, worktree: Path | None, *, to_look: bool) -> Build:
    """The build, its missing records read from a snapshot `to_look`; GitorchError where they are needed."""
    if worktree is None:
        raise GitorchError(
            "missing-worktree",
            f"the worktree of build {build.slug} does not exist",
            about=build.slug,
            hints=[Hint("see where the worktree was", "gitorch doctor"), hints.abort(build.slug)],
        )
    if build.opened is None or not build.folder.seems_damaged():
        return build
    from gitorch.adapters.kept_records import find_kept  # a build with its records needs it not

    kept: Mapping[str, bytes] = {}
    with contextlib.suppress(GitorchError):  # the base, or what the chain leads to, was pruned
        kept = find_kept(build.place.need_repo(), build.opened, build.folder)
    if not any(name.startswith("workers/") for name in kept):  # what is missing can be rendered
        if build.folder.has_records():
            return build
        kept = {}
    if not kept or not to_look:
        raise missing_records(build, kept)
    return build._replace(folder=build.folder._replace(kept=kept))


def missing_records(build: Build, kept: Mapping[str, bytes]) -> GitorchError:
    """What became of an open build whose records are missing, and the way on; `kept` are in a snapshot."""
    from gitorch.adapters.git import tidying
    from gitorch.adapters.kept_records import find_swept

    repo, slug = build.place.need_repo(), build.slug
    abort = hints.abort(slug, "close the build and keep its branch and every file")
    if file := tidying.find_aside(repo):
        text = f"git has put the uncommitted work of build {slug} aside, in {file}"
        back = Hint("bring the work back", "gitorch doctor --fix")
        return GitorchError("missing-records", text, about=slug, hints=[back])
    if kept:
        issue = build.folder._replace(kept=kept).missing()[0]
        found = [*issue.hints, abort]
        return GitorchError(issue.code, issue.message, about=issue.about, details=issue.details, hints=found)
    text = f"the records of build {slug} are missing, and no snapshot has them"
    swept = find_swept(repo, build.folder)
    return GitorchError(
        "missing-records",
        f"{text}; {swept.name} has" if swept else text,
        about=build.folder.shown,
        hints=[swept.hint, abort] if swept else [abort],
    )


def _only_open(place: Workplace, registered: set[Slug]) -> Slug:
    """The one build that is open; where none is, the only one that there is."""
    try:
        folders = list_builds(place.builds, place.builds_dir)
    except GitorchError:  # a broken configuration keeps nobody from an open build
        if not registered:
            raise
        folders = []
    here = {folder.slug for folder in folders if folder.slug in registered or is_in_progress(place, folder)}
    found = sorted(here | registered)
    if len(found) == 1:
        return found[0]
    if not found and len(folders) == 1:
        return folders[0].slug
    if not found:
        init = Hint("open one", "gitorch init --project SLUG --plan-file FILE")
        raise GitorchError(
            "no-open-build", "no build is open", hints=[init, Hint("see all builds", "gitorch list")]
        )
    raise bad_input(
        "ambiguous-build",
        f"{len(found)} builds are open: {', '.join(found)}",
        hints=[Hint("choose one for this shell", f"export GITORCH_PROJECT={found[0]}")],
    )


def is_in_progress(place: Workplace, folder: BuildFolder) -> bool:
    """Whether a build says of itself that it is in progress; what cannot be read does not."""
    try:
        return Build(place, folder).read_meta().status is BuildStatus.IN_PROGRESS
    except GitorchError:
        return False


def _closed(repo: Repository | None, meta: Meta) -> Meta:
    """What meta.json says, but for the status of a code build that was closed in this repository."""
    if repo is None or meta.build_type is not BuildType.CODE or meta.status is not BuildStatus.IN_PROGRESS:
        return meta
    slug = Slug(meta.slug)
    if registry.find_closed(repo, slug) is None:
        return meta
    landed = registry.read_decided(repo, slug).landed
    return meta.model_copy(update={"status": BuildStatus.COMPLETE if landed else BuildStatus.ABORTED})


def need_open(state: BuildState) -> None:
    """GitorchError when the build is closed: its records are as they landed."""
    if not state.is_open:
        slug, status = state.meta.slug, state.meta.status
        raise GitorchError(
            "closed-build", f"build {slug} is {status}", about=slug, hints=[hints.status(slug)]
        )


def find_worker(state: BuildState, name: str | None) -> WorkerState:
    """The worker with this id or key; without a name, the one that GITORCH_WORKER says.

    GitorchError (exit 2) lists the workers when there is no such one.
    """
    name = name or os.environ.get("GITORCH_WORKER")
    known = ", ".join(f"{w.id} ({w.brief.key})" if w.brief.key else str(w.id) for w in state.workers)
    if not name:
        text = "expected the name of a worker, or GITORCH_WORKER in the environment"
        choose = Hint("choose one for this shell", "export GITORCH_WORKER=WORKER")
        details = [f"the workers are: {known}"]
        raise bad_input("ambiguous-worker", text, details=details, hints=[choose])
    worker = state.find(name)
    if worker is None:
        text = f"build {state.meta.slug} has no worker {named(name)}"
        details = [f"the workers are: {known}"]
        raise bad_input("unknown-worker", text, details=details, hints=[hints.status(state.meta.slug)])
    return worker
