"""Plans written at random in every understood form, mixed: nothing of them is lost; and random Markdown."""

import re
from collections.abc import Callable

from hypothesis import example, given
from hypothesis import strategies as st

from gitorch.core.brief import parse_brief
from gitorch.core.plan import Plan, parse_plan
from gitorch.core.render.brief import render_brief
from tests.core.plan.test_parse import plan_of

WORDS = st.sampled_from(["Schema", "Routes", "Cache layer", "Docs", "Login page", "Search"])
PROSE = st.sampled_from(["Write the tables", "Call `f()` twice", "make it **fast**", "see the docs"])
WAVES: list[str] = [
    "## Wave {n}: {name}", "## 🌊 Wave {n}: {name}", "## **Wave {n}: {name}**", "## Phase {n} — {name}",
    "## Step {n}: {name}", "## Milestone {n} - {name}", "## {n}. Wave {n}: {name}", "## ✅ Stage {n}. {name}",
]  # fmt: skip
HEADS: list[str] = [
    "- {id}: {title} — {text}", "- **{id}**: {title} — {text}", "- **{id}: {title}** — {text}", "- `{id}`: {title} - {text}",
    "- [ ] {id}: {title} -- {text}", "* [ ] **{id}** {title} — {text}", "1. {id} — {title} — {text}", "- {id}: {title}\n  {text}",
    "- 🔧 {id}: {title} – {text}", "- [{id}] {title} — {text}", "### {id}: {title}\n\n{text}", "#### **{id}** — {title}\n\n{text}",
    "### Group of {id}x\n\n- {id}: {title} — {text}",
]  # fmt: skip
INLINE: list[str] = [
    " (depends: {on})", " (depends on {on})", " (deps: {on})", " (blocked by {on})", " [needs: {on}]", " ← {on}",
    "; depends: {on}", " **Depends on:** {on}", " (requires {on})", " (after {on})",
]  # fmt: skip
BELOW: list[str] = [
    "- Depends on: {on}", "- **Depends on**: {on}", "- Blocked by {on}", "- dependencies: [{on}]", "- *Needs:* {on}", "- ← {on}",
]  # fmt: skip
SECTIONS: list[str] = ["Goal", "Decisions", "Constraints", "Risks", "Notes", "House rules"]
LISTED: list[str] = [
    "- {id} depends on {on}",
    "- **{id}**: {on}",
    "{on} → {id}",
    "| {id} | {on} |",
    "- {id} (Part) needs {on}",
]


@st.composite
def plans(draw: Callable[..., object]) -> tuple[str, dict[str, set[str]], dict[str, str]]:
    """A plan's text, each worker's dependencies, and the sections."""
    count = draw(st.integers(1, 4))
    assert isinstance(count, int)
    sections = {str(title): f"Text of {title}." for title in draw(st.sets(st.sampled_from(SECTIONS)))}  # type: ignore[attr-defined]
    lines = ["# Build Plan: x", "", "What it is.", ""]
    places: dict[int, list[str]] = {}
    for title in sections:
        places.setdefault(int(str(draw(st.integers(0, count)))), []).append(title)
    edges: dict[str, set[str]] = {}
    listed: list[str] = []
    for wave in range(count + 1):
        earlier = list(edges)
        if wave:
            lines += [str(draw(st.sampled_from(WAVES))).format(n=wave, name=draw(WORDS)), ""]
            for seq in range(1, int(str(draw(st.integers(1, 3)))) + 1):
                name = f"W{wave}.{seq}"
                edges[name] = set(draw(st.sets(st.sampled_from(earlier), max_size=2))) if earlier else set()  # type: ignore[call-overload]
                if edges[name] and draw(st.booleans()):
                    listed.append(
                        str(draw(st.sampled_from(LISTED))).format(id=name, on=", ".join(edges[name]))
                    )
                    lines += _worker(draw, name, [])
                else:
                    lines += _worker(draw, name, sorted(edges[name]))
        for title in places.get(wave, ()):
            lines += [f"## {title}", "", sections[title], ""]
    if listed:
        sections["Dependencies"] = "\n\n".join(listed)
        lines += ["## Dependencies", "", sections["Dependencies"], ""]
    return "\n".join(lines), edges, sections


