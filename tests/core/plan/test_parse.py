"""Plans in: each format to the same plan, and each thing that can be wrong with one."""

import json
from pathlib import Path

import pytest

from gitorch.core.meta import BuildType
from gitorch.core.plan import Plan, parse_plan
from gitorch.core.render.plan_md import render_plan_md

DATA = Path(__file__).parents[2] / "data"


def plan_of(text: str, name: str = "-") -> Plan:
    plan = parse_plan(text.encode(), name)
    assert isinstance(plan, Plan), "\n".join(map(str, plan))
    return plan


def check(text: str | bytes, *expected: str, name: str = "plan.yaml") -> None:
    """`text` is no plan, and these are all the reasons."""
    problems = parse_plan(text.encode() if isinstance(text, str) else text, name)
    assert not isinstance(problems, Plan)
    assert [str(problem) for problem in problems] == list(expected)


def lines_of(plan: Plan) -> list[str]:
    return [
        " ".join([str(w.id), w.key or "-", f"{w.title}:", ",".join(map(str, w.depends_on)) or "-"])
        for w in plan.workers
    ]


def test_the_specs_json_example_is_layered_and_keeps_its_keys() -> None:
    plan = plan_of((DATA / "auth-system.json").read_text(), "auth-system.json")
    assert lines_of(plan) == [
        "W1.1 worker_schema Database Schema: -",
        "W2.1 worker_oauth Oauth Flow: W1.1",
        "W2.2 worker_jwt Jwt Sessions: W1.1",
        "W3.1 worker_providers Provider Config: W2.1",
    ]
    assert plan.head.name == "Authentication System"
    assert plan.head.key_decisions[2] == "Support Google, GitHub, custom OIDC"
    assert plan.head.relevant_files == ("N5/services/auth/README.md", "N5/schemas/auth.sql")
    assert [worker.estimated_hours for worker in plan.workers] == [2, 4, 3, 3]
    assert plan.build_type is BuildType.CODE


def test_the_same_plan_in_yaml_and_in_the_specs_markdown_form_is_the_same_plan() -> None:
    text = (DATA / "auth-system.json").read_text()
    plan = plan_of(text)
    import yaml

    assert plan_of(yaml.safe_dump(json.loads(text)), "plan.yml") == plan
    assert plan_of(text, "plan.yaml") == plan, "JSON reads as YAML"
    assert plan_of(render_plan_md(plan, "auth-system"), "PLAN.md") == plan


def test_the_specs_markdown_example_is_read_word_for_word() -> None:
    text = (DATA / "calendar-v2.md").read_text()
    assert "## Wave 2: Core Features  \n" in text, "the example has its trailing spaces"
    plan = plan_of(text)
    assert lines_of(plan) == [
        "W1.1 - Database Schema: -",
        "W1.2 - API Routes: -",
        "W2.1 - Event CRUD: W1.1,W1.2",
        "W2.2 - Calendar Views: W1.1",
        "W3.1 - Recurring Events: W2.1",
    ]
    assert plan.head.name == "calendar-v2"
    assert [(wave.number, wave.name) for wave in plan.waves.values()] == [
        (1, "Foundation"),
        (2, "Core Features"),
        (3, "Polish"),
    ]
    assert plan.workers[2].description == "Implement create/read/update/delete"


RICH = """\
# Build Plan: my_plan_x

Intro with `a_b` and __two__ underscores.

Second paragraph.

## Build Type

research

## Objective

Do it

- a
- b

## Key Decisions

- one
- two
  goes on

## Relevant Files

- `docs/a_b_c.md`

## Notes

- this is not: a worker

## Wave 1

- **worker_a**: The _Title_ — does __x__ - and y
  goes on

  A further paragraph.
  - outputs: `src/a_b.py`, c.py
  - Success criteria:
    - it works
    - twice
  - do this too
  - report-back: what broke
  - context: one_line
  - estimated hours: 1.5 h
- `worker_b`: Title B (depends: none)

## Wave 2: Last

1. W2.7: After — them (depends on: worker_a, worker_b)
   - outputs:
     - `x, y.txt`
"""


