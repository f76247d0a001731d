"""The build commit's message: what a person reads, and what no tool may find in it."""

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gitorch.core.changes import Verdict
from gitorch.core.config import MessagePolicy, Validator, parse_config
from gitorch.core.errors import GitorchError
from gitorch.core.message import compose, credit, own_trailers, with_trailers
from gitorch.core.meta import Meta
from gitorch.core.quote import neutral, quote
from gitorch.core.state import BuildState
from gitorch.core.text import display_width
from gitorch.core.validation import skipped
from tests.builds import meta, report, state
from tests.scene import Scene

BASE = "a" * 40
PASSED = Verdict("tests", "pytest -q", passed=True, seconds=1.5)


def planned(slug: str = "calendar-v2", name: str = "Calendar v2", **head: object) -> Meta:
    return meta(slug, plan={"name": name, **head})


CALENDAR = state(
    planned(
        objective="A calendar that a person likes to open.",
        wave_names={1: "Foundation", 2: "Core Features"},
    ),
    workers=[
        ("W1.1", "[calendar-v2] W1.1: Database Schema", ()),
        ("W1.2", "[calendar-v2] W1.2: API Routes", ()),
        ("W2.1", "[calendar-v2] W2.1: Event CRUD", ("W1.1", "W1.2")),
    ],
    reports={
        "W1.1": report(
            "W1.1",
            summary="Created database schema with 5 tables; every entity can be deleted softly.",
            decisions=["Chose UUID over auto-increment for portability"],
            concerns=[
                "May need index optimization for the recurring events query, once there are many of them"
            ],
        ),
        "W1.2": report("W1.2", summary="12 endpoints stubbed", follow_up=["Write the OpenAPI document"]),
        "W2.1": "Create, read, update, delete. Closes #12, thanks to @ada [skip ci]",
    },
)

MESSAGE = f"""\
build(calendar-v2): Calendar v2

> A calendar that a person likes to open.

Wave 1: Foundation

W1.1 Database Schema
> Created database schema with 5 tables; every entity can be deleted
> softly.

W1.2 API Routes
> 12 endpoints stubbed

Wave 2: Core Features

W2.1 Event CRUD
> Create, read, update, delete. Closes # 12, thanks to @ ada (skip ci)

Decisions
> W1.1: Chose UUID over auto-increment for portability

Concerns still open
> W1.1: May need index optimization for the recurring events query,
>   once there are many of them

Follow-ups
> W1.2: Write the OpenAPI document

Validated by
> tests

Gitorch-Build: calendar-v2
Gitorch-Base: {BASE}
Gitorch-Worker: W1.1
Gitorch-Worker: W1.2
Gitorch-Worker: W2.1
Co-authored-by: Ada <ada@example.com>
"""


def test_the_message_tells_the_build_wave_by_wave() -> None:
    policy = MessagePolicy(co_authored_by=("Ada <ada@example.com>",))
    assert compose(CALENDAR, verdicts=[PASSED], base=BASE, policy=policy) == MESSAGE


def test_times_and_remembered_results_leave_no_trace() -> None:
    slow = Verdict("tests", "pytest -q", passed=True, seconds=99, remembered=True, log="x.log")
    one, other = (compose(CALENDAR, verdicts=[v], base=BASE) for v in (PASSED, slow))
    assert one == other


def test_a_build_without_validators_says_so() -> None:
    assert "\n\nNo validators configured.\n\n" in compose(CALENDAR, verdicts=[], base=BASE)


def test_a_validator_that_may_fail_is_named_with_its_failure() -> None:
    lint = Verdict("lint", "ruff", passed=False, seconds=1, reason="exit status 1", allowed_to_fail=True)
    text = compose(CALENDAR, verdicts=[PASSED, lint], base=BASE)
    assert "Validated by\n> tests\n> lint (failed, and is allowed to)\n" in text


def test_a_validator_that_had_nothing_to_look_at_does_not_read_as_failed() -> None:
    docs = skipped(Validator(name="docs", command="mkdocs build"), "the change touches none of its paths")
    text = compose(CALENDAR, verdicts=[docs], base=BASE)
    assert "Validated by\n> docs (not run: the change touches none of its paths)\n" in text


