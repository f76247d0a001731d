"""Whether what reports claim is true: a pure table of claims, what is known of them, and who counts."""

import pytest

from gitorch.core.evidence import NOTHING_KNOWN, Evidence
from gitorch.core.issue import Severity
from gitorch.core.lost import Kept
from gitorch.core.opened import Allowed
from gitorch.core.state import BuildState
from tests.builds import claiming, report, state

Claims = dict[str, list[str]]


def judged(claims: Claims, known: Evidence, *needs: tuple[str, str]) -> BuildState:
    """A build whose workers report `claims`; `needs` are (worker, what it depends on)."""
    workers = [(worker, "Task", [on for who, on in needs if who == worker]) for worker in claims]
    reports = {worker: report(worker, artifacts=paths) for worker, paths in claims.items()}
    return state(workers=workers, reports=reports, evidence=known)


def absent(*paths: str, in_base: tuple[str, ...] = (), had: tuple[str, ...] = ()) -> Evidence:
    kept = Kept(had=frozenset(had))
    return Evidence(root="/repo", absent=frozenset(paths), in_base=frozenset(in_base), kept=kept)


def destroyed(*paths: str, missing: tuple[str, ...] = (), accepted: tuple[str, ...] = ()) -> Evidence:
    """Snapshots had `paths`, and nothing is there, which the person accepted of some workers.

    Nobody ever had those that are `missing`.
    """
    own = {path: frozenset({"100644 1"}) for path in paths}
    allowed = tuple(Allowed(worker=worker, path=path, holds=None) for worker in accepted for path in paths)
    kept = Kept(accepted=allowed, now=dict.fromkeys(paths), own=own, had=frozenset(paths))
    return absent(*paths, *missing)._replace(kept=kept)


CHAIN = (("W2.1", "W1.1"), ("W2.1", "W1.2"), ("W3.1", "W2.1"))
RENAME: Claims = {"W1.1": ["old"], "W2.1": ["other"], "W3.1": ["old", "new"]}


@pytest.mark.parametrize(
    ("claims", "known", "complete"),
    [
        ({"W1.1": ["a"]}, NOTHING_KNOWN, "W1.1"),
        ({"W1.1": ["a"]}, absent("a"), ""),
        ({"W1.1": ["a"]}, absent("a", in_base=("a",)), "W1.1"),
        ({"W1.1": ["a"]}, Evidence(ignored=frozenset("a")), ""),
        ({"W1.1": ["l/a"]}, Evidence(behind={"l/a": "l"}), ""),
        ({"W1.1": ["d/a"]}, Evidence(behind={"d/a": "d"}, in_base=frozenset({"d/a"})), "W1.1"),
        ({"W1.1": ["../a"]}, NOTHING_KNOWN, ""),
        ({"W1.1": ["https://example.com/a"]}, absent("https:/example.com/a"), ""),
        ({"W1.1": ["https://example.com/a"]}, Evidence(in_git=False), "W1.1"),
        ({"W1.1": ["../a"]}, Evidence(in_git=False), ""),
        # Two reports excuse each other for nothing: what nobody ever had was not deleted.
        ({"W1.1": ["a"], "W2.1": ["./a"]}, absent("a"), ""),
        (RENAME, absent("old"), ""),
        # What a dependency made and a dependent deleted, or renamed.
        ({"W1.1": ["a"], "W2.1": ["./a"]}, absent("a", had=("a",)), "W1.1 W2.1"),
        ({"W1.1": ["a"], "W2.1": ["./a"]}, destroyed("a", accepted=("W2.1",)), "W1.1 W2.1"),
        (RENAME, destroyed("old", accepted=("W3.1",)), "W1.1 W2.1 W3.1"),
        ({"W1.1": ["gen/a"], "W2.1": ["gen/"]}, absent("gen", "gen/a", had=("gen", "gen/a")), "W1.1 W2.1"),
        # A report that does not count, for whatever reason, explains nothing.
        ({"W1.1": ["a"], "W2.1": ["./a"]}, destroyed("a"), ""),
        ({"W1.1": ["a"], "W2.1": ["a", "b"]}, destroyed("a", missing=("b",), accepted=("W2.1",)), ""),
        ({"W1.1": ["a"], "W2.1": ["a", "../b"]}, destroyed("a", accepted=("W2.1",)), ""),
        ({"W1.1": ["a"], "W1.2": ["../b"], "W2.1": ["a"]}, destroyed("a", accepted=("W2.1",)), ""),
        ({"W1.1": ["a"]}, destroyed("a"), ""),
        ({"W1.1": ["a"]}, destroyed("a", accepted=("W1.1",)), "W1.1"),
        # A folder that is there says nothing of a file that is not.
        ({"W1.1": ["gen/a"], "W2.1": ["gen/"]}, absent("gen/a"), ""),
        # A neighbour explains nothing, and outside of git nobody does.
        ({"W1.1": ["a"], "W1.2": ["a"]}, absent("a"), ""),
        ({"W1.1": ["a"], "W2.1": ["a"]}, Evidence(in_git=False, absent=frozenset("a")), ""),
        # Who waits for a report that does not count is not complete either.
        ({"W1.1": ["a"], "W2.1": ["b"], "W3.1": []}, absent("a"), ""),
    ],
)
def test_b5_a_report_counts_only_where_its_claims_are_true(
    claims: Claims, known: Evidence, complete: str
) -> None:
    built = judged(claims, known, *(edge for edge in CHAIN if claims.keys() >= {*edge}))

    assert " ".join(str(w.id) for w in built.workers if w.completion) == complete