def test_a_markdown_plan_carries_every_field() -> None:
    plan = plan_of(RICH)
    first, second, third = plan.workers
    assert plan.build_type is BuildType.RESEARCH
    assert plan.head.name == "my_plan_x"
    assert plan.head.description == "Intro with `a_b` and __two__ underscores.\n\nSecond paragraph."
    assert plan.head.objective == "Do it\n\n- a\n- b"
    assert plan.head.key_decisions == ("one", "two goes on")
    assert plan.head.relevant_files == ("docs/a_b_c.md",)
    assert (first.key, first.title) == ("worker_a", "The _Title_")
    assert first.description == "does __x__ - and y goes on\n\nA further paragraph."
    assert first.outputs == ("src/a_b.py", "c.py")
    assert first.success_criteria == ("it works", "twice")
    assert first.requirements == ("do this too",)
    assert first.report_back == ("what broke",)
    assert first.context == "one_line"
    assert first.estimated_hours == 1.5
    assert (second.key, second.title, second.depends_on) == ("worker_b", "Title B", ())
    assert (str(third.id), third.key, third.outputs) == ("W2.7", None, ("x, y.txt",))
    assert third.depends_on == (first.id, second.id)


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_and_a_byte_order_mark_of_other_systems_change_nothing(end: str) -> None:
    assert plan_of("\ufeff" + RICH.replace("\n", end), "p.md") == plan_of(RICH)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ("a; b a; c b; d a", "W1.1 a,W2.1 b,W2.2 d,W3.1 c"),
        ("d c; c b; b a; a", "W1.1 a,W2.1 b,W3.1 c,W4.1 d"),
        ("W1.2; a; W2.1 a; b W2.1", "W1.1 a,W1.2 -,W2.1 -,W3.1 b"),
        ("W1.1; a; b", "W1.1 -,W1.2 a,W1.3 b"),
        ("a b c; b; c b", "W1.1 b,W2.1 c,W3.1 a"),
        ("W3.4; W7.1 W3.4", "W3.4 -,W7.1 -"),
    ],
)
def test_ids_of_ones_own_are_layered_by_the_longest_path_and_numbered_in_the_plans_order(
    ids: str, expected: str
) -> None:
    workers = []
    for words in ids.split("; "):
        name, *needs = words.split()
        workers.append({"id": name, "title": "x", "depends_on": needs})
    plan = plan_of(json.dumps({"workers": workers}), "plan.json")
    assert ",".join(f"{worker.id} {worker.key or '-'}" for worker in plan.workers) == expected


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("-", '{"workers": [{"id": "a", "title": "t"}]}', "JSON"),
        ("-", "# a comment\nworkers: [{id: a, title: t}]", "YAML"),
        ("plan.txt", "# Any Title\n## Wave 1\n- a: t", "Markdown"),
        ("PLAN.MD", "## Wave 1\n- a: t", "Markdown"),
        ("x.YAML", "workers: [{id: a, title: t}]", "YAML"),
    ],
)
def test_the_format_is_told_by_the_suffix_or_by_the_text(name: str, text: str, kind: str) -> None:
    assert plan_of(text, name).workers[0].title == "t"