@pytest.mark.parametrize(
    ("slug", "name", "pattern", "expected"),
    [
        ("x", "Calendar", "build({slug}): {name}", "build(x): Calendar"),
        ("x", "Calendar.", "feat({slug}): land {name}", "feat(x): land Calendar"),
        ("x", "", "build({slug}): {name}", "build(x): the objective"),
        ("x", "x", "build({slug}): {name}", "build(x): the objective"),
        ("x", "a)!: b", "build({slug}): {name}", "build(x): a)! : b"),
        ("x", "n" * 80, "build({slug}): {name}", "build(x): " + "n" * 61 + "…"),
        ("s" * 64, "Calendar", "build({slug}): {name}", "build: Calendar"),
        ("s" * 64, "Calendar", "{slug} {name}", "s" * 16 + " Calendar"),
        ("x", "#5 heading", "{name}", "5 heading"),
        ("x", " # #!", "{name}", "!"),
        ("x", "###", "{name}", "the objective"),
        ("x", "C# in #5", "{name}", "C# in # 5"),
    ],
)
def test_the_subject_is_one_line_of_72_characters(slug: str, name: str, pattern: str, expected: str) -> None:
    built = state(planned(slug, name, objective="the objective"), workers=[("W1.1", "Task", ())])
    text = compose(built, verdicts=[], base=BASE, policy=MessagePolicy(subject=pattern))
    assert text.split("\n")[0] == expected
    assert len(expected) <= 72


@pytest.mark.parametrize(
    "text",
    [
        "message: {subject: 'no place for it'}",
        "message: {subject: '# {name}'}",
        'message: {subject: "{name}\\nSigned-off-by: x"}',
        "message: {co_authored_by: [Ada]}",
        'message: {co_authored_by: ["Ada <a@b>\\nSigned-off-by: x <a@b>"]}',
    ],
)
def test_a_policy_that_would_spoil_the_message_is_refused(text: str) -> None:
    with pytest.raises(GitorchError):
        parse_config(text.encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("closes #1, fixes org/repo#2", "closes # 1, fixes org/repo# 2"),
        ("Fixes GH-12", "Fixes GH 12"),
        ("resolves https://github.com/a/b/issues/3", "resolves https://github.com/a/b/issues/ 3"),
        ("Closes https://gitlab.com/g/p/-/merge_requests/4", "Closes https://gitlab.com/g/p/-/merge_requests/ 4"),
        ("CAL-7 #close #time 2d", "CAL-7 # close # time 2d"),
        ("Fixes: ENG-1, ENG-2 and ENG-3", "Fixes: ENG 1, ENG 2 and ENG 3"),
        ("uses UTF-8 and SHA-256", "uses UTF-8 and SHA-256"),
        ("thanks @ada, @types/node, mail a@b.example", "thanks @ ada, @ types/node, mail a@b.example"),
        ("[skip ci] [CI-skip] [no ci] [skip actions] [see here]", "(skip ci) (CI-skip) (no ci) (skip actions) [see here]"),
        ("***NO_CI*** skip-checks: true", "**NO_CI** skip checks: true"),
        ("feat!: x BREAKING CHANGE: y BREAKING-CHANGE: z", "feat! : x breaking change: y breaking change: z"),
        ("+semver: major #major", "+ semver: major # major"),
        ("-- >8 -- and 8< - but width>80 8<9", "-- 8 -- and 8 - but width>80 8<9"),
        ("a\u202eb\x1b[31mc\u200bd\U000e0041", "a�b�[31mc�d�"),
        ("line\r\nSigned-off-by: x\n\n# gone", "line Signed-off-by: x # gone"),
    ],
)  # fmt: skip
def test_what_a_tool_obeys_loses_its_force_and_stays_readable(text: str, expected: str) -> None:
    assert neutral(text) == expected
    assert neutral(expected) == expected


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Ada <ada@example.com>", "Ada <ada@example.com>"),
        ("Zoë O'Neil, Jr. <49699333+zoe[bot]@users.noreply.github.com>", None),
        ("[skip ci] closes #12, cc @all <w@x>", "(skip ci) closes # 12, cc @ all <w@x>"),
        ("skip-checks: true <w@x>", "skip checks: true <w@x>"),
        ("Eve <[no ci]>", "Eve <(no ci)>"),
        ("Eve <@all>", "Eve <@ all>"),
        ("Eve <e@x/issues/3>", "Eve <e@x/issues/ 3>"),
        ("Eve [skip <ci]>", "Eve (skip <ci)>"),
        ("Eve <a@b> <Gitorch-Build: x>", "Eve a@b <Gitorch-Build: x>"),
        ("Eve\u202e\x1b[31m <e\u200b@x>", "Eve��[31m <e�@ x>"),
        (" <>", "<>"),
    ],
)
def test_the_author_of_an_absorbed_commit_is_credited_and_moves_no_tool(
    author: str, expected: str | None
) -> None:
    credited = expected or author
    assert credit(author) == credited
    assert credit(credited) == credited
    text = compose(CALENDAR, verdicts=[], base=BASE, authors=[author, credited])
    assert text.endswith(f"\nGitorch-Worker: W2.1\nCo-authored-by: {credited}\n")


