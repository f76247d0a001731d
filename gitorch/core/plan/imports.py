"""Plans of other tools → the values of a plan document: task-master's `tasks.json`, beads' `issues.jsonl`.

Formats: eyaltoledano/claude-task-master (.taskmaster/tasks/tasks.json), steveyegge/beads
(.beads/issues.jsonl).
docs/plans.md says what is taken over.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gitorch.core.plan.speckit import left_out
from gitorch.core.source import Place, Problem, Remark, Source, Values, broken
from gitorch.core.text import named

_DONE = ("done", "completed", "cancelled", "closed", "tombstone")
_BLOCKING = ("blocks", "conditional-blocks", "waits-for")
_PARENT = ("parent-child",)


def read_taskmaster(source: Source) -> Source:
    """A tasks.json as a plan; any other JSON as it is."""
    tags = _tags(source.value)
    if tags is None:
        return source
    tag = "master" if "master" in tags else next(iter(tags))
    others = ", ".join(named(name) for name in tags if name != tag)
    if others and tag != "master":
        return broken(f"has {len(tags)} lists of tasks and none of them is master: {named(tag)}, {others}")
    place, holder = tags[tag]
    said = holder.get("meta") or holder.get("metadata") or {}
    value: Values = {
        "name": _text(said.get("projectName")) or ("" if tag == "master" else tag),
        "workers": [],
    }
    value["description"] = _text(said.get("description"))
    lines: dict[Place, int] = {}
    problems, done = list(source.problems), []
    tasks = [task for task in holder["tasks"] if isinstance(task, dict)]
    for position, task in enumerate(holder["tasks"]):
        if not isinstance(task, dict):
            problems.append(source.problem((*place, "tasks", position), "must be a mapping"))
    finished = {str(task.get("id")) for task in tasks if task.get("status") in _DONE}
    for position, task in enumerate(holder["tasks"]):
        if not isinstance(task, dict):
            continue
        if str(task.get("id")) in finished:
            done.append(str(task.get("id")))
            continue
        lines["workers", len(value["workers"])] = source.line((*place, "tasks", position))
        value["workers"].append(_task(task, finished))
    skipped = f"only the list {named(tag)} was read, and these were left out: {others}"
    remarks = [Remark("left-out", Problem(1, skipped))] if others else []
    return _imported(value, lines, problems, done, remarks)


def _tags(value: object) -> dict[str, tuple[Place, Mapping[str, Any]]] | None:
    """Each list of tasks by its tag: the file's own, or one below each key."""
    if not isinstance(value, dict) or "workers" in value:
        return None
    if isinstance(value.get("tasks"), list):
        return {"master": ((), value)}
    below: dict[str, tuple[Place, Mapping[str, Any]]] = {
        key: ((key,), part)
        for key, part in value.items()
        if isinstance(part, dict) and isinstance(part.get("tasks"), list)
    }
    return below if below and len(below) == len(value) else None


def _task(task: Mapping[str, Any], finished: set[str]) -> Values:
    subtasks = [part for part in task.get("subtasks") or () if isinstance(part, dict)]
    needs = [str(need) for need in task.get("dependencies") or ()]
    details = _text(task.get("details"))
    return {
        "id": str(task.get("id")),
        "title": _line(task.get("title")),
        "description": _text(task.get("description")),
        "context": f"**Details:**\n\n{details}" if details else "",
        # a dependency on a subtask, `3.2`, is one on its task
        "dependencies": list(dict.fromkeys(n for n in map(_whole, needs) if n not in finished)),
        "requirements": [_subtask(part) for part in subtasks],
        "success_criteria": [text] if (text := _text(task.get("testStrategy"))) else [],
    }


def _whole(need: str) -> str:
    return need.partition(".")[0]


def _subtask(part: Mapping[str, Any]) -> str:
    said = [_text(part.get(key)) for key in ("title", "description", "details", "acceptanceCriteria")]
    done = "done already: " if part.get("status") in _DONE else ""
    return done + " — ".join(filter(None, said))


def read_beads(text: str) -> Source:
    """An issues.jsonl: one issue a line."""
    issues: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            issue = json.loads(line)
        except (ValueError, RecursionError) as error:
            return broken(f"is not JSON: {getattr(error, 'msg', 'it is nested too deeply')}", number)
        if not isinstance(issue, dict) or "id" not in issue:
            return broken("is not an issue with an id", number)
        issues.append((number, issue))
    return _Beads(issues).read()


