"""`gitorch validate`: the validators by themselves, at any time, on the work as it stands.

Writes no tracked file and moves no ref.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gitorch.actions.policy import Policy, policy_at
from gitorch.actions.validate.judging import Report, judge
from gitorch.actions.workplace import find_build, find_workplace
from gitorch.adapters.git import candidate, refs, scan
from gitorch.adapters.git.borrowed import looking
from gitorch.adapters.guard import registry
from gitorch.core import validation
from gitorch.core.changes import Verdict
from gitorch.core.config import SCHEMA, Validator
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.hints import FIRST_COMMIT
from gitorch.core.text import named


@dataclass(frozen=True)
class Validated:
    """What the validators said. `slug` is None where no build is open, `tree` is what they judged.

    `apart` are repositories inside of this one that hold what the tree does not.
    """

    slug: str | None
    base: str
    tree: str
    policy: Policy
    verdicts: tuple[Verdict, ...]
    apart: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not validation.failed(self.verdicts)


def validate(
    start: Path,
    project: str | None,
    names: Sequence[str] = (),
    *,
    accept_config: bool = False,
    remember: bool = True,
    progress: Report,
) -> Validated:
    """Judge the work as it stands by all validators, or by those of `names` and what they need.

    In a build the policy at its base holds; without one, the file as it stands, and HEAD is the base.
    """
    repo = find_workplace(start).need_repo()
    slug, base = None, refs.resolve(repo, "HEAD")
    if project or os.environ.get("GITORCH_PROJECT") or registry.open_builds(repo):
        build = find_build(start, project)
        repo, slug = build.place.need_repo(), build.slug
        base = build.opened.base if build.opened else base
    if base is None:
        raise GitorchError("empty-repository", "the repository has no commit yet", hints=[FIRST_COMMIT])
    policy = policy_at(repo, base, accept=accept_config or slug is None)
    validators = _chosen(policy.config.validators, names)
    with looking(repo) as repo:
        changes = scan.changes(repo, base)
        made = candidate.build(repo, base, [change.path for change in changes], {})
        verdicts = judge(
            repo,
            made.tree,
            base,
            validators,
            [change for change in changes if change.path.rstrip("/") not in made.nested],
            progress,
            config=policy.config,
            remember=remember,
        )
    return Validated(slug, base, made.tree, policy, verdicts, made.apart)


def _chosen(validators: Sequence[Validator], names: Sequence[str]) -> tuple[Validator, ...]:
    known = {validator.name: validator for validator in validators}
    wanted: set[str] = set()
    left = list(names or known)
    while left:
        name = left.pop()
        if name not in known:
            text = f"there is no validator {named(name)} in .gitorch.yaml"
            details = [f"the validators are: {', '.join(known) or 'none'}"]
            raise bad_input("unknown-validator", text, details=details, hints=[SCHEMA])
        if name not in wanted:
            wanted.add(name)
            left.extend(known[name].needs)
    return tuple(validator for validator in validators if validator.name in wanted)