@st.composite
def flat_plans(draw: Callable[..., object]) -> tuple[str, dict[str, set[str]], dict[str, str]]:
    """A plan without waves, whose ids are its own, in groups or not."""
    lines = ["# Shop", ""]
    edges: dict[str, set[str]] = {}
    form = str(draw(st.sampled_from(["T{}", "T00{}", "worker_{}", "SHOP-{}", "W1.{}x"])))
    heads = [head for head in HEADS if "Group" not in head and "{id} " not in head and "[{id}]" not in head]
    for number in range(1, int(str(draw(st.integers(1, 6)))) + 1):
        name = form.format(number)
        if draw(st.booleans()):
            lines += [f"## Area {number}x", ""]
        edges[name] = set(draw(st.sets(st.sampled_from(list(edges)), max_size=2))) if edges else set()  # type: ignore[call-overload]
        lines += _worker(
            draw, name, sorted(edges[name]), [head for head in heads if not head.startswith("#")]
        )
    return "\n".join(lines), edges, {}


def _worker(draw: Callable[..., object], name: str, needs: list[str], heads: list[str] = HEADS) -> list[str]:
    head = str(draw(st.sampled_from(heads))).format(id=name, title=draw(WORDS), text=draw(PROSE))
    on, below = ", ".join(needs), []
    if needs and draw(st.booleans()):
        head += str(draw(st.sampled_from(INLINE))).format(on=on)
    elif needs:
        below = [str(draw(st.sampled_from(BELOW))).format(on=on)]
    below += ["- outputs: `src/" + name + ".py`", "- one more thing"] if draw(st.booleans()) else []
    indent = "" if head.startswith("#") and "\n- " not in head else "   "
    return [head, *([""] if below else []), *(indent + line for line in below), ""]


@given(st.one_of(plans(), flat_plans()))
def test_d1_plans_in_every_form_are_found_again_in_the_briefs(
    written: tuple[str, dict[str, set[str]], dict[str, str]],
) -> None:
    text, edges, sections = written

    plan = plan_of(text, "plan.md")

    assert {worker.key or str(worker.id) for worker in plan.workers} == set(edges)
    for worker in plan.workers:
        brief = render_brief(plan, worker, "x", "N5/builds")
        read = parse_brief("x.md", brief.encode())
        assert not isinstance(read, str)
        needs = {plan.by_id[need].key or str(need) for need in read.depends_on}
        assert needs == edges[worker.key or str(worker.id)]
        for title, said in sections.items():
            assert f"### {title}\n\n{said}\n" in brief


LINE = st.one_of(
    st.sampled_from(["", "", "# x", "## Wave 1: A", "## Phase 2", "### Backend", "## Goal", "## Notes", "---", "text", "> q"]),
    st.sampled_from(["- point", "  - sub", "- W1.1: A", "    code", "## Dependencies", "<div>", "</div>", "| a | b |", "|---|---|"]),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "- ", "* ", "1. ", "  - ", "    - ", "> ", "> - ", "### ", "| ", "- [ ] ", "**", "`", "\t- "]),
        st.sampled_from(["W1.2", "W1.3", "W2.1", "W1.1", "W3.7"]),
        st.sampled_from([": ", " — ", " | ", "**: ", " ", "`: ", ". "]),
        st.sampled_from(["Schema", "Routes (depends: W1.1)", "x"]),
    ),
)  # fmt: skip


@given(st.lists(LINE, max_size=14).map("\n".join))
@example("# x\n## Wave 1\n- W1.1: a\n<div>\nW1.2: b\n</div>")
@example("# x\n## Wave 1\n- W1.1: a\n```\nW1.2: b\n```")
def test_d1_no_line_that_looks_like_a_worker_vanishes(text: str) -> None:
    read = parse_plan(text.encode(), "plan.md")

    looks = {
        found for line in text.split("\n") for found in re.findall(r"\A[-\s>*|#\d.`\[\]]*(W\d\.\d)\b", line)
    }
    if isinstance(read, Plan):
        assert looks <= {str(worker.id) for worker in read.workers}
    else:
        assert read
