"""Every plan in docs/plans.md and README is read, and what stands below it in docs/plans.md is what becomes of it."""

import re
from pathlib import Path

import pytest

from gitorch.core.plan import Plan, parse_plan
from gitorch.core.render.plan_tree import tree

ROOT = Path(__file__).parents[3]
SHOWN = re.findall(
    r"^```(markdown|json)\n(.*?)^```\n\n```text\n(.*?)^```$",
    (ROOT / "docs/plans.md").read_text(),
    re.MULTILINE | re.DOTALL,
)
README = re.findall(r"^```markdown\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("kind", "text", "expected"), SHOWN)
def test_a_plan_in_the_documentation_becomes_what_it_says(kind: str, text: str, expected: str) -> None:
    name = "plan.md" if kind == "markdown" else "plan.json"

    read = parse_plan(text.encode(), name)

    said = tree(read) if isinstance(read, Plan) else "\n".join(problem.located(name) for problem in read)
    assert said + "\n" == expected


def test_the_documentation_shows_plans() -> None:
    assert len(SHOWN) >= 8


@pytest.mark.parametrize("text", README)
def test_a_plan_in_the_readme_is_read(text: str) -> None:
    assert isinstance(parse_plan(text.encode(), "plan.md"), Plan)
