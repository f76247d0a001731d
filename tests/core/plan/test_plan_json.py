"""plan.json, which sync renders, is itself a plan that another build can start from."""

from gitorch.core.plan import Plan, parse_plan
from gitorch.core.render.plan_json import render_plan_json
from tests.builds import CALENDAR, state


def test_a_build_s_plan_json_starts_another_build() -> None:
    built = state(reports={"W1.1": "5 tables."})
    plan = parse_plan(render_plan_json(built).encode(), "plan.json")
    assert isinstance(plan, Plan)
    assert [(str(w.id), w.title, tuple(map(str, w.depends_on))) for w in plan.workers] == list(CALENDAR)
    assert plan.head == built.meta.plan
