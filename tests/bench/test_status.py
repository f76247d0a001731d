"""`status` and `list` stay fast where builds are large or many."""

from pathlib import Path

from tests.bench.status import LIMIT, big_build, cpu_seconds, many_builds


def test_status_on_a_thousand_workers_takes_at_most_a_second_of_cpu(repo: Path) -> None:
    big_build(repo)
    assert cpu_seconds(repo, "status") <= LIMIT


def test_list_over_five_hundred_builds_takes_at_most_a_second_of_cpu(repo: Path) -> None:
    many_builds(repo)
    assert cpu_seconds(repo, "list") <= LIMIT
