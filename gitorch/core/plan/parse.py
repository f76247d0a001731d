"""The one way from a plan's bytes to a `Plan`: find the format, read, check. Touches no disk."""

from collections.abc import Mapping

from gitorch.core.plan.check import check
from gitorch.core.plan.document import read_document
from gitorch.core.plan.markdown import read_markdown
from gitorch.core.plan.model import Plan
from gitorch.core.source import Problem, Source, broken
from gitorch.core.tree import read_json, read_yaml

MAX_BYTES = 4 << 20
_SUFFIXES = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".md": "markdown", ".markdown": "markdown"}


def format_of(name: str, text: str) -> str:
    """`json`, `yaml` or `markdown`: by the file's suffix, else by how the text begins."""
    for suffix, known in _SUFFIXES.items():
        if name.lower().endswith(suffix):
            return known
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if lines and lines[0].lstrip().startswith(("{", "[")):
        return "json"
    # '#' begins a comment in YAML and a heading in Markdown; a Markdown plan has a heading of level 2.
    return "markdown" if any(line.startswith(("## ", "# Build Plan")) for line in lines) else "yaml"


def parse_plan(data: bytes, name: str = "-") -> Plan | list[Problem]:
    """The checked plan, or every problem of it in the order of its lines. `name` is the file's, or `-`."""
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
    else:
        source = read_json(text) if kind == "json" else read_yaml(text)
    return checked(source, headings)


def checked(source: Source, headings: Mapping[int, int] | None = None) -> Plan | list[Problem]:
    """The plan that a source's values are, or every problem of it; `headings` as `check` takes them."""
    document, problems = read_document(source)
    if document is None:
        return sorted(problems)
    plan = check(document, source, headings)
    if isinstance(plan, list):
        return sorted(problems + plan)
    return sorted(problems) if problems else plan
