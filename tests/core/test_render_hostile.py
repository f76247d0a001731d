"""Whatever a worker writes, the records keep their shape; whatever the person writes, it is kept."""

import json

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gitorch.core.build_files import RawFile, parse_files
from gitorch.core.managed import BEGIN, END, outside
from gitorch.core.render import records
from gitorch.core.render.build_md import render_build_md
from gitorch.core.render.handover import render_handover
from gitorch.core.render.status_md import render_status_md
from gitorch.core.state import derive
from tests.builds import brief_text, meta, report, state

PIECES = st.sampled_from(
    ["\n", "\n\n", "# ", "## Completed", "- [x] ", "> ", "```", "---", "<b>", "<!-- ", "-->", END, BEGIN, "|", "`",
     "[a](b)", "![", "*", "_", "~~", "&lt;", "\\", "\r", "\x1b[2J", "\u202e", "    ", "\t", "1. ", "=", "http://x.y"]
)  # fmt: skip
HOSTILE = st.lists(st.one_of(PIECES, st.text(max_size=8)), max_size=12).map("".join)

INLINE = {"text", "softbreak", "text_special"}


def kinds(markdown: str) -> list[str]:
    """The blocks of a text, and every inline construct that is more than text."""
    found = []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown):
        found.append(token.type + (f" {token.tag}" if token.type == "heading_open" else ""))
        found += [child.type for child in token.children or [] if child.type not in INLINE]
    return found


@given(HOSTILE, HOSTILE)
def test_status_md_keeps_its_shape(first: str, second: str) -> None:
    def shape(one: str, two: str) -> list[str]:
        blocked = report("W1.2", two, status="blocked")
        return kinds(render_status_md(state(reports={"W1.1": report("W1.1", one), "W1.2": blocked})))

    assert shape(first, second) == shape("plain", "words")


@given(HOSTILE, HOSTILE, HOSTILE.filter(lambda name: not {"/", "\0"} & set(name)))
def test_titles_file_names_and_ids_of_reports_give_status_md_no_html_link_or_heading(
    title: str, worker_id: str, name: str
) -> None:
    def shape(title: str, worker_id: str, name: str) -> list[str]:
        briefs = [
            RawFile(f"{w}-x.md", brief_text(w, title, needs).encode())
            for w, needs in (("W1.1", ()), ("W1.2", ()), ("W2.1", ("W1.1",)), ("W2.2", ("W2.1",)))
        ]
        reports = [
            RawFile("W1.1.json", report("W1.1", title, status="failed").encode()),
            RawFile("W1.2.json", report(f"x{worker_id}", "x").encode()),  # not its own id
            RawFile("W2.2.json", b"{"),
            RawFile(f"x{name}.json", b"{}"),  # has no brief
        ]
        built = derive(meta(launched=["W2.1"]), parse_files("x", briefs, reports))
        assert (len(built.workers), len(built.issues)) == (4, 3)
        return kinds(render_status_md(built))

    whole = shape(title, worker_id, name)
    assert whole == shape("plain", "words", "here")
    assert not {"html_block", "html_inline", "link_open", "image"} & set(whole)


@given(HOSTILE.filter(str.strip))
def test_a_brief_s_appendix_keeps_its_shape(text: str) -> None:
    def shape(said: str) -> list[str]:
        told = report("W1.1", said, decisions=[said], concerns=[said])
        built = state(reports={"W1.1": told})
        worker = built.find("W2.1")
        assert worker
        return kinds(render_handover(built, worker))

    assert shape(text) == shape("plain")


@given(HOSTILE)
def test_no_record_holds_a_control_character(text: str) -> None:
    built = state(reports={"W1.1": report("W1.1", text, concerns=[text], decisions=[text])})
    for name, content in records(built, None).items():
        assert not {"\x1b", "\u202e", "\r"} & set(content), name
        assert name[-5:] != ".json" or json.loads(content)


@given(st.lists(st.one_of(st.sampled_from([BEGIN, END, "", "## mine"]), st.text(max_size=10)), max_size=10))
def test_no_line_of_the_person_is_lost_in_build_md(lines: list[str]) -> None:
    existing = "\n".join(lines)
    built = state()
    once = render_build_md(built, existing)
    assert render_build_md(built, once) == once
    if sum(line in (BEGIN, END) for line in existing.split("\n")) != 2:  # else a block is theirs to replace
        kept = [line for line in existing.split("\n") if line.strip() and line not in (BEGIN, END)]
        assert [line for line in outside(once).split("\n") if line.strip()] == kept