WORKER = "{id: W1.1, title: t}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["the plan is empty"]),
        ("  \n\n", ["the plan is empty"]),
        ("---\n", ["line 2: is empty"]),
        ("- a", ["line 1: is not a mapping"]),
        ("workers: []", ["line 1: the plan has no workers"]),
        ("name: x", ["line 1, workers: is missing"]),
        ("a: b: c", ["line 1, column 5: is not YAML: mapping values are not allowed in this context"]),
        (f"workers: [{WORKER}]\nname: a\nname: b", ["line 3, column 1: the key name is given twice"]),
        (f"--- {{workers: [{WORKER}]}}\n--- b", ["line 2: has more than one YAML document"]),
        ("workers: !!set {a}", ["line 1, column 10: the tag tag:yaml.org,2002:set is not supported"]),
        ("? [a]\n: b", ["line 1, column 3: a key must be a plain text"]),
        ("a: *b", ["line 1, column 4: the alias *b refers to nothing above it"]),
        ("a: &b [*b]", ["line 1, column 8: the alias *b contains itself"]),
        ("[" * 100_000, ["line 1, column 21: is nested too deeply"]),
        ("name: " + "9" * 5000, [f"line 1, column 7: {'9' * 20} is not a number that can be read"]),
        (
            f"nme: x\nworkers:\n- {WORKER}\n- id: W1.2\n  titel: t\n  colour: red\n",
            [
                "line 1, nme: is not a key of a plan; did you mean name?",
                "line 5, workers[1].titel: is not a key of a plan; did you mean title?",
                "line 6, workers[1].colour: is not a key of a plan",
            ],
        ),
        (
            "workers:\n- id: a\n  title: 3\n  depends_on: b\n  estimated_hours: .nan\n- W1.1",
            [
                "line 3, workers[0].title: must be a text (a number or yes/no needs quotes)",
                "line 4, workers[0].depends_on: must be a list",
                "line 5, workers[0].estimated_hours: input should be a finite number",
                "line 6, workers[1]: must be a mapping",
            ],
        ),
        (
            f"build_type: code\nwave_names: {{one: x}}\nworkers: [{WORKER}]",
            [
                "line 1, build_type: input should be 'code_build', 'content', 'research' or 'general'",
                "line 2, wave_names: one is not the number of a wave",
            ],
        ),
        (
            'name: "a\\u202eb"\nworkers: [{id: a, title: "x\\ny"}, {id: b, title: "\\a"}]',
            [
                "line 1, name: has the control or direction character U+202E",
                "line 2, workers[1].title: has the control or direction character U+0007",
                "line 2, workers[0].title: must be one line",
            ],
        ),
        (
            f"workers: [{{id: a, title: {'x' * 201}}}]",
            ["line 1, workers[0].title: is longer than 200 characters"],
        ),
        (
            "workers:\n- {id: a, title: t}\n- {id: b, title: t}\n- {id: a, title: u}",
            ["line 4: the id a is given twice, first on line 2"],
        ),
        (
            (
                "workers:\n- {id: a/b, title: t}\n- {id: -x, title: t}\n- {id: w1.1, title: t}\n"
                "- {id: W1.0, title: t}\n- {id: ORCH, title: t}\n- {id: c d, title: t}"
            ),
            [
                (
                    "line 2: a/b is not a safe id, which has letters, digits, '-', '_', '+' and '.', "
                    f"{(limits := 'begins with a letter or digit, and has 64 characters at most')}"
                ),
                (f"line 3: -x is not a safe id, which has letters, digits, '-', '_', '+' and '.', {limits}"),
                "line 4: w1.1 is not W<wave>.<seq> with a capital W and numbers from 1",
                "line 5: W1.0 is not W<wave>.<seq> with a capital W and numbers from 1",
                "line 6: the id ORCH is reserved",
                (
                    "line 7: \"c d\" is not a safe id, which has letters, digits, '-', '_', '+' and '.', "
                    f"{limits}"
                ),
            ],
        ),
        (
            (
                "workers:\n- {id: a, title: t, depends_on: [b, nobody]}\n- {id: b, title: t, dependencies: [c]}\n"
                "- {id: c, title: t, dependencies: [a]}\n- {id: d, title: t, dependencies: [d, a]}"
            ),
            [
                "line 2: a depends on nobody, which is not in the plan",
                "line 2: the dependencies form a cycle: a -> b -> c -> a",
                "line 5: the dependencies form a cycle: d -> d",
            ],
        ),
        (
            (
                "workers:\n- {id: W1.1, title: t, dependencies: [W1.2, W2.1]}\n- {id: W1.2, title: t}\n"
                "- {id: W2.1, title: t}\n- {id: late, title: t, dependencies: [W2.1]}\n"
                "- {id: W3.1, title: t, dependencies: [late]}"
            ),
            [
                "line 2: W1.1 depends on W1.2 of the same wave",
                "line 2: W1.1 depends on W2.1 of the later wave 2",
                "line 6: W3.1 depends on late of the same wave",
            ],
        ),
        (
            "workers: [{id: a}, {id: W1.1, title: t, dependencies: [], depends_on: []}]",
            [
                "line 1: W1.1 has both dependencies and depends_on, expected one",
                "line 1: a has neither a title nor a description",
            ],
        ),
        (
            "workers:\n- {id: W9999.1, title: t}\n- {id: a, title: t, depends_on: [W9999.1]}",
            ["line 3: the plan has more than 9999 waves"],
        ),
        (
            "workers:\n- {id: a, title: 3, dependencies: [b]}\n- {id: b, titl: x, dependencies: [a]}",
            [
                "line 2, workers[0].title: must be a text (a number or yes/no needs quotes)",
                "line 2: the dependencies form a cycle: a -> b -> a",
                "line 3, workers[1].titl: is not a key of a plan; did you mean title?",
            ],
        ),
    ],
)
def test_every_problem_of_a_plan_is_named_with_its_place(text: str, expected: list[str]) -> None:
    check(text, *expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"workers": [}', "line 1, column 14: is not JSON: Expecting value"),
        (
            '{"name": "x", "name": "y", "workers": [{"id": "a", "title": "t"}]}',
            "column 15: the key name is given twice",
        ),
        (
            '{"name": "\\ud83d\\ude00", "name": "y", "workers": [{"id": "a", "title": "t"}]}',
            "the key name is given twice",
        ),
        (
            '{"name": "\\ud83d", "workers": [{"id": "a", "title": "t"}]}',
            "name: has the control or direction character U+D83D",
        ),
        ("[" * 100_000, "is nested too deeply"),
        ('{"workers": [{"id": "W1.1",\n"title": []}]}', "line 2, workers[0].title: must be a text"),
        ('{"workers": NaN}', "workers: must be a list"),
    ],
)
def test_json_has_its_own_ways_to_be_wrong(text: str, expected: str) -> None:
    problems = parse_plan(text.encode(), "plan.json")
    assert not isinstance(problems, Plan)
    assert expected in str(problems[0])
