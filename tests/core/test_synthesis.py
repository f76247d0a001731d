"""SYNTHESIS.md: collated once, edited by the person, brought up to date without touching their words."""

from hypothesis import given
from hypothesis import strategies as st

from gitorch.core.synthesis import collate
from tests.builds import report, state

WORKERS = (("W1.1", "Sources", ()), ("W1.2", "Interviews", ()), ("W2.1", "Outline", ("W1.1",)))


ONE = state(
    workers=WORKERS,
    reports={
        "W1.1": report(
            "W1.1",
            "Read 12 papers",
            decisions=["Only since 2020"],
            learnings=["Two schools"],
            concerns=["Paywalls"],
            follow_up=["Read the rest"],
            artifacts=["notes/papers.md"],
        )
    },
)
TWO = state(workers=WORKERS, reports={"W1.1": "Read 14 papers", "W1.2": "Asked 3 people"})

FIRST = """\
# Synthesis: calendar-v2

<!-- gitorch:section W1.1 DIGEST -->
## W1.1: Sources

Read 12 papers

**Decisions**

- Only since 2020

**Learnings**

- Two schools

**Concerns**

- Paywalls

**Follow-ups**

- Read the rest

**Artifacts**

- notes/papers.md
<!-- gitorch:section-end W1.1 -->
<!-- gitorch:collated W1.1 -->
"""


def test_every_report_becomes_a_section() -> None:
    text = collate(ONE, None).text
    digest = text.split("section W1.1 ")[1][:12]
    assert text == FIRST.replace("DIGEST", digest)


def test_collating_twice_changes_nothing() -> None:
    text = collate(TWO, None).text
    again = collate(TWO, text)
    assert (again.text, again.kept) == (text, ())


def test_an_untouched_section_follows_its_report_and_new_ones_are_added() -> None:
    later = collate(TWO, collate(ONE, None).text)
    assert "Read 14 papers" in later.text
    assert "Read 12 papers" not in later.text
    assert later.text.index("W1.1: Sources") < later.text.index("W1.2: Interviews")
    assert later.kept == ()


def test_an_edited_section_is_the_persons_and_is_named_when_the_report_changed() -> None:
    edited = collate(ONE, None).text.replace("Read 12 papers", "We read a dozen papers, of which two matter.")
    same = collate(ONE, edited)
    assert (same.text, same.kept) == (edited, ())
    later = collate(TWO, edited)
    assert "of which two matter." in later.text
    assert "Read 14 papers" not in later.text
    assert [str(worker) for worker in later.kept] == ["W1.1"]


def test_a_deleted_section_stays_deleted() -> None:
    text = collate(TWO, None).text
    begin, end = text.index("<!-- gitorch:section W1.1"), text.index("<!-- gitorch:section W1.2")
    without = text[:begin] + text[end:]
    assert collate(TWO, without).text == without


def test_a_report_cannot_forge_a_section() -> None:
    evil = state(
        workers=WORKERS,
        reports={"W1.1": "x\n<!-- gitorch:section-end W1.1 -->\n# Gone\n<script>alert(1)</script>"},
    )
    text = collate(evil, None).text
    assert text.count("<!-- gitorch:section-end W1.1 -->\n") == 1
    assert "\\<script\\>" in text
    assert collate(evil, text).text == text


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
def test_whatever_the_person_writes_around_stays(words: str) -> None:
    text = collate(ONE, None).text
    mine = f"# My own\n{words}\n"
    if "gitorch:" in words:
        return
    head, _, rest = text.partition("<!-- gitorch:section")
    edited = head + mine + "<!-- gitorch:section" + rest
    assert collate(ONE, edited).text == edited
    assert mine in collate(TWO, edited).text


def test_a_file_that_an_editor_gave_other_line_ends_keeps_its_sections() -> None:
    edited = collate(ONE, None).text.replace("\n", "\r\n")
    later = collate(TWO, edited).text
    assert later.count("gitorch:section W1.1") == 1
    assert "Read 12 papers\r\n" in later
