"""A worker's brief in the spec's template (§4): complete in itself, for a worker that sees nothing else.

Written once; afterwards the file is the person's. What comes out here `gitorch.core.brief` reads back.
"""

import json
import re
from collections.abc import Iterable, Sequence

from gitorch.core.completion import form
from gitorch.core.meta import PlanHead
from gitorch.core.names import file_name_part, thread_title
from gitorch.core.plan.model import Plan, Worker
from gitorch.core.text import clean, one_line

_NOT_YAML = re.compile("[^\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def brief_name(worker: Worker) -> str:
    """The file's name in `workers/`: `W1.1-database-schema.md`."""
    return f"{worker.id}-{file_name_part(worker.title)}.md"


def render_brief(plan: Plan, worker: Worker, slug: str, builds_dir: str) -> str:
    """The whole file. `builds_dir` is relative to the root, as the worker is to write its report."""
    mission, _, further = (worker.description or worker.title).partition("\n\n")
    mission = " ".join(mission.split())
    completion = f"{builds_dir}/{slug}/completions/{worker.id}.json"
    return "\n".join(
        [
            *_front_matter(worker, slug),
            f"{heading(worker.title)}\n",
            f"**Your Mission:** {mission}\n",
            f"**Output:** {_output(worker.outputs)}\n",
            "---\n",
            "## Context\n",
            *(f"{paragraph}\n" for paragraph in (further, worker.context) if paragraph),
            _place_in_build(plan, worker, slug),
            *_decisions_and_files(plan),
            *render_sections(plan.head),
            "## Requirements\n",
            _points(_requirements(worker)),
            "## Success Criteria\n",
            _points(f"[ ] {text}" for text in worker.success_criteria or _criteria(worker, mission)),
            "---\n",
            "## Report Back\n",
            "When closing this worker, include:",
            _points(worker.report_back or _REPORT_BACK),
            f"**DO NOT COMMIT.** Write completion to `{completion}`\n",
            "in this form (`status` is `complete`, `blocked` or `failed`; paths start at the root):\n",
            f"```json\n{_example(worker)}\n```\n",
        ]
    )


_MISSION_ALONE = "Do what the mission says, and nothing beyond it."
_SAFETY = (
    "Others write here at the same time: touch no file of theirs; restore, stash and discard nothing.",
    "No git command is needed: leave refused commands alone; your files are safe as they are.",
)
"""The rules of every brief, whatever the plan requires."""
_REPORT_BACK = (
    "What was done, and how you checked it",
    "What decisions were made",
    "Any concerns or follow-up items",
)


def _requirements(worker: Worker) -> Iterable[str]:
    own = worker.requirements or (_MISSION_ALONE,)
    return (*own, *(rule for rule in _SAFETY if rule not in own))


def _front_matter(worker: Worker, slug: str) -> list[str]:
    title = quoted(thread_title(slug, str(worker.id), worker.title))
    lines = [
        "---",
        f"worker_id: {worker.id}",
        f"title: {title}",
        f"build_slug: {slug if slug[0].isalpha() and '-' in slug else quoted(slug)}",
        f"wave: {worker.id.wave}",
        f"depends_on: [{', '.join(map(str, worker.depends_on))}]",
        f"thread_title: {title}",
    ]
    if worker.key is not None:
        lines.append(f"key: {quoted(worker.key)}")
    if worker.component is not None:
        lines.append(f"component: {quoted(worker.component)}")
    if worker.estimated_hours is not None:
        lines.append(f"estimated_hours: {worker.estimated_hours:.15g}")
    if worker.follow_up is not None:
        lines.append(f"follow_up: {quoted(worker.follow_up)}")
    return [*lines, "---\n"]


def quoted(text: str) -> str:
    """`text` as a double-quoted YAML scalar: JSON's, with what YAML does not allow escaped as well."""
    return _NOT_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def _output(outputs: Sequence[str]) -> str:
    if not outputs:
        return "what the mission needs; list every file that you create, change or delete in your report"
    return ", ".join(f"`{path}`" if "`" not in path else path for path in outputs)


def _points(texts: Iterable[str]) -> str:
    return "".join(f"- {text}\n" for text in texts)


def _place_in_build(plan: Plan, worker: Worker, slug: str) -> str:
    """Why the task exists and how it fits into the build."""
    name = plan.head.name or slug
    text = f"This task is one of {len(plan.workers)} of the build `{slug}`"
    text += f" ({name}).\n" if name != slug else ".\n"
    if plan.head.description:
        text += f"\n{plan.head.description}\n"
    if plan.head.objective:
        text += f"\n**Objective:** {plan.head.objective}\n"
    wave = plan.waves[worker.id.wave]
    said = f"wave {wave.number} of {plan.workers[-1].id.wave}" + (f", {wave.name}" if wave.name else "")
    text += f"\n**Place in the build:** {said}.\n\n"
    text += builds_on(plan, worker)
    text += _others("Waiting for it", plan.dependents.get(worker.id, ()))
    text += _others("At work at the same time", wave.workers, but=worker)
    return text


def heading(title: str) -> str:
    """The first line below the front matter."""
    return f"# Worker Brief: {title}"


def fulfilled(mission: str) -> str:
    """The criterion that stands for the mission itself."""
    return f"The mission is fulfilled: {mission}"


def builds_on(plan: Plan, worker: Worker) -> str:
    """The line that names what comes before a task."""
    needs = [plan.by_id[need] for need in sorted(set(worker.depends_on)) if need in plan.by_id]
    return _others("It builds on", needs) or "- It builds on no other task and can start at once.\n"


def _others(what: str, workers: Sequence[Worker], but: Worker | None = None) -> str:
    shown = [worker for worker in workers[:21] if not (but and worker.id == but.id)][:20]
    if not shown:
        return ""
    names = [f"{worker.id} ({worker.title})" for worker in shown]
    left = len(workers) - (but is not None) - len(shown)
    more = [f"{left} more"] if left else []
    return f"- {what}: {', '.join(names + more)}\n"


def _decisions_and_files(plan: Plan) -> list[str]:
    parts = []
    if plan.head.key_decisions:
        parts.append(f"**Decisions already made:**\n\n{_points(plan.head.key_decisions)}")
    if plan.head.relevant_files:
        files = (
            f"`{path}`" if "`" not in path and " " not in path else path for path in plan.head.relevant_files
        )
        parts.append(f"**Relevant files:**\n\n{_points(files)}")
    return parts


def render_sections(head: PlanHead) -> list[str]:
    """The plan's further sections, each under its own heading, one level below the brief's."""
    return [f"### {one_line(title)}\n\n{_deeper(clean(text))}\n" for title, text in head.sections.items()]


def _deeper(text: str) -> str:
    """A section of the plan with its headings one level down, so that they stay below its own."""
    lines, fence = [], ""
    for line in text.split("\n"):
        mark = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        lines.append(f"#{line}" if not fence and re.match(r"#{1,5}\s", line) else line)
    return "\n".join(lines)


def _criteria(worker: Worker, mission: str) -> Iterable[str]:
    """Criteria for a task whose plan names none: each output is there, and the mission holds."""
    yield from (f"`{path}` is there and does its part" for path in worker.outputs)
    yield fulfilled(mission)


def _example(worker: Worker) -> str:
    example = form(
        worker_id=str(worker.id),
        status="complete",
        timestamp="2026-01-18T18:30:00-05:00",
        summary="One paragraph: what was done.",
        artifacts=list(worker.outputs) or ["path/of/every/file/you/wrote"],
    )
    return json.dumps(example, indent=2, ensure_ascii=False)
