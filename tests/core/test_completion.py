"""A report's fields: one table."""

from gitorch.core.completion import LISTS, Completion, Texts, form


def test_every_list_of_a_report_says_how_people_read_it() -> None:
    lists = {name for name, field in Completion.model_fields.items() if field.annotation == Texts}

    assert {listed.name for listed in LISTS} == lists - {"artifacts"}
    assert all(listed.about for listed in LISTS)


def test_a_form_has_the_fields_in_the_order_of_the_spec() -> None:
    document = form(summary="Done.", worker_id="W1.1")

    assert list(document) == [
        "worker_id", "status", "timestamp", "summary", "artifacts", "learnings", "concerns", "decisions", "follow_up",
    ]  # fmt: skip
    assert document["worker_id"] == "W1.1"
    assert document["concerns"] == []
