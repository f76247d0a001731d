"""Run the configured validators and say how each judged the work. Moves no ref, writes no tracked file."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitorch.actions.policy import Policy, policy_at
from gitorch.actions.workplace import find_build, find_workplace
from gitorch.adapters import process
from gitorch.adapters.git import refs
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.adapters.supervise import Ended, Job, Printed, Supervisor
from gitorch.core import validation
from gitorch.core.changes import Change, Verdict
from gitorch.core.config import Validator
from gitorch.core.errors import GitorchError, bad_input
from gitorch.core.text import one_line
from gitorch.core.validation import Progress, Step

Report = Callable[[Progress], None]


@dataclass(frozen=True)
class Validated:
    """What the validators said of the work as it stands. `slug` is None where no build is open."""

    slug: str | None
    base: str
    policy: Policy
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        return not validation.failed(self.verdicts)


def validate(
    start: Path,
    project: str | None,
    names: Sequence[str] = (),
    *,
    accept_config: bool = False,
    progress: Report,
) -> Validated:
    """Run the validators (all, or those of `names`) on the work as it stands, in a build or without one.

    In a build the policy at its base holds; without one, the file as it stands.
    """
    repo = find_workplace(start).need_repo()
    slug, base = None, refs.resolve(repo, "HEAD")
    if project or os.environ.get("GITORCH_PROJECT") or registry.open_builds(repo):
        build = find_build(start, project)
        repo, slug = build.place.need_repo(), build.slug
        base = build.folder.read_meta().base or base
    if base is None:
        raise GitorchError("this repository has no commit yet", hints=["git commit --allow-empty -m start"])
    policy = policy_at(repo, base, accept=accept_config or slug is None)
    validators = _chosen(policy.config.validators, names)
    verdicts = judge(repo, base, base, validators, (), progress)
    return Validated(slug, base, policy, verdicts)


def _chosen(validators: Sequence[Validator], names: Sequence[str]) -> tuple[Validator, ...]:
    known = [validator.name for validator in validators]
    for name in names:
        if name not in known:
            raise bad_input(
                f"there is no validator {one_line(name, 60)!r}",
                details=[f"the validators are: {', '.join(known) or '(none)'}"],
            )
    return tuple(v for v in validators if not names or v.name in names)


def judge(
    repo: Repository,
    candidate: str,
    base: str,
    validators: Sequence[Validator],
    changes: Sequence[Change],
    progress: Report,
) -> tuple[Verdict, ...]:
    """How each of `validators` judges the tree `candidate`, in their order; run side by side.

    They run at the root of the working tree, each in a process group of its own that does not
    outlive its judgement. KeyboardInterrupt passes when all of them are gone.
    """
    del candidate, base, changes
    folder = repo.private / "logs" / (registry.bound_slug(repo) or "unbound")
    logs = {name: folder / file for name, file in validation.log_names(validators).items()}
    waiting = list(validators)
    by_name = {validator.name: validator for validator in validators}
    verdicts: dict[str, Verdict] = {}
    running = 0
    with Supervisor() as supervisor:
        while waiting or supervisor:
            while waiting and running < (os.cpu_count() or 1):
                validator = waiting.pop(0)
                supervisor.start(_job(repo, validator, logs[validator.name]))
                progress(Progress(validator.name, Step.STARTED))
                running += 1
            for event in supervisor.wait():
                if isinstance(event, Printed):
                    progress(Progress(event.name, Step.PRINTED, validation.tail_text(event.line)))
                    continue
                running -= 1
                verdict = _verdict(by_name[event.name], event, logs[event.name])
                verdicts[event.name] = verdict
                progress(Progress(event.name, Step.FINISHED, verdict=verdict))
    return tuple(verdicts[validator.name] for validator in validators)


def _job(repo: Repository, validator: Validator, log: Path) -> Job:
    env = process.clean_environment()
    env.pop("GITORCH_WORKER", None)  # a validator is the person's, and may commit in repositories of its own
    argv = validation.argv(validator)
    return Job(validator.name, argv, repo.root, env, validator.timeout, log)


def _verdict(validator: Validator, ended: Ended, log: Path) -> Verdict:
    limit = validator.timeout if ended.timed_out else None
    reason = validation.reason(ended.status, ended.problem, limit)
    return Verdict(
        name=validator.name,
        command=validation.shown_command(validator),
        passed=reason is None,
        seconds=ended.seconds,
        reason=reason,
        output_tail="" if reason is None else validation.tail_text(ended.tail),
        log=str(log) if log.exists() else None,
    )