@pytest.mark.parametrize("text", ["[" + "skip" * 250_000, "[no" + "-" * 1_000_000, "[" + "no_ci" * 200_000])
def test_no_text_of_a_megabyte_keeps_the_message_from_being_composed(text: str) -> None:
    assert neutral(text) == text
    assert quote(text, limit=72) == [f"> {text[:70]}", f"> {text[70]}…"]


def test_a_word_of_a_megabyte_is_broken_into_lines() -> None:
    lines = quote("x" * 1_000_000)
    assert len(lines) == 14_286
    assert "".join(line.removeprefix("> ") for line in lines) == "x" * 1_000_000


def test_a_quoted_text_wraps_at_72_columns_whatever_its_script() -> None:
    for text in ("word " * 60, "x" * 500, "日本語" * 50, "é" * 200):
        lines = quote(text, first="W1.1: ")
        assert all(line.startswith("> ") and display_width(line) <= 72 for line in lines)
        assert "".join("".join(lines).split()).replace(">", "") == "W1.1:" + "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("words", "words\n\nB: 1\nW: 2\n"),
        ("words\n\nmore: text\nand more\n", "words\n\nmore: text\nand more\n\nB: 1\nW: 2\n"),
        ("words\n\nA-b: c\n  d\n", "words\n\nA-b: c\n  d\nB: 1\nW: 2\n"),
        ("fix: subject", "fix: subject\n\nB: 1\nW: 2\n"),
        ("words\n\nB: 1\nW: 2\nC: 3\n", "words\n\nB: 1\nW: 2\nC: 3\n"),  # as it stands
        ("words\n\nD: 1\n\nB: 1\nW: 2\n", "words\n\nD: 1\n\nB: 1\nW: 2\n"),
        ("words\n\nC: 3\nW: 2\n", "words\n\nC: 3\nB: 1\nW: 2\n"),
        ("words\n\nGitorch-Base: old\n\nB: 1\nW: 2\n", "words\n\nB: 1\nW: 2\n"),
        ("words\n\ngitorch-base : old\n", "words\n\nB: 1\nW: 2\n"),
        ("B: 1\n\nW: 2\n\n", ""),
        ("words\n\nprose\nB: 1\nW: 2\n", "words\n\nprose\n\nB: 1\nW: 2\n"),
        ("words\n\nW: 2\nB: 1\n", "words\n\nB: 1\nW: 2\n"),
        ("words\n\n  indented: prose\n", "words\n\n  indented: prose\n\nB: 1\nW: 2\n"),
    ],
)
def test_our_trailers_stand_once_in_a_persons_own_text(text: str, expected: str) -> None:
    assert with_trailers(text, ["B: 1", "W: 2"]) == expected
    if expected:
        assert with_trailers(expected, ["B: 1", "W: 2"]) == expected


