"""Run validators on a candidate, side by side within their needs, and say how each judged it.

Lands nothing, and mends nothing that a validator changed: it shows the change, and the gate fails.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from gitorch.actions.validate import memory
from gitorch.actions.validate.place import Place
from gitorch.adapters import files, process, verdicts
from gitorch.adapters.git.look import cone
from gitorch.adapters.git.repository import Repository
from gitorch.adapters.guard import registry
from gitorch.adapters.supervise import Ended, Job, Printed, Supervisor
from gitorch.adapters.workspace import checked_out
from gitorch.core import validation
from gitorch.core.changes import Change, Verdict
from gitorch.core.config import SET_UP, Config, Validator
from gitorch.core.text import shown_path
from gitorch.core.validation import Progress, Step

Report = Callable[[Progress], None]


def judge(
    repo: Repository,
    candidate: str,
    base: str,
    validators: Sequence[Validator],
    changes: Sequence[Change],
    progress: Report,
    *,
    config: Config | None = None,
    remember: bool = True,
) -> tuple[Verdict, ...]:
    """How each of `validators` judges the tree `candidate` on top of `base`, in their order.

    `changes` is what differs from the base. Each runs in a process group of its own that does not
    outlive its judgement; a process that left the group (setsid) may. A failed set-up of the clean
    workspace stands first, as a verdict of its own. KeyboardInterrupt passes when every group is gone.
    GitorchError when the tree cannot be read or checked out.
    """
    judging = _Judging(repo, candidate, base, changes, progress, config or Config())
    judging.skip_and_recall(validators, remember=remember)
    judging.run([validator for validator in validators if validator.name not in judging.verdicts])
    judging.memorize(validators)
    order = {name: number for number, name in enumerate(validator.name for validator in validators)}
    return tuple(
        sorted(
            (v for v in judging.verdicts.values() if v.name in order or not v.passed),
            key=lambda verdict: order.get(verdict.name, -1),
        )
    )


@dataclass
class _Judging:
    repo: Repository
    tree: str
    base: str
    changes: Sequence[Change]
    progress: Report
    config: Config
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)  # by kind
    keys: dict[str, str] = field(default_factory=dict)
    moved: dict[str, set[str]] = field(default_factory=dict)  # by validator: what changed while it ran

    @property
    def logs(self) -> Path:
        return self.repo.workshop / "logs" / (registry.bound_slug(self.repo) or "unbound")

    def kind(self, validator: Validator) -> str:
        return validator.workspace or self.config.workspace.kind

    def skip_and_recall(self, validators: Sequence[Validator], *, remember: bool) -> None:
        """The verdicts that need no run; sets up `keys` for those that do."""
        for validator in validators:
            if why := validation.skip_reason(validator, self.changes):
                self.settle(validation.skipped(validator, why))
        left = [validator for validator in validators if validator.name not in self.verdicts]
        if any(self.kind(validator) == "in-place" for validator in left):
            self.places["in-place"] = Place.look_at(self.repo, self.base, self.config.snapshots)
        if not remember:
            return
        judged = {validator.name: self._judged(validator) for validator in left}
        self.keys = memory.keys(self.repo, left, self.config.workspace, judged, self.logs)
        for validator in left:
            key = self.keys.get(validator.name)
            seconds = verdicts.recall(self.repo, key) if key else None
            if seconds is not None:
                verdict = validation.judged(validator, why=None, seconds=seconds)
                self.settle(replace(verdict, remembered=True))

    def _judged(self, validator: Validator) -> str:
        """All of what a validator looks at: in place, everything that differs from the base."""
        if self.kind(validator) == "clean":
            return f"clean {self.base} {self.tree}"
        place = self.places["in-place"]
        files = validation.files_left(self.changes) if validator.pre_commit else ()  # these it is given
        return "\0".join(("in-place", self.base, place.first.digest, cone(place.repo), *files))

    def run(self, validators: Sequence[Validator]) -> None:
        with ExitStack() as stack:
            todo = list(validators)
            if any(self.kind(validator) == "clean" for validator in todo):
                checkout = checked_out(self.repo, self.tree, self.base, self.config.workspace.link)
                space = stack.enter_context(checkout)
                self.places["clean"] = Place.look_at(space, self.tree, self.config.snapshots, is_clean=True)
                todo = self._after_set_up(todo)
            supervisor = stack.enter_context(Supervisor())
            self._supervise(supervisor, todo)

    def _after_set_up(self, validators: Sequence[Validator]) -> list[Validator]:
        """The set-up commands in a chain, and what runs in the clean workspace behind them."""
        chain: list[Validator] = []
        for number, command in enumerate(self.config.workspace.setup, 1):
            needs = tuple(validator.name for validator in chain[-1:])
            name = f"{SET_UP} {number}"
            chain.append(Validator(name=name, command=command, workspace="clean", needs=needs))
        last = tuple(validator.name for validator in chain[-1:])
        return chain + [
            v.model_copy(update={"needs": (*v.needs, *last)}) if self.kind(v) == "clean" else v
            for v in validators
        ]

    def _supervise(self, supervisor: Supervisor, todo: list[Validator]) -> None:
        names = validation.log_names(todo)
        logs = {name: self.logs / file for name, file in names.items()}
        running: dict[str, Validator] = {}
        while todo or running:
            while ready := self._ready(todo, running):
                todo.remove(ready)
                if why := self._held_up(ready):
                    self.settle(validation.judged(ready, why=why))
                    continue
                running[ready.name] = ready
                supervisor.start(self._job(ready, logs[ready.name]))
                self.progress(Progress(ready.name, Step.STARTED))
            assert running or not todo  # noqa: S101 (Config refuses needs that nothing can meet)
            for event in supervisor.wait():
                if isinstance(event, Printed):
                    self.progress(Progress(event.name, Step.PRINTED, validation.tail_text(event.line)))
                else:
                    validator = running.pop(event.name)
                    self._look(validator, list(running.values()))
                    self.settle(self._verdict(validator, event, logs[event.name]))

    def settle(self, verdict: Verdict) -> None:
        self.verdicts[verdict.name] = verdict
        self.progress(Progress(verdict.name, Step.FINISHED, verdict=verdict))

    def _ready(self, todo: Sequence[Validator], running: Mapping[str, Validator]) -> Validator | None:
        """The next one to start: all that it needs is settled. Per processor one runs, at least two."""
        if len(running) >= max(2, os.cpu_count() or 1):
            return None
        waiting = {validator.name for validator in todo} | set(running)
        return next((v for v in todo if not waiting.intersection(v.needs)), None)

    def _held_up(self, validator: Validator) -> str | None:
        for need in validator.needs:
            if need in self.verdicts and not validation.lets_pass(self.verdicts[need]):
                return f"was not run: it needs {need!r}, which failed"
        root = self.places[self.kind(validator)].repo.root
        if not files.is_below(root / (validator.cwd or ""), root):
            return f"was not run: its cwd {validator.cwd} leads out of the repository"
        return validation.unspeakable(validator, self.changes)

    def _job(self, validator: Validator, log: Path) -> Job:
        root = self.places[self.kind(validator)].repo.root
        cwd = root / (validator.cwd or "")
        # The ceiling: no git that runs in a workspace finds another repository above it.
        ceiling = {"GIT_CEILING_DIRECTORIES": str(root.parent)} if self.kind(validator) == "clean" else {}
        env = process.clean_environment({"PWD": str(cwd), **ceiling, **validator.env})
        env.pop("GITORCH_WORKER", None)  # a validator is the person's: it may commit in scratch repositories
        argv = validation.argv(validator, validation.files_left(self.changes))
        return Job(validator.name, argv, cwd, env, validator.timeout, log)

    def _look(self, ended: Validator, running: Sequence[Validator]) -> None:
        """Note what changed, for the one that ended and for all that ran beside it.

        These may have read what was in a file before it was put back.
        """
        kind = self.kind(ended)
        moved, rewritten = self.places[kind].moved()
        self.moved.setdefault(ended.name, set()).update(moved)
        for validator in running:
            if self.kind(validator) == kind:
                self.moved.setdefault(validator.name, set()).update(moved, rewritten)

    def _verdict(self, validator: Validator, ended: Ended, log: Path) -> Verdict:
        limit = validator.timeout if ended.timed_out else None
        why = validation.reason(ended.status, ended.problem, limit)
        tail = validation.tail_text(ended.tail)
        kept = str(log) if log.exists() and not self.repo.scratch else None
        moved = sorted(self.moved.get(validator.name, ()))
        if not moved:
            return validation.judged(validator, why=why, seconds=ended.seconds, tail=tail, log=kept)
        place = self.places[self.kind(validator)]
        patch = place.diff(self.tree, moved)
        shown = ", ".join(shown_path(path) for path in moved[:10]) + (", …" if moved[10:] else "")
        why = f"{why}; files" if why else "files"
        why += f" changed while it ran: {shown}"
        text = "\n".join(part for part in (tail, patch) if part)
        verdict = validation.judged(validator, why=why, seconds=ended.seconds, tail=text, log=kept)
        return replace(verdict, allowed_to_fail=False)  # what it judged is not what would land

    def memorize(self, validators: Sequence[Validator]) -> None:
        """Keep what was green on a tree that stood still."""
        for validator in validators:
            verdict, key = self.verdicts[validator.name], self.keys.get(validator.name)
            if key and verdict.passed and not verdict.remembered:
                place = self.places[self.kind(validator)]
                if place.first.digest == place.last.digest and not place.is_broken:
                    verdicts.keep(self.repo, key, verdict.seconds)
