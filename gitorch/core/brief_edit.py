"""Changes a brief's title, mission or dependencies where the file says them; every other byte stays.

What cannot be found as gitorch would write it is left to the person: `edited` then says so.
"""

import re
from collections.abc import Mapping

import yaml

from gitorch.core.brief import FRONT, MISSION, Brief, parse_brief
from gitorch.core.names import thread_title
from gitorch.core.plan.model import Plan, Worker
from gitorch.core.render.brief import builds_on, fulfilled, heading, quoted


def edited(text: str, brief: Brief, before: Plan, after: Plan, slug: str) -> str | None:
    """`text`, the file of `brief`, as the plan `after` has this worker; None where it cannot be done.

    `before` is the plan that `brief` stands in.
    """
    old, new = _worker(before, brief), _worker(after, brief)
    fields = {}
    if new.title != old.title:
        title = quoted(thread_title(slug, str(new.id), new.title))
        fields = {"title": title, "thread_title": title}
    if new.depends_on != old.depends_on:
        fields["depends_on"] = f"[{', '.join(map(str, new.depends_on))}]"
    front = FRONT.match(text.removeprefix("\ufeff"))
    if front is None:
        return None
    start, end = (place + text.startswith("\ufeff") for place in front.span(1))
    body = text[end:]
    if new.description != old.description:
        body = _with_mission(body, new.description)
        body = _line_replaced(body, *(f"- [ ] {fulfilled(w.description)}" for w in (old, new)))
    body = _line_replaced(body, heading(old.title), heading(new.title))
    body = _line_replaced(body, builds_on(before, old).rstrip("\n"), builds_on(after, new).rstrip("\n"))
    try:
        done = text[:start] + _with_fields(text[start:end], fields) + body
    except yaml.YAMLError:  # a value that was replaced had an anchor
        return None
    read = parse_brief(brief.path, done.encode())
    if isinstance(read, str):
        return None
    said = (read.title, read.mission, sorted(read.depends_on))
    return done if said == (new.title, new.description, list(new.depends_on)) else None


def _worker(plan: Plan, brief: Brief) -> Worker:
    return next(worker for worker in plan.workers if worker.id == brief.id)


def _with_mission(body: str, mission: str) -> str:
    match = MISSION.search(body)
    if match is None:
        return body
    return body[: match.start(1)] + mission + body[match.start(1) + len(match[1].rstrip()) :]


def _line_replaced(body: str, old: str, new: str) -> str:
    """The first line that is exactly `old` made `new`."""
    return re.sub(rf"^{re.escape(old)}(?=\r?$)", lambda _: new, body, count=1, flags=re.MULTILINE)


def _with_fields(front: str, fields: Mapping[str, str]) -> str:
    """The YAML of the front matter with each of `fields` (YAML texts) in the place of its old value."""
    for name, value in fields.items():
        root = yaml.compose(front, Loader=yaml.SafeLoader)
        pairs = root.value if isinstance(root, yaml.MappingNode) else []
        place = next(((key, node) for key, node in reversed(pairs) if key.value == name), None)
        if place is None and name == "thread_title":
            continue  # it is the title, where it is not said
        if place is None:
            front += f"{name}: {value}" + ("\r\n" if front.endswith("\r\n") else "\n")
            continue
        start, end = place[0].end_mark.index, _end(place[1])
        line_end = "\n" if front[:end].endswith("\n") else ""
        front = f"{front[:start]}: {value}{line_end}{front[end:]}"
    return front


def _end(node: yaml.Node) -> int:
    """Where a value ends; a list in block style has the place of the next key for its end."""
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    end: int = node.end_mark.index
    return end
