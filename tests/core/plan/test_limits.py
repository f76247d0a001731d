"""Plans at the edge: bytes that are no text, values that unfold, a thousand workers."""

import json
import tracemalloc

from gitorch.core.plan.outline import WORKER_FORM as FORM
from gitorch.core.tree import read_yaml
from tests.core.plan.test_parse import check, plan_of


def test_bytes_that_are_not_utf_8_are_named_with_their_line() -> None:
    check(b"name: x\nworkers: \xff", "line 2: is not UTF-8 at byte 17")


def test_a_few_lines_cannot_unfold_into_millions_of_values() -> None:
    text = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    for before, letter in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{letter}: &{letter} [{','.join([f'*{before}'] * 9)}]\n"
    check(text, "unfolds to more than 200000 values")


def test_an_alias_stands_for_its_value() -> None:
    plan = plan_of("workers:\n- {id: a, title: &t Same}\n- {id: b, title: *t}\n", "plan.yaml")
    assert [worker.title for worker in plan.workers] == ["Same", "Same"]


def test_a_thousand_workers_in_a_row_are_layered() -> None:
    workers = [{"id": f"k{n}", "title": "t", "depends_on": [f"k{n - 1}"] if n else []} for n in range(1000)]
    assert str(plan_of(json.dumps({"workers": workers[::-1]})).workers[-1].id) == "W1000.1"


def test_a_megabyte_of_spaces_in_a_plan_is_read() -> None:
    spaces = " " * 1_000_000
    text = f"# Plan: x\n\nWave 1:{spaces}a\nb\n---\n\n## Wave 1: y\n- a: T{spaces}b (depends:{spaces}c\n"
    check(
        text,
        f'line 3: there is no worker below the heading "Wave 1: a b"; a worker begins with {FORM}',
        "line 7: wave 1 has two names, the first on line 3",
        "line 8: a depends on c, which is not in the plan",
        name="plan.md",
    )


def test_a_plan_of_fifty_thousand_rules_is_read() -> None:
    text = "# Plan: x\n" + "---\n" * 50_000 + "\n## Wave 1\n- a: T\n"
    assert plan_of(text, "plan.md").head.description == ""


def test_nothing_of_a_text_that_was_read_is_kept() -> None:
    text = "a: [" + "7, true, null, 1.5, " * 500 + "]\n"
    assert read_yaml("[7, true, null, 1.5]").value == [7, True, None, 1.5]
    tracemalloc.start()
    try:
        read_yaml(text)
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(5):
            read_yaml(text)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 100_000
