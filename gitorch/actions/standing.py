"""How an open code build stands in git: its branch against the base, its worktree, its guard. Only looks."""

from collections.abc import Mapping, Sequence

from gitorch.actions.workplace import Build
from gitorch.adapters.git import refs
from gitorch.adapters.git.chain_end import chain_ref, was_moved
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry, seal
from gitorch.adapters.guard.probe import probe
from gitorch.core.meta import BuildType
from gitorch.core.names import branch_name, branch_ref, landed_ref
from gitorch.core.needs import Elsewhere, Standing
from gitorch.core.state import BuildState


def standing(build: Build, state: BuildState, *, ask_guard: bool = True) -> Standing | None:
    """The branch and the bound worktree of `build`; None for a closed build and one that uses no git.

    Without `ask_guard` nothing is said of where the guard is missing: the caller has asked.
    """
    repo, base = build.place.repo, state.meta.base
    if repo is None or base is None or not state.is_open or state.meta.build_type is not BuildType.CODE:
        return None
    ref = branch_ref(build.slug)
    tip, link, is_here, tracked = refs.read_branch(repo, ref)
    rogue = _commits(repo, tip, [base]) if tip and tip != base else ()
    bound = registry.open_builds(repo).get(build.slug)
    there = repo if bound == repo.root else Repository.discover(bound) if bound else None
    if there and registry.bound_slug(there) != build.slug:  # half of what the guard goes by is lost
        bound = there = None
    head = ref if there is repo and is_here else refs.head_ref(there) if there else None
    return Standing(
        link=link,
        in_the_way=None if tip else _in_the_way(repo, ref),
        branch=branch_name(build.slug),
        base=base,
        tip=tip,
        rogue=rogue,
        worktree=str(bound) if bound else None,
        head=head.removeprefix("refs/heads/") if head else None,
        taken_back=bool(tip) and tip != base and tip == refs.resolve(repo, landed_ref(build.slug)),
        unsealed=seal.is_lost(repo, build.slug) and not registry.has_permit(repo),  # off while it moves
        lost_chain=chain_ref(build.slug) if was_moved(repo, build.slug) else None,
        unguarded=tuple(probe(repo).problems) if ask_guard else (),
        elsewhere=_elsewhere(repo, tracked, (base, tip)),
    )


def elsewhere(build: Build, state: BuildState) -> tuple[Elsewhere, ...]:
    """The same of the remotes alone, for a closed build."""
    repo, meta = build.place.repo, state.meta
    if repo is None or meta.base is None or state.is_open or meta.build_type is not BuildType.CODE:
        return ()
    branch = refs.read_branch(repo, branch_ref(build.slug))
    landed = registry.read_decided(repo, build.slug).landed
    return _elsewhere(repo, branch.tracked, (meta.base, branch.tip, landed))


def _elsewhere(
    repo: Repository, tracked: Mapping[str, str], known: Sequence[str | None]
) -> tuple[Elsewhere, ...]:
    """The remote-tracking refs of the build branch that have commits that are not ours."""
    ours = [oid for oid in known if oid]
    found = ((name, _commits(repo, tip, ours)) for name, tip in tracked.items() if tip not in ours)
    return tuple(Elsewhere(name.removeprefix("refs/remotes/"), commits) for name, commits in found if commits)


def _commits(repo: Repository, tip: str, known: Sequence[str]) -> tuple[str, ...]:
    from gitorch.adapters.git.objects import commits_not_in  # a build that stands as it should needs it not

    return tuple(f"{oid[:12]} {subject}" for oid, subject in commits_not_in(repo, tip, known))


def _in_the_way(repo: Repository, ref: str) -> str | None:
    found = refs.in_the_way(repo, ref)
    return found.removeprefix("refs/heads/") if found else None
