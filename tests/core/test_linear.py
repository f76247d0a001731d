"""What a look costs grows as the number of workers does. Counted in steps of the interpreter, not in time."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from gitorch.core.build_files import RawFile, parse_files
from gitorch.core.changes import Change, ChangeKind
from gitorch.core.claims import Facts
from gitorch.core.events import happenings
from gitorch.core.evidence import Evidence
from gitorch.core.needs import needs, next_steps
from gitorch.core.plan import Plan, parse_plan
from gitorch.core.render import records
from gitorch.core.render.brief import render_brief
from gitorch.core.review import review
from gitorch.core.state import derive
from tests.builds import Workers, brief_text, meta, report

Files = tuple[list[RawFile], list[RawFile]]


def files(workers: Workers, reports: dict[str, str]) -> Files:
    briefs = [RawFile(f"{w}-x.md", brief_text(w, title, on).encode()) for w, title, on in workers]
    return briefs, [RawFile(f"{w}.json", text.encode()) for w, text in reports.items()]


def chain(size: int) -> Files:
    """A worker a wave, each needing the one before; half of them are complete."""
    workers = [(f"W{n}.1", "Part", (f"W{n - 1}.1",) if n > 1 else ()) for n in range(1, size + 1)]
    claims = {f"W{n}.1": ["shared/", f"own/{n}"] for n in range(1, size // 2)}
    return files(workers, {worker: report(worker, artifacts=paths) for worker, paths in claims.items()})


def stuck(size: int) -> Files:
    """Half of the workers are blocked, and each of the others needs one of them."""
    half = range(1, size // 2 + 1)
    workers = [(f"W1.{n}", "Part", ()) for n in half] + [(f"W2.{n}", "Part", (f"W1.{n}",)) for n in half]
    return files(workers, {f"W1.{n}": report(f"W1.{n}", status="blocked") for n in half})


def circle(size: int) -> Files:
    """Every worker waits for the next one, and the last for the first."""
    return files([(f"W1.{n}", "Part", (f"W1.{n % size + 1}",)) for n in range(1, size + 1)], {})


def look(given: Files) -> None:
    files = parse_files("x", *given)
    state = derive(meta(), files, Evidence(absent=files.claimed()))
    review(
        state,
        [Change(f"{where}/{n}", ChangeKind.ADDED) for where in ("own", "shared") for n in range(5)],
        Facts("N5/builds/x"),
    )
    records(state, None)
    next_steps(state)
    happenings(derive(meta(), parse_files("x", given[0], [])), state, (), needs(state))


def steps(act: Callable[[], None]) -> int:
    """How many instructions of gitorch's own code `act` runs."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        if "gitorch" not in frame.f_globals.get("__name__", ""):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def wide_plan(size: int) -> bytes:
    """One wave, and a worker behind all of it."""
    lines = [f"- W1.{n}: Part {n}" for n in range(1, size)]
    return "\n".join(["# Build Plan: X", "## Wave 1: All", *lines, "## Wave 2: End", "- W2.1: Last"]).encode()


def deep_plan(size: int) -> bytes:
    """Each worker needs the one before."""
    needs = [f" (depends: W{n - 1}.1)" if n > 1 else "" for n in range(1, size + 1)]
    waves = [f"## Wave {n}: N\n- W{n}.1: Part{need}" for n, need in enumerate(needs, 1)]
    return "\n".join(["# Build Plan: X", *waves]).encode()


def many_forms(size: int) -> bytes:
    """Groups, workers as headings and nested ones, fields, sections, a list of dependencies."""
    parts = [
        f"### Group {n}\n\nText.\n\n- **W1.{4 * n}**: Part\n  goes on\n  - Output: `{n}.py`\n  - W1.{4 * n + 1}: Below\n\n"
        f"### W1.{4 * n + 2}: Part\n\nText after W9.9, and text.\n"
        for n in range(1, size // 4)
    ]
    said = [f"- W2.1 depends on W1.{4 * n}" for n in range(1, size // 4)]
    sections = [f"## Section {n}\n\n- a point\n" for n in range(size // 4)]
    end = ["## Wave 2: B\n\n- W2.1: Last\n\n## Dependencies\n", *said, "", *sections]
    return (
        "\n".join(["# Build Plan: X", "", "## Wave 1: A", "", *parts, *end]).replace("W9.9", "all").encode()
    )


def read_plan(plan_file: bytes) -> None:
    assert isinstance(parse_plan(plan_file, "plan.md"), Plan)


def write_briefs(plan_file: bytes) -> None:
    plan = parse_plan(plan_file, "plan.md")
    assert isinstance(plan, Plan)
    for worker in plan.workers:
        render_brief(plan, worker, "x", "N5/builds")


@pytest.mark.parametrize("shape", [wide_plan, deep_plan])
def test_briefs_of_twice_the_workers_take_twice_the_steps(shape: Callable[[int], bytes]) -> None:
    small, large = shape(100), shape(200)

    growth = steps(lambda: write_briefs(large)) / steps(lambda: write_briefs(small))

    assert growth < 2.1


def test_reading_twice_the_plan_takes_twice_the_steps() -> None:
    small, large = many_forms(100), many_forms(200)

    growth = steps(lambda: read_plan(large)) / steps(lambda: read_plan(small))

    assert growth < 2.1


@pytest.mark.parametrize("shape", [chain, stuck, circle])
def test_a_look_at_twice_the_workers_takes_twice_the_steps(shape: Callable[[int], Files]) -> None:
    small, large = shape(100), shape(200)

    growth = steps(lambda: look(large)) / steps(lambda: look(small))

    assert growth < 2.1
