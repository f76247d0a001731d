"""Opens a build: checks the plan and the place, renders the folder, opens the branch.

Touches nothing before every check has passed, and no tracked file at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gitorch.actions.changing import changing_repository
from gitorch.actions.init import refusals
from gitorch.actions.init.reading import PlanSource, checked
from gitorch.actions.keeping import kept_until
from gitorch.actions.surroundings import missing_validators
from gitorch.actions.sync import Synced, sync, sync_locked
from gitorch.actions.workplace import Build, Workplace, build_of, find_workplace
from gitorch.adapters.git import refs
from gitorch.adapters.git.keeping import ref_of_earlier
from gitorch.adapters.guard import instant, registry
from gitorch.core.build_files import RawFile, parse_files
from gitorch.core.errors import GitorchError
from gitorch.core.issue import Hint, Issue
from gitorch.core.meta import BuildType, Meta, dump_meta
from gitorch.core.names import CommitId, RefName, Slug, branch_name, branch_ref
from gitorch.core.opened import Decided, Opened, as_meta
from gitorch.core.plan import Plan
from gitorch.core.render import records
from gitorch.core.render.brief import brief_name, render_brief
from gitorch.core.render.plan_md import render_plan_md
from gitorch.core.state import derive
from gitorch.transitions.open import Open, keep_content, put_folder
from gitorch.transitions.run import run


@dataclass(frozen=True)
class Begun:
    """A build that is open now; `branch` is None where git has no part in it."""

    build: Build
    plan: Plan
    branch: str | None
    base: str | None
    synced: Synced
    warnings: tuple[Issue, ...] = ()
    """Validators that a code build could have and has not; no snapshot before git overwrites files."""


def init(
    start: Path,
    project: str,
    source: PlanSource,
    *,
    build_type: BuildType | None,
    now: datetime,
    sealed: bool = False,
) -> Begun:
    """Open the build `project` by the plan, in the workplace around `start`; with `sealed`, lock its branch.

    GitorchError: exit 2 lists every problem of the slug and the plan; exit 1 says what stands in the
    way and which command helps. Nothing is changed then.
    """
    slug, plan = checked(project, source)
    kind = build_type or plan.build_type
    place = find_workplace(start)
    refusals.existing(place, slug)
    if sealed:
        refusals.unsealable(place, kind)
    if kind is not BuildType.CODE:
        meta = Meta(build_type=kind, slug=slug, opened_at=now, plan=plan.head)
        if place.repo and (commit := refs.resolve(place.repo, "HEAD")):
            registry.record_judge(place.repo, slug, CommitId(commit))
        put_folder(place.folder(slug).path, _files(plan, meta, source, place))
        return _opened(place, slug, plan, None, sync)
    repo = place.need_repo()
    with changing_repository(repo):  # from the first look on: of two at once, one waits and is refused
        refusals.unguarded(repo)
        plan_file = refusals.untracked_plan(repo, source.path)
        base = refusals.base_of(place, repo, slug, plan_file)
        refusals.existing(place, slug)
        head = refs.head_ref(repo)
        opened = Opened(
            slug=slug,
            folder=place.folder(slug).shown,
            base=base,
            opened_from=RefName(head) if head else None,
            opened_at=now,
            plan=plan.head,
            plan_file=plan_file,
        )
        keep_content(repo, _files(plan, as_meta(opened, Decided()), source, place))
        opening = Open(
            slug=slug,
            folder=opened.folder,
            ref=branch_ref(slug),
            old=refs.zero(base),
            new=base,
            opened=opened,
            sealed=sealed,
            earlier=ref_of_earlier(slug, kept_until(repo, slug)),
        )
        run(repo, opening)
        # With the lock still held: nobody closes the build before its records are staged.
        return _opened(place, slug, plan, base, sync_locked)


def _files(plan: Plan, meta: Meta, source: PlanSource, place: Workplace) -> dict[str, bytes]:
    """Every file of the folder by its name in it; the rendered ones as the first sync would have them."""
    briefs = {
        brief_name(worker): render_brief(plan, worker, meta.slug, place.builds_dir).encode()
        for worker in plan.workers
    }
    as_written = source.is_markdown and not source.layer
    raw = [RawFile(name, data) for name, data in briefs.items()]
    state = derive(meta, parse_files(meta.slug, raw, []))
    return {
        "PLAN.md": source.data if as_written else render_plan_md(plan, meta.slug).encode(),
        **{name: text.encode() for name, text in records(state, None).items()},
        "meta.json": dump_meta(state.meta_now()).encode(),
        **{f"workers/{name}": data for name, data in briefs.items()},
    }


def _opened(
    place: Workplace, slug: Slug, plan: Plan, base: str | None, first_sync: Callable[[Build], Synced]
) -> Begun:
    """The first sync stages what was written; a held index.lock leaves that to the next one."""
    build = build_of(place, slug)
    try:
        synced = first_sync(build)
    except GitorchError as error:
        error.add_hints(Hint("stage the records of the open build", f"gitorch sync --project {slug}"))
        raise
    if base is None:
        return Begun(build, plan, None, None, synced)
    repo = place.need_repo()
    own = instant.find_own(repo)
    unwatched = instant.off(repo.root, own) if own else None
    told = (missing_validators(place, place.config, slug), unwatched)
    return Begun(build, plan, branch_name(slug), base, synced, tuple(issue for issue in told if issue))
