"""How an open code build stands in git: its branch against the base, its worktree, its guard. Only looks."""

from gitorch.actions.workplace import Build
from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry, seal
from gitorch.adapters.guard.probe import probe
from gitorch.core.meta import BuildType
from gitorch.core.names import branch_name, branch_ref, landed_ref
from gitorch.core.needs import Standing
from gitorch.core.state import BuildState


def standing(build: Build, state: BuildState, *, ask_guard: bool = True) -> Standing | None:
    """The branch and the bound worktree of `build`; None for a closed build and one that uses no git.

    Without `ask_guard` nothing is said of where the guard is missing: the caller has asked.
    """
    repo, base = build.place.repo, state.meta.base
    if repo is None or base is None or not state.is_open or state.meta.build_type is not BuildType.CODE:
        return None
    ref = branch_ref(build.slug)
    tip, link, is_here = refs.read_branch(repo, ref)
    rogue = _rogue(repo, tip, base) if tip and tip != base else []
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
        rogue=tuple(rogue),
        worktree=str(bound) if bound else None,
        head=head.removeprefix("refs/heads/") if head else None,
        taken_back=bool(tip) and tip != base and tip == refs.resolve(repo, landed_ref(build.slug)),
        unsealed=seal.is_lost(repo, build.slug) and not registry.has_permit(repo),  # off while it moves
        unguarded=tuple(probe(repo).problems) if ask_guard else (),
    )


def _rogue(repo: Repository, tip: str, base: str) -> list[str]:
    from gitorch.adapters.git.objects import commits_not_in  # a build that stands as it should needs it not

    return [f"{oid[:12]} {subject}" for oid, subject in commits_not_in(repo, tip, [base])]


def _in_the_way(repo: Repository, ref: str) -> str | None:
    found = refs.in_the_way(repo, ref)
    return found.removeprefix("refs/heads/") if found else None