def test_b5_a_report_that_does_not_count_says_why_once_for_each_kind() -> None:
    paths = ["a", "./a", "b\x1b[2J", "../c", "/repo/d", "log"]
    known = absent("a", "b\x1b[2J")._replace(ignored=frozenset({"log"}))

    built = judged({"W1.1": paths}, known)

    assert [(issue.code, issue.about) for issue in built.issues] == [
        ("claim-outside", "completions/W1.1.json"),
        ("ignored-file", "completions/W1.1.json"),
        ("missing-artifact", "completions/W1.1.json"),
    ]
    assert built.wrong_with_report_of(built.workers[0]) == [
        "W1.1 claims ../c and 1 more, which are not paths of files in this repository",
        "W1.1 claims log, which git ignores, and which would not be committed",
        "W1.1 claims a and 1 more, which do not exist",
    ]
    outside, ignored, missing = built.issues
    assert outside.details == ("../c", "/repo/d", "relative to the repository: d")
    assert missing.details == ("a", r'"b\u001b[2J"')
    replace = "gitorch complete --worker W1.1 --project calendar-v2 --force --from FILE"
    assert [hint.command for hint in ignored.hints] == ["git add --force -- :/log", replace]


@pytest.mark.parametrize(("severity", "issues"), [(Severity.WARNING, 1), (Severity.OFF, 0)])
def test_b5_what_the_policy_lets_pass_counts(severity: Severity, issues: int) -> None:
    known = absent("a")
    known = known._replace(weights={**known.weights, "missing-artifact": severity})

    built = judged({"W1.1": ["a"], "W2.1": []}, known, ("W2.1", "W1.1"))

    assert built.all_complete
    assert [issue.severity for issue in built.issues] == [severity] * issues
    assert built.closed(built.meta).issues == ()


def test_b5_a_report_that_is_too_early_is_only_that() -> None:
    built = judged({"W1.1": ["a"], "W2.1": ["b"]}, absent("a", "b"), ("W2.1", "W1.1"))

    assert [issue.code for issue in built.issues] == ["missing-artifact", "too-early"]


def test_a_closed_build_is_believed() -> None:
    assert claiming({"W1.1": ["../a"]}).all_complete