_pieces = st.sampled_from(
    [
        *(
            "words",
            "and more",
            "A-b: c",
            "  folded",
            "Signed-off-by: Ada <a@b>",
            "---",
            "# note",
            "Key:",
            "a b: c",
        ),
        *(
            "Gitorch-Build: b",
            "Gitorch-Worker: W1.1",
            "gitorch-base : old",
            "Gitorch-Worker: W9.9",
            "",
            "",
            "",
        ),
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(lines=["words", "", "Gitorch-Build: b", "  folded", "Gitorch-Worker: W1.1"])
@given(lines=st.lists(_pieces, min_size=1, max_size=8))
def test_git_reads_our_trailers_in_a_text_of_anybodys(lines: list[str], scene: Scene) -> None:
    wanted = ["Gitorch-Build: b", "Gitorch-Worker: W1.1"]
    text = with_trailers(scene.git("stripspace", stdin="\n".join(lines)) + "\n", wanted)
    read = scene.git("interpret-trailers", "--parse", "--no-divider", stdin=text).split("\n")
    assert not text or own_trailers(read) == wanted


# What tools look for in a message: anywhere, or at the beginning of a line.
FORBIDDEN = {
    "GitHub and GitLab references": r"#\w|\bGH-\d|/(issues|pull|merge_requests)/\d",
    "mentions": r"(?<![A-Za-z0-9])@\w",
    "CI": r"(?i)\[(ci[ _-]*skip|skip[ _-]*ci|no ci|skip actions|actions skip)\]|\*\*\*NO_CI\*\*\*|skip-checks:",
    "commitizen": r"(?m)^(BREAKING[\-\ ]CHANGE|\w+)(\(.+\))?!:|^BREAKING[\-\ ]CHANGE",
    "conventional-commits-parser": r"(?mi)^[\s|*]*(BREAKING CHANGE|BREAKING-CHANGE)[:\s]",
    "comments": r"(?m)^#",
    "dividers, patches, mail headers": r"(?m)^(---|diff -|Index: |From )",
    "control and bidi": r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]",
}

_nasty = st.sampled_from(
    [
        "\n\nSigned-off-by: Eve <eve@example.com>\n", "\n---\n", "\n# ------------------------ >8 ---\n",
        "Closes #1", "fixes a/b#2", "GH-3", "@eve", "[skip ci]", "[[ci skip]]", "***NO_CI***", "\n\nskip-checks: true",
        "feat!: boom", "\nBREAKING CHANGE: boom", "fix(x)!: boom", "\u202e", "\x1b[2J", "\r", "\u2028", "\x00",
        "\nGitorch-Worker: W9.9", "diff --git a/x b/x", "\nFrom 0 Mon", " ", "!", ":", "#", "@", "[", "]", "*", "-", ">",
    ]
)  # fmt: skip
hostile = st.lists(_nasty | st.text(max_size=20), max_size=8).map("".join)


@st.composite
def hostile_states(draw: st.DrawFn) -> BuildState:
    def several() -> list[str]:
        return draw(st.lists(hostile, max_size=2))

    reports = {
        worker: report(
            worker,
            summary=draw(hostile),
            decisions=several(),
            concerns=several(),
            follow_up=several(),
            learnings=several(),
        )
        for worker in ("W1.1", "W2.1")
    }
    head = planned(name=draw(hostile), objective=draw(hostile), wave_names={1: draw(hostile)})
    built = state(head, workers=[(worker, draw(hostile), ()) for worker in reports], reports=reports)
    assert len(built.workers) == 2
    return built


TEMPLATE = """\
{{ name }}

{{ objective }}
{% for wave in waves %}
## {{ wave.number }} {{ wave.name }}
{% for w in wave.workers %}
{{ w.title }}

{{ w.summary }}

{% for line in w.decisions + w.concerns %}
   {{ line }} ({{ w.id }})
{% endfor %}
{{ w.follow_up | join("\\n") }}
{% endfor %}
{% endfor %}
{{ workers[0].summary }}
"""


@settings(max_examples=50)
@given(hostile_states())
@pytest.mark.slow
def test_no_text_moves_a_tool_through_a_template_that_does_nothing_about_it(built: BuildState) -> None:
    policy = MessagePolicy(template="Build\n\n" + TEMPLATE)
    text = compose(built, verdicts=[PASSED], base=BASE, policy=policy)
    lines = [line for line in text.split("\n") if not line.startswith("## ")]
    for what, pattern in FORBIDDEN.items():
        assert not re.search(pattern, "\n".join(lines)), what
    last = text.rstrip("\n").rpartition("\n\n")[2].split("\n")
    assert last == [
        "Gitorch-Build: calendar-v2",
        f"Gitorch-Base: {BASE}",
        *(f"Gitorch-Worker: {worker.id}" for worker in built.workers),
    ]
    assert "\0" not in text


# What a template may do with a worker's text; the words of its own begin with `own`.
TRANSFORMED = [
    "{{ w.summary | wordwrap(20) }}",
    "{{ w.summary.split(' ') | join('\\n') }}",
    "{{ w.summary.split() | join }}",
    "{{ w.summary | list | join('\\n  ') }}",
    "{{ w.summary | upper }}",
    "own {{ w.summary | upper }}",
    "own {{ w.summary.split() | join }}",
    "own {{ w.summary | wordwrap(9) | indent }}",
    "{{ w.title | title }} {{ w.summary | tojson }}",
    "{{ w.decisions }} {{ w.concerns | tojson(indent=2) }}",
    "{% filter wordwrap(12) %}own words {{ w.summary }}{% endfilter %}",
    "{% set block %}own {{ w.summary }}{% endset %}{{ block | wordwrap(12) }}",
    "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(w.summary) | upper }}",
    "{{ '' }}{{ w.summary }}",
    "  {{ w.summary | replace(' ', '\\n') }}",
    "{% for word in w.summary.split(' ') %}\n{{ word | lower }}\n{% endfor %}",
]


@settings(max_examples=30, deadline=None)
@given(hostile_states(), st.sampled_from(TRANSFORMED))
def test_no_line_of_a_worker_stands_unquoted_whatever_a_template_does_to_it(
    built: BuildState, what: str
) -> None:
    policy = MessagePolicy(template=f"Build\n\n{{% for w in workers %}}\n{what}\n\n{{% endfor %}}")
    text = compose(built, verdicts=[PASSED], base=BASE, policy=policy)
    for name, pattern in FORBIDDEN.items():
        assert not re.search(pattern, text), name
    subject, *lines = text.rpartition("\n\n")[0].split("\n")
    assert subject == "Build"
    assert all(not line or line.lstrip().startswith(("> ", "own")) for line in lines)


def test_a_template_gets_plain_text_and_its_own_words_are_left_alone() -> None:
    built = state(
        workers=[("W1.1", "First", ())], reports={"W1.1": report("W1.1", "did it and", decisions=["x"])}
    )
    template = """\
S

{% set w = workers[0] %}
{% if w.title == "First" %}
  # Fixes #12 ({{ w.title | upper }}, {{ w.summary | length }}, {{ w.summary | title }})
{% endif %}
own {{ w.decisions }} {{ w.summary | tojson }} {{ "%-6s|" | format(w.title) }}
{{ "two" if w.decisions else "none" }} {{ 1 + 1 }}
{{ 3 }}: {{ w.id }} {{ slug }}
{{ w.summary | wordwrap(7) }}
"""
    text = compose(built, verdicts=[PASSED], base=BASE, policy=MessagePolicy(template=template))
    assert text.partition("\n\nGitorch-Build")[0].split("\n") == [
        "S",
        "",
        "  # Fixes #12 (FIRST, 10, Did It And)",
        """own ['x'] "did it and" First |""",
        "two 2",
        "3: W1.1 calendar-v2",
        "> did it",
        "> and",
    ]


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ nothing }}", "'nothing' is undefined"),
        ("{% for %}", "Expected"),
        ("{{ ''.__class__.__mro__ }}", "is unsafe"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ workers[99].id }}", "no element 99"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "maximum recursion depth exceeded"),
        ("{{ " + "[" * 2000 + "]" * 2000 + " }}", "cannot be filled"),
        ("{% for _ in slug %}" * 30 + "{% endfor %}" * 30, "too many statically nested blocks"),
        ("\n\n", "without a subject"),
        ("{{ '#' }}", "without a subject"),
    ],
)
def test_a_template_that_gives_no_message_is_refused(template: str, says: str) -> None:
    with pytest.raises(GitorchError, match=re.escape(says)) as caught:
        compose(CALENDAR, verdicts=[], base=BASE, policy=MessagePolicy(template=template))
    assert caught.value.status == 2


