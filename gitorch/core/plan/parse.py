"""The one way from a plan's bytes to a `Plan`: find the format, read, check. Touches no disk."""

import re
from collections.abc import Mapping

from gitorch.core.plan import imports
from gitorch.core.plan.check import check
from gitorch.core.plan.document import read_document
from gitorch.core.plan.layer import layered
from gitorch.core.plan.markdown import read_markdown
from gitorch.core.plan.model import Plan
from gitorch.core.source import Problem, Source, broken
from gitorch.core.tree import read_json, read_yaml

MAX_BYTES = 4 << 20
_WORKERS_KEY = re.compile(r"""["']?workers["']?\s*:""")
_MARKDOWN = re.compile(r"#|[-*+]\s|\d+[.)]\s")
_SUFFIXES = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".md": "markdown",
    ".markdown": "markdown",
}


def format_of(name: str, text: str) -> str:
    """`json`, `jsonl`, `yaml` or `markdown`: by the file's suffix, else by how the text begins."""
    for suffix, known in _SUFFIXES.items():
        if name.lower().endswith(suffix):
            return known
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if lines and lines[0].lstrip().startswith(("{", "[")):
        rows = len(lines) > 1 and all(line.startswith("{") and line.endswith("}") for line in lines[:2])
        return "jsonl" if rows else "json"
    # '#' begins a comment in YAML and a heading in Markdown, '-' a list in both.
    if any(_WORKERS_KEY.match(line) for line in lines):
        return "yaml"
    return "markdown" if any(_MARKDOWN.match(line) for line in lines) else "yaml"


def parse_plan(data: bytes, name: str = "-", *, layer: bool = False) -> Plan | list[Problem]:
    """The checked plan, or every problem of it in the order of its lines. `name` is the file's, or `-`.

    With `layer` the dependencies alone say the waves.
    """
    if len(data) > MAX_BYTES:
        return [Problem(0, f"is larger than {MAX_BYTES >> 20} MiB")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return [Problem(line, f"is not UTF-8 at byte {error.start}")]
    headings = None
    if not text.strip():
        source = broken("the plan is empty")
    elif (kind := format_of(name, text)) == "markdown":
        source, headings = read_markdown(text)
    elif kind == "jsonl":
        source = imports.read_beads(text)
    else:
        source = imports.read_taskmaster(read_json(text)) if kind == "json" else read_yaml(text)
    return checked(source, headings, layer=layer)


def checked(
    source: Source, headings: Mapping[int, int] | None = None, *, layer: bool = False
) -> Plan | list[Problem]:
    """The plan that a source's values are, or every problem of it; `headings` as `check` takes them."""
    document, problems = read_document(source)
    if document is None:
        return sorted(problems)
    if layer:
        document, headings = layered(document, source, headings or {}), None
    plan = check(document, source, headings)
    if isinstance(plan, list):
        return sorted(problems + plan)
    return sorted(problems) if problems else plan