class _Beads:
    """The issues of one file; an epic is no worker, but what its issues have in common."""

    def __init__(self, issues: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
        self.issues = issues
        self.by_id = {str(issue["id"]): issue for _, issue in issues}
        self.finished = {str(issue["id"]) for _, issue in issues if issue.get("status") in _DONE}
        self.children: dict[str, list[str]] = {}
        for _, issue in issues:
            for parent in _links(issue, _PARENT):
                self.children.setdefault(parent, []).append(str(issue["id"]))

    def read(self) -> Source:
        value: Values = {"workers": []}
        lines: dict[Place, int] = {}
        problems: list[Problem] = []
        done: list[str] = []
        for number, issue in self.issues:
            name = str(issue["id"])
            if name in self.finished:
                done += [] if _is_epic(issue) else [name]
            elif not _is_epic(issue):
                lines["workers", len(value["workers"])] = number
                value["workers"].append(self._worker(name, issue))
            elif not self._work(name):
                problems.append(Problem(number, f"the epic {named(name)} has no open issue below it"))
        return _imported(value, lines, problems, done)

    def _worker(self, name: str, issue: Mapping[str, Any]) -> Values:
        above = self._above(name)
        needs: dict[str, None] = {}
        for holder in (issue, *(self.by_id[epic] for epic in above)):  # what keeps an epic keeps its issues
            for need in _links(holder, _BLOCKING):
                needs |= dict.fromkeys(self._work(need))
        inside = [self.by_id[epic] for epic in above]
        itself = name in _links(issue, _BLOCKING)  # any other way to itself is by its own epic
        return _issue(issue, [need for need in needs if need != name or itself], inside)

    def _above(self, name: str) -> list[str]:
        """The epics around an issue, from the inside out."""
        found: dict[str, None] = {}
        left = [name]
        while left:
            for parent in _links(self.by_id[left.pop()], _PARENT):
                if parent in self.by_id and _is_epic(self.by_id[parent]) and parent not in found:
                    found[parent] = None
                    left.append(parent)
        return list(found)

    def _work(self, name: str) -> list[str]:
        """The workers for which an id stands: itself, or an epic's; none where it is done."""
        found: dict[str, None] = {}
        left, seen = [name], {name}
        while left:
            one = left.pop()
            if one in self.finished:
                continue
            if one not in self.by_id or not _is_epic(self.by_id[one]):
                found[one] = None
                continue
            new = [child for child in self.children.get(one, ()) if child not in seen]
            seen.update(new)
            left += new
        return list(found)


def _is_epic(issue: Mapping[str, Any]) -> bool:
    return issue.get("issue_type") == "epic"


def _links(issue: Mapping[str, Any], kinds: tuple[str, ...]) -> list[str]:
    links = [link for link in issue.get("dependencies") or () if isinstance(link, dict)]
    return [str(link.get("depends_on_id")) for link in links if link.get("type") in kinds]


def _issue(issue: Mapping[str, Any], needs: list[str], epics: list[Mapping[str, Any]]) -> Values:
    parts = [
        f"Part of {epic['id']}: {_line(epic.get('title'))}\n\n{_text(epic.get('description'))}"
        for epic in epics
    ]
    further = ((key, _text(issue.get(key))) for key in ("design", "notes"))
    parts += [f"**{key.capitalize()}:**\n\n{text}" for key, text in further if text]
    minutes = issue.get("estimated_minutes")
    return {
        "id": str(issue["id"]),
        "title": _line(issue.get("title")),
        "description": _text(issue.get("description")),
        "context": "\n\n".join(part.strip() for part in parts),
        "dependencies": needs,
        "success_criteria": [text] if (text := _text(issue.get("acceptance_criteria"))) else [],
        "estimated_hours": minutes / 60 if isinstance(minutes, int) else None,
    }


def _imported(
    value: Values,
    lines: dict[Place, int],
    problems: list[Problem],
    done: list[str],
    remarks: Sequence[Remark] = (),
) -> Source:
    if done and not value["workers"]:
        return Source(None, {}, (*problems, Problem(1, f"all {len(done)} tasks are done already")))
    return Source(value, lines, tuple(problems), (*remarks, *([left_out(done, 1)] if done else [])))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _line(value: object) -> str:
    line = " ".join(_text(value).split())
    return line if len(line) <= 200 else line[:199].rstrip() + "…"
