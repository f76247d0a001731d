"""The waves that a plan's dependencies give, where its own ids say others: `init --layer`.

An id that says another wave is replaced, and so is every mention of it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from gitorch.core.plan.check import in_order, numbers_of, tasks_of, waves_of
from gitorch.core.plan.document import PlanDocument
from gitorch.core.source import Problem, Source

_ID = re.compile(r"(?<![\w.])W[1-9][0-9]{0,3}\.[1-9][0-9]{0,4}(?![\w]|\.\d)")


def layered(document: PlanDocument, source: Source, headings: Mapping[int, int]) -> PlanDocument:
    """The plan with ids of the computed waves; unchanged where there are none, so that `check` says why."""
    problems: list[Problem] = []
    tasks = [replace(task, wave=None) for task in tasks_of(document, source, {}, problems)]
    order = in_order(tasks)
    if problems or len(order) < len(tasks):
        return document
    waves = waves_of(order)
    kept = [
        task if task.pinned and task.pinned.wave == waves[task.index] else replace(task, pinned=None)
        for task in tasks
    ]
    new = {
        task.document.id: str(number)
        for task, number in zip(tasks, numbers_of(kept, waves), strict=True)
        if task.pinned
    }
    before = {task.index: task.pinned.wave if task.pinned else headings.get(task.index) for task in tasks}
    moved = {waves[index] for index, wave in before.items() if wave != waves[index]}
    names = {wave: name for wave, name in document.wave_names.items() if wave not in moved}
    values = document.model_dump(exclude_unset=True)
    values["workers"] = [_renamed(worker.model_dump(exclude_unset=True), new) for worker in document.workers]
    for key in ("description", "objective", "key_decisions", "sections"):
        if key in values:
            values[key] = _replaced(values[key], new)
    return PlanDocument.model_validate({**values, "wave_names": names})


def _renamed(values: dict[str, object], new: Mapping[str, str]) -> dict[str, object]:
    return {key: value if key == "key" else _replaced(value, new) for key, value in values.items()}


def _replaced(value: object, new: Mapping[str, str]) -> object:
    """Every id in a text, or in the texts of a list or a mapping."""
    if isinstance(value, str):
        return _ID.sub(lambda match: new.get(match[0], match[0]), value)
    if isinstance(value, (tuple, list)):
        return tuple(_replaced(part, new) for part in value)
    if isinstance(value, dict):
        return {key: _replaced(part, new) for key, part in value.items()}
    return value