def test_a_template_may_hold_the_composed_text() -> None:
    policy = MessagePolicy(template="{{ subject }}\n\n{{ body }}", co_authored_by=("Ada <ada@example.com>",))
    assert compose(CALENDAR, verdicts=[PASSED], base=BASE, policy=policy) == MESSAGE


@given(hostile_states())
def test_no_text_of_a_worker_or_a_plan_moves_a_tool(built: BuildState) -> None:
    text = compose(built, verdicts=[PASSED], base=BASE)
    for what, pattern in FORBIDDEN.items():
        assert not re.search(pattern, text), what
    lines = text.split("\n")
    assert lines[1] == ""
    assert all(len(line) <= 72 and display_width(line) <= 72 for line in lines[1:])
    assert compose(built, verdicts=[PASSED], base=BASE) == text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(built=hostile_states())
def test_git_reads_exactly_our_trailers(built: BuildState, scene: Scene) -> None:
    text = compose(built, verdicts=[], base=BASE)
    expected = [
        "Gitorch-Build: calendar-v2",
        f"Gitorch-Base: {BASE}",
        *(f"Gitorch-Worker: {worker.id}" for worker in built.workers),
    ]
    assert scene.git("interpret-trailers", "--parse", stdin=text).split("\n") == expected
    assert scene.git("stripspace", "--strip-comments", stdin=text) == text.removesuffix("\n")
